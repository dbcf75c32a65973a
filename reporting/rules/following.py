"""What came after a letter: the same pupils' attendance before and after, beside pupils near the line who had none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Final

from registers.rules.ages import school_year_starts
from registers.rules.rates import Tally
from registers.rules.sessions import monday

from .thresholds import is_near

WEEKS: Final = 4
_WEEK: Final = timedelta(days=7)
_TO_FRIDAY: Final = timedelta(days=4)
# Fewer pupils than these, and the change of one of them moves the whole too far to say anything.
LEAST_PUPILS: Final = 10


@dataclass(frozen=True)
class Change:
    """The sessions of some pupils before and after, summed."""

    pupils: int
    before: Tally
    after: Tally

    @property
    def points(self) -> Fraction | None:
        """Give the change of the attendance rate as a share, exact; None where either side has no rate.

        Source: arithmetic.
        """
        before, after = self.before.attendance_rate, self.after.attendance_rate
        return None if before is None or after is None else after - before


def says_little(pupils: int) -> bool:
    """Tell whether too few pupils stand behind a change to say anything. Source: office practice."""
    return 0 < pupils < LEAST_PUPILS


def weeks_around(on: date) -> tuple[tuple[date, ...], tuple[date, ...]]:
    """Give the Mondays of the four calendar weeks before the week of a day, and of the four after it.

    The week of the letter itself is in neither. Source: office practice.
    """
    week = monday(on)
    before = tuple(week - _WEEK * n for n in range(WEEKS, 0, -1))
    return before, tuple(week + _WEEK * n for n in range(1, WEEKS + 1))


def is_complete(on: date, upto: date) -> bool:
    """True where the four weeks after the week of a day have ended, their Fridays, by another.

    Source: office practice; half of the weeks after a letter are not the weeks after it.
    """
    return weeks_around(on)[1][-1] + _TO_FRIDAY <= upto


def sides(weeks: Mapping[date, Tally], on: date) -> tuple[Tally, Tally] | None:
    """Give a pupil's sessions in the four weeks before and after a day; None where one side has no possible session.

    Source: arithmetic.
    """
    early, late = weeks_around(on)
    before = sum((weeks[week] for week in early if week in weeks), Tally.zero())
    after = sum((weeks[week] for week in late if week in weeks), Tally.zero())
    return (before, after) if before.possible and after.possible else None


def change_of(events: Iterable[tuple[int, date]], weeks: Mapping[int, Mapping[date, Tally]]) -> Change:
    """Give the change around each pupil's day, summed over pupils: each pupil counts by its sessions.

    `events` are pupils with a day; `weeks` each pupil's sessions by Monday. Whoever has no possible session on one side
    is left out.

    Source: arithmetic; sums over sums.
    """
    pupils, before, after = 0, Tally.zero(), Tally.zero()
    for pupil, on in events:
        found = sides(weeks.get(pupil, {}), on)
        if found is not None:
            pupils, before, after = pupils + 1, before + found[0], after + found[1]
    return Change(pupils, before, after)


def stood_near(
    weeks: Mapping[int, Mapping[date, Tally]], mondays: Iterable[date], level: Fraction, within: int
) -> dict[date, list[int]]:  # fmt: skip
    """Give for each week the pupils who stood at most so many points from a level when it began.

    Counted from the start of the school year up to the week before, as whoever wrote letters then saw it: who
    recovered afterwards is among them, and who fell afterwards is not.

    Source: office practice.
    """
    wanted = sorted(set(mondays))
    found: dict[date, list[int]] = {week: [] for week in wanted}
    for pupil, own in weeks.items():
        before, at = sorted(own), 0
        began, tally = date.min, Tally.zero()
        for week in wanted:
            if school_year_starts(week) != began:
                began, tally = school_year_starts(week), Tally.zero()
            while at < len(before) and before[at] < week:
                tally, at = tally + (own[before[at]] if before[at] >= began else Tally.zero()), at + 1
            if is_near(tally, level, within):
                found[week].append(pupil)
    return found


def without_letter(near: Mapping[date, Collection[int]], first: Mapping[int, date]) -> dict[date, list[int]]:
    """Narrow the pupils near the line in a week to those without a letter up to the end of the four weeks after it.

    `first` is the day of each pupil's first letter of the school year. Who falls and gets a letter later still is among
    them: leaving them out, because of what happened afterwards, would flatter those without a letter.

    Source: office practice; who is compared is told by what was known when the weeks compared were over.
    """
    return {
        week: [pupil for pupil in pupils if pupil not in first or first[pupil] > weeks_around(week)[1][-1] + _TO_FRIDAY]
        for week, pupils in near.items()
    }


@dataclass(frozen=True)
class Beside:
    """The pupils that letters are compared with, and how their attendance changed over the same weeks."""

    pupils: int
    points: Fraction | None


def beside(
    letters: Iterable[date], near: Mapping[date, Collection[int]], weeks: Mapping[int, Mapping[date, Tally]]
) -> Beside:  # fmt: skip
    """Give the mean over letters of the change, around the week of each, of the pupils who stood near the line then.

    `near` are those pupils by the Monday of the letter's week. A week in which forty letters went weighs forty times
    one with a single letter, so that a flu or a holiday falls on both sides alike. A letter beside which nobody stood
    has nothing to be compared with and is left out of the mean.

    Source: arithmetic (direct standardisation to the weeks of the letters); within a week sums over sums.
    """
    seen, total, counted = set[int](), Fraction(0), 0
    for week, many in sorted(Counter(monday(on) for on in letters).items()):
        change = change_of(((pupil, week) for pupil in near.get(week, ())), weeks)
        if change.points is not None:
            total, counted = total + change.points * many, counted + many
            seen.update(pupil for pupil in near[week] if sides(weeks.get(pupil, {}), week) is not None)
    return Beside(len(seen), total / counted if counted else None)


def around(weeks: Mapping[date, Tally], on: date, many: int, upto: date) -> tuple[Tally, Tally] | None:
    """Give one pupil's sessions in so many school weeks before the week of a day and in as many after it.

    A school week is one in which anything was possible; the week of the day itself is in neither. None where there are
    not as many on both sides, their Fridays over by `upto`.

    Source: office practice; a holiday is no week in which a step could show.
    """
    week = monday(on)
    early = [one for one in sorted(weeks) if one < week and weeks[one].possible][-many:]
    late = [one for one in sorted(weeks) if one > week and weeks[one].possible and one + _TO_FRIDAY <= upto][:many]
    if len(early) < many or len(late) < many:
        return None
    return sum((weeks[one] for one in early), Tally.zero()), sum((weeks[one] for one in late), Tally.zero())
