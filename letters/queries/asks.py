"""Who is to be asked for which registers: cover first, several registers of one person in one message."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from django.db.models import Q

from attendance_office.staff.models import Post, School, User
from attendance_office.staff.roles import Role
from letters.models import Chase, Message
from registers.models import Half
from registers.queries.registers import RegisterLine
from registers.rules import codes
from registers.rules.sessions import Session


@dataclass(frozen=True)
class Ask:
    """One message to one person about the registers that they owe."""

    recipient: User
    lines: tuple[RegisterLine, ...]

    @property
    def why(self) -> str:
        """Say why this person is asked."""
        covered = [line.tutor_group.name for line in self.lines if line.cover is not None]
        own = [line.tutor_group.name for line in self.lines if line.cover is None]
        parts = [f"covers {', '.join(covered)}"] if covered else []
        parts += [f"is tutor of {', '.join(own)}"] if own else []
        return " and ".join(parts)[:200]


@dataclass(frozen=True)
class Asks:
    """What a pass over registers comes to: people to write to, and registers for which somebody has to walk."""

    to_write: tuple[Ask, ...]
    to_walk: tuple[RegisterLine, ...]


@dataclass(frozen=True)
class Chased:
    """The latest chase of one register, as the board says it."""

    at: datetime
    step: str
    by_name: str
    recipient_name: str
    how: str
    state: str
    seen_at: datetime | None


def can_be_written_to(user: User | None) -> bool:
    """Tell whether a message would reach the person."""
    return user is not None and user.is_active and bool(user.email)


def why_walk(line: RegisterLine) -> str:
    """Say why nobody can be written to about a register."""
    user, name = line.owner
    if user is None and line.cover is None:
        return "no tutor set"
    return f"{name} has no account" if user is None else f"the account of {name} is closed"


def asks_of(lines: Iterable[RegisterLine]) -> Asks:
    """Sort the registers that are owed by who owes them."""
    by_person: dict[int, tuple[User, list[RegisterLine]]] = {}
    to_walk = []
    for line in lines:
        if not line.is_owed:
            continue
        user, _ = line.owner
        if user is not None and can_be_written_to(user):
            by_person.setdefault(user.pk, (user, []))[1].append(line)
        else:
            to_walk.append(line)
    return Asks(tuple(Ask(user, tuple(owed)) for user, owed in by_person.values()), tuple(to_walk))


def pass_key(step: str, session: Session, recipient: User) -> str:
    """Give what makes a message of a pass the only one: the pass, the session and the person."""
    return f"{step}:{session.on.isoformat()}:{session.half}:{recipient.pk}"


def told_on_pass(school: School, step: str, session: Session) -> set[int]:
    """Give the people whom a pass has asked already."""
    start = f"{step}:{session.on.isoformat()}:{session.half}:"
    rows = Message.objects.filter(school=school, on=session.on, half=session.half, key__startswith=start)
    return {pk for pk in rows.values_list("recipient_id", flat=True) if pk is not None}


def holders(school: School, role: Role, year_group: int | None = None) -> list[User]:
    """Give the people who hold a role in a school now and can be written to."""
    posts = Post.objects.filter(school=school, role=role, ended_on=None, user__is_active=True)
    if year_group is not None:
        posts = posts.filter(year_group=year_group)
    found = {post.user_id: post.user for post in posts.select_related("user").order_by("pk")}
    return [user for user in found.values() if can_be_written_to(user)]


def walkers(school: School) -> list[User]:
    """Give who walks round for registers: the officers, else the attendance leads."""
    return holders(school, Role.OFFICER) or holders(school, Role.LEAD)


def chased(school: School, session: Session) -> dict[int, Chased]:
    """Give the latest chase of each tutor group's register of a session, in one query."""
    return {group: found for (_, group), found in chased_in(school, [session]).items()}


def chased_in(school: School, sessions: Iterable[Session]) -> dict[tuple[Session, int], Chased]:
    """Give the latest chase of each tutor group's register of several sessions, in one query.

    A chase is seen when its recipient opened or saved the register after it went.
    """
    sought = Q(pk__in=[])
    for session in sessions:
        sought |= Q(on=session.on, half=session.half)
    rows = Chase.objects.filter(sought, school=school).select_related("message").order_by("at", "pk")
    return {(Session(row.on, cast("codes.Half", row.half)), row.tutor_group_id): _chased(row) for row in rows}


def seen(chase: Chased, line: RegisterLine) -> datetime | None:
    """Give when the person who takes the register first touched it after the chase, or None."""
    register = line.register
    if register is None:
        return None
    user, _ = line.owner
    touched = (
        (register.opened_at, register.opened_by_id),
        (register.saved_at, register.saved_by_id),
        (register.completed_at, register.completed_by_id),
    )
    times = [when for when, who in touched if when and user and who == user.pk and when >= chase.at]
    return min(times, default=None)


def _chased(row: Chase) -> Chased:
    message = row.message
    if message is None or message.kind == Message.Kind.WALK_ROUND:
        return Chased(row.at, row.step, row.by_name, "", "walk-round list", "", None)
    return Chased(
        at=message.sent_at or row.at,
        step=row.step,
        by_name=row.by_name,
        recipient_name=message.recipient_name,
        how=message.get_channel_display(),
        state=message.state,
        seen_at=None,
    )


def half_words(session: Session) -> str:
    """Give "morning" or "afternoon"."""
    return Half(session.half).label.lower()
