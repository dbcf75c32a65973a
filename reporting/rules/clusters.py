"""Illness that goes round: whether more pupils fell ill with one kind than the school's own days before explain.

It is a count, not a diagnosis: what parents said, sorted into a short list. All numbers are exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import comb
from typing import Final

# The day alone, which an illness from one meal needs, and five school days, which one that creeps needs.
LOOKS: Final = (1, 5)
# The school's own school days before, against which each look is held.
BEFORE_DAYS: Final = 20
# On fewer of them than this with an illness on record nothing is known to compare with, and nothing is said.
LEAST_DAYS_KNOWN: Final = 10
# Fewer pupils than this are no cluster, whatever the odds.
LEAST_PUPILS: Final = 3
# Of school days on which nothing goes round, at most this share shows a cluster anywhere in the school.
FALSE_DAYS: Final = Fraction(1, 100)
# A school day stands for the days since the one before it; after a holiday for no more than after a weekend.
MOST_DAYS: Final = 3
# A cell that clusters again within so many school days is the same cluster, and is not told again.
SAME_WITHIN: Final = 5


@dataclass(frozen=True, slots=True)
class Seen:
    """What is tested of one year group and one kind: who fell ill in a look, and in the school days before it.

    `weight` and `weight_before` are the days that the two stand for, by `weight_of`.
    """

    new: int
    pupils: int
    weight: int
    new_before: int
    weight_before: int

    @property
    def expected(self) -> Fraction:
        """Give how many were to be expected, at the rate of the days before. Source: ratio of the two exposures."""
        return Fraction(self.new_before * self.weight, self.weight_before)


def weight_of(days: Sequence[date], day_before: date | None) -> int:
    """Give how many days some school days in a row stand for, each for those since the school day before it.

    Who falls ill on a Saturday is heard of on Monday: a Monday stands for three days, and so is no surprise by itself.

    Source: exposure of a Poisson count, here the days on which an illness could begin.
    """
    total, last = 0, day_before
    for on in days:
        total += 1 if last is None else min((on - last).days, MOST_DAYS)
        last = on
    return total


def chance_of(seen: Seen) -> Fraction:
    """Give the probability of so many newly ill or more, were the illness no more frequent than in the days before.

    Given how many fell ill in both together, those of the look are binomial with its share of the days; so the rate
    itself need not be known, and a kind with none before is judged like any other. Where no more fell ill than
    expected it is 1, an upper bound and never shown.

    Source: exact conditional test of two Poisson counts (Przyborowski and Wilenski, 1940), upper tail.
    """
    if seen.new <= seen.expected:
        return Fraction(1)
    both, whole = seen.new + seen.new_before, seen.weight + seen.weight_before
    ways = sum(
        comb(both, k) * seen.weight**k * seen.weight_before ** (both - k) for k in range(seen.new, both + 1)
    )  # fmt: skip
    return Fraction(ways, whole**both)


def looks_of(groups: int, kinds: int) -> int:
    """Give how many tests one day is: each kind in each year group and in the whole school, over each look.

    Source: the number is fixed before anything is counted, as the correction of `is_cluster` asks.
    """
    return (groups + 1) * kinds * len(LOOKS)


def is_cluster(seen: Seen, looks: int) -> bool:
    """Tell whether so many newly ill are a cluster: enough pupils, and too unlikely for this many tests.

    UKHSA asks schools to call for "a higher than previously experienced and/or rapidly increasing number of absences
    due to the same infection": higher than previously is this test against the school's own days.

    Source: UKHSA, Health protection in children and young people settings, Managing outbreaks (12 Sep 2024);
    Bonferroni's correction, which holds whatever depends on what.
    """
    return seen.pupils >= LEAST_PUPILS and chance_of(seen) * looks <= FALSE_DAYS


def is_known_enough(days_with_illness: int) -> bool:
    """Tell whether the school's own days before are on record well enough to compare with.

    Source: own choice; a school that has just begun to log illness would see every illness as the first.
    """
    return days_with_illness >= LEAST_DAYS_KNOWN
