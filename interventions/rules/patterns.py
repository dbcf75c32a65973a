"""Patterns of absence: whether a pupil's absences begin on certain sessions more often than chance explains.

The unit is a spell: absence begins at a possible session before which the pupil attended, and ends with the next one
attended. Halves of a day and days of an illness depend on each other; beginnings nearly do not. All numbers are exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import comb
from typing import Final

# Fewer spells than this are no pattern, whatever they look like; fewer than four of a kind are not shown.
LEAST_SPELLS: Final = 6
LEAST_HERE: Final = 4
# Of the patterns shown, at most this share is expected to be chance; where nobody has one, any is shown so often.
FALSE_SHARE: Final = Fraction(1, 20)
# A gap of more days than this between two school days is a holiday; a weekend with a bank holiday is none.
HOLIDAY_DAYS: Final = 6


class Kind(StrEnum):
    """Where absences may begin too often."""

    AFTER_WEEKEND = "after_weekend"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    FRIDAY_PM = "friday_pm"
    ROUND_HOLIDAY = "round_holiday"
    FIRST_WEEK = "first_week"
    LESSON = "lesson"
    SIBLING = "sibling"


KIND_WORDS: Final = {
    Kind.AFTER_WEEKEND: "First day after a weekend",
    Kind.TUESDAY: "Tuesdays",
    Kind.WEDNESDAY: "Wednesdays",
    Kind.THURSDAY: "Thursdays",
    Kind.FRIDAY: "Fridays",
    Kind.FRIDAY_PM: "Friday afternoons",
    Kind.ROUND_HOLIDAY: "Last day before or first after a holiday",
    Kind.FIRST_WEEK: "First week after a holiday",
    Kind.LESSON: "The same lesson, while in school",
    Kind.SIBLING: "With a brother or sister",
}
KIND_BEGAN: Final = {
    Kind.AFTER_WEEKEND: "began on the first day after a weekend",
    Kind.TUESDAY: "began on a Tuesday",
    Kind.WEDNESDAY: "began on a Wednesday",
    Kind.THURSDAY: "began on a Thursday",
    Kind.FRIDAY: "began on a Friday",
    Kind.FRIDAY_PM: "began on a Friday afternoon",
    Kind.ROUND_HOLIDAY: "began on the last day before or the first after a holiday",
    Kind.FIRST_WEEK: "began in the first week after a holiday",
    Kind.LESSON: "began with this subject",
    Kind.SIBLING: "began on a day on which the other's did",
}


@dataclass(frozen=True, slots=True)
class Rate:
    """How many spells began at how many sessions at which one could."""

    began: int
    chances: int

    def __sub__(self, other: Rate) -> Rate:
        return Rate(self.began - other.began, self.chances - other.chances)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is tested: a pupil's spells, how many began here, and the share that is expected here."""

    spells: int
    here: int
    share: Fraction

    @property
    def expected(self) -> Fraction:
        """Give how many were expected here. Source: mean of the binomial distribution."""
        return self.spells * self.share


def expected_share(own_here: int, own_elsewhere: int, school_here: Rate, school_elsewhere: Rate) -> Fraction | None:
    """Give the share of a pupil's spells that would begin here if the pupil's days were like the school's own.

    The pupil's own sessions at which a spell could begin, here and elsewhere, each weighed with the rate at which
    spells of the whole school begin there. So a Friday on which many are away is held against nobody. None where the
    school or the pupil has no such session on one side, or nobody was absent.

    Source: binomial share of two Poisson counts, given their sum (Przyborowski and Wilenski, 1940).
    """
    if not (school_here.chances and school_elsewhere.chances and own_here and own_elsewhere):
        return None
    here = own_here * Fraction(school_here.began, school_here.chances)
    elsewhere = own_elsewhere * Fraction(school_elsewhere.began, school_elsewhere.chances)
    return here / (here + elsewhere) if here + elsewhere else None


def chance_of(evidence: Evidence) -> Fraction:
    """Give the probability of so many spells here or more, if each began here with the expected share.

    Where no more began here than expected it is 1, which is an upper bound and never shown.

    Source: upper tail of the binomial distribution, exact test.
    """
    if evidence.here <= evidence.expected:
        return Fraction(1)
    top, whole = evidence.share.numerator, evidence.share.denominator
    rest, n = whole - top, evidence.spells
    # From the last term down, each power made from the one before: numerator over whole**n, in whole numbers.
    ways, power = 0, 1
    for k in range(n, evidence.here - 1, -1):
        ways = ways + comb(n, k) * top**k * power
        power *= rest
    return Fraction(ways, whole**n)


def is_tested(evidence: Evidence) -> bool:
    """Tell whether there is evidence enough to look at: it asks how many spells there are, never where they began.

    Source: a condition fixed before looking leaves the chances of `chance_of` true.
    """
    return evidence.spells >= LEAST_SPELLS


def shown(chances: Sequence[Fraction], rate: Fraction = FALSE_SHARE) -> list[bool]:
    """Tell of each of many tests whether it stands, when at most `rate` of those that stand may be chance.

    The k-th smallest of m chances stands with all smaller ones where it is at most k/m of the rate, for the largest
    such k. Where nothing is there to be found, anything at all is shown with at most this probability.

    Source: Benjamini and Hochberg, Controlling the false discovery rate (1995), step-up procedure.
    """
    order = sorted(range(len(chances)), key=lambda place: chances[place])
    standing = 0
    for rank, place in enumerate(order, 1):
        if chances[place] * len(chances) <= rank * rate:
            standing = rank
    found = [False] * len(chances)
    for place in order[:standing]:
        found[place] = True
    return found


_MOST_PLACES: Final = 7


def spoken_chance(chance: Fraction) -> str:
    """Give a chance as people say it: "1 in 2,400", rounded to two figures.

    Raises ValueError for a chance of nought, which no test gives.

    Source: house style; the chance itself is kept unrounded.
    """
    if chance <= 0:
        raise ValueError("A chance is more than nought.")
    times = round(1 / chance)
    places = max(0, len(str(times)) - 2)
    if places > _MOST_PLACES:
        return "less than 1 in a thousand million"
    return f"1 in {round(times, -places):,}"
