"""How far a school is from the attendance expected of it, in sessions and in pupils."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil

from registers.rules.rates import Tally


@dataclass(frozen=True)
class Distance:
    """The sessions attended beyond or short of what was expected, over some school weeks."""

    expected: Fraction
    tally: Tally
    weeks: int

    @property
    def wanted(self) -> int:
        """Give how many sessions attended would just meet it, rounded up.

        Source: arithmetic: expected share of the possible sessions.
        """
        return ceil(self.expected * self.tally.possible)

    @property
    def sessions(self) -> int:
        """Give how many sessions more would have met it; nothing where it is met. Source: arithmetic."""
        return max(0, self.wanted - self.tally.attended)

    @property
    def a_week(self) -> int:
        """Give the sessions short in each school week so far, rounded up. Source: arithmetic."""
        return ceil(Fraction(self.sessions, self.weeks)) if self.weeks else 0

    @property
    def pupils_a_week(self) -> int:
        """Give how many pupils' whole weeks of ten sessions that is, rounded up.

        Source: a school week has ten sessions, SI 2024/208 reg 10 (a session each morning and afternoon).
        """
        return ceil(Fraction(self.a_week, 10))

    @property
    def is_met(self) -> bool:
        """Tell whether the attendance so far is at or above what is expected, exactly. Source: arithmetic."""
        return self.sessions == 0
