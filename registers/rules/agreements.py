"""What an agreement may write, and what it must say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import Final

from registers.rules.ages import compulsory_school_age
from registers.rules.dates import spoken_date

# A part-time timetable is temporary and short: guidance, so a warning and no bar.
LONG_PART_TIME: Final = timedelta(weeks=6)
WARN_BEFORE_END: Final = timedelta(days=14)
LONGEST: Final = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of agreement: the codes it may write, and what it needs.

    Source: SI 2024/208 reg 10 (B, D, K, P, V, W, X), reg 11(5) (S) and reg 11(6) (C2).
    """

    key: str
    title: str
    codes: tuple[str, ...]
    needs_place: bool = False
    needs_nature: bool = False
    needs_parent: bool = False
    needs_review: bool = False
    is_many: bool = False


KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        kind.key: kind
        for kind in (
            Kind("part_time", "Part-time timetable", ("C2",), needs_parent=True, needs_review=True),
            Kind("dual", "Dual registration", ("D",), needs_place=True),
            Kind("provision", "Alternative provision", ("B", "K"), needs_place=True, needs_nature=True),
            Kind("exam_leave", "Exam or study leave", ("S", "X"), is_many=True),
            Kind("visit", "Visit, sport or work experience", ("V", "P", "W"), needs_place=True, is_many=True),
        )
    }
)


def refusals(
    kind: str, code: str, *, from_on: date, to_on: date, weekly: str, place: str, nature: str, parent: str, by: str
) -> list[str]:
    """Give, in words, what keeps an agreement from standing; nothing where it may.

    Raises KeyError for a kind that is none.

    Source: SI 2024/208 reg 10 and reg 11(5)-(6): agreed by an authorised person and a parent the pupil normally lives
    with, with its times and dates and an end.
    """
    law, wrong = KINDS[kind], []
    if code not in law.codes:
        wrong.append(f"{law.title} writes {' or '.join(law.codes)}, not {code or 'nothing'}.")
    if to_on < from_on:
        wrong.append(f"It ends on {spoken_date(to_on)}, before it begins on {spoken_date(from_on)}.")
    elif to_on - from_on > LONGEST:
        wrong.append("It runs for more than a year: agree it anew for the next.")
    if "1" not in weekly:
        wrong.append("Choose at least one session of the week.")
    if law.needs_place and not place.strip():
        wrong.append(f"{code} says that the pupil is at a place: name it.")
    if law.needs_nature and not nature.strip():
        wrong.append(f"{code} says what is done there: name it.")
    if law.needs_parent and not parent.strip():
        wrong.append("C2 is agreed with a parent the pupil normally lives with: say with whom.")
    if not by.strip():
        wrong.append("Say which authorised person of the school agreed it.")
    return wrong


def warnings(kind: str, *, from_on: date, to_on: date, review_on: date | None) -> list[str]:
    """Give, in words, what is lawful and yet worth a second look.

    Source: DfE guidance on part-time timetables (temporary, short, reviewed regularly).
    """
    said = []
    if KINDS[kind].needs_review:
        if to_on - from_on > LONG_PART_TIME:
            said.append("It runs for more than six weeks: a part-time timetable is temporary and short.")
        if review_on is None:
            said.append("No review date is set.")
    if review_on is not None and not from_on <= review_on <= to_on:
        said.append("The review lies outside its days.")
    return said


def fits_age(code: str, date_of_birth: date, from_on: date, to_on: date) -> bool:
    """True where a pupil's age allows the code on every day: X only off compulsory school age, C2 only in it.

    Source: SI 2024/208 reg 10 (X) and reg 11(6) (C2); Education Act 1996 s 8.
    """
    ends = (compulsory_school_age(date_of_birth, from_on), compulsory_school_age(date_of_birth, to_on))
    if code == "X":
        return not any(ends)
    return all(ends) if code == "C2" else True


def ends_soon(ends_on: date, today: date) -> bool:
    """True in the two weeks before the end. Source: house style (loudly before it stops)."""
    return today <= ends_on <= today + WARN_BEFORE_END
