"""Agreements: the list, making one with a look at every session it touches, and its page."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from attendance_office import clock
from attendance_office.numbers import whole
from attendance_office.refusals import Refused
from attendance_office.staff.roles import Can
from attendance_office.web import toasts
from attendance_office.web.doors import StaffRequest, door, may
from attendance_office.web.export import Cell, Column
from attendance_office.web.lists import narrowed, send_list
from registers.actions import agreements as actions
from registers.actions.agreements import Terms
from registers.actions.files import record_download, store_paper
from registers.forms import agreements as forms
from registers.models import Agreement, Contact, Group, Pupil, StoredFile
from registers.queries import agreements as answers
from registers.queries.name_matching import match_lines
from registers.queries.pupils import present
from registers.rules import agreements as law

PAGE = 50
SHOWN = {
    "now": "In force",
    "ending": "Ending in two weeks",
    "review": "Review due",
    "coming": "Coming",
    "ended": "Ended",
}
HEADINGS = {
    "now": "Agreements in force",
    "ending": "Agreements ending in two weeks",
    "review": "Agreements to review",
    "coming": "Agreements to come",
    "ended": "Agreements ended",
}


def _rows(request: StaffRequest) -> tuple[QuerySet[Agreement], str]:
    show = request.GET.get("show", "now")
    show = show if show in answers.SHOWS else "now"
    rows = answers.narrowed_to(
        answers.within(request.school, request.user),
        show=show,
        kind=request.GET.get("kind", ""),
        q=request.GET.get("q", "")[:60].strip(),
        on=clock.today(),
    )
    return rows, show


@require_GET
@door(Can.SEE_AGREEMENTS, section="pupils")
def agreement_list(request: StaffRequest) -> HttpResponse:
    """Show the agreements, those that end first on top."""
    rows, show = _rows(request)
    today = clock.today()
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    many = answers.counts(request.school, request.user, today)
    context = {
        "page": page,
        "show": show,
        "shows": [(key, words, many[key]) for key, words in SHOWN.items()],
        "heading": HEADINGS[show],
        "total": page.paginator.count,
        "kinds": law.KINDS.values(),
        "kind": request.GET.get("kind", ""),
        "q": request.GET.get("q", ""),
        "today": today,
        "lines": [(row, law.ends_soon(row.ends_on, today)) for row in page],
        "may_edit": may(request, Can.KEEP_AGREEMENTS),
    }
    return render(request, "registers/agreement_list.html", context)


@require_http_methods(["GET", "POST"])
@door(Can.KEEP_AGREEMENTS, section="pupils")
def agreement_make(request: StaffRequest) -> HttpResponse:
    """Make an agreement: fill it in, look at every session it touches, then save."""
    at = clock.now()
    today = clock.local(at).date()
    groups = list(Group.objects.filter(school=request.school).order_by("name").values_list("pk", "name"))
    first: dict[str, Any] = {"agreed_on": today, "from_on": today, "kind": request.GET.get("kind", "part_time")}
    if asked := whole(request.GET.get("pupil")):
        named = Pupil.objects.visible_to(request.user).filter(school=request.school, pk=asked).first()
        first["who"] = named.upn if named else ""
    form = forms.MakeAgreement(request.POST or None, request.FILES or None, groups=groups, initial=first)
    context: dict[str, Any] = {"form": form, "sessions": forms.SESSIONS}
    if request.method == "POST" and form.is_valid():
        answer = _prepared(request, form, context)
        if answer is not None:
            return answer
    return render(request, "registers/agreement_form.html", context, status=422 if form.errors else 200)


def _prepared(request: StaffRequest, form: forms.MakeAgreement, context: dict[str, Any]) -> HttpResponse | None:
    """Show what the agreement would do, or make it once it has been looked at; None where something is wrong."""
    at, said = clock.now(), form.cleaned_data
    pupils = _pupils(request, form)
    if form.errors:
        return None
    with_name = said["agreed_with"].strip()
    contact = next(
        (
            one
            for one in Contact.objects.filter(school=request.school, children__pupil__in=pupils).distinct()
            if with_name and str(one).casefold() == with_name.casefold()
        ),
        None,
    )
    terms = Terms(
        kind=said["kind"],
        code=said["code"],
        name=said["name"],
        from_on=said["from_on"],
        to_on=said["to_on"],
        weekly=form.weekly,
        agreed_on=said["agreed_on"],
        agreed_by=said["agreed_by"],
        agreed_with=contact,
        agreed_with_name="" if contact else with_name,
        place=said["place"],
        nature=said["nature"],
        review_on=said["review_on"],
    )
    try:
        document = _document(request, said)
        if "save" not in request.POST:
            context["preview"] = answers.preview(
                request.school, pupils, from_on=terms.from_on, to_on=terms.to_on, weekly=terms.weekly
            )
            context |= {"pupils": pupils, "document": document, "terms": terms}
            context["warnings"] = law.warnings(
                terms.kind, from_on=terms.from_on, to_on=terms.to_on, review_on=terms.review_on
            )
            return render(request, "registers/agreement_form.html", context)
        row, coded = actions.make_agreement(
            school=request.school, pupils=pupils, terms=terms, document=document, by=request.user, at=at
        )
    except Refused as refused:
        form.add_error(None, str(refused))
        return None
    toasts.say(
        request, f"{row.name} agreed: {coded.done} mark{'' if coded.done == 1 else 's'} of today and before written"
    )
    return redirect("registers:agreement_detail", row.pk)


def _pupils(request: StaffRequest, form: forms.MakeAgreement) -> list[Pupil]:
    """Give the pupils meant, with each line that was not matched told in the form."""
    said, today = form.cleaned_data, clock.today()
    matched = match_lines(said["who"], school=request.school, user=request.user, on=today)
    for line, words in matched.left:
        form.add_error("who", f"\u201c{line}\u201d: {words}")
    pupils = {pupil.pk: pupil for pupil in matched.pupils}
    if said["group"]:
        inside = present(today).filter(school=request.school, group=said["group"])
        reach = Pupil.objects.visible_to(request.user).filter(memberships__in=inside)
        pupils |= {pupil.pk: pupil for pupil in reach.in_order()}
    if not pupils and not form.errors:
        form.add_error("who", "For whom is it? Name at least one pupil, or choose a group.")
    return list(pupils.values())


def _document(request: StaffRequest, said: dict[str, Any]) -> StoredFile | None:
    """Keep the paper that was sent, or find the one kept while looking at the sessions."""
    if said["document"]:
        file = said["document"]
        return store_paper(school=request.school, name=file.name, content=file.read(), by=request.user, at=clock.now())
    if said["document_id"]:
        return StoredFile.objects.filter(
            school=request.school, pk=said["document_id"], purpose=StoredFile.Purpose.AGREEMENT, added_by=request.user
        ).first()
    return None


def _one(request: StaffRequest, pk: int) -> Agreement:
    rows = answers.within(request.school, request.user).select_related("agreed_with", "document", "made_by")
    return get_object_or_404(rows, pk=pk)


@require_GET
@door(Can.SEE_AGREEMENTS, section="pupils")
def agreement_detail(request: StaffRequest, pk: int) -> HttpResponse:
    """Show an agreement: what was agreed, its pupils, its sessions so far and what the register says in each."""
    return _page(request, _one(request, pk))


def _page(request: StaffRequest, row: Agreement, form: Any = None) -> HttpResponse:
    today = clock.today()
    places = list(answers.places_of(row, request.user))
    so_far = answers.sessions_so_far(row, [one.pupil_id for one in places], today)
    first = {"to_on": row.to_on, "review_on": row.review_on, "place": row.place, "nature": row.nature}
    context = {
        "row": row,
        "kind": law.KINDS[row.kind],
        "places": places,
        "so_far": so_far[:60],
        "more": max(0, len(so_far) - 60),
        "week": [words for place, words in forms.SESSIONS if row.weekly[int(place)] == "1"],
        "is_soon": law.ends_soon(row.ends_on, today),
        "is_over": row.ends_on < today,
        "may_edit": may(request, Can.KEEP_AGREEMENTS),
        "change": form if isinstance(form, forms.ChangeAgreement) else forms.ChangeAgreement(initial=first),
        "end": form if isinstance(form, forms.EndAgreement) else forms.EndAgreement(initial={"last_on": today}),
    }
    return render(request, "registers/agreement_detail.html", context, status=422 if form is not None else 200)


@require_POST
@door(Can.KEEP_AGREEMENTS, section="pupils")
def agreement_change(request: StaffRequest, pk: int) -> HttpResponse:
    """Change an agreement."""
    row = _one(request, pk)
    form = forms.ChangeAgreement(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, row, form)
    said = form.cleaned_data
    try:
        paper = said["document"]
        document = None
        if paper:
            document = store_paper(
                school=request.school, name=paper.name, content=paper.read(), by=request.user, at=clock.now()
            )
        actions.change_agreement(
            agreement=row,
            review_on=said["review_on"],
            place=said["place"],
            nature=said["nature"],
            to_on=said["to_on"],
            document=document,
            reason=said["reason"],
            by=request.user,
            at=clock.now(),
        )
    except Refused as refused:
        form.add_error(None, str(refused))
        return _page(request, row, form)
    toasts.say(request, f"{row.name} changed")
    return redirect("registers:agreement_detail", row.pk)


@require_POST
@door(Can.KEEP_AGREEMENTS, section="pupils")
def agreement_end(request: StaffRequest, pk: int) -> HttpResponse:
    """End an agreement early."""
    row = _one(request, pk)
    form = forms.EndAgreement(request.POST)
    if not form.is_valid():
        return _page(request, row, form)
    try:
        gone = actions.end_agreement(
            agreement=row,
            last_on=form.cleaned_data["last_on"],
            reason=form.cleaned_data["reason"],
            by=request.user,
            at=clock.now(),
        )
    except Refused as refused:
        form.add_error(None, str(refused))
        return _page(request, row, form)
    toasts.say(request, f"{row.name} ends early; {gone} mark{'' if gone == 1 else 's'} known beforehand taken back")
    return redirect("registers:agreement_detail", row.pk)


@require_GET
@door(Can.SEE_AGREEMENTS, section="pupils")
def agreement_document(request: StaffRequest, pk: int) -> HttpResponse:
    """Give out the signed paper, as a file to keep and never as a page."""
    row = _one(request, pk)
    file = get_object_or_404(StoredFile, pk=row.document_id, school=request.school)
    record_download(file=file, by=request.user, at=clock.now())
    answer = HttpResponse(bytes(file.content), content_type=file.kind)
    plain = "".join(letter if letter.isalnum() or letter in "._- " else "_" for letter in file.name)
    answer["Content-Disposition"] = f'attachment; filename="{plain}"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


@require_POST
@door(Can.EXPORT, section="pupils")
@door(Can.SEE_AGREEMENTS)
def agreement_export(request: StaffRequest, form: str) -> HttpResponse:
    """Send out the agreements as they are narrowed, a row for each pupil."""
    rows, show = _rows(narrowed(request))
    out: list[list[Cell]] = [
        [
            str(place.pupil),
            place.pupil.tutor_group.name if place.pupil.tutor_group else "",
            row.get_kind_display(),
            row.code,
            row.name,
            row.place,
            row.from_on,
            row.ends_on,
            row.review_on,
            row.agreed_by,
        ]
        for row in rows
        for place in row.places.all()
    ]
    heads = ("Pupil", "Form", "Kind", "Code", "Name", "Place", "From", "To", "Review", "Agreed by")
    columns = [Column(one) for one in heads]
    return send_list(request, form, what="agreements", columns=columns, rows=out, filters=show)
