"""First-day contact: families without a reason, the dry run of alerts, the countdown, and the school's settings."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from attendance_office import clock
from attendance_office.jobs.actions import DEFAULTS
from attendance_office.jobs.models import Job, Schedule
from attendance_office.numbers import wholes
from attendance_office.refusals import Refused
from attendance_office.staff.roles import Can
from attendance_office.web import toasts
from attendance_office.web.doors import StaffRequest, door, may
from interventions import forms
from interventions.actions import first_day as actions
from interventions.models import FirstDay
from interventions.queries import first_day as answers
from letters.queries.alerts import flag_choices, quiet_words, rule_of
from registers.forms.absences import told_choices


def board_for(request: StaffRequest) -> answers.Board | None:
    """Give the board of the session asked for, else of the one that has begun last today."""
    at = clock.now()
    half = request.POST.get("half", "") or request.GET.get("half", "")
    begun = answers.begun_today(request.school, at)
    session = answers.session_now(begun, half)
    return replace(answers.board_of(request.school, request.user, session, at), begun=begun) if session else None


def back_to(name: str, board: answers.Board | None) -> HttpResponse:
    """Go back to a page, in the same session."""
    return redirect(f"{reverse(name)}?half={board.session.half}" if board else reverse(name))


def no_contact_schedule(request: StaffRequest) -> Schedule | None:
    """Give the school's hour by which somebody must have been reached."""
    return Schedule.objects.filter(school=request.school, job=Job.NO_CONTACT).first()


@require_GET
@door(Can.CONTACT_HOME, section="first_day")
def first_day(request: StaffRequest) -> HttpResponse:
    """Show the families without a reason, the vulnerable first, with what was tried and what was answered."""
    board = board_for(request)
    schedule = no_contact_schedule(request)
    context = {
        "board": board,
        "hour": schedule.starts_at if schedule else DEFAULTS[Job.NO_CONTACT],
        "may_log": may(request, Can.LOG_ABSENCE),
        "sees_private": may(request, Can.SEE_SAFEGUARDING),
        "quiet": quiet_words(board.rule, board.at) if board else "",
        "codes": told_choices(clock.today()),
    }
    return render(request, "interventions/first_day.html", context)


@require_GET
@door(Can.CONTACT_HOME, section="first_day")
def alert_preview(request: StaffRequest) -> HttpResponse:
    """Show the dry run: who gets which alert, who none and why. Nothing is written."""
    board = board_for(request)
    context = {
        "board": board,
        "quiet": quiet_words(board.rule, board.at) if board else "",
        "sees_private": may(request, Can.SEE_SAFEGUARDING),
    }
    return render(request, "interventions/alert_preview.html", context)


@require_POST
@door(Can.CONTACT_HOME, section="first_day")
def alert_prepare(request: StaffRequest) -> HttpResponse:
    """Prepare the alerts of the chosen families, and put those who get none on the call sheet."""
    board = board_for(request)
    chosen = set(wholes(request.POST.getlist("pick")))
    lines = [line for line in board.open if line.alert is None] if board else []
    keys = [pupil.pk for line in lines for pupil in line.away if line.key in chosen or not line.planned.goes]
    if board is None or not keys:
        toasts.fail(request, "Nobody is chosen who is without a reason and has had no alert.")
        return back_to("interventions:first_day", board)
    try:
        done = actions.prepare_alerts(
            school=request.school, session=board.session, pupil_ids=keys, by=request.user, at=board.at
        )
    except Refused as refused:
        toasts.fail(request, str(refused))
        return back_to("interventions:alert_preview", board)
    goes = f", going at {clock.local(done.due_at):%H:%M}" if done.due_at else ""
    alerts = "1 alert" if done.alerts == 1 else f"{done.alerts} alerts"
    families = "1 family" if done.to_ring == 1 else f"{done.to_ring} families"
    toasts.say(request, f"{alerts} prepared{goes}; {families} on the call sheet")
    return back_to("interventions:first_day", board)


@require_POST
@door(Can.CONTACT_HOME, section="first_day")
def alert_stop(request: StaffRequest) -> HttpResponse:
    """Stop the alert of one family, or all that still count down."""
    board = board_for(request)
    days = FirstDay.objects.visible_to(request.user).filter(school=request.school)
    if request.POST.get("all"):
        days = days.filter(pk__in=[line.first_day.pk for line in (board.counting if board else []) if line.first_day])
    else:
        days = days.filter(pk__in=wholes(request.POST.getlist("day")))
    try:
        stopped, late = actions.stop(
            school=request.school, days=list(days), why=request.POST.get("why", ""), by=request.user, at=clock.now()
        )
    except Refused as refused:
        toasts.fail(request, str(refused))
    else:
        alerts = "1 alert" if stopped == 1 else f"{stopped} alerts"
        toasts.say(request, f"{alerts} stopped: somebody rings")
        if late:
            toasts.warn(request, f"{late} too late to stop: on the way or gone")
    return back_to("interventions:first_day", board)


@require_http_methods(["GET", "POST"])
@door(Can.EDIT_LETTERS, section="first_day")
def alert_settings(request: StaffRequest) -> HttpResponse:
    """Change the countdown, the quiet hours, the hour, and whose homes are never alerted."""
    rule, schedule = rule_of(request.school), no_contact_schedule(request)
    initial: dict[str, Any] = {
        "is_on": rule.is_on,
        "countdown_minutes": rule.countdown_minutes,
        "quiet_from": rule.quiet_from,
        "quiet_to": rule.quiet_to,
        "no_contact_at": schedule.starts_at if schedule else DEFAULTS[Job.NO_CONTACT],
        "flags": rule.flags,
    }
    form = forms.AlertSettings(request.POST or None, initial=initial, choices=flag_choices(request.school))
    if request.method == "POST" and form.is_valid():
        try:
            actions.keep_settings(school=request.school, **form.cleaned_data, by=request.user, at=clock.now())
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            toasts.say(request, "Saved: alerts prepared from now on keep to it")
            return redirect("interventions:alert_settings")
    status = 422 if form.is_bound else 200
    return render(request, "interventions/alert_settings.html", {"form": form}, status=status)
