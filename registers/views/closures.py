"""Closures: the list, planning one with a look at what it writes and overwrites, its page, and taking it back."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from attendance_office import clock
from attendance_office.refusals import Refused
from attendance_office.staff.models import TutorGroup
from attendance_office.staff.roles import Can
from attendance_office.web import toasts
from attendance_office.web.doors import StaffRequest, door, may
from attendance_office.web.export import Cell, Column
from attendance_office.web.lists import narrowed, send_list
from registers.actions import closures as actions
from registers.forms import closures as forms
from registers.models import Closure, Half
from registers.queries import closures as answers
from registers.rules.closures import KINDS
from registers.rules.dates import spoken_date

PAGE = 50
PUPILS_SHOWN = 300


def _rows(request: StaffRequest) -> tuple[QuerySet[Closure], str]:
    show = request.GET.get("show", "all")
    show = show if show in answers.SHOWS else "all"
    return answers.closures_of(request.school, show=show, on=clock.today()), show


def _plans(request: StaffRequest) -> bool:
    return may(request, Can.EDIT_CALENDAR) and may(request, Can.USE_OFFICE_CODES)


@require_GET
@door(Can.SEE_PUPILS, Can.EDIT_CALENDAR, section="office")
def closure_list(request: StaffRequest) -> HttpResponse:
    """Show the closures that write a code, the latest first."""
    rows, show = _rows(request)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    many = answers.counts(request.school, clock.today())
    groups = answers.group_names(request.school)
    context = {
        "page": page,
        "lines": [(row, answers.for_whom(row, groups), _state(row)) for row in page],
        "show": show,
        "shows": [("all", "All", many["all"]), *((key, words, many[key]) for key, words in answers.SHOWS.items())],
        "total": many["all"],
        "plans": _plans(request),
    }
    return render(request, "registers/closure_list.html", context)


def _state(row: Closure) -> str:
    """Say where a closure is in time."""
    today = clock.today()
    if not row.is_standing:
        return "Taken back"
    if row.from_on > today:
        return "Coming"
    return "Over" if row.to_on < today else "Standing"


@require_POST
@door(Can.EXPORT, section="office")
@door(Can.SEE_PUPILS, Can.EDIT_CALENDAR)
def closure_export(request: StaffRequest, form: str) -> HttpResponse:
    """Send out the closures as they are narrowed."""
    rows, show = _rows(narrowed(request))
    groups = answers.group_names(request.school)
    out: list[list[Cell]] = [
        [
            row.name,
            row.code,
            row.from_on,
            row.to_on,
            f"{Half(row.half).label}s" if row.half else "Whole days",
            answers.for_whom(row, groups),
            _state(row),
            row.made_at,
            str(row.made_by or ""),
            row.why_taken_back,
        ]
        for row in rows
    ]
    heads = ("Closure", "Code", "First day", "Last day", "Closed", "For", "State", "Planned", "By", "Why taken back")
    return send_list(
        request,
        form,
        what="closures",
        columns=[Column(one) for one in heads],
        rows=out,
        filters=answers.SHOWS.get(show, ""),
    )


@require_http_methods(["GET", "POST"])
@door(Can.EDIT_CALENDAR, section="office")
@door(Can.USE_OFFICE_CODES)
@door(Can.SEE_PUPILS)
def closure_plan(request: StaffRequest) -> HttpResponse:
    """Plan a closure: fill it in, look at what it writes and overwrites, then save."""
    today = clock.today()
    years = list(
        TutorGroup.objects.filter(school=request.school)
        .order_by("year_group")
        .values_list("year_group", flat=True)
        .distinct()
    )
    form = forms.PlanClosure(
        request.POST or None, years=years, groups=answers.group_names(request.school), initial={"from_on": today}
    )
    context: dict[str, Any] = {"form": form}
    if request.method == "POST" and form.is_valid():
        if "save" in request.POST:
            done = _save(request, form)
            if done is not None:
                return done
        elif "again" not in request.POST and (shown := _looked(request, form)) is not None:
            return render(request, "registers/closure_plan.html", context | shown)
    return render(request, "registers/closure_plan.html", context, status=422 if form.errors else 200)


def _save(request: StaffRequest, form: forms.PlanClosure) -> HttpResponse | None:
    try:
        row, coded = actions.plan_closure(school=request.school, plan=form.plan, by=request.user, at=clock.now())
    except Refused as refused:
        form.add_error(None, str(refused))
        return None
    toasts.say(request, f"{row.name} closed: {coded.done:,} mark{'' if coded.done == 1 else 's'} of today and before")
    return redirect("registers:closure_detail", row.pk)


def _looked(request: StaffRequest, form: forms.PlanClosure) -> dict[str, Any] | None:
    """Give what the closure would do; None with the form's errors where it may not stand."""
    try:
        look = actions.judged(request.school, form.plan, clock.today())
    except Refused as refused:
        form.add_error(None, str(refused))
        return None
    fates, more = answers.pupil_fates(look, request.user, most=PUPILS_SHOWN)
    return {"look": look, "fates": fates, "more": more, "kind": KINDS[form.plan.code]}


@require_GET
@door(Can.SEE_PUPILS, Can.EDIT_CALENDAR, section="office")
def closure_detail(request: StaffRequest, pk: int) -> HttpResponse:
    """Show a closure: what it closes, what the register says under it, and what became of it."""
    return _page(request, get_object_or_404(Closure, pk=pk, school=request.school), None)


def _page(request: StaffRequest, row: Closure, form: forms.TakeBackClosure | None) -> HttpResponse:
    today = clock.today()
    sessions, said = answers.said_under(row, today)
    context = {
        "row": row,
        "kind": KINDS.get(row.code),
        "half": f"{Half(row.half).label.lower()}s" if row.half else "",
        "whom": answers.for_whom(row, answers.group_names(request.school)),
        "state": _state(row),
        "sessions": sessions,
        "said": said,
        "form": form or forms.TakeBackClosure(initial={"from_on": row.from_on}),
        "plans": _plans(request) and row.is_standing,
        "history": answers.history_of(row),
    }
    return render(request, "registers/closure_detail.html", context, status=422 if form is not None else 200)


@require_POST
@door(Can.EDIT_CALENDAR, section="office")
@door(Can.USE_OFFICE_CODES)
def closure_take_back(request: StaffRequest, pk: int) -> HttpResponse:
    """Take a closure back, or open again from a day on."""
    row = get_object_or_404(Closure, pk=pk, school=request.school)
    form = forms.TakeBackClosure(request.POST)
    if not form.is_valid():
        return _page(request, row, form)
    try:
        gone, restored = actions.take_back_closure(
            closure=row,
            from_on=form.cleaned_data["from_on"],
            reason=form.cleaned_data["reason"],
            by=request.user,
            at=clock.now(),
        )
    except Refused as refused:
        form.add_error(None, str(refused))
        return _page(request, row, form)
    first = spoken_date(form.cleaned_data["from_on"])
    toasts.say(request, f"Open again from {first}: {gone:,} marks taken back, {restored:,} restored")
    return redirect("registers:closure_detail", row.pk)
