"""Bands of absence, and how near a pupil stands to a threshold: decided on exact shares, never on what is printed."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from registers.rules.rates import Tally


@dataclass(frozen=True, slots=True)
class Band:
    """Absence from `low`, included, to `high`, not included; the last band holds 100 per cent too."""

    key: str
    words: str
    low: Fraction
    high: Fraction


def _band(low: int, high: int) -> Band:
    words = f"{low} % and more" if high > 100 else f"{low} % to under {high} %"
    return Band(f"{low}-{min(high, 100)}", words, Fraction(low, 100), Fraction(high, 100))


# The edges of persistent (10) and severe absence (50) are edges of bands. Source: DfE absence bands of 5 per cent,
# taken together as schools read them.
BANDS: Final = (_band(0, 5), _band(5, 10), _band(10, 15), _band(15, 20), _band(20, 50), _band(50, 101))


def band_of(tally: Tally) -> Band | None:
    """Give the band of a pupil's absence, or None where nothing was possible.

    Source: DfE absence bands ("10.00 - 14.99": the lower edge belongs to the band).
    """
    missed = tally.absence_rate
    return None if missed is None else next(band for band in BANDS if band.low <= missed < band.high)


def is_near(tally: Tally, threshold: int, within: int) -> bool:
    """True where attendance lies at most so many points from a threshold in per cent, on either side.

    Source: the school's practice of looking at pupils about to cross a line.
    """
    rate = tally.attendance_rate
    return rate is not None and abs(rate * 100 - threshold) <= within
