"""What is done with absence notes: changing one, ending it early, withdrawing it; and how a note codes the register."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, cast

from attendance_office import clock
from attendance_office.audit import trail
from attendance_office.refusals import Refused
from attendance_office.staff.models import User
from attendance_office.staff.roles import Can
from registers.models import AbsenceNote
from registers.queries.calendar import calendar_of
from registers.rules.absences import Span
from registers.rules.codes import Half, UnknownCode, code
from registers.rules.dates import spoken_date
from registers.rules.sessions import Calendar, Session
from registers.rules.untils import sessions_of

from .coding import Coded, Wanted, code_sessions, take_back_planned
from .hand import by_hand

# Never the reason of an absence that somebody reports: what only the session earns, and what needs an agreement.
NOT_TOLD: Final = frozenset({"/", "\\", "L", "U", "N", "D", "C2", "E", "X", "Z", "#"})


def change_note(
    *,
    note: AbsenceNote,
    span: Span,
    told: str,
    school_code: str = "",
    why_refused: str = "",
    reason: str,
    by: User,
    at: datetime,
) -> Coded:
    """Change what a note says: its days, its code, or that the school refuses the reason.

    Marks of its sessions up to today that say what the note said, or N, are amended; marks known beforehand outside
    the new days are taken back.

    Raises Refused where the note stands no more, nothing is other than before, and as `log_absence` does.
    """
    calendar = calendar_of(note.school_id)
    kept = judge(span, told, school_code, why_refused, calendar)
    if not reason.strip():
        raise Refused("Say why the note is changed: the record keeps the reason.")
    with by_hand(note.school_id, reason, by=by, at=at):
        row = standing(note)
        before = values_of(row)
        was, was_code = span_of(row), row.code
        set_span(row, span)
        row.told_code, row.code, row.why_refused = told, kept, why_refused.strip()
        if values_of(row) == before:
            raise Refused("Nothing is other than before: there is nothing to save.")
        row.save()
        today = clock.local(at).date()
        gone = [one for one in sessions_of(was, calendar, up_to=today) if not span.covers(one)]
        if gone:
            take_back_planned(
                school=row.school,
                pupil_sessions=[(row.pupil_id, one) for one in gone],
                what=f"note {row.pk}",
                reason=reason,
                by=by,
                at=at,
            )
        coded = code_note(row, calendar, row.reason or reason, over={"N", was_code}, by=by, at=at)
        record(row, "changed an absence note", before, reason, by, at)
    return coded


def end_note(*, note: AbsenceNote, last: Session | None, reason: str, by: User, at: datetime) -> None:
    """End a note early: the pupil is back. `last` is its last session; None where it held none.

    Marks known beforehand after it are taken back; marks that were taken stay.

    Raises Refused where the note stands no more, or ends before that already.
    """
    if last is None:
        withdraw_note(note=note, reason=reason, back_to_n=False, by=by, at=at)
        return
    calendar = calendar_of(note.school_id)
    with by_hand(note.school_id, reason or "The pupil is back", by=by, at=at):
        row = standing(note)
        span = span_of(row)
        if not span.covers(last):
            raise Refused(f"The note does not hold in {last.spoken()}.")
        before = values_of(row)
        row.to_on, row.to_half = last.on, last.half
        row.state = AbsenceNote.State.ENDED
        row.closed_at, row.closed_by, row.why_closed = at, by, reason.strip()
        row.save()
        later = [one for one in sessions_of(span, calendar, up_to=clock.local(at).date()) if one > last]
        if later:
            take_back_planned(
                school=row.school,
                pupil_sessions=[(row.pupil_id, one) for one in later],
                what=f"note {row.pk}",
                reason=reason or "The pupil is back",
                by=by,
                at=at,
            )
        record(row, "ended an absence note", before, reason, by, at)


def withdraw_note(*, note: AbsenceNote, reason: str, back_to_n: bool, by: User, at: datetime) -> int:
    """Withdraw a note that was wrong; give how many marks went back.

    Marks known beforehand are taken back from today on. With `back_to_n` the other marks that say what the note said
    are amended to N, since their reason is not known then.

    Raises Refused without a reason and where the note stands no more.
    """
    if not reason.strip():
        raise Refused("Say why the note is withdrawn: the record keeps the reason.")
    calendar = calendar_of(note.school_id)
    with by_hand(note.school_id, reason, by=by, at=at):
        row = standing(note)
        before = values_of(row)
        row.state = AbsenceNote.State.WITHDRAWN
        row.closed_at, row.closed_by, row.why_closed = at, by, reason.strip()
        row.save()
        held = sessions_of(span_of(row), calendar, up_to=clock.local(at).date())
        back = 0
        if held:
            back = take_back_planned(
                school=row.school,
                pupil_sessions=[(row.pupil_id, one) for one in held],
                what=f"note {row.pk}",
                reason=reason,
                by=by,
                at=at,
            )
        marked = _marked_by(row, held)
        if back_to_n and marked:
            wanted = [Wanted(row.pupil_id, one, "N") for one in marked]
            words = f"Note of {row.pupil} withdrawn"
            done = code_sessions(
                school=row.school, wanted=wanted, over={row.code}, reason=reason, verb="withdrew an absence note",
                words=words, right=Can.LOG_ABSENCE, by=by, at=at,
            )  # fmt: skip
            back += done.done
        record(row, "withdrew an absence note", before, reason, by, at)
    return back


def span_of(note: AbsenceNote) -> Span:
    """Give a note's days as the law's value."""
    return Span(note.from_on, cast("Half", note.from_half), note.to_on, cast("Half", note.to_half))


# ---------- how a note is judged, written and kept ----------


def judge(span: Span, told: str, school_code: str, why_refused: str, calendar: Calendar) -> str:
    """Give the code the register is to have, or refuse."""
    for symbol in filter(None, (told, school_code)):
        try:
            code(symbol, span.from_on)
        except UnknownCode as unknown:
            raise Refused(str(unknown)) from unknown
    if told in NOT_TOLD:
        late = " Who comes late is marked on the register as they come." if told in {"L", "U"} else ""
        raise Refused(f"{told} is no reason that somebody reports. Choose the code of the reason, like I or M.{late}")
    kept = school_code or told
    if kept != told and not why_refused.strip():
        raise Refused("Say why the school refuses the reason: it is kept with the note.")
    if kept in NOT_TOLD:
        raise Refused(f"{kept} cannot be chosen for a reason that is refused. Choose O, or G for a holiday.")
    last = span.to_on or span.from_on
    if not any(span.covers(one) for one in calendar.sessions(span.from_on, last)) and span.to_on is not None:
        raise Refused(f"The school does not meet from {spoken_date(span.from_on)} to {spoken_date(last)}.")
    return kept


def set_span(note: AbsenceNote, span: Span) -> None:
    note.from_on, note.from_half, note.to_on, note.to_half = span.from_on, span.from_half, span.to_on, span.to_half


def code_note(note: AbsenceNote, calendar: Calendar, comment: str, *, over: set[str], by: User, at: datetime) -> Coded:
    """Bring the register to the note for its sessions up to today."""
    held = sessions_of(span_of(note), calendar, up_to=clock.local(at).date())
    if not held:
        return Coded()
    return code_sessions(
        school=note.school,
        wanted=[Wanted(note.pupil_id, one, note.code, comment=comment[:200]) for one in held],
        over=over,
        reason=comment[:400] or "Absence line",
        verb="coded from the absence line",
        words=f"{note.pupil}: {note.code}",
        right=Can.LOG_ABSENCE,
        by=by,
        at=at,
    )


def _marked_by(note: AbsenceNote, held: Sequence[Session]) -> list[Session]:
    """Give those of the sessions whose mark says what the note said."""
    marks = note.pupil.marks.filter(on__in={one.on for one in held}, code=note.code).values_list("on", "half")
    said = {Session(on, cast("Half", half)) for on, half in marks}
    return [one for one in held if one in said]


def standing(note: AbsenceNote) -> AbsenceNote:
    row = AbsenceNote.objects.select_for_update(of=("self",)).select_related("pupil", "school").get(pk=note.pk)
    if row.state != AbsenceNote.State.STANDING:
        raise Refused(f"The note stands no more: {row.get_state_display().lower()}.")
    return row


def record(note: AbsenceNote, verb: str, before: dict[str, Any], reason: str, by: User, at: datetime) -> None:
    trail.record(
        verb=verb,
        by=by,
        at=at,
        school_id=note.school_id,
        subject_kind="absence note",
        subject_id=note.pk,
        words=f"{note.pupil}: {verb}",
        before=before,
        after=values_of(note),
        reason=reason,
    )


def values_of(note: AbsenceNote) -> dict[str, Any]:
    names = ("told_code", "code", "why_refused", "from_half", "to_half", "state")
    said: dict[str, Any] = {name: getattr(note, name) for name in names}
    return said | {"from_on": note.from_on.isoformat(), "to_on": note.to_on.isoformat() if note.to_on else None}
