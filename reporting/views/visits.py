"""Monitoring visits of a trust to its schools: the log, one visit, and what became of what was agreed."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from attendance_office import clock
from attendance_office.numbers import whole
from attendance_office.refusals import Refused
from attendance_office.staff.models import School
from attendance_office.staff.roles import Can
from attendance_office.web import toasts
from attendance_office.web.doors import StaffRequest, door, may
from attendance_office.web.export import Cell, Column
from attendance_office.web.lists import narrowed, send_list
from registers.rules.ages import school_year_starts
from reporting import forms
from reporting.actions import visits as actions
from reporting.models import Visit, VisitStep
from reporting.queries import visits as answers

PAGE = 50


def _schools(request: StaffRequest) -> list[School]:
    """Give the schools whose visits the person reads, by name."""
    standing = request.user.standing
    return sorted((one for one in standing.schools if standing.may(Can.SEE_VISITS, one.pk)), key=lambda one: one.name)


def _asked(request: StaffRequest, query: QueryDict) -> QuerySet[Visit]:
    return answers.visits(
        request.user, school=whole(query.get("school", "")), is_open=query.get("show") == "open"
    )  # fmt: skip


@require_GET
@door(Can.SEE_VISITS, section="figures")
def visit_list(request: StaffRequest) -> HttpResponse:
    """List the visits, with what is still open, and the schools by when they were last visited."""
    page = Paginator(_asked(request, request.GET), PAGE).get_page(request.GET.get("page"))
    schools, last = _schools(request), answers.last_visits(request.user)
    context = {
        "page": page,
        "total": page.paginator.count,
        "rows": [(one, answers.rate_of(one.figures)) for one in page],
        "schools": schools,
        "last": sorted(((one, last.get(one.pk)) for one in schools), key=lambda pair: (pair[1] is not None, pair[1])),
        "of_school": request.GET.get("school", ""),
        "show": request.GET.get("show", ""),
        "may_log": may(request, Can.LOG_VISITS),
        "today": clock.today(),
    }
    return render(request, "reporting/visit_list.html", context)


@require_POST
@door(Can.EXPORT, section="figures")
@door(Can.SEE_VISITS)
def visit_export(request: StaffRequest, form: str) -> HttpResponse:
    """Send out the visits as they are narrowed, one line for each thing agreed."""
    found = _asked(request, narrowed(request).GET).prefetch_related("steps")
    rows: list[list[Cell]] = []
    for one in found:
        first: list[Cell] = [
            one.school.name, one.visited_on, one.visitors, one.met, one.looked_at, one.found,
            answers.rate_of(one.figures), one.figures.get("persistent"), one.figures.get("pupils"),
            one.figures.get("missing"),
        ]  # fmt: skip
        steps = sorted(one.steps.all(), key=lambda step: step.pk)
        rows += [
            [*first, step.words, step.owner, step.due_on, step.get_state_display(), step.outcome] for step in steps
        ] or [[*first, "", "", None, "", ""]]
    heads = [Column(one) for one in ("School", "Visited", "Who came", "Whom they met", "Looked at", "Found")]
    heads += [Column("Attendance %", is_share=True)]
    heads += [Column(one) for one in ("Persistently absent", "Pupils", "Marks missing")]
    heads += [Column(one) for one in ("Agreed", "Who does it", "By when", "State", "What became of it")]
    return send_list(request, form, what="visits", columns=heads, rows=rows, filters=request.POST.get("query", ""))


@require_http_methods(["GET", "POST"])
@door(Can.LOG_VISITS, section="figures")
def visit_log(request: StaffRequest) -> HttpResponse:
    """Log a visit to the school one works in."""
    form = forms.VisitSaid(
        request.POST or None, initial={"visited_on": clock.today(), "visitors": request.user.signature}
    )
    if request.method == "POST" and form.is_valid():
        try:
            visit = actions.log_visit(
                school=request.school, said=actions.Said(**form.cleaned_data), by=request.user, at=clock.now()
            )
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            toasts.say(request, "Logged, with the school's figures of that day. Put down what was agreed")
            return redirect("reporting:visit_detail", visit.pk)
    return render(request, "reporting/visit_log.html", {"form": form}, status=422 if form.errors else 200)


@require_GET
@door(Can.SEE_VISITS, section="figures")
def visit_detail(request: StaffRequest, pk: int) -> HttpResponse:
    """Show one visit with the figures of then and of now, and what was agreed."""
    return _shown(request, _visit(request, pk), forms.VisitAgreed())


@require_http_methods(["GET", "POST"])
@door(Can.LOG_VISITS, section="figures")
@door(Can.SEE_VISITS)
def visit_correct(request: StaffRequest, pk: int) -> HttpResponse:
    """Correct what is written of a visit, with a reason."""
    visit = _visit(request, pk)
    names = ("visited_on", "visitors", "met", "looked_at", "found")
    form = forms.VisitCorrected(request.POST or None, initial={name: getattr(visit, name) for name in names})
    if request.method == "POST" and form.is_valid():
        said = dict(form.cleaned_data)
        why = said.pop("why")
        try:
            actions.correct_visit(visit=visit, said=actions.Said(**said), why=why, by=request.user, at=clock.now())
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            toasts.say(request, "Corrected; what stood before is kept")
            return redirect("reporting:visit_detail", pk)
    return render(
        request, "reporting/visit_log.html", {"form": form, "visit": visit}, status=422 if form.errors else 200
    )


@require_POST
@door(Can.LOG_VISITS, section="figures")
@door(Can.SEE_VISITS)
def visit_agree(request: StaffRequest, pk: int) -> HttpResponse:
    """Put down something agreed at a visit."""
    visit = _visit(request, pk)
    form = forms.VisitAgreed(request.POST)
    if form.is_valid():
        try:
            actions.agree_step(visit=visit, **form.cleaned_data, by=request.user, at=clock.now())
        except Refused as refused:
            form.add_error(None, str(refused))
    if form.errors:
        return _shown(request, visit, form)
    return redirect("reporting:visit_detail", pk)


@require_POST
@door(Can.SEE_VISITS, section="figures")
def visit_settle(request: StaffRequest, pk: int) -> HttpResponse:
    """Say what became of something agreed."""
    rows = VisitStep.objects.filter(visit__in=Visit.objects.visible_to(request.user)).select_related("visit")
    step = get_object_or_404(rows, pk=pk)
    try:
        actions.settle_step(
            step=step, state=request.POST.get("state", ""), outcome=request.POST.get("outcome", ""),
            by=request.user, at=clock.now(),
        )  # fmt: skip
    except Refused as refused:
        toasts.fail(request, str(refused))
    else:
        toasts.say(request, "Settled, with your words")
    return redirect("reporting:visit_detail", step.visit_id)


def _visit(request: StaffRequest, pk: int) -> Visit:
    return get_object_or_404(
        Visit.objects.visible_to(request.user).select_related("school", "logged_by", "changed_by"), pk=pk
    )


def _shown(request: StaffRequest, visit: Visit, form: forms.VisitAgreed) -> HttpResponse:
    at = clock.now()
    today = clock.local(at).date()
    now = answers.figures_of(visit.school, today, at=at)
    then = visit.figures
    context: dict[str, Any] = {
        "visit": visit,
        "then": then,
        "then_rate": answers.rate_of(then),
        "now": now,
        "now_rate": answers.rate_of(now),
        "is_same_year": school_year_starts(visit.visited_on) == school_year_starts(today),
        "steps": visit.steps.select_related("by", "settled_by").order_by("pk"),
        "form": form,
        "may_log": request.user.standing.may(Can.LOG_VISITS, visit.school_id),
        "today": today,
    }
    return render(request, "reporting/visit_detail.html", context, status=422 if form.errors else 200)
