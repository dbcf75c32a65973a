"""Asking for registers: one message to each person who owes, and the walk-round list where nobody can be written to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from attendance_office.audit import trail
from attendance_office.refusals import Refused
from attendance_office.staff.models import School, User
from attendance_office.web.templatetags.office import clock
from letters.models import Chase, Message
from letters.queries import words
from letters.queries.asks import Ask, asks_of, pass_key, walkers
from registers.queries.calendar import calendar_of, opening, session_times
from registers.queries.registers import RegisterLine
from registers.rules.sessions import Session

MOST_WORDS = 600


@dataclass(frozen=True)
class Chased:
    """What an asking came to."""

    messages: tuple[Message, ...]
    to_walk: tuple[RegisterLine, ...]
    told_before: tuple[User, ...]

    @property
    def people(self) -> int:
        """Give how many people were written to about registers of theirs."""
        return len({m.recipient_id for m in self.messages if m.kind == Message.Kind.CHASE})


@dataclass(frozen=True)
class _Asking:
    """What every row of one asking shares."""

    school: School
    session: Session
    step: str
    by: User | None
    at: datetime

    @property
    def by_name(self) -> str:
        return self.by.signature if self.by else trail.THE_OFFICE


def chase_registers(
    *,
    school: School,
    session: Session,
    lines: Iterable[RegisterLine],
    step: str,
    by: User | None,
    at: datetime,
    note: str = "",
    key: UUID | None = None,
) -> Chased:
    """Ask for the registers among `lines` that are owed, and record each asking.

    The first pass writes one message to each person who owes, cover first; registers whose owner cannot be
    written to go onto the walk-round list. The second pass puts every register still owed onto that list. By
    hand (`key` from the page, so that a press twice is one) the owners are asked again, with the sender's own
    `note`. A pass never asks the same person twice.

    Raises Refused where a chase by hand has nothing to ask for.
    """
    note = note.strip()
    if len(note) > MOST_WORDS:
        raise Refused(f"Keep the message to {MOST_WORDS} letters; it has {len(note)}.")
    asking = _Asking(school, session, step, by, at)
    owed = [line for line in lines if line.is_owed]
    if step == Chase.Step.BY_HAND:
        _refuse_by_hand(asking, owed)
    asks = asks_of(owed)
    to_write = () if step == Chase.Step.SECOND else asks.to_write
    to_walk: Sequence[RegisterLine] = owed if step == Chase.Step.SECOND else asks.to_walk
    with trail.signed(by=by, at=at, school_id=school.pk):
        School.objects.select_for_update(no_key=True).get(pk=school.pk)
        names = _namer(asking, key or uuid4())
        written, told_before = _write(asking, to_write, note, names)
        if step != Chase.Step.BY_HAND:
            written += _write_walk_round(asking, to_walk, names)
        elif not _is_repeated(asking, to_walk):
            Chase.objects.bulk_create(_chase(asking, line, None) for line in to_walk)
        if written or (to_walk and step == Chase.Step.BY_HAND):
            _tell_the_trail(asking, written, to_walk)
    return Chased(tuple(written), tuple(to_walk), tuple(told_before))


def answer_chases(*, school: School, lines: Iterable[RegisterLine], by: User | None, at: datetime) -> int:
    """Note on open chases of registers found taken that they are answered; give how many."""
    del by  # the mark in the register is somebody's act and has its own record
    by_session: dict[Session, list[int]] = {}
    for line in lines:
        if not line.is_owed:
            by_session.setdefault(line.session, []).append(line.tutor_group.pk)
    return sum(
        Chase.objects.filter(
            school=school, on=session.on, half=session.half, tutor_group__in=groups, answered_at=None
        ).update(answered_at=at)
        for session, groups in by_session.items()
    )


def _refuse_by_hand(asking: _Asking, owed: Sequence[RegisterLine]) -> None:
    """Refuse a chase for what is taken, not opened yet, or not held."""
    session = asking.session
    if not calendar_of(asking.school.pk).has_session(session):
        raise Refused(f"The school holds no session then: {session.spoken()}.")
    times = session_times(asking.school.pk, session.on).get(session.half)
    if times is not None and asking.at < (opens := opening(times, session.on)):
        raise Refused(f"The registers of {session.spoken()} open at {clock(opens)}.")
    if not owed:
        raise Refused("There is nothing to chase: the register is taken.")


def _write(
    asking: _Asking, asks: Sequence[Ask], note: str, name: Callable[[User], str]
) -> tuple[list[Message], list[User]]:
    """Leave one message for each ask that was not made before, with its chases."""
    keys = {name(ask.recipient): ask for ask in asks}
    there = set(
        Message.objects.filter(school=asking.school, key__in=keys).values_list("key", flat=True)
    ) if keys else set()  # fmt: skip
    fresh = {key: ask for key, ask in keys.items() if key not in there}
    rows = []
    for key, ask in fresh.items():
        text = words.chase(asking.school, ask.recipient, ask.lines, note)
        rows.append(_message(asking, key, Message.Kind.CHASE, ask.recipient, text, note=note, why=ask.why))
    messages = Message.objects.bulk_create(rows)
    Chase.objects.bulk_create(
        _chase(asking, line, message)
        for message, ask in zip(messages, fresh.values(), strict=True)
        for line in ask.lines
    )
    return messages, [ask.recipient for key, ask in keys.items() if key in there]


def _write_walk_round(asking: _Asking, lines: Sequence[RegisterLine], name: Callable[[User], str]) -> list[Message]:
    """Leave the walk-round list for each officer, with a chase for each register on it."""
    officers = walkers(asking.school) if lines else []
    keys = {f"walk:{name(officer)}": officer for officer in officers}
    there = set(Message.objects.filter(school=asking.school, key__in=keys).values_list("key", flat=True))
    reason = "still owed on the second pass" if asking.step == Chase.Step.SECOND else "owed by somebody with no account"
    rows = [
        _message(
            asking,
            key,
            Message.Kind.WALK_ROUND,
            officer,
            words.walk_round(asking.school, officer, lines),
            why=reason,
        )
        for key, officer in keys.items()
        if key not in there
    ]
    messages = Message.objects.bulk_create(rows)
    if lines and not officers:
        Chase.objects.bulk_create(_chase(asking, line, None) for line in lines)
    Chase.objects.bulk_create(_chase(asking, line, message) for message in messages for line in lines)
    return messages


def _namer(asking: _Asking, key: UUID) -> Callable[[User], str]:
    """Give what names a message to a person: the pass, or by hand the page's own key."""
    if asking.step == Chase.Step.BY_HAND:
        return lambda user: f"by_hand:{key}:{user.pk}"
    return lambda user: pass_key(asking.step, asking.session, user)


def _is_repeated(asking: _Asking, lines: Sequence[RegisterLine]) -> bool:
    """Tell whether the same registers were put onto the list by hand within the minute: a press twice."""
    return Chase.objects.filter(
        school=asking.school,
        on=asking.session.on,
        half=asking.session.half,
        step=Chase.Step.BY_HAND,
        tutor_group__in=[line.tutor_group.pk for line in lines],
        at__gt=asking.at.replace(second=0, microsecond=0),
        message=None,
    ).exists()


def _message(
    asking: _Asking,
    key: str,
    kind: str,
    recipient: User,
    text: words.Words,
    *,
    why: str,
    note: str = "",
) -> Message:
    return Message(
        school=asking.school,
        key=key,
        kind=kind,
        channel=Message.Channel.EMAIL,
        recipient=recipient,
        recipient_name=recipient.signature,
        address=recipient.email,
        subject=text.subject,
        body=text.body,
        note=note,
        why=why,
        on=asking.session.on,
        half=asking.session.half,
        written_at=asking.at,
        written_by=asking.by_name,
        due_at=asking.at,
    )


def _chase(asking: _Asking, line: RegisterLine, message: Message | None) -> Chase:
    return Chase(
        school=asking.school,
        tutor_group=line.tutor_group,
        on=line.session.on,
        half=line.session.half,
        step=asking.step,
        at=asking.at,
        by_name=asking.by_name,
        message=message,
    )


def _tell_the_trail(asking: _Asking, written: Sequence[Message], to_walk: Sequence[RegisterLine]) -> None:
    names = ", ".join(message.recipient_name for message in written)
    walked = ", ".join(line.tutor_group.name for line in to_walk)
    parts = [f"Wrote to {names}" if names else "", f"on the walk-round list: {walked}" if walked else ""]
    trail.record(
        verb="chased registers",
        by=asking.by,
        at=asking.at,
        school_id=asking.school.pk,
        subject_kind="session",
        subject_id=f"{asking.session.on.isoformat()} {asking.session.half}",
        words=f"{Chase.Step(asking.step).label}: {'; '.join(part for part in parts if part)}.",
        after={"messages": [message.pk for message in written]},
    )
