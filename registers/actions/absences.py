"""What is done with reports of absence: logging one, for brothers and sisters too, and taking one's own back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, cast

from django.db.models import Q

from attendance_office import clock
from attendance_office.audit import trail
from attendance_office.audit.models import Entry
from attendance_office.refusals import Refused
from attendance_office.staff.models import School, User
from registers.models import AbsenceNote, Call, Channel, Contact, LineMessage, Pupil
from registers.queries.calendar import calendar_of
from registers.rules.absences import Span, are_one
from registers.rules.codes import Half
from registers.rules.sessions import Calendar, Session
from registers.rules.untils import spoken_span

from .coding import Coded, undo_coding
from .hand import by_hand
from .notes import code_note, judge, set_span, span_of, standing, values_of, withdraw_note

UNDO_FOR: Final = timedelta(minutes=10)


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


@dataclass(frozen=True)
class _Told:
    """What was reported: from when to when, the code told and the one the register is to have, and why."""

    span: Span
    told: str
    kept: str
    why_refused: str
    reason: str
    symptom: str


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
    calendar = calendar_of(school.pk)
    kept = judge(span, told, school_code, why_refused, calendar)
    said = _Told(span, told, kept, why_refused.strip(), reason.strip()[:400], symptom if told == "I" else "")
    with by_hand(school.pk, "Absence line", by=by, at=at):
        if report.message is not None:
            claim_message(message=report.message, state=LineMessage.State.WORKED, why="", by=by, at=at)
        return _log(school, pupils, said, report, calendar, by, at)


def log_also(*, call: Call, pupils: Sequence[Pupil], by: User, at: datetime) -> list[Logged]:
    """Log for brothers or sisters what one call said of a pupil: the same days, code and words, from the same caller.

    Raises Refused where the note of the call stands no more, and as `log_absence` does.
    """
    with by_hand(call.school_id, "Absence line", by=by, at=at):
        note = standing(call.note)
        said = _Told(span_of(note), note.told_code, note.code, note.why_refused, note.reason, note.symptom)
        report = Report(call.channel, call.heard_at, call.contact, call.caller, call.words, call.message)
        return _log(note.school, pupils, said, report, calendar_of(note.school_id), by, at)


def undo_logging(*, call: Call, by: User, at: datetime) -> int:
    """Take back one's own logging within ten minutes, for all its pupils; give how many reports went.

    A note that it made is withdrawn; one into which it folded is what it was before. What it coded is taken back, and
    its message waits again.

    Raises Refused where it is another's, longer ago or taken back already, and where a note was reported again or
    changed since.
    """
    if call.logged_by_id != by.pk:
        raise Refused("There is nothing of yours to take back here.")
    if at - call.logged_at > UNDO_FOR:
        raise Refused("That was more than ten minutes ago: open the note and withdraw it, with the reason.")
    with by_hand(call.school_id, "Undone", by=by, at=at):
        lines = _lines_of_the_act(call, by)
        for line in lines:
            _take_back(line, by, at)
        message = call.message
        if message is not None and not message.calls.filter(taken_back_at=None).exists():
            LineMessage.objects.filter(pk=message.pk, settled_by=by).update(
                state=LineMessage.State.WAITING, settled_at=None, settled_by=None
            )
    return len(lines)


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


# ---------- logging ----------


def _log(
    school: School, pupils: Sequence[Pupil], said: _Told, report: Report, calendar: Calendar, by: User, at: datetime
) -> list[Logged]:
    if not pupils:
        raise Refused("Whose absence is it? Type three letters of the pupil's name.")
    logged: list[Logged] = []
    for pupil in pupils:
        if pupil.school_id != school.pk:
            raise Refused("That pupil is in another school.")
        note, before = _note(pupil, said, calendar, by, at)
        call = _call(note, report, by, at)
        coded = code_note(note, calendar, _words(note, report), over={"N"}, by=by, at=at)
        logged.append(Logged(note, call, before is not None, coded))
        trail.record(
            verb="logged an absence" if before is None else "folded a report into an absence note",
            by=by,
            at=at,
            school_id=school.pk,
            subject_kind="absence note",
            subject_id=note.pk,
            words=f"{pupil}: {note.code}, {spoken_span(span_of(note), clock.local(at).date())}",
            before=before,
            after=values_of(note)
            | {
                "call": call.pk,
                "act": logged[0].call.pk,
                "coding": coded.entry.pk if coded.entry else None,
                "coded": coded.done,
            },
            reason=note.why_refused,
        )
    return logged


def _note(
    pupil: Pupil, said: _Told, calendar: Calendar, by: User, at: datetime
) -> tuple[AbsenceNote, dict[str, Any] | None]:
    """Give the note of a report and, where it folds into one that stands for the same absence, what that was before."""
    Pupil.objects.select_for_update(no_key=True).get(pk=pupil.pk)
    span = said.span
    there = AbsenceNote.objects.filter(
        Q(to_on=None) | Q(to_on__gte=calendar.latest_day(span.from_on - timedelta(days=1)) or span.from_on),
        pupil=pupil,
        state=AbsenceNote.State.STANDING,
        told_code=said.told,
        code=said.kept,
    ).order_by("-from_on", "-pk")
    for row in there:
        if not are_one(span_of(row), span, calendar):
            continue
        before = values_of(row)
        wider = _both(span_of(row), span)
        if wider != span_of(row):
            set_span(row, wider)
            row.save()
        return row, before
    note = AbsenceNote(
        school_id=pupil.school_id,
        pupil=pupil,
        told_code=said.told,
        code=said.kept,
        why_refused=said.why_refused,
        reason=said.reason,
        symptom=said.symptom,
        logged_at=at,
        logged_by=by,
    )
    set_span(note, span)
    note.save()
    return note, None


def _both(one: Span, other: Span) -> Span:
    """Give the span that reaches as far as both."""
    first = min(Session(one.from_on, one.from_half), Session(other.from_on, other.from_half))
    if one.to_on is None or other.to_on is None:
        return Span(first.on, first.half, None, "PM")
    last = max(Session(one.to_on, one.to_half), Session(other.to_on, other.to_half))
    return Span(first.on, first.half, last.on, last.half)


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


def _words(note: AbsenceNote, report: Report) -> str:
    """Give the short words that stand beside the marks: who said what, and when."""
    who = str(report.contact) if report.contact else report.caller or "Somebody"
    heard = f"{clock.local(report.heard_at):%H:%M}"
    what = note.reason or report.words
    said = f"{who}, {Channel(report.channel).label.lower()} {heard}"
    if note.why_refused:
        return f"{said}: told {note.told_code}, refused: {note.why_refused}"
    return f"{said}: {what}" if what else said


# ---------- taking back ----------


def _lines_of_the_act(call: Call, by: User) -> list[Entry]:
    """Give the lines of the trail of the act to which a call belongs, one for each of its pupils."""
    lines = list(
        Entry.objects.filter(
            school_id=call.school_id, subject_kind="absence note", at=call.logged_at, by_id=by.pk, after__has_key="act"
        )
    )
    own = next((line for line in lines if (line.after or {}).get("call") == call.pk), None)
    if own is None or own.after is None:
        raise Refused("There is nothing of yours to take back here.")
    return [line for line in lines if line.after is not None and line.after["act"] == own.after["act"]]


def _take_back(line: Entry, by: User, at: datetime) -> None:
    after = line.after or {}
    call = Call.objects.select_for_update(of=("self",)).select_related("note__pupil", "school").get(pk=after["call"])
    if call.taken_back_at is not None:
        raise Refused("That was taken back already.")
    note = standing(call.note)
    if note.calls.filter(taken_back_at=None, logged_at__gt=call.logged_at).exists():
        raise Refused(f"{note.pupil} was reported again since: open the note and change it.")
    if any(after[name] != value for name, value in values_of(note).items()):
        raise Refused(f"The note of {note.pupil} was changed since: open it and change it.")
    if after["coding"] is not None:
        undo_coding(school=call.school, entry_id=after["coding"], by=by, at=at)
    if line.before:
        set_span(note, _span_before(line.before))
        note.save()
    else:
        withdraw_note(note=note, reason="Undone", back_to_n=False, by=by, at=at)
    call.taken_back_at = at
    call.save()
    trail.record(
        verb="took back a report of absence",
        by=by,
        at=at,
        school_id=call.school_id,
        subject_kind="absence note",
        subject_id=note.pk,
        words=f"{note.pupil}: report taken back",
        before={name: after[name] for name in values_of(note)},
        after=values_of(note),
        reason="Undone",
    )


def _span_before(before: dict[str, Any]) -> Span:
    last = before["to_on"]
    return Span(
        date.fromisoformat(before["from_on"]),
        cast("Half", before["from_half"]),
        date.fromisoformat(last) if last else None,
        cast("Half", before["to_half"]),
    )
