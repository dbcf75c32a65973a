"""Folders of evidence for an inspector: what is in them, putting in, closing, and the whole as one file."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from attendance_office import clock
from attendance_office.refusals import Refused
from attendance_office.staff.roles import Can
from attendance_office.web import toasts
from attendance_office.web.doors import StaffRequest, door, may
from attendance_office.web.export import Cell, Column
from attendance_office.web.lists import send_list
from letters.pdf import NotPrinted
from reporting import forms
from reporting.actions import evidence as actions
from reporting.actions.evidence_files import zipped
from reporting.models import EvidenceEntry, EvidenceFolder
from reporting.queries.evidence import Line, lines_of, offers_of
from reporting.queries.periods import named_periods

_SECTIONS = dict(EvidenceEntry.Section.choices)


def _folders(request: StaffRequest) -> QuerySet[EvidenceFolder]:
    rows = EvidenceFolder.objects.filter(school=request.school)
    return rows.select_related("school", "made_by", "closed_by")


def _folder(request: StaffRequest, pk: int) -> EvidenceFolder:
    return get_object_or_404(_folders(request), pk=pk)


def _lines(request: StaffRequest, folder: EvidenceFolder) -> list[Line]:
    return lines_of(folder, request.user.standing.allowed(request.school.pk))


@require_GET
@door(Can.SEE_EVIDENCE, section="figures")
def evidence_list(request: StaffRequest) -> HttpResponse:
    """List the folders."""
    folders = list(_folders(request).order_by("-made_at", "-pk"))
    periods = [one for one in named_periods(request.school.pk, clock.today()) if one.key != "week"]
    return render(
        request, "reporting/evidence_list.html",
        {"folders": folders, "keeps": may(request, Can.KEEP_EVIDENCE), "periods": periods, "form": forms.FolderWords()},
    )  # fmt: skip


@require_POST
@door(Can.EXPORT, section="figures")
@door(Can.SEE_EVIDENCE)
def evidence_list_export(request: StaffRequest, form: str) -> HttpResponse:
    """Send out the list of folders; not what is in them."""
    rows: list[list[Cell]] = [
        [one.title, one.from_on, one.to_on, one.get_state_display(), one.made_at, one.closed_at]
        for one in _folders(request).order_by("-made_at", "-pk")
    ]
    heads = [Column(one) for one in ("Folder", "From", "To", "State", "Made", "Closed")]
    return send_list(request, form, what="evidence folders", columns=heads, rows=rows)


@require_POST
@door(Can.KEEP_EVIDENCE, section="figures")
def evidence_make(request: StaffRequest) -> HttpResponse:
    """Begin a folder over a named period."""
    named = {one.key: one for one in named_periods(request.school.pk, clock.today())}
    period, form = named.get(request.POST.get("period", "")), forms.FolderWords(request.POST)
    if period is None or not form.is_valid():
        toasts.fail(request, "Give the folder a title, and choose its days.")
        return redirect("reporting:evidence_list")
    folder = actions.make_folder(
        school=request.school, from_on=period.from_on, to_on=period.to_on, by=request.user, at=clock.now(),
        **form.cleaned_data,
    )  # fmt: skip
    return redirect("reporting:evidence_detail", folder.pk)


@require_GET
@door(Can.SEE_EVIDENCE, section="figures")
def evidence_detail(request: StaffRequest, pk: int) -> HttpResponse:
    """Show what is in a folder, and to whoever keeps it what may be put in."""
    return render(request, "reporting/evidence_detail.html", _page(request, _folder(request, pk)))


def _page(request: StaffRequest, folder: EvidenceFolder, document: forms.Document | None = None) -> dict[str, Any]:
    lines = _lines(request, folder)
    is_open = folder.state == EvidenceFolder.State.OPEN
    keeps = is_open and may(request, Can.KEEP_EVIDENCE)
    offers = offers_of(folder, request.user) if keeps else []
    return {
        "folder": folder,
        "is_open": is_open,
        "sections": [
            (_SECTIONS[key], list(inside)) for key, inside in groupby(lines, key=lambda line: line.entry.section)
        ],
        "lines": lines,
        "keeps": keeps,
        "offers": [(head, list(inside)) for head, inside in groupby(offers, key=lambda one: one.head)],
        "choices": EvidenceEntry.Section.choices,
        "words": forms.FolderWords(initial={"title": folder.title, "purpose": folder.purpose}),
        "document": document or forms.Document(),
        "naming": sum(line.entry.names_pupils for line in lines),
        "takes_names": may(request, Can.EXPORT) and may(request, Can.SEE_PUPILS),
    }


@require_POST
@door(Can.EXPORT, section="figures")
@door(Can.SEE_EVIDENCE)
def evidence_export(request: StaffRequest, pk: int, form: str) -> HttpResponse:
    """Send out the list of what is in a folder; not the files."""
    folder = _folder(request, pk)
    rows: list[list[Cell]] = [
        [
            line.number, _SECTIONS[line.entry.section], line.entry.title, line.entry.on, line.entry.why,
            line.entry.receipt, line.entry.names_pupils, line.name, line.entry.file.sha256, line.entry.added_at,
        ]
        for line in _lines(request, folder)
    ]  # fmt: skip
    heads = ("Number", "Section", "What", "Of", "Why", "Read from", "Names pupils", "File", "SHA-256", "Put in")
    return send_list(
        request,
        form,
        what="evidence in a folder",
        columns=[Column(one) for one in heads],
        rows=rows,
        filters=str(folder),
    )


@require_POST
@door(Can.KEEP_EVIDENCE, section="figures")
def evidence_act(request: StaffRequest, pk: int) -> HttpResponse:
    """Write into a folder, put something in, or close it."""
    folder, at, act = _folder(request, pk), clock.now(), request.POST.get("act", "")
    by, said = request.user, request.POST
    try:
        if act == "write":
            actions.write_folder(
                folder=folder, title=said.get("title", ""), purpose=said.get("purpose", ""), by=by, at=at
            )
            toasts.say(request, "Kept")
        elif act == "put":
            wanted = {name: said.get(name, "") for name in ("section", "why")}
            entry = actions.put_in(folder=folder, key=said.get("what", ""), by=by, at=at, **wanted)
            toasts.say(request, f"In the folder: {entry}")
        elif act == "close":
            actions.close_folder(folder=folder, by=by, at=at)
            toasts.say(request, "The folder is closed, and stays as it is")
        else:
            toasts.fail(request, "Choose what is to be done with the folder.")
    except (Refused, NotPrinted) as refusal:
        toasts.fail(request, str(refusal))
    return redirect("reporting:evidence_detail", pk)


@require_POST
@door(Can.KEEP_EVIDENCE, section="figures")
def evidence_upload(request: StaffRequest, pk: int) -> HttpResponse:
    """Put a document of the school's own into a folder."""
    folder, form = _folder(request, pk), forms.Document(request.POST, request.FILES)
    if form.is_valid():
        said = dict(form.cleaned_data)
        file = said.pop("file")
        try:
            entry = actions.put_in_document(
                folder=folder, name=file.name, content=file.read(), by=request.user, at=clock.now(), **said
            )
        except Refused as refusal:
            form.add_error("file", str(refusal))
        else:
            toasts.say(request, f"In the folder: {entry}")
            return redirect("reporting:evidence_detail", pk)
    return render(request, "reporting/evidence_detail.html", _page(request, folder, form), status=422)


def _entry(request: StaffRequest, pk: int, entry: int) -> EvidenceEntry:
    rows = EvidenceEntry.objects.filter(school=request.school, folder=pk, taken_out_at=None)
    return get_object_or_404(rows.select_related("folder__school"), pk=entry)


@require_POST
@door(Can.KEEP_EVIDENCE, section="figures")
def evidence_entry_act(request: StaffRequest, pk: int, entry: int) -> HttpResponse:
    """Say anew why an entry is there, move it, or take it out."""
    row, at, act = _entry(request, pk, entry), clock.now(), request.POST.get("act", "")
    try:
        if act in ("up", "down"):
            actions.move_entry(entry=row, up=act == "up", by=request.user, at=at)
        elif act == "out":
            actions.take_out(entry=row, by=request.user, at=at)
            toasts.say(request, "Taken out; the file it refers to stays")
        else:
            said = {name: request.POST.get(name, "") for name in ("section", "why")}
            actions.change_entry(entry=row, by=request.user, at=at, **said)
            toasts.say(request, "Kept")
    except Refused as refusal:
        toasts.fail(request, str(refusal))
    return redirect("reporting:evidence_detail", pk)


@require_GET
@door(Can.SEE_EVIDENCE, section="figures")
def evidence_file(request: StaffRequest, pk: int, entry: int) -> HttpResponse:
    """Give one file of a folder; one that names pupils to whoever may see what it tells."""
    row = _entry(request, pk, entry)
    line = next(one for one in _lines(request, row.folder) if one.entry.pk == row.pk)
    if not line.is_open:
        raise Http404
    actions.record_opened(entry=row, by=request.user, at=clock.now())
    return _given(bytes(row.file.content), line.name, row.file.kind)


@require_POST
@door(Can.SEE_EVIDENCE, section="figures")
def evidence_zip(request: StaffRequest, pk: int) -> HttpResponse:
    """Give the whole folder as one ZIP; what names pupils only to whoever asks for it and may take it out."""
    folder, at = _folder(request, pk), clock.now()
    lines = _lines(request, folder)
    with_names = bool(request.POST.get("named")) and may(request, Can.EXPORT) and may(request, Can.SEE_PUPILS)
    try:
        content, going = zipped(folder, lines, with_names=with_names, at=at)
    except (Refused, NotPrinted) as refusal:
        toasts.fail(request, str(refusal))
        return redirect("reporting:evidence_detail", pk)
    inside = {line.number for line in going}
    actions.record_given_out(
        folder=folder, files=[(line.name, line.entry.file.sha256) for line in going],
        left_out=[line.name for line in lines if line.number not in inside], by=request.user, at=at,
    )  # fmt: skip
    return _given(content, f"evidence-{clock.local(at):%Y-%m-%d}.zip", "application/zip")


def _given(content: bytes, name: str, kind: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=kind, headers={"X-Content-Type-Options": "nosniff"})
    answer["Content-Disposition"] = f'attachment; filename="{name.encode("ascii", "replace").decode()}"'
    return answer
