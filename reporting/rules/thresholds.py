"""How near a pupil stands to a threshold: decided on exact shares, never on what is printed."""

from __future__ import annotations

from fractions import Fraction

from registers.rules.rates import Tally


def is_near(tally: Tally, threshold: int | Fraction, within: int | Fraction) -> bool:
    """True where attendance lies at most so many points from a threshold in per cent, on either side.

    Source: the school's practice of looking at pupils about to cross a line.
    """
    rate = tally.attendance_rate
    return rate is not None and abs(rate * 100 - threshold) <= within
