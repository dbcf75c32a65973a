"""The attendance codes, each with the dates on which it is law.

A mark is read by the set in force on the day of its session: J on 10 July 2024 was attendance, J1 on 10
September 2024 is absence. Two sets are held, that of the 2006 Regulations and that of the 2024 Regulations.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Literal

from registers.rules.dates import spoken_date, spoken_day

Half = Literal["AM", "PM"]


class Counts(StrEnum):
    """What a mark counts as. Source: SI 2024/208 reg 10 Tables 1-3; DfE attendance statistics method."""

    PRESENT = "present"
    APPROVED = "approved"
    AUTHORISED = "authorised"
    UNAUTHORISED = "unauthorised"
    NOT_POSSIBLE = "not_possible"
    ADMINISTRATIVE = "administrative"

    @property
    def is_attended(self) -> bool:
        """True of present and of an approved educational activity.

        Source: DfE attendance statistics method.
        """
        return self in {Counts.PRESENT, Counts.APPROVED}

    @property
    def is_absent(self) -> bool:
        """True of authorised and unauthorised absence. Source: DfE attendance statistics method."""
        return self in {Counts.AUTHORISED, Counts.UNAUTHORISED}

    @property
    def is_possible(self) -> bool:
        """True where the session enters the denominator. Source: DfE attendance statistics method."""
        return self.is_attended or self.is_absent

    @property
    def words(self) -> str:
        """Give what it is called on a page. Source: DfE attendance statistics method."""
        return {
            Counts.PRESENT: "Present",
            Counts.APPROVED: "Approved educational activity",
            Counts.AUTHORISED: "Authorised absence",
            Counts.UNAUTHORISED: "Unauthorised absence",
            Counts.NOT_POSSIBLE: "Not a possible attendance",
            Counts.ADMINISTRATIVE: "Administrative, counts as nothing",
        }[self]


class Needs(StrEnum):
    """What must stand beside a mark for it to be right. Source: SI 2024/208 regs 10-11."""

    AGREEMENT = "agreement"  # a dated agreement that covers the session
    COMPULSORY_AGE = "compulsory_age"
    LEAVE = "leave"  # granted by a person whom the proprietor authorised
    MINUTES = "minutes"  # minutes late: the school's practice, not law
    NATURE = "nature"  # of the activity, the provision or the cause
    NOT_COMPULSORY_AGE = "not_compulsory_age"
    PLACE = "place"  # where the pupil was instead of at the school
    SUSPENSION = "suspension"  # a suspension or exclusion on record


class Enterer(StrEnum):
    """Who may enter a code. Source: the office's practice; the law does not say."""

    TEACHER = "teacher"
    OFFICE = "office"  # the attendance office and senior leaders


@dataclass(frozen=True, slots=True)
class Code:
    """One code during one period of the law. `from_on` and `to_on` are both days on which it is in force.

    Source: SI 2024/208 reg 10 Tables 1-3; before 19 Aug 2024 SI 2006/1751 reg 6 and DfE's guidance on codes.
    """

    symbol: str
    meaning: str
    description: str
    counts: Counts
    enterable_by: frozenset[Enterer]
    needs: frozenset[Needs]
    late: bool
    from_on: date
    to_on: date | None
    replaced_by: tuple[str, ...]
    halves: frozenset[Half]

    def in_force(self, on: date) -> bool:
        """True on the days of this period, the first and the last included. Source: the table below."""
        return self.from_on <= on and (self.to_on is None or on <= self.to_on)


class UnknownCode(ValueError):
    """A symbol that is no code on that day; its words say what would be right."""


REGULATIONS_2006: Final = date(2006, 9, 1)
DUAL_NOT_COUNTED: Final = date(2011, 9, 1)
REGULATIONS_2024: Final = date(2024, 8, 19)
_LAST_OF_2006: Final = REGULATIONS_2024 - timedelta(days=1)

_ANYONE: Final = frozenset({Enterer.TEACHER, Enterer.OFFICE})
_OFFICE: Final = frozenset({Enterer.OFFICE})
_NOBODY: Final[frozenset[Enterer]] = frozenset()
_BOTH: Final[frozenset[Half]] = frozenset({"AM", "PM"})


def _row(
    symbol: str,
    counts: Counts,
    meaning: str,
    description: str,
    *,
    by: frozenset[Enterer] = _OFFICE,
    needs: tuple[Needs, ...] = (),
    late: bool = False,
    from_on: date = REGULATIONS_2006,
    to_on: date | None = None,
    replaced_by: tuple[str, ...] = (),
    halves: frozenset[Half] = _BOTH,
) -> Code:
    return Code(symbol, meaning, description, counts, by, frozenset(needs), late, from_on, to_on, replaced_by, halves)


_P, _A, _AUTH = Counts.PRESENT, Counts.APPROVED, Counts.AUTHORISED
_UN, _NOT, _ADMIN = Counts.UNAUTHORISED, Counts.NOT_POSSIBLE, Counts.ADMINISTRATIVE
_OLD: Final = _LAST_OF_2006
_NEW: Final = REGULATIONS_2024

# In the order of a picker: here, elsewhere, away, away without leave, not due, no pupil's mark.
_TABLE: Final[tuple[Code, ...]] = (
    _row("/", _P, "Present, morning", "At the school when the morning register begins to be taken.",
         by=_ANYONE, halves=frozenset({"AM"})),
    _row("\\", _P, "Present, afternoon", "At the school when the afternoon register begins to be taken.",
         by=_ANYONE, halves=frozenset({"PM"})),
    _row("L", _P, "Late, before the register closed",
         "Away when the register begins to be taken, at the school before the taking of it has ended.",
         by=_ANYONE, needs=(Needs.MINUTES,), late=True),
    _row("B", _A, "Educated off site", "At a supervised educational activity off site, not dual registered.",
         needs=(Needs.PLACE, Needs.NATURE), to_on=_OLD, replaced_by=("B", "K")),
    _row("B", _A, "Other approved educational activity",
         "At a place for any other approved educational activity, supervised by a suitable person; "
         "never study at home or online.", needs=(Needs.PLACE, Needs.NATURE), from_on=_NEW),
    _row("J", _A, "Interview", "At an interview with an employer or another school or college.",
         by=_NOBODY, to_on=_OLD, replaced_by=("J1",)),
    _row("K", _A, "Provision arranged by the council",
         "At a place other than the school for education that the local authority arranged.",
         needs=(Needs.PLACE, Needs.NATURE), from_on=_NEW),
    _row("P", _A, "Sporting activity", "At a place for an approved educational activity that is sport.",
         by=_ANYONE, needs=(Needs.PLACE,)),
    _row("V", _A, "Educational visit or trip",
         "At a place for a visit or trip arranged for the school and supervised by school staff.",
         by=_ANYONE, needs=(Needs.PLACE,)),
    _row("W", _A, "Work experience", "At a place for work experience as part of the pupil's education.",
         by=_ANYONE, needs=(Needs.PLACE,)),
    _row("C", _AUTH, "Other authorised circumstances",
         "Absent with leave, or for a good reason that no other code describes.", to_on=_OLD,
         replaced_by=("C", "C1", "C2")),
    _row("C", _AUTH, "Leave, exceptional circumstance",
         "Absent with leave granted beforehand for an exceptional circumstance.",
         needs=(Needs.LEAVE,), from_on=_NEW),
    _row("C1", _AUTH, "Leave, performance or employment abroad",
         "Absent with leave for a regulated performance or regulated employment abroad.",
         needs=(Needs.LEAVE,), from_on=_NEW),
    _row("C2", _AUTH, "Leave, part-time timetable",
         "Of compulsory school age and not due, under a temporary part-time timetable agreed with a parent "
         "the pupil normally lives with.", needs=(Needs.AGREEMENT, Needs.COMPULSORY_AGE), from_on=_NEW),
    _row("E", _AUTH, "Suspended or excluded",
         "Suspended or permanently excluded, with no alternative provision made.", needs=(Needs.SUSPENSION,)),
    _row("F", _AUTH, "Agreed extended family holiday",
         "Absent on a family holiday of more than ten days that the school agreed to.",
         by=_NOBODY, to_on=_OLD, replaced_by=("C", "G")),
    _row("H", _AUTH, "Agreed family holiday", "Absent on a family holiday that the school agreed to.",
         by=_NOBODY, to_on=_OLD, replaced_by=("C", "G")),
    _row("I", _AUTH, "Illness", "Unable to attend because of sickness of body or mind; not an appointment.",
         by=_ANYONE),
    _row("J1", _AUTH, "Leave, interview",
         "Absent with leave asked for beforehand, for an interview for work or for a place elsewhere.",
         needs=(Needs.LEAVE,), from_on=_NEW),
    _row("M", _AUTH, "Medical or dental appointment",
         "Absent with leave for a medical or dental appointment.", by=_ANYONE),
    _row("R", _AUTH, "Religious observance",
         "Absent on a day set apart exclusively for observance by the religious body of the parents."),
    _row("S", _AUTH, "Study leave", "Absent with leave agreed beforehand, to study for a public examination.",
         needs=(Needs.LEAVE,)),
    _row("T", _AUTH, "Traveller absence", "Absent while the family travels for the parents' occupation.",
         to_on=_OLD, replaced_by=("T",)),
    _row("T", _AUTH, "Parent travelling for work",
         "A mobile child, away with a parent who travels in the course of a trade or business.",
         from_on=_NEW),
    _row("G", _UN, "Holiday not granted", "Absent without leave for the purpose of a holiday."),
    _row("N", _UN, "Reason not yet known",
         "Absent, and the reason not established before the register closes; "
         "to be settled within five school days.",
         by=_ANYONE),
    _row("O", _UN, "Absent, other or unknown reason",
         "Absent, and no other code describes the circumstances."),
    _row("U", _UN, "Late, after the register closed",
         "At the school after the taking of the register has ended and before the end of the session, "
         "where no other code applies.", by=_ANYONE, late=True),
    _row("D", _A, "Dual registered",
         "At another school at which the pupil is registered; counted as attendance.",
         needs=(Needs.AGREEMENT,), to_on=DUAL_NOT_COUNTED - timedelta(days=1), replaced_by=("D",)),
    _row("D", _NOT, "Dual registered", "Due at another school at which the pupil is registered.",
         needs=(Needs.AGREEMENT,), from_on=DUAL_NOT_COUNTED),
    _row("Q", _NOT, "No access arrangements",
         "Unable to attend because the local authority has not made the travel arrangements it owes.",
         from_on=_NEW),
    _row("X", _NOT, "Not due, not of compulsory age",
         "Not of compulsory school age and not required to attend.",
         needs=(Needs.NOT_COMPULSORY_AGE,)),
    _row("Y", _NOT, "Unable to attend", "Unable to attend because of exceptional circumstances.",
         by=_NOBODY, to_on=_OLD, replaced_by=("Y1", "Y2", "Y3", "Y4", "Y5", "Y6", "Y7", "Q")),
    _row("Y1", _NOT, "Usual transport not available",
         "Unable to attend: the school is beyond walking distance "
         "and the transport normally provided is not there.",
         from_on=_NEW),
    _row("Y2", _NOT, "Widespread travel disruption",
         "Unable to attend: an emergency has caused widespread disruption to travel.", from_on=_NEW),
    _row("Y3", _NOT, "Part of the school closed",
         "Unable to attend: part of the premises is closed and the rest cannot hold the pupil.",
         from_on=_NEW),
    _row("Y4", _NOT, "Whole school unexpectedly closed",
         "Unable to attend: the session was due and is cancelled.", from_on=_NEW),
    _row("Y5", _NOT, "Criminal justice detention",
         "Unable to attend: detained, or serving a sentence of detention.",
         from_on=_NEW),
    _row("Y6", _NOT, "Public health guidance or law",
         "Unable to attend: travel to or attendance at the school is against public health guidance or law.",
         from_on=_NEW),
    _row("Y7", _NOT, "Other unavoidable cause",
         "Unable to attend for another unavoidable cause that affects the pupil, not only the parent.",
         needs=(Needs.NATURE,), from_on=_NEW),
    _row("Z", _ADMIN, "Not yet on the roll",
         "A prospective pupil whose name is not yet on the admission register."),
    _row("#", _ADMIN, "Planned school closure",
         "The whole school is closed as planned: holiday, training day, polling day."),
)  # fmt: skip

_CHANGES: Final = tuple(
    sorted({row.from_on for row in _TABLE} | {row.to_on + timedelta(days=1) for row in _TABLE if row.to_on is not None})
)
_SETS: Final[tuple[Mapping[str, Code], ...]] = (
    MappingProxyType({}),
    *(MappingProxyType({row.symbol: row for row in _TABLE if row.in_force(on)}) for on in _CHANGES),
)

_INSTEAD: Final[Mapping[str, str]] = {
    "F": "C if leave was granted, else G",
    "H": "C if leave was granted, else G",
    "J": "J1 if leave was granted beforehand, which counts as authorised absence",
    "Y": "the one of Y1 to Y7 or Q that says why",
}
_FORERUNNER: Final[Mapping[str, str]] = {
    "C1": "C", "C2": "C", "J1": "J", "K": "B", "Q": "Y",
    "Y1": "Y", "Y2": "Y", "Y3": "Y", "Y4": "Y", "Y5": "Y", "Y6": "Y", "Y7": "Y",
}  # fmt: skip


def code_set(on: date) -> Mapping[str, Code]:
    """Give the codes in force on a day, by symbol, in the order of a picker; it cannot be changed.

    34 symbols since 19 Aug 2024. Before 1 Sep 2006, where no set is held, it is empty.

    Source: SI 2024/208 reg 10 Tables 1-3 (in force 19 Aug 2024); SI 2006/1751 reg 6 (in force 1 Sep 2006).
    """
    return _SETS[bisect_right(_CHANGES, on)]


def dated_codes() -> tuple[Code, ...]:
    """Give every row of the table: a symbol has one row for each period, and its periods never overlap.

    Source: as `code_set`.
    """
    return _TABLE


def code(symbol: str, on: date) -> Code:
    """Give one code as it stood on a day.

    Raises UnknownCode where the symbol is no code on that day, with words that say what would be right.

    Source: as `code_set`; replacements: DfE's notes on the codes that ended on 18 Aug 2024.
    """
    try:
        return code_set(on)[symbol]
    except KeyError:
        raise UnknownCode(_what_would_be_right(symbol, on)) from None


def present_code(half: Half) -> str:
    """Give the mark of a pupil who is there when the register is taken: "/" for AM, "\\" for PM.

    Raises ValueError for any other half.

    Source: SI 2024/208 reg 10(2) Table 1.
    """
    if half == "AM":
        return "/"
    if half == "PM":
        return "\\"
    raise ValueError(f"A session is AM or PM, not {half!r}.")


def _what_would_be_right(symbol: str, on: date) -> str:
    known = code_set(on)
    if not symbol.strip():
        return "No code was given: a session without a mark is a register not taken."
    if not known:
        earliest = spoken_day(REGULATIONS_2006)
        return f"No codes are held for {spoken_date(on)}: the earliest are those of {earliest}."
    tidy = symbol.strip().upper()
    if tidy != symbol and tidy in known:
        return f"{symbol!r} is not a code: write {tidy}."
    if tidy in _INSTEAD:
        return f"{tidy} ended on {spoken_day(_LAST_OF_2006)}: use {_INSTEAD[tidy]}."
    if tidy in _FORERUNNER:
        return f"{tidy} began on {spoken_day(REGULATIONS_2024)}: on {spoken_day(on)} use {_FORERUNNER[tidy]}."
    return f"{symbol!r} is not a code on {spoken_date(on)}: the codes are {' '.join(known)}."
