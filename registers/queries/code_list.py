"""Answers for the page of codes: the law's table in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from registers.rules.codes import Code, Counts, Enterer, Needs, code_set, dated_codes

_FAMILIES: Final = {
    Counts.PRESENT: ("Present", "Possible and attended."),
    Counts.APPROVED: ("Approved educational activity", "Possible, and counted as attended."),
    Counts.AUTHORISED: ("Authorised absence", "Possible, and counted as absence."),
    Counts.UNAUTHORISED: ("Unauthorised absence", "Possible, and counted as absence."),
    Counts.NOT_POSSIBLE: ("Not a possible attendance", "Left out of every rate."),
    Counts.ADMINISTRATIVE: ("Administrative", "Not counted at all."),
}
_NEEDS: Final = {
    Needs.AGREEMENT: "a dated agreement",
    Needs.COMPULSORY_AGE: "a pupil of compulsory school age",
    Needs.LEAVE: "leave granted beforehand",
    Needs.MINUTES: "minutes late",
    Needs.NATURE: "what it was",
    Needs.NOT_COMPULSORY_AGE: "a pupil not of compulsory school age",
    Needs.PLACE: "the place",
    Needs.SUSPENSION: "a suspension or exclusion on record",
}


@dataclass(frozen=True)
class Line:
    """One code in words."""

    code: Code
    who: str
    needs: str


@dataclass(frozen=True)
class Family:
    """The codes that count as one thing."""

    name: str
    words: str
    lines: tuple[Line, ...]


def _line(code: Code) -> Line:
    if not code.enterable_by:
        who = "Nobody: read from older registers only"
    elif Enterer.TEACHER in code.enterable_by:
        who = "Whoever takes the register"
    else:
        who = "The attendance office"
    return Line(code, who, ", ".join(sorted(_NEEDS[need] for need in code.needs)))


def families(on: date) -> list[Family]:
    """Give the codes in force on a day by what they count as, in the order of the law's tables."""
    codes = list(code_set(on).values())
    return [
        Family(name, words, lines)
        for counts, (name, words) in _FAMILIES.items()
        if (lines := tuple(_line(code) for code in codes if code.counts is counts))
    ]


def total(on: date) -> int:
    """Give how many codes are in force on a day."""
    return len(code_set(on))


def ended(on: date) -> list[Line]:
    """Give the codes, or earlier meanings of codes, that had ended by a day, the latest first."""
    gone = [code for code in dated_codes() if code.to_on is not None and code.to_on < on]
    return [_line(code) for code in sorted(gone, key=lambda code: (-code.to_on.toordinal(), code.symbol))]  # type: ignore[union-attr]
