"""A plan line by line: who would get what, and why."""

from __future__ import annotations

from dataclasses import dataclass

from letters.queries.asks import why_walk
from letters.queries.vulnerable import Concern, alert_key
from letters.queries.words import how_far, when
from registers.queries.registers import RegisterLine

from .sweep import Plan


@dataclass(frozen=True)
class Told:
    """One message that a sweep would leave, or has left already."""

    kind: str
    name: str
    address: str
    what: str
    why: str
    is_new: bool
    is_private: bool = False


def told_by(plan: Plan, *, names_pupils: bool = False) -> list[Told]:
    """Give every message of a plan; pupils are named only to those who may know."""
    return [*_chases(plan), *_walk_round(plan), *_alerts(plan, names_pupils=names_pupils)]


def _chases(plan: Plan) -> list[Told]:
    if plan.is_second:
        return []
    return [
        Told(
            kind="Register not taken",
            name=ask.recipient.signature,
            address=ask.recipient.email,
            what="; ".join(_line(line, plan) for line in ask.lines),
            why=ask.why,
            is_new=ask.recipient.pk not in plan.told_before,
        )
        for ask in plan.asks.to_write
    ]


def _walk_round(plan: Plan) -> list[Told]:
    if not plan.to_walk:
        return []
    why = "still owed on the second pass"
    if not plan.is_second:
        why = "; ".join(f"{line.tutor_group.name}: {why_walk(line)}" for line in plan.to_walk)
    what = "; ".join(_line(line, plan) for line in plan.to_walk)
    return [Told("Walk-round list", user.signature, user.email, what, why, is_new=True) for user in plan.walkers]


def _alerts(plan: Plan, *, names_pupils: bool) -> list[Told]:
    return [
        Told(
            kind="Highly vulnerable pupil",
            name=user.signature,
            address=user.email,
            what=f"{_pupil(concern, names_pupils=names_pupils)}: {concern.words}",
            why=f"holds the post of {user.role_in(plan.school.pk).lower()}",
            is_new=alert_key(concern, user) not in plan.alerted_before,
            is_private=True,
        )
        for concern in plan.concerns
        for user in plan.told.get(concern.pupil.pk, [])
    ]


def _pupil(concern: Concern, *, names_pupils: bool) -> str:
    return f"{concern.pupil.name}, {concern.form}" if names_pupils else f"a pupil of {concern.form}"


def _line(line: RegisterLine, plan: Plan) -> str:
    which = "" if line.session == plan.session else f", {when(line.session)}"
    return f"{line.tutor_group.name}{which}: {how_far(line)}"
