"""Why another system's attendance differs: what each known cause adds to possible and attended sessions, or takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from itertools import combinations
from typing import Final

from registers.rules.codes import code_set
from registers.rules.sessions import monday

MOST_TOGETHER: Final = 3


class Cause(StrEnum):
    """What another system may count in its own way."""

    LATE_ABSENT = "late_absent"
    LATE_PRESENT = "late_present"
    NOT_DUE_ABSENT = "not_due_absent"
    NOT_DUE_PRESENT = "not_due_present"
    UNABLE_ABSENT = "unable_absent"
    UNABLE_PRESENT = "unable_present"
    ELSEWHERE_PRESENT = "elsewhere_present"
    CLOSED_ABSENT = "closed_absent"
    CLOSED_PRESENT = "closed_present"
    MISSING_ABSENT = "missing_absent"
    MISSING_PRESENT = "missing_present"
    FIRST_DAYS = "first_days"
    LEAVERS = "leavers"
    JOINERS = "joiners"
    ONLY_OURS = "only_ours"
    ONLY_THEIRS = "only_theirs"
    NAMESAKES = "namesakes"
    NOT_EXPLAINED = "not_explained"


WORDS: Final[Mapping[Cause, str]] = {
    Cause.LATE_ABSENT: "L counted as absent there; late before the register closed is attendance",
    Cause.LATE_PRESENT: "U counted as present there; late after it closed is unauthorised absence",
    Cause.NOT_DUE_ABSENT: "X counted as absence there; it is no possible session",
    Cause.NOT_DUE_PRESENT: "X counted as attendance there; it is no possible session",
    Cause.UNABLE_ABSENT: "Q and Y1 to Y7 counted as absence there; they are no possible sessions",
    Cause.UNABLE_PRESENT: "Q and Y1 to Y7 counted as attendance there; they are no possible sessions",
    Cause.ELSEWHERE_PRESENT: "D counted as attendance there; the other school counts it",
    Cause.CLOSED_ABSENT: "# and Z counted as absence there; they count nothing",
    Cause.CLOSED_PRESENT: "# and Z counted as attendance there; they count nothing",
    Cause.MISSING_ABSENT: "Sessions without a mark counted as absence there; here they are missing",
    Cause.MISSING_PRESENT: "Sessions without a mark counted as attendance there; here they are missing",
    Cause.FIRST_DAYS: "The days before the other figure begins are left out there",
    Cause.LEAVERS: "Pupils who left in the period are left out there; here they count while on roll",
    Cause.JOINERS: "Pupils who joined in the period are left out there; here they count from their first day",
    Cause.ONLY_OURS: "Pupils on roll throughout who are not in the other file",
    Cause.ONLY_THEIRS: "Rows of the other file that are no pupil of this answer",
    Cause.NAMESAKES: "Pupils who share a name and the rows under it: give the UPN there, and each is compared alone",
    Cause.NOT_EXPLAINED: "Not explained by any of these: compare the marks of these pupils one by one",
}
_FAMILIES: Final = {
    "X": (Cause.NOT_DUE_ABSENT, Cause.NOT_DUE_PRESENT),
    "D": (Cause.ELSEWHERE_PRESENT,),
    "#": (Cause.CLOSED_ABSENT, Cause.CLOSED_PRESENT),
    "Z": (Cause.CLOSED_ABSENT, Cause.CLOSED_PRESENT),
}
_UNABLE: Final = (Cause.UNABLE_ABSENT, Cause.UNABLE_PRESENT)
# One session is counted in one way: of these only one of a row can be so.
_EITHER: Final = (
    {Cause.NOT_DUE_ABSENT, Cause.NOT_DUE_PRESENT},
    set(_UNABLE),
    {Cause.CLOSED_ABSENT, Cause.CLOSED_PRESENT},
    {Cause.MISSING_ABSENT, Cause.MISSING_PRESENT},
)


@dataclass(frozen=True, slots=True)
class Sessions:
    """Possible and attended sessions, or how two such pairs differ (then either may be below nought)."""

    possible: int = 0
    attended: int = 0

    def __add__(self, other: Sessions) -> Sessions:
        return Sessions(self.possible + other.possible, self.attended + other.attended)

    def __sub__(self, other: Sessions) -> Sessions:
        return Sessions(self.possible - other.possible, self.attended - other.attended)

    def __neg__(self) -> Sessions:
        return Sessions(-self.possible, -self.attended)

    def __bool__(self) -> bool:
        return bool(self.possible or self.attended)

    @property
    def rate(self) -> Fraction | None:
        """Give attended over possible, None without any. Source: DfE attendance statistics method."""
        return Fraction(self.attended, self.possible) if self.possible > 0 else None


@dataclass(frozen=True, slots=True)
class Effect:
    """What one cause would add to our sessions to give theirs."""

    cause: Cause
    adds: Sessions

    @property
    def words(self) -> str:
        """Give the cause in words. Source: DfE attendance statistics method (what counts as what)."""
        return WORDS[self.cause]


def effects(codes: Mapping[str, int], *, on: date, missing: int, before: Sessions) -> list[Effect]:
    """Give what each cause would change: of marks by code, sessions without a mark, and those before the other begins.

    A cause that would change nothing is left out. Codes are read by the set of the day `on`.

    Source: DfE attendance statistics method (possible = attended + missed; L attended, U unauthorised; D, Q, X, Y and #
    outside); the series of the year to date begins in the second week of September.
    """
    found: dict[Cause, Sessions] = {
        Cause.LATE_ABSENT: Sessions(0, -codes.get("L", 0)),
        Cause.LATE_PRESENT: Sessions(0, codes.get("U", 0)),
        Cause.MISSING_ABSENT: Sessions(missing, 0),
        Cause.MISSING_PRESENT: Sessions(missing, missing),
        Cause.FIRST_DAYS: -before,
    }
    known = code_set(on)
    for symbol, number in codes.items():
        row = known.get(symbol)
        if row is None or row.counts.is_possible:
            continue
        for cause in _FAMILIES.get(symbol, _UNABLE):
            adds = Sessions(number, number if cause.value.endswith("present") else 0)
            found[cause] = found.get(cause, Sessions()) + adds
    return [Effect(cause, found[cause]) for cause in Cause if found.get(cause)]


def explain(
    difference: Sessions, causes: Sequence[Effect], liked: Mapping[Cause, int] | None = None
) -> tuple[Effect, ...] | None:
    """Give the fewest causes that together make exactly a difference, or None where at most three of them do not.

    Of several that are as few, those which explain most elsewhere (`liked`) come first. No difference needs no cause.

    Source: arithmetic; a session is counted in one way only.
    """
    if not difference:
        return ()
    for many in range(1, MOST_TOGETHER + 1):
        fits = [
            some
            for some in combinations(causes, many)
            if sum((one.adds for one in some), Sessions()) == difference and not _clash(some)
        ]
        if fits:
            return max(fits, key=lambda some: sum((liked or {}).get(one.cause, 0) for one in some))
    return None


def second_week(school_year_begins: date) -> date:
    """Give the Monday of the second week of September, from which DfE's year to date is counted.

    Source: DfE, Pupil attendance in schools (2024/25 from 9 September, 2025/26 from 8 September).
    """
    eighth = date(school_year_begins.year, 9, 8)
    return monday(eighth + timedelta(days=6))


def prints_as(rate: Fraction, printed: Fraction, places: int) -> bool:
    """Tell whether a rate in per cent rounds to a printed one, halves either way.

    Source: arithmetic; releases do not say how they round a half.
    """
    return abs(rate * 100 - printed) <= Fraction(1, 2 * 10**places)


def _clash(some: Iterable[Effect]) -> bool:
    causes = {one.cause for one in some}
    return any(len(causes & pair) > 1 for pair in _EITHER)
