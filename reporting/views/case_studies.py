"""Case studies: drafted from a pupil's file, checked for what could name somebody, issued, and read by anybody of the
school's figures. Whom one is about is on none of these pages.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from attendance_office import clock
from attendance_office.refusals import Refused
from attendance_office.staff.roles import Can
from attendance_office.web import toasts
from attendance_office.web.doors import StaffRequest, door, may
from attendance_office.web.export import Cell, Column
from attendance_office.web.lists import narrowed, send_list
from registers.models import Pupil
from registers.queries.calendar import calendar_of
from reporting import forms
from reporting.actions import case_studies as actions
from reporting.models import CaseStudy
from reporting.queries.case_study import PARTS, content_of, course_of, open_hits, steps_of, told_of
from reporting.queries.pupil_file import periods_of
from reporting.rules.anonymous import GROUND_WORDS, INSTEAD

_ATTAINMENT = ("subject", "before", "after")


def _studies(request: StaffRequest) -> QuerySet[CaseStudy]:
    """Give the studies a person may read: the issued ones, and drafts about pupils within reach to whoever writes."""
    rows = CaseStudy.objects.filter(school=request.school)
    readable = Q(state=CaseStudy.State.ISSUED)
    if may(request, Can.WRITE_CASE_STUDIES):
        readable |= Q(state=CaseStudy.State.DRAFT, pk__in=_reached(request).values("pk"))
    return rows.filter(readable).select_related("issued_by", "made_by").defer("content")


def _reached(request: StaffRequest) -> QuerySet[CaseStudy]:
    return CaseStudy.objects.filter(school=request.school).visible_to(request.user)


def _draft(request: StaffRequest, pk: int) -> CaseStudy:
    """Give a study to whoever may write into it; Http404 beyond the person's reach."""
    rows = _studies(request).filter(pk__in=_reached(request).values("pk"))
    return get_object_or_404(rows.select_related("school", "pupil__school").defer(None), pk=pk)


@require_GET
@door(Can.SEE_FIGURES, section="figures")
def case_list(request: StaffRequest) -> HttpResponse:
    """List the case studies."""
    studies = list(_studies(request).order_by("-made_at", "-pk"))
    return render(
        request, "reporting/case_list.html", {"studies": studies, "writes": may(request, Can.WRITE_CASE_STUDIES)}
    )


@require_POST
@door(Can.EXPORT, section="figures")
@door(Can.SEE_FIGURES)
def case_list_export(request: StaffRequest, form: str) -> HttpResponse:
    """Send out the list of case studies; not what they say, nor about whom."""
    rows: list[list[Cell]] = [
        [str(one), one.headline, one.get_state_display(), one.issued_at]
        for one in _studies(request).order_by("-made_at", "-pk")
    ]
    heads = [Column(one) for one in ("Study", "In one line", "State", "Issued")]
    return send_list(request, form, what="case studies", columns=heads, rows=rows)


@require_POST
@door(Can.WRITE_CASE_STUDIES, section="pupils")
def case_draft(request: StaffRequest, pk: int) -> HttpResponse:
    """Draft a study of a pupil over the days that the file shows."""
    seen = Pupil.objects.visible_to(request.user).filter(school=request.school).select_related("school")
    pupil, at = get_object_or_404(seen, pk=pk), clock.now()
    periods = periods_of(pupil, calendar_of(pupil.school_id), clock.local(at).date())
    asked = forms.PupilFile(narrowed(request).GET, periods=periods).asked()
    try:
        study = actions.draft_study(pupil=pupil, from_on=asked.from_on, to_on=asked.to_on, by=request.user, at=at)
    except Refused as refusal:
        toasts.fail(request, str(refusal))
        return redirect("reporting:pupil_file", pk)
    return redirect("reporting:case_detail", study.pk)


@require_GET
@door(Can.SEE_FIGURES, section="figures")
def case_detail(request: StaffRequest, pk: int) -> HttpResponse:
    """Show a study as it was issued; a draft with its figures as they stand, and what could name somebody in it."""
    study = get_object_or_404(_studies(request).defer(None), pk=pk)
    reaches = may(request, Can.SEE_PUPILS) and _reached(request).filter(pk=study.pk).exists()
    writes = reaches and may(request, Can.WRITE_CASE_STUDIES)
    context = {"study": study, "content": study.content, "reaches": reaches, "writes": writes, "is_draft": False}
    if study.state == CaseStudy.State.DRAFT:
        context |= _draft_page(request, _draft(request, pk))
    return render(request, "reporting/case_detail.html", context)


def _draft_page(
    request: StaffRequest, study: CaseStudy, form: forms.StudyWords | None = None, rows: Any = None
) -> dict[str, Any]:  # fmt: skip
    at = clock.now()
    allowed = request.user.standing.allowed(request.school.pk)
    course = course_of(study.pupil, study.from_on, study.to_on, at)
    steps = steps_of(study.pupil, request.user, study.from_on, study.to_on, course=course, at=at)
    told = told_of(study.pupil, study.stage, allowed)
    return {
        "study": study,
        "content": content_of(study, by=request.user, at=at, course=course, steps=steps),
        "is_draft": True,
        "form": form or forms.StudyWords.of(study, told=told, steps=steps, course=course),
        "rows": rows or forms.AttainmentRows(initial=_rows_of(study), prefix="row"),
        "hits": [
            {"hit": one, "part": PARTS[one.part], "ground": GROUND_WORDS[one.ground], "instead": INSTEAD[one.ground]}
            for one in open_hits(study, allowed)
        ],
        "standing": [
            {"row": one, "part": PARTS.get(one.part, one.part)}
            for one in study.standing.select_related("by").order_by("at", "pk")
        ],
    }


def _rows_of(study: CaseStudy) -> list[dict[str, str]]:
    return [dict(zip(_ATTAINMENT, row, strict=True)) for row in study.attainment]


@require_POST
@door(Can.WRITE_CASE_STUDIES, section="figures")
def case_act(request: StaffRequest, pk: int) -> HttpResponse:
    """Write into a study, let a word stand, issue it, drop it, or begin its next edition."""
    study, at, act = _draft(request, pk), clock.now(), request.POST.get("act", "")
    if act == "write":
        return _write(request, study)
    try:
        if act == "issue":
            actions.issue_study(study=study, by=request.user, at=at)
            toasts.say(request, "Issued without a name, and it stays as it is")
        elif act == "drop":
            actions.drop_study(study=study, by=request.user, at=at)
            toasts.say(request, "The draft is dropped")
            return redirect("reporting:case_list")
        elif act == "again":
            study = actions.next_study(study=study, by=request.user, at=at)
        elif act == "stand":
            said = {name: request.POST.get(name, "") for name in ("part", "ground", "word", "why")}
            actions.let_stand(study=study, by=request.user, at=at, **said)
            toasts.say(request, "It stands, and why is kept")
        else:
            toasts.fail(request, "Choose what is to be done with it.")
    except Refused as refusal:
        toasts.fail(request, str(refusal))
    return redirect("reporting:case_detail", study.pk)


def _write(request: StaffRequest, study: CaseStudy) -> HttpResponse:
    at = clock.now()
    course = course_of(study.pupil, study.from_on, study.to_on, at)
    steps = steps_of(study.pupil, request.user, study.from_on, study.to_on, course=course, at=at)
    told = told_of(study.pupil, study.stage, request.user.standing.allowed(request.school.pk))
    form = forms.StudyWords(request.POST, told=told, steps=steps, course=course)
    rows = forms.AttainmentRows(request.POST, prefix="row")
    if form.is_valid() and rows.is_valid():
        try:
            actions.write_study(study=study, words=_words_of(study, form, rows), by=request.user, at=at)
            toasts.say(request, "Kept")
        except Refused as refusal:
            toasts.fail(request, str(refusal))
        return redirect("reporting:case_detail", study.pk)
    context = {"reaches": True, "writes": True} | _draft_page(request, study, form, rows)
    return render(request, "reporting/case_detail.html", context, status=422)


def _words_of(study: CaseStudy, form: forms.StudyWords, rows: Any) -> actions.Words:
    """Give what was written; what the author is not offered, as another's rights, stays as it was."""
    said = form.cleaned_data
    offered = form.offered("tells")
    return actions.Words(
        headline=said["headline"],
        parts={part: said[part] for part in PARTS if part in said},
        attainment=[tuple(row.get(name, "").strip() for name in _ATTAINMENT) for row in rows.cleaned_data],
        stage=said["stage"],
        tells={*said.get("tells", ()), *(key for key in study.tells if key not in offered)},
        left_out=said.get("left_out", ()),
    )


@require_GET
@door(Can.SEE_FIGURES, section="figures")
def case_file(request: StaffRequest, pk: int) -> HttpResponse:
    """Give the issued study as it was printed."""
    study = get_object_or_404(_studies(request), pk=pk)
    if study.file is None:
        raise Http404
    answer = HttpResponse(bytes(study.file.content), content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{study.file.name}"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
