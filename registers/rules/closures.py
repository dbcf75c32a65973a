"""What a closure may write, for whom, and which marks stay as they are under it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import Final

from registers.rules.codes import Counts, code_set
from registers.rules.sessions import Session

LONGEST: Final = timedelta(days=92)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of closure: its code, for whom it may stand, and whether the pupils it holds for were due at all.

    `closes` is true where the place itself is shut to them, so that there was nothing to be absent from.

    Source: SI 2024/208 reg 10 Tables 2 and 3 (#, Y1 to Y4, Y6, Y7).
    """

    code: str
    title: str
    whole: bool
    part: bool
    closes: bool

    @property
    def in_calendar(self) -> bool:
        """True where the school does not meet, so that no register is owed. Source: as the class."""
        return self.closes and self.whole


KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        kind.code: kind
        for kind in (
            Kind("#", "Planned closure of the whole school", whole=True, part=False, closes=True),
            Kind("Y4", "Whole school unexpectedly closed", whole=True, part=False, closes=True),
            Kind("Y3", "Part of the premises closed", whole=False, part=True, closes=True),
            Kind("Y1", "Transport that is normally provided is not there", whole=True, part=True, closes=False),
            Kind("Y2", "Widespread disruption to travel", whole=True, part=True, closes=False),
            Kind("Y6", "Public health guidance or law", whole=True, part=True, closes=False),
            Kind("Y7", "Another unavoidable cause", whole=True, part=True, closes=False),
        )
    }
)

# Where the pupil was due instead: these sessions are not this school's to close.
ELSEWHERE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "D": "at the other school, whose session it is",
        "B": "taught elsewhere",
        "K": "taught elsewhere",
        "P": "taught elsewhere",
        "V": "on the visit",
        "W": "at the work placement",
        "X": "not due in any case",
    }
)
_OWN: Final[Mapping[str, str]] = MappingProxyType(
    {
        "E": "suspended: that session is part of the suspension",
        "Y5": "detained",
        "Z": "not yet on the roll",
    }
)
_UNKNOWN_REASON: Final = "N"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be closed: the code it writes, its days, one half or both, and for whom; nobody named is everybody.

    `nobody_came` says that present marks of those sessions are wrong.

    Source: as `Kind`.
    """

    code: str
    name: str
    from_on: date
    to_on: date
    half: str = ""
    year_groups: tuple[int, ...] = ()
    tutor_groups: tuple[int, ...] = ()
    nobody_came: bool = False

    @property
    def is_whole(self) -> bool:
        """True where it holds for everybody. Source: as `Kind`."""
        return not self.year_groups and not self.tutor_groups

    @property
    def in_calendar(self) -> bool:
        """True where the school does not meet. Source: as `Kind`."""
        return self.code in KINDS and KINDS[self.code].in_calendar

    def holds(self, session: Session) -> bool:
        """True of a session within its days and half. Source: as `Kind`."""
        return self.from_on <= session.on <= self.to_on and self.half in {"", session.half}


def refusals(plan: Plan) -> list[str]:
    """Give, in words, what keeps a closure from standing; nothing where it may.

    Source: SI 2024/208 reg 10 (# is of the whole school; Y3 of a part of its premises; Y4 of the whole site).
    """
    kind = KINDS.get(plan.code)
    if kind is None:
        return [f"{plan.code} is written for one pupil, not for a closure. Choose one of {' '.join(KINDS)}."]
    wrong = []
    if not plan.name.strip():
        says = "the cause, which the register must show" if plan.code == "Y7" else "what happened"
        wrong.append(f"Give it a name that says {says}, like boiler or polling day.")
    if plan.to_on < plan.from_on:
        wrong.append("It would end before it begins: check the days.")
    elif plan.to_on - plan.from_on > LONGEST:
        wrong.append("It would run for more than three months. Change the terms instead.")
    if plan.is_whole and not kind.whole:
        wrong.append(f"{plan.code} is for a part of the school. For the whole site, closed unexpectedly, choose Y4.")
    if not plan.is_whole and not kind.part:
        wrong.append(f"{plan.code} is for the whole school. For a part of the premises choose Y3.")
    return wrong


def why_it_stays(there: str, *, under: str, on: date, nobody_came: bool) -> str:
    """Say why a mark that stands in a closed session stays; empty where the closure's code takes its place.

    Present marks stay unless somebody has said that nobody came. Where the place is shut, there was nothing to be
    absent from: every absence becomes the closure's code. Where the school was open and the pupil kept from it (Y1,
    Y2, Y6, Y7), an absence with a reason of its own keeps it, and only N becomes the code.

    Raises KeyError for a code under which no closure stands.

    Source: SI 2024/208 reg 10 (D; B, K, P, V, W; X; E; # and Y); DfE guidance on Y4: every pupil on the roll.
    """
    kind = KINDS[under]
    if there in ELSEWHERE:
        return ELSEWHERE[there]
    if there in _OWN:
        return _OWN[there]
    meaning = code_set(on).get(there)
    if meaning is None:
        return "a code of another time"
    if meaning.counts is Counts.PRESENT or there == "U":
        return "" if nobody_came else "came to school"
    if kind.in_calendar or there == _UNKNOWN_REASON:
        return ""
    if meaning.counts is Counts.NOT_POSSIBLE or meaning.counts is Counts.ADMINISTRATIVE:
        return "kept away by another cause already on record"
    return "" if kind.closes else "absent for a reason of their own"


def attended(there: str, on: date) -> bool:
    """True of a mark that says the pupil came to the school. Source: SI 2024/208 reg 10 Table 1, and U of Table 3."""
    meaning = code_set(on).get(there)
    return there == "U" or (meaning is not None and meaning.counts is Counts.PRESENT)
