"""What is done with reports of absence: logging them, changing them, ending them, withdrawing them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, cast

from django.db import transaction
from django.db.models import Q

from attendance_office import clock
from attendance_office.audit import trail
from attendance_office.refusals import Refused
from attendance_office.staff.models import School, User
from registers.models import AbsenceNote, Call, Channel, Contact, LineMessage, Pupil
from registers.queries.calendar import calendar_of
from registers.rules.absences import Span, are_one
from registers.rules.codes import Half, UnknownCode, code
from registers.rules.dates import spoken_date
from registers.rules.sessions import Calendar, Session
from registers.rules.untils import sessions_of, spoken_span

from .coding import Coded, Wanted, code_sessions, take_back_planned, undo_coding
from .hand import by_hand

UNDO_FOR: Final = timedelta(minutes=10)
# Never the reason of an absence that somebody reports: what only the session earns, and what needs an agreement.
NOT_TOLD: Final = frozenset({"/", "\\", "L", "U", "N", "D", "C2", "E", "X", "Z", "#"})


@dataclass(frozen=True)
class Report:
    """One report as it was heard: how, when, from whom and in which words."""

    channel: str
    heard_at: datetime
    contact: Contact | None = None
    caller: str = ""
    words: str = ""
    message: LineMessage | None = None


@dataclass(frozen=True)
class Logged:
    """What became of a report: its note, whether it folded into one that stood, and what was coded."""

    note: AbsenceNote
    call: Call
    folded: bool
    coded: Coded


def log_absence(
    *,
    school: School,
    pupils: Sequence[Pupil],
    span: Span,
    told: str,
    report: Report,
    school_code: str = "",
    why_refused: str = "",
    reason: str = "",
    symptom: str = "",
    by: User,
    at: datetime,
) -> list[Logged]:
    """Log that one or more pupils are away, as one report; give what became of each.

    The note codes the register: sessions up to today at once, where there is no mark or N; those to come when their
    day does. A second report of the same absence folds into the note that stands. `school_code` is the code the
    school chose where it refuses the reason told; `why_refused` says why.

    Raises Refused for no pupil, a code that cannot be told or is not the person's to enter, a refusal without its
    reason, a span that holds no session, and a message that somebody has worked meanwhile.

    Source: SI 2024/208 reg 10(7)-(9).
    """
    if not pupils:
        raise Refused("Whose absence is it? Type three letters of the pupil's name.")
    calendar = calendar_of(school.pk)
    kept = _judge(span, told, school_code, why_refused, calendar)
    logged = []
    with by_hand(school.pk, "Absence line", by=by, at=at):
        if report.message is not None:
            claim_message(message=report.message, state=LineMessage.State.WORKED, why="", by=by, at=at)
        for pupil in pupils:
            if pupil.school_id != school.pk:
                raise Refused("That pupil is in another school.")
            note, folded = _note(pupil, span, kept, told, why_refused, reason, symptom, calendar, by, at)
            call = _call(note, report, by, at)
            coded = _code(note, calendar, _said(note, report), over={"N"}, by=by, at=at)
            logged.append(Logged(note, call, folded, coded))
            trail.record(
                verb="folded a report into an absence note" if folded else "logged an absence",
                by=by,
                at=at,
                school_id=school.pk,
                subject_kind="absence note",
                subject_id=note.pk,
                words=f"{pupil}: {note.code}, {spoken_span(span_of(note), clock.local(at).date())}",
                after={"told": told, "code": note.code, "pupil": pupil.pk, "coded": coded.done},
                reason=why_refused,
            )
    return logged


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
    kept = _judge(span, told, school_code, why_refused, calendar)
    if not reason.strip():
        raise Refused("Say why the note is changed: the record keeps the reason.")
    with by_hand(note.school_id, reason, by=by, at=at):
        row = _standing(note)
        before = _values(row)
        was, was_code = span_of(row), row.code
        _set_span(row, span)
        row.told_code, row.code, row.why_refused = told, kept, why_refused.strip()
        if _values(row) == before:
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
        coded = _code(row, calendar, row.reason or reason, over={"N", was_code}, by=by, at=at)
        _record(row, "changed an absence note", before, reason, by, at)
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
        row = _standing(note)
        span = span_of(row)
        if not span.covers(last):
            raise Refused(f"The note does not hold in {last.spoken()}.")
        before = _values(row)
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
        _record(row, "ended an absence note", before, reason, by, at)


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
        row = _standing(note)
        before = _values(row)
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
                words=words, by=by, at=at,
            )  # fmt: skip
            back += done.done
        _record(row, "withdrew an absence note", before, reason, by, at)
    return back


def undo_logging(*, call: Call, entry_id: int | None, by: User, at: datetime) -> None:
    """Take back one's own logging within ten minutes: the note is withdrawn, and what it coded is taken back.

    Raises Refused where it is another's, longer ago, or the note was reported a second time.
    """
    if call.logged_by_id != by.pk:
        raise Refused("There is nothing of yours to take back here.")
    if at - call.logged_at > UNDO_FOR:
        raise Refused("That was more than ten minutes ago: open the note and withdraw it, with the reason.")
    if call.note.calls.count() > 1:
        raise Refused("The note was reported more than once: open it and change it.")
    with transaction.atomic():
        if entry_id is not None:
            undo_coding(school=call.school, entry_id=entry_id, by=by, at=at)
        withdraw_note(note=call.note, reason="Undone", back_to_n=False, by=by, at=at)
        if call.message_id is not None:
            LineMessage.objects.filter(pk=call.message_id, settled_by=by).update(
                state=LineMessage.State.WAITING, settled_at=None, settled_by=None
            )


def span_of(note: AbsenceNote) -> Span:
    """Give a note's days as the law's value."""
    return Span(note.from_on, cast("Half", note.from_half), note.to_on, cast("Half", note.to_half))


# ---------- judging and writing ----------


def _judge(span: Span, told: str, school_code: str, why_refused: str, calendar: Calendar) -> str:
    """Give the code the register is to have, or refuse."""
    for symbol in filter(None, (told, school_code)):
        try:
            code(symbol, span.from_on)
        except UnknownCode as unknown:
            raise Refused(str(unknown)) from unknown
    if told in NOT_TOLD:
        raise Refused(f"{told} is no reason that somebody reports. Choose the code of the reason, like I or M.")
    kept = school_code or told
    if kept != told and not why_refused.strip():
        raise Refused("Say why the school refuses the reason: it is kept with the note.")
    if kept in NOT_TOLD:
        raise Refused(f"{kept} cannot be chosen for a reason that is refused. Choose O, or G for a holiday.")
    last = span.to_on or span.from_on
    if not any(span.covers(one) for one in calendar.sessions(span.from_on, last)) and span.to_on is not None:
        raise Refused(f"The school does not meet from {spoken_date(span.from_on)} to {spoken_date(last)}.")
    return kept


def _note(
    pupil: Pupil,
    span: Span,
    kept: str,
    told: str,
    why_refused: str,
    reason: str,
    symptom: str,
    calendar: Calendar,
    by: User,
    at: datetime,
) -> tuple[AbsenceNote, bool]:
    """Give the note of a report: the one that stands for the same absence, reaching as far as both, or a new one."""
    Pupil.objects.select_for_update(no_key=True).get(pk=pupil.pk)
    there = AbsenceNote.objects.filter(
        Q(to_on=None) | Q(to_on__gte=calendar.latest_day(span.from_on - timedelta(days=1)) or span.from_on),
        pupil=pupil,
        state=AbsenceNote.State.STANDING,
        told_code=told,
        code=kept,
    ).order_by("-from_on", "-pk")
    for row in there:
        if not are_one(span_of(row), span, calendar):
            continue
        wider = _both(span_of(row), span)
        if wider != span_of(row):
            _set_span(row, wider)
            row.save()
        return row, True
    note = AbsenceNote(
        school_id=pupil.school_id,
        pupil=pupil,
        told_code=told,
        code=kept,
        why_refused=why_refused.strip(),
        reason=reason.strip()[:400],
        symptom=symptom if told == "I" else "",
        logged_at=at,
        logged_by=by,
    )
    _set_span(note, span)
    note.save()
    return note, False


def _both(one: Span, other: Span) -> Span:
    """Give the span that reaches as far as both."""
    first = min(Session(one.from_on, one.from_half), Session(other.from_on, other.from_half))
    if one.to_on is None or other.to_on is None:
        return Span(first.on, first.half, None, "PM")
    last = max(Session(one.to_on, one.to_half), Session(other.to_on, other.to_half))
    return Span(first.on, first.half, last.on, last.half)


def _set_span(note: AbsenceNote, span: Span) -> None:
    note.from_on, note.from_half, note.to_on, note.to_half = span.from_on, span.from_half, span.to_on, span.to_half


def _call(note: AbsenceNote, report: Report, by: User, at: datetime) -> Call:
    known = report.contact is not None and note.pupil.parents.filter(contact=report.contact).exists()
    return Call.objects.create(
        school_id=note.school_id,
        note=note,
        message=report.message,
        channel=Channel(report.channel),
        heard_at=report.heard_at,
        contact=report.contact if known else None,
        caller="" if known else (str(report.contact) if report.contact else report.caller.strip())[:150],
        is_known=known,
        words=report.words.strip()[:1000],
        logged_at=at,
        logged_by=by,
    )


def _code(note: AbsenceNote, calendar: Calendar, comment: str, *, over: set[str], by: User, at: datetime) -> Coded:
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
        by=by,
        at=at,
    )


def _said(note: AbsenceNote, report: Report) -> str:
    """Give the short words that stand beside the marks: who said what, and when."""
    who = str(report.contact) if report.contact else report.caller or "Somebody"
    heard = f"{clock.local(report.heard_at):%H:%M}"
    what = note.reason or report.words
    said = f"{who}, {Channel(report.channel).label.lower()} {heard}"
    if note.why_refused:
        return f"{said}: told {note.told_code}, refused: {note.why_refused}"
    return f"{said}: {what}" if what else said


def _marked_by(note: AbsenceNote, held: Sequence[Session]) -> list[Session]:
    """Give those of the sessions whose mark says what the note said."""
    marks = note.pupil.marks.filter(on__in={one.on for one in held}, code=note.code).values_list("on", "half")
    said = {Session(on, cast("Half", half)) for on, half in marks}
    return [one for one in held if one in said]


def claim_message(*, message: LineMessage, state: LineMessage.State, why: str, by: User | None, at: datetime) -> None:
    """Settle a waiting message once, whoever comes first.

    Raises Refused, naming the other, for whoever comes second.
    """
    done = LineMessage.objects.filter(pk=message.pk, state=LineMessage.State.WAITING).update(
        state=state, settled_at=at, settled_by=by, why=why
    )
    if done != 1:
        there = LineMessage.objects.select_related("settled_by").get(pk=message.pk)
        who = there.settled_by.signature if there.settled_by else "Somebody"
        raise Refused(f"{who} has worked this message meanwhile. Nothing was logged twice.")


def _standing(note: AbsenceNote) -> AbsenceNote:
    row = AbsenceNote.objects.select_for_update(of=("self",)).select_related("pupil", "school").get(pk=note.pk)
    if row.state != AbsenceNote.State.STANDING:
        raise Refused(f"The note stands no more: {row.get_state_display().lower()}.")
    return row


def _record(note: AbsenceNote, verb: str, before: dict[str, Any], reason: str, by: User, at: datetime) -> None:
    trail.record(
        verb=verb,
        by=by,
        at=at,
        school_id=note.school_id,
        subject_kind="absence note",
        subject_id=note.pk,
        words=f"{note.pupil}: {verb}",
        before=before,
        after=_values(note),
        reason=reason,
    )


def _values(note: AbsenceNote) -> dict[str, Any]:
    names = ("told_code", "code", "why_refused", "from_half", "to_half", "state")
    said: dict[str, Any] = {name: getattr(note, name) for name in names}
    return said | {"from_on": note.from_on.isoformat(), "to_on": note.to_on.isoformat() if note.to_on else None}
