"""Files into the record: upload, matching columns, dry run, reading, the report of rows, and taking it back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from attendance_office import clock
from attendance_office.refusals import Refused
from attendance_office.staff.roles import Can
from attendance_office.web import export, toasts
from attendance_office.web.doors import StaffRequest, door
from attendance_office.web.lists import narrowed, send_list
from attendance_office.web.uploads import is_too_large
from registers.actions.files import record_download
from registers.actions.imports.undo import undo_import
from registers.actions.imports.uploads import ask_import, give_up_import, match_columns, table_of, upload_file
from registers.feeds import systems
from registers.feeds.table import LARGEST, Table
from registers.feeds.translate import SECRET, translate
from registers.models import Feeds, Import, StoredFile
from registers.queries.imports import imports_of, imports_to_look_at, outcomes, same_file_before

PAGE: Final = 30
_LOOKED_AT: Final = 200
SHOWN: Final = 10
OVER: Final = frozenset({Import.State.CHECKED, Import.State.DONE, Import.State.REFUSED, Import.State.FAILED})
ENDED: Final = frozenset({Import.State.DONE, Import.State.UNDONE, Import.State.CANCELLED})


def _one(request: StaffRequest, pk: int) -> Import:
    rows = Import.objects.select_related("file", "source", "made_by", "undone_by", "school")
    return get_object_or_404(rows, pk=pk, school=request.school)


@require_http_methods(["GET", "POST"])
@door(Can.IMPORT, section="office")
def import_list(request: StaffRequest) -> HttpResponse:
    """Show what was read, and take in a new file."""
    wrong = ""
    if request.method == "POST":
        file = request.FILES.get("file")
        if is_too_large(request):
            wrong = "The file is larger than 25 MB; more is not read. Split it by year group."
        elif file is None:
            wrong = "Choose a file first."
        elif (file.size or 0) > LARGEST:
            wrong = (
                f"{file.name} has {(file.size or 0) / 1024**2:,.0f} MB; at most 25 MB are read. Split it by year group."
            )
        else:
            try:
                name = export.plain(file.name or "file")
                reading = upload_file(
                    school=request.school, name=name, content=file.read(), by=request.user, at=clock.now()
                )
                return redirect("registers:import_detail", reading.pk)
            except Refused as refused:
                wrong = str(refused)
    page = Paginator(_listed(request), PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "wrong": wrong,
        "total": page.paginator.count,
        "looks": request.GET.get("show") == "look",
        "to_look_at": imports_to_look_at(request.school).count(),
    }
    return render(request, "registers/import_list.html", context, status=422 if wrong else 200)


def _listed(request: StaffRequest) -> QuerySet[Import]:
    """Give the imports the address asks for: all, or those that a person has to look at."""
    return (imports_to_look_at if request.GET.get("show") == "look" else imports_of)(request.school)


@require_POST
@door(Can.EXPORT, section="office")
@door(Can.IMPORT)
def import_export(request: StaffRequest, form: str) -> HttpResponse:
    """Send out what was read."""
    rows: list[list[export.Cell]] = [
        [
            one.file.name,
            one.get_system_display(),
            one.get_feeds_display(),
            one.get_state_display(),
            one.rows,
            one.added,
            one.changed,
            one.same,
            one.fault_count,
            one.made_at,
            str(one.made_by or ""),
            one.why_undone,
        ]
        for one in _listed(narrowed(request))
    ]
    heads = (
        "File", "System", "Brings", "State", "Rows", "Added", "Changed", "The same", "Faults", "Uploaded", "By",
        "Why taken back",
    )  # fmt: skip
    columns = [export.Column(one) for one in heads]
    return send_list(request, form, what="imports", columns=columns, rows=rows, filters=request.GET.urlencode())


@require_GET
@door(Can.IMPORT, section="office")
def import_detail(request: StaffRequest, pk: int) -> HttpResponse:
    """Show one import: its columns to match, how far it is, or what became of it."""
    return _page(request, _one(request, pk))


def _page(request: StaffRequest, reading: Import, wrong: str = "") -> HttpResponse:
    context: dict[str, Any] = {"reading": reading, "wrong": wrong, "before": same_file_before(reading)}
    if reading.state in {Import.State.WAITING, Import.State.RUNNING}:
        return render(request, "registers/import_progress.html", context)
    context |= _matching(request, reading)
    return render(request, "registers/import_detail.html", context, status=422 if wrong else 200)


def _matching(request: StaffRequest, reading: Import) -> dict[str, Any]:
    """Give the columns of the file beside ours, with a few values of each, and the first rows as they would be read."""
    try:
        table = table_of(reading)
    except Refused as refused:
        return {"wrong": str(refused)}
    feeds = request.GET.get("feeds", reading.feeds)
    feeds = feeds if feeds in systems.FEEDS else reading.feeds
    chosen = (
        reading.mapping.get("columns", {})
        if feeds == reading.feeds
        else systems.match(table, feeds, system=reading.system)
    )
    wide = systems.wide_columns(table) if feeds == "marks" else {}
    samples = {
        head: ["hidden"] if SECRET.search(head) else _values(table, place) for place, head in enumerate(table.columns)
    }
    order = reading.mapping.get("date_order") or systems.date_order(table)[0]
    fields = _fields(feeds, chosen, has_sessions=bool(wide))
    preview = []
    for one in translate(table, feeds, chosen, date_order=order):
        preview.append(one)
        if len(preview) >= SHOWN:
            break
    return {
        "feeds": feeds,
        "feed_choices": Feeds.choices,
        "fields": [one for one in fields if one.head or one.need],
        "others": [one for one in fields if not (one.head or one.need)],
        "heads": [(head, samples[head]) for head in table.columns],
        "wide": len(wide),
        "order": order,
        "is_sure": systems.date_order(table)[1],
        "preview": preview,
        "shown": [(ours, systems.label(ours)) for ours in systems.FEEDS[feeds] if ours in chosen],
        "left_out": [head for head in table.columns if head not in chosen.values() and head not in wide],
        "is_over": reading.state in OVER,
        "can_change": reading.state not in ENDED,
    }


@dataclass(frozen=True)
class Field:
    """One of our columns on the page: what it is called, the file's column for it, and whether there must be one."""

    key: str
    label: str
    head: str
    need: str


def _fields(feeds: str, chosen: Mapping[str, str], *, has_sessions: bool) -> list[Field]:
    needs: dict[str, str] = {}
    for ones in systems.NEEDED[feeds]:
        if any(one in chosen for one in ones) or (has_sessions and "wide" in ones):
            continue
        several = len([one for one in ones if one != "wide"]) > 1
        needs |= dict.fromkeys(ones, "one of these is needed" if several else "needed")
    return [
        Field(ours, systems.label(ours), chosen.get(ours, ""), needs.get(ours, "")) for ours in systems.FEEDS[feeds]
    ]


def _values(table: Table, place: int) -> list[str]:
    """Give the first values of a column that say something."""
    found = (cells[place].strip() for _, cells in table.rows[:_LOOKED_AT])
    return list(islice(dict.fromkeys(one for one in found if one), 3))


@require_GET
@door(Can.IMPORT, section="office")
def import_progress(request: StaffRequest, pk: int) -> HttpResponse:
    """Say how far an import is; the page goes on by itself when it is over."""
    reading = _one(request, pk)
    answer = render(request, "registers/import_progress.html#bar", {"reading": reading})
    if reading.state not in {Import.State.WAITING, Import.State.RUNNING}:
        answer["HX-Refresh"] = "true"
    return answer


@require_POST
@door(Can.IMPORT, section="office")
def import_ask(request: StaffRequest, pk: int) -> HttpResponse:
    """Match the columns as chosen and put the file in line: a dry run, or for good."""
    reading, at = _one(request, pk), clock.now()
    data = request.POST
    try:
        match_columns(
            reading=reading,
            feeds=data.get("feeds", reading.feeds),
            columns={key.removeprefix("col_"): str(value) for key, value in data.items() if key.startswith("col_")},
            options={
                "date_order": data.get("date_order", "dmy") if data.get("date_order") in {"dmy", "mdy"} else "dmy",
                "starts_on": data.get("starts_on", ""),
                "temporary_upns": bool(data.get("temporary_upns")),
            },
            source_name=data.get("source_name", ""),
            by=request.user,
            at=at,
        )
        ask_import(reading=reading, dry_run=data.get("act") != "read", by=request.user, at=at)
    except Refused as refused:
        return _page(request, _one(request, pk), str(refused))
    return redirect("registers:import_detail", pk)


@require_POST
@door(Can.IMPORT, section="office")
def import_undo(request: StaffRequest, pk: int) -> HttpResponse:
    """Take an import back."""
    reading = _one(request, pk)
    try:
        done = undo_import(reading=reading, reason=request.POST.get("reason", ""), by=request.user, at=clock.now())
    except Refused as refused:
        return _page(request, reading, str(refused))
    said = ", ".join(f"{many} {name}{'' if many == 1 else 's'}" for name, many in done.items() if many)
    toasts.say(request, f"Taken back: {said or 'nothing'}")
    return redirect("registers:import_detail", pk)


@require_POST
@door(Can.IMPORT, section="office")
def import_faults(request: StaffRequest, pk: int, form: str) -> HttpResponse:
    """Send out the report of rows: line, column, value, and what would be right."""
    reading = _one(request, pk)
    rows: list[list[export.Cell]] = [
        [fault.get("row"), fault.get("column", ""), fault.get("value", ""), fault.get("words", "")]
        for fault in reading.faults
    ]
    columns = [export.Column(one) for one in ("Row", "Column", "Value", "What would be right")]
    return send_list(request, form, what=f"faults of import {reading.pk}", columns=columns, rows=rows)


@require_POST
@door(Can.EXPORT, section="office")
@door(Can.IMPORT)
def import_rows(request: StaffRequest, pk: int, form: str) -> HttpResponse:
    """Send out what each row made and changed."""
    reading = _one(request, pk)
    rows: list[list[export.Cell]] = [[one.row, one.did, one.thing, one.who, one.before] for one in outcomes(reading)]
    columns = [export.Column(one) for one in ("Row", "What became of it", "Of what", "Whose", "Before")]
    return send_list(request, form, what=f"rows of import {reading.pk}", columns=columns, rows=rows)


@require_POST
@door(Can.IMPORT, section="office")
def import_give_up(request: StaffRequest, pk: int) -> HttpResponse:
    """Say that a file is not to be read."""
    reading = _one(request, pk)
    try:
        give_up_import(reading=reading, by=request.user, at=clock.now())
    except Refused as refused:
        return _page(request, reading, str(refused))
    toasts.say(request, f"{reading.file.name} is not read.")
    return redirect("registers:import_list")


@require_GET
@door(Can.IMPORT, section="office")
def import_file(request: StaffRequest, pk: int) -> HttpResponse:
    """Give the file out as it was given."""
    reading = _one(request, pk)
    file = StoredFile.objects.get(pk=reading.file_id)
    record_download(file=file, by=request.user, at=clock.now())
    answer = HttpResponse(bytes(file.content), content_type="application/octet-stream")
    plain = "".join(letter if letter.isalnum() or letter in "._- " else "_" for letter in file.name)
    answer["Content-Disposition"] = f'attachment; filename="{plain}"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
