"""Who needs a conversation this week, and why.

Source: school practice. A pupil is named for one of six reasons; the gravest counts first, then how many reasons
there are, then the sessions missed this week.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

MOST: Final = 10
BROKEN: Final = 3


class Reason(IntEnum):
    """Why a conversation is due, the gravest first."""

    SEVERE = 0
    PERSISTENT = 1
    UNEXPLAINED = 2
    BROKEN_WEEKS = 3
    BELOW_95 = 4
    BROKE_RUN = 5


REASON_WORDS: Final = {
    Reason.SEVERE: "now severely absent",
    Reason.PERSISTENT: "now persistently absent",
    Reason.UNEXPLAINED: "an absence nobody has explained",
    Reason.BROKEN_WEEKS: "three or more weeks in a row with an absence",
    Reason.BELOW_95: "fell to 95 % or less",
    Reason.BROKE_RUN: "broke a good run",
}


@dataclass(frozen=True)
class Candidate:
    """A pupil with the reasons found, and the sessions missed this week."""

    pupil_id: int
    name: str
    reasons: frozenset[Reason]
    missed: int


def told_apart(reasons: Iterable[Reason]) -> frozenset[Reason]:
    """Give the reasons without those that a graver one says already: who fell to 90 % fell to 95 % too.

    Source: the same percentages of DfE's absence statistics (method 3.2), one inside the other.
    """
    found = set(reasons)
    levels = sorted(found & {Reason.SEVERE, Reason.PERSISTENT, Reason.BELOW_95})
    return frozenset(found - set(levels[1:]))


def in_need(candidates: Iterable[Candidate], *, most: int = MOST) -> Sequence[Candidate]:
    """Give those who need a conversation first, `most` at most; nobody without a reason.

    Source: school practice.
    """
    some = [one for one in candidates if one.reasons]
    return sorted(some, key=lambda one: (min(one.reasons), -len(one.reasons), -one.missed, one.name))[:most]
