"""A message read again at the moment of sending: what it has to say now, or why it is no longer needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from django.utils.module_loading import import_string

from attendance_office.staff.models import Post
from attendance_office.staff.roles import Role
from attendance_office.web.templatetags.office import clock
from letters.models import Letter, Message
from registers.queries.registers import RegisterLine, Status, registers_of
from registers.rules.sessions import Session

from . import words
from .alert_reading import read_alert, read_safeguarding
from .still_due import still_due
from .vulnerable import concerns_of
from .words import Reading


def reading_of(message: Message, *, at: datetime) -> Reading:
    """Read the record again for a message, by what it is about; a kind without a reader goes as it was written."""
    read = READERS.get(Message.Kind(message.kind), _as_written)
    return read(message, at)


def _as_written(message: Message, at: datetime) -> Reading:
    return Reading(message.subject, message.body, "", html=message.html)


def _letter(message: Message, at: datetime) -> Reading:
    """A letter's words are frozen: it goes as it was made, or not at all."""
    letter = message.letter
    if letter is None or letter.state == Letter.State.RECALLED:
        return Reading("", "", "The letter was recalled.")
    verdict = still_due(letter, at=at)
    return _as_written(message, at) if verdict.is_due else Reading("", "", verdict.why_not[:300])


def _registers(message: Message, at: datetime) -> Reading:
    """Five queries for each session it asks about."""
    chases = list(message.chases.order_by("on", "half", "pk"))
    lines: dict[tuple[Session, int], RegisterLine] = {}
    for session in sorted({Session(chase.on, chase.half) for chase in chases}):  # type: ignore[arg-type]
        lines |= {(session, one.tutor_group.pk): one for one in registers_of(message.school, session)}
    owed: list[RegisterLine] = []
    taken: list[RegisterLine] = []
    passed_on: list[RegisterLine] = []
    answered: list[int] = []
    for chase in chases:
        line: RegisterLine | None = lines.get((Session(chase.on, chase.half), chase.tutor_group_id))  # type: ignore[arg-type]
        if line is None or not line.is_owed:
            answered.append(chase.pk)
            taken += [line] if line is not None else []
        elif message.kind == Message.Kind.CHASE and _is_anothers(line, message):
            passed_on.append(line)
        else:
            owed.append(line)
    if not owed:
        return Reading("", "", _why_over(taken, passed_on), tuple(answered))
    if message.recipient is None:
        return Reading(message.subject, message.body, "", tuple(answered))
    written = (
        words.walk_round(message.school, message.recipient, owed)
        if message.kind == Message.Kind.WALK_ROUND
        else words.chase(message.school, message.recipient, owed, message.note)
    )
    return Reading(written.subject, written.body, "", tuple(answered))


def _vulnerable(message: Message, at: datetime) -> Reading:
    session = Session(message.on, message.half)  # type: ignore[arg-type]
    concern = next(iter(concerns_of(message.school, session, pupil_id=message.pupil_id)), None)
    if concern is None or message.recipient is None:
        return Reading("", "", "The pupil is marked, and not absent without a plan.")
    written = words.vulnerable(message.school, message.recipient, concern)
    return Reading(written.subject, written.body, "")


def _level_told(message: Message, at: datetime) -> Reading:
    """Read again which letters of the approval stand: those put back or recalled since are not told of."""
    head = message.recipient
    if head is None:
        return Reading("", "", "Nobody is there to be told.")
    years = Post.objects.filter(school=message.school_id, user=head, role=Role.HEAD_OF_YEAR, ended_on=None)
    letters = Letter.objects.filter(
        school=message.school_id,
        approved_at=message.written_at,
        policy__tells_head_of_year=True,
        pupil__year_group__in=years.values("year_group"),
        recalled_at=None,
    ).exclude(state=Letter.State.HELD_BACK)
    told = list(letters.select_related("pupil").order_by("pupil__sort_name", "pk"))
    if not told:
        return Reading("", "", "The letters it tells of were put back, held back or recalled.")
    written = words.level_told(message.school, head, told)
    return Reading(written.subject, written.body, "")


def _report(message: Message, at: datetime) -> Reading:
    """A report's mail is read by the reading room, which stands after this wing: by name, as the jobs' work is."""
    read: Callable[[Message, datetime], Reading] = import_string("reporting.queries.sent_mail.read_report")
    return read(message, at)


def _is_anothers(line: RegisterLine, message: Message) -> bool:
    user, _ = line.owner
    return user is None or user.pk != message.recipient_id


def _why_over(taken: list[RegisterLine], passed_on: list[RegisterLine]) -> str:
    if passed_on:
        names = ", ".join(dict.fromkeys(line.owner[1] for line in passed_on))
        return f"Somebody else takes the register now: {names}."
    times = [
        when
        for line in taken
        if line.register is not None and line.status is Status.COMPLETE
        if (when := line.register.completed_at or line.register.saved_at)
    ]
    if not times:
        return "No pupil is expected in the register any more."
    if len(times) == 1:
        return f"Register taken at {clock(times[0])}."
    return f"All {len(times)} registers taken by {clock(max(times))}."


READERS: Final[Mapping[Message.Kind, Callable[[Message, datetime], Reading]]] = {
    Message.Kind.CHASE: _registers,
    Message.Kind.WALK_ROUND: _registers,
    Message.Kind.VULNERABLE: _vulnerable,
    Message.Kind.LETTER: _letter,
    Message.Kind.LEVEL_TOLD: _level_told,
    Message.Kind.ALERT: read_alert,
    Message.Kind.SAFEGUARDING: read_safeguarding,
    Message.Kind.REPORT: _report,
}
