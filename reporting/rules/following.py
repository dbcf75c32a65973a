"""What came after a letter: the same pupils' attendance before and after, beside pupils near the line who had none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Final

from registers.rules.rates import Tally
from registers.rules.sessions import monday

WEEKS: Final = 4
_WEEK: Final = timedelta(days=7)
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

    @property
    def says_little(self) -> bool:
        """Tell whether too few pupils stand behind it. Source: office practice."""
        return self.pupils < LEAST_PUPILS


def weeks_around(on: date) -> tuple[tuple[date, ...], tuple[date, ...]]:
    """Give the Mondays of the four calendar weeks before the week of a day, and of the four after it.

    The week of the letter itself is in neither. Source: office practice.
    """
    week = monday(on)
    before = tuple(week - _WEEK * n for n in range(WEEKS, 0, -1))
    return before, tuple(week + _WEEK * n for n in range(1, WEEKS + 1))


def change_of(events: Iterable[tuple[int, date]], weeks: Mapping[int, Mapping[date, Tally]]) -> Change:
    """Give the change around each pupil's day, summed over pupils: each pupil counts by its sessions.

    `events` are pupils with the day of their letter, or of the letters they are compared with; `weeks` each pupil's
    sessions by Monday. Whoever has no possible session on one side is left out.

    Source: arithmetic; sums over sums.
    """
    pupils, before, after = 0, Tally.zero(), Tally.zero()
    for pupil, on in events:
        early, late = weeks_around(on)
        own = weeks.get(pupil, {})
        first = sum((own[week] for week in early if week in own), Tally.zero())
        then = sum((own[week] for week in late if week in own), Tally.zero())
        if first.possible and then.possible:
            pupils, before, after = pupils + 1, before + first, after + then
    return Change(pupils, before, after)
