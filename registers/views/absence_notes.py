"""One absence note: its reports, its sessions, and changing, ending and withdrawing it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import cast

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from attendance_office import clock
from attendance_office.refusals import Refused
from attendance_office.staff.roles import Can
from attendance_office.web import toasts
from attendance_office.web.doors import StaffRequest, door
from registers.actions import absences as actions
from registers.actions.absences import span_of
from registers.forms import absences as forms
from registers.models import AbsenceNote, Pupil
from registers.queries.calendar import calendar_of
from registers.queries.known import known_codes
from registers.rules.codes import Half, code_set
from registers.rules.sessions import Calendar, Session
from registers.rules.untils import NotUnderstood, read_until, sessions_of, spoken_span


def _note(request: StaffRequest, pk: int) -> AbsenceNote:
    rows = AbsenceNote.objects.select_related("pupil__tutor_group", "school", "logged_by", "closed_by")
    return get_object_or_404(rows, pk=pk, school=request.school, pupil__in=Pupil.objects.visible_to(request.user))


@require_GET
@door(Can.LOG_ABSENCE, section="absence")
def absence_note(request: StaffRequest, pk: int) -> HttpResponse:
    """Show a note with all its reports, its sessions, and what the register says in each."""
    return _note_page(request, _note(request, pk))


def _note_page(request: StaffRequest, note: AbsenceNote, form: forms.ChangeNote | None = None) -> HttpResponse:
    on = clock.today()
    calendar = calendar_of(request.school.pk)
    span = span_of(note)
    held = sessions_of(span, calendar, up_to=on)
    marks = {
        Session(mark.on, cast("Half", mark.half)): mark
        for mark in note.pupil.marks.filter(on__gte=span.from_on, on__lte=on)
    }
    ahead = [one for one in calendar.sessions(on, span.to_on) if one.on > on and span.covers(one)] if span.to_on else []
    known = known_codes(request.school.pk, ahead, pupil_ids=[note.pupil_id])
    first = {
        "told": note.told_code,
        "school_code": note.code if note.code != note.told_code else "",
        "why_refused": note.why_refused,
        "until": "?" if span.to_on is None else f"{span.to_on:%d/%m/%Y}",
    }
    context = {
        "note": note,
        "words": spoken_span(span, on),
        "calls": note.calls.select_related("contact", "logged_by", "message").order_by("heard_at", "pk"),
        "held": [(one, marks.get(one)) for one in reversed(held)],
        "ahead": [(one, known.get((note.pupil_id, one))) for one in ahead[:20]],
        "more_ahead": max(0, len(ahead) - 20),
        "form": form or forms.ChangeNote(initial=first),
        "meaning": {symbol: code.meaning for symbol, code in code_set(note.from_on).items()},
        "is_standing": note.state == AbsenceNote.State.STANDING,
    }
    return render(request, "registers/absence_note.html", context, status=422 if form is not None else 200)


@require_POST
@door(Can.LOG_ABSENCE, section="absence")
def absence_change(request: StaffRequest, pk: int) -> HttpResponse:
    """Change a note."""
    note = _note(request, pk)
    form = forms.ChangeNote(request.POST)
    if not form.is_valid():
        return _note_page(request, note, form)
    said = form.cleaned_data
    try:
        calendar = calendar_of(request.school.pk)
        span = read_until(said["until"], on=note.from_on, calendar=calendar)
        if span.from_half != note.from_half and span.to_on != span.from_on:
            span = replace(span, from_half=cast("Half", note.from_half))
        coded = actions.change_note(
            note=note,
            span=span,
            told=said["told"],
            school_code=said["school_code"],
            why_refused=said["why_refused"],
            reason=said["reason"],
            by=request.user,
            at=clock.now(),
        )
    except (Refused, NotUnderstood) as refused:
        form.add_error("until" if isinstance(refused, NotUnderstood) else None, str(refused))
        return _note_page(request, note, form)
    toasts.say(request, f"Changed. {coded.done} mark{'' if coded.done == 1 else 's'} of the register changed with it")
    return redirect("registers:absence_note", note.pk)


@require_POST
@door(Can.LOG_ABSENCE, section="absence")
def absence_close(request: StaffRequest, pk: int) -> HttpResponse:
    """End a note because the pupil is back, or withdraw it because it was wrong."""
    note, now = _note(request, pk), clock.now()
    form = forms.CloseNote(request.POST)
    if not form.is_valid():
        toasts.fail(request, "Say whether the pupil is back or the note was wrong.")
        return redirect("registers:absence_note", note.pk)
    said = form.cleaned_data
    try:
        if said["how"] == "back":
            last = _last_before(note, now, calendar_of(request.school.pk))
            reason = said["reason"] or "The pupil is back"
            actions.end_note(note=note, last=last, reason=reason, by=request.user, at=now)
        else:
            actions.withdraw_note(
                note=note, reason=said["reason"], back_to_n=said["back_to_n"], by=request.user, at=now
            )
    except Refused as refused:
        toasts.fail(request, str(refused))
    else:
        toasts.say(request, "Ended: the pupil is back" if said["how"] == "back" else "Withdrawn")
    return redirect("registers:absence_note", note.pk)


def _last_before(note: AbsenceNote, now: datetime, calendar: Calendar) -> Session | None:
    """Give the note's last session before today's: the pupil is back today."""
    on = clock.local(now).date()
    held = [one for one in sessions_of(span_of(note), calendar, up_to=on) if one.on < on]
    return held[-1] if held else None
