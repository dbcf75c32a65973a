"""A report's round: who is to have it on a day, who had it and whether it went, and holds put on it and released."""

from __future__ import annotations

from datetime import date

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from attendance_office import clock
from attendance_office.days import read_day
from attendance_office.jobs.models import Run
from attendance_office.refusals import Refused
from attendance_office.staff.roles import Can
from attendance_office.web import toasts
from attendance_office.web.doors import StaffRequest, door
from registers.queries.calendar import calendar_of
from reporting.actions import holds as actions
from reporting.actions.turns import begin_again
from reporting.models import Hold, Report, Subscription, Turn
from reporting.models.distributions import readable
from reporting.queries.kinds import KINDS
from reporting.queries.rounds import goes_on, open_holds, places, schedule_of


def _asked(report: str, on: str) -> tuple[Report, date]:
    """Give what an address names; 404 for what is no report or no day."""
    try:
        found = Report(report), read_day(on)
    except ValueError:
        raise Http404 from None
    if found[0] not in KINDS:
        raise Http404
    return found


@require_GET
@door(Can.KEEP_REPORTS, section="figures")
def round_detail(request: StaffRequest, report: str, on: str) -> HttpResponse:
    """Show a report's round on a day: each person's place in it, and what holds it."""
    kind, day = _asked(report, on)
    found = places(request.school, kind, day)
    whole = open_holds(request.school).filter(report=kind, on=day, subscription=None).first()
    is_past = any(place.turn for place in found)
    calendar, schedule = calendar_of(request.school.pk), schedule_of(request.school, kind)
    is_coming = day >= clock.today() and goes_on(schedule, calendar, kind, day)
    if not (is_past or is_coming or whole):
        raise Http404
    waiting = [place for place in found if place.turn is None or place.turn.state == Turn.State.WAITING]
    context = {
        "report": kind,
        "on": day,
        "places": found,
        "whole": whole,
        "schedule": schedule,
        "run": Run.objects.filter(school=request.school, job=kind, due_on=day).first(),
        "is_past": is_past,
        "can_hold": bool(waiting) or (is_coming and not found),
        "may_read": kind in readable(request.user.standing.allowed(request.school.pk)),
        "holds": Hold.objects.filter(school=request.school, report=kind, on=day)
        .select_related("held_by", "released_by", "subscription__user", "subscription__tutor_group")
        .order_by("held_at", "pk"),
    }
    return render(request, "reporting/round.html", context)


@require_POST
@door(Can.KEEP_REPORTS, section="figures")
def round_hold(request: StaffRequest, report: str, on: str) -> HttpResponse:
    """Hold a day's report back, from everybody or from one person."""
    kind, day = _asked(report, on)
    who = request.POST.get("subscription", "")
    row = None
    if who:
        rows = Subscription.objects.select_related("user").filter(school=request.school, report=kind)
        row = get_object_or_404(rows, pk=int(who) if who.isdecimal() and len(who) < len("1000000000") else 0)
    try:
        actions.hold(
            school=request.school, report=kind, on=day, subscription=row, why=request.POST.get("why", ""),
            by=request.user, at=clock.now(),
        )  # fmt: skip
    except Refused as refusal:
        toasts.fail(request, str(refusal))
    else:
        toasts.say(request, f"Held for {row.user.signature}" if row else "Held for everybody")
    return redirect("reporting:round", report, on)


@require_POST
@door(Can.KEEP_REPORTS, section="figures")
def turn_again(request: StaffRequest, pk: int) -> HttpResponse:
    """Have a report that was given up begun again."""
    turn = get_object_or_404(Turn.objects.select_related("subscription"), pk=pk, school=request.school)
    try:
        begin_again(turn=turn, by=request.user, at=clock.now())
    except Refused as refusal:
        toasts.fail(request, str(refusal))
    else:
        toasts.say(request, "Begun again: it goes within a minute")
    return redirect("reporting:round", turn.subscription.report, turn.on.isoformat())


@require_POST
@door(Can.KEEP_REPORTS, section="figures")
def hold_release(request: StaffRequest, pk: int) -> HttpResponse:
    """Release what is held."""
    row = get_object_or_404(Hold, pk=pk, school=request.school)
    try:
        actions.release(held=row, by=request.user, at=clock.now())
    except Refused as refusal:
        toasts.fail(request, str(refusal))
    else:
        toasts.say(request, "Released: what is due goes within a minute")
    return redirect("reporting:round", row.report, row.on.isoformat())
