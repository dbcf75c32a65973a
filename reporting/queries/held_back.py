"""What of an answer's parts, and of its codes, is held back from a reader of figures only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from registers.queries import figures as counting
from registers.rules.codes import Code, Counts
from reporting.rules.small_numbers import hidden_codes, hidden_of_pupils

from .explorer import Part
from .periods import Period

_ATTENDED: Final = (Counts.PRESENT, Counts.APPROVED)


def gone_of(parts: Sequence[Part], by: str) -> frozenset[int]:
    """Give the places of the parts that are held back: of few pupils on roll, or few with a possible session."""
    on_roll, counted = [len(part.lines) for part in parts], [part.figures.pupils for part in parts]
    return hidden_of_pupils(on_roll, counted, nested(parts, by))


def nested(parts: Sequence[Part], by: str) -> list[list[int]]:
    """Give the places of forms by their year group, whose sum the table by year tells; a form of several years is none.

    Nothing else lies whole in another way of telling pupils apart.
    """
    years: dict[int, list[int]] = {}
    for at, part in enumerate(parts if by == "form" else ()):
        some = {line.year_group for line in part.lines}
        if len(some) == 1:
            years.setdefault(some.pop(), []).append(at)
    return list(years.values())


def codes_held_back(school_id: int, period: Period, meaning: Mapping[str, Code]) -> frozenset[str]:
    """Give the codes of a school's period that tell of few pupils, and those that would give them away: one query."""
    pupils = Counter(
        code for marks in counting.codes_by_pupil(school_id, period.from_on, period.to_on).values() for code in marks
    )
    known = {symbol: meaning[symbol] for symbol in pupils if symbol in meaning}
    told = [
        [symbol for symbol, code in known.items() if code.counts in _ATTENDED],
        [symbol for symbol, code in known.items() if code.counts is Counts.AUTHORISED],
        [symbol for symbol, code in known.items() if code.counts is Counts.UNAUTHORISED],
        [symbol for symbol, code in known.items() if code.late],
    ]
    return hidden_codes(pupils, told)


def days_of_week(week: date, period: Period) -> int:
    """Give how many weekdays of a week lie in a period."""
    first, last = max(week.toordinal(), period.from_on.toordinal()), min(week.toordinal() + 4, period.to_on.toordinal())
    return max(0, last - first + 1)
