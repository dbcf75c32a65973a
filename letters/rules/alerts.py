"""Who of a family is told that a child is not in school, by which way, and when nobody is."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import time
from typing import Final

TOLD: Final = frozenset({"all", "attendance"})
BY_CALL: Final = "call"


@dataclass(frozen=True)
class Adult:
    """One contact of a family: which of its absent pupils they may be told of, and by which ways they are reached.

    `broken` are the ways that were found not to work: "mobile", "email" and so on.
    """

    contact_id: int
    name: str
    alerts_by: str
    mobile: str
    email: str
    may_be_told_of: frozenset[int]
    broken: frozenset[str] = frozenset()

    @property
    def ways(self) -> dict[str, str]:
        """Give the addresses that work by channel. Source: house style (a dead number is not written to twice)."""
        found = {"sms": "" if "mobile" in self.broken else self.mobile}
        found["email"] = "" if "email" in self.broken else self.email
        return {channel: value for channel, value in found.items() if value}


@dataclass(frozen=True)
class Told:
    """To whom the alert of a family goes, and how; nobody, and why, where `adult` is None."""

    adult: Adult | None
    channel: str = ""
    address: str = ""
    why_not: str = ""


def may_be_told(*, do_not_contact: bool, may_be_told: str, has_responsibility: bool, has_care: bool) -> bool:
    """True where this adult may be told, unasked, that the pupil is not in school.

    Source: Education Act 1996 s 576(1) (who is a parent); the school's record of who may be told what.
    """
    return not do_not_contact and may_be_told in TOLD and (has_responsibility or has_care)


def whom_to_tell(adults: Sequence[Adult], pupils: Collection[int]) -> Told:
    """Give the first in contact order who may be told of all the pupils and has a working address of the way they want.

    Where that person wants a call nobody is written to: somebody rings. Nobody is told of another family's child.

    Source: DfE, Working together to improve school attendance (July 2026), p. 20 (contact on the first day).
    """
    allowed = [one for one in adults if one.may_be_told_of >= frozenset(pupils)]
    if not allowed:
        return Told(None, why_not="Nobody may be told of all of them" if adults else "No contact may be told")
    for adult in allowed:
        if adult.alerts_by == BY_CALL:
            return Told(None, why_not=f"{adult.name} wants a call")
        address = adult.ways.get(adult.alerts_by, "")
        if address:
            return Told(adult, adult.alerts_by, address)
    return Told(None, why_not=f"No number or address that works: {', '.join(one.name for one in allowed)}")


def is_quiet(now: time, *, from_at: time, to_at: time) -> bool:
    """True within the quiet hours, which may go over midnight; none where both ends are the same.

    Source: the school's own setting.
    """
    if from_at == to_at:
        return False
    if from_at < to_at:
        return from_at <= now < to_at
    return now >= from_at or now < to_at


def together(pupils: Sequence[int], shared: Iterable[tuple[object, int]]) -> list[tuple[int, ...]]:
    """Give pupils by family: those who share a parent or a home, each in the order given.

    `shared` are pairs of what is shared and a pupil; pupils outside the first list are passed over.

    Source: house style (one household is rung once).
    """
    head = {pk: pk for pk in pupils}

    def find(pk: int) -> int:
        while head[pk] != pk:
            pk = head[pk]
        return pk

    first: dict[object, int] = {}
    for what, pk in shared:
        if pk in head:
            head[find(pk)] = find(first.setdefault(what, pk))
    found: dict[int, list[int]] = {}
    for pk in pupils:
        found.setdefault(find(pk), []).append(pk)
    return [tuple(family) for family in found.values()]
