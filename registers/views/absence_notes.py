"""One absence note: its reports, its sessions, and changing, ending and withdrawing it."""

from __future__ import annotations

from typing import cast

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from attendance_office import clock
from attendance_office.refusals import Refused
from attendance_office.staff.roles import Can
from attendance_office.web import toasts
from attendance_office.web.doors import StaffRequest, door
from registers.actions import notes as actions
from registers.actions.notes import span_of
from registers.forms import absences as forms
from registers.models import AbsenceNote, Pupil
from registers.queries.calendar import calendar_of
from registers.queries.known import known_codes
from registers.rules.codes import Half, code_set
from registers.rules.sessions import Calendar, Session
from registers.rules.untils import NotUnderstood, read_until, sessions_of, spoken_span, typed_span


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
        "until": typed_span(span),
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
        span = read_until(said["until"], on=note.from_on, calendar=calendar_of(request.school.pk))
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
        if said["how"] != "wrong":
            half: Half = "AM" if said["how"] == "back" else "PM"
            last = _last_before(note, Session(clock.local(now).date(), half), calendar_of(request.school.pk))
            reason = said["reason"] or "The pupil is back"
            actions.end_note(note=note, last=last, reason=reason, by=request.user, at=now)
        else:
            actions.withdraw_note(
                note=note, reason=said["reason"], back_to_n=said["back_to_n"], by=request.user, at=now
            )
    except Refused as refused:
        toasts.fail(request, str(refused))
    else:
        toasts.say(request, "Withdrawn" if said["how"] == "wrong" else "Ended: the pupil is back")
    return redirect("registers:absence_note", note.pk)


def _last_before(note: AbsenceNote, back: Session, calendar: Calendar) -> Session | None:
    """Give the note's last session before the one in which the pupil is back."""
    held = [one for one in sessions_of(span_of(note), calendar, up_to=back.on) if one < back]
    return held[-1] if held else None
