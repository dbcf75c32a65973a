"""When so many marks are missing that a rate is unsafe to read, and between which two it could lie."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from registers.rules.rates import Tally

UNSAFE: Final = Fraction(1, 50)  # from this share of missing marks on, a rate could be two points away from the truth


def is_unsafe(missing: int, due: int) -> bool:
    """True where one in fifty or more of the marks due are missing; where nothing was due nothing is missing.

    Raises ValueError where more are missing than were due, or a number is below nought.

    Source: the office's own rule, stated on the page: schools of a trust often lie no further apart than two points.
    """
    if not 0 <= missing <= due:
        raise ValueError(f"{missing} marks missing of {due} due cannot be.")
    return missing > 0 and Fraction(missing, due) >= UNSAFE


def could_be(tally: Tally, missing: int) -> tuple[Fraction, Fraction] | None:
    """Give the lowest and the highest attendance that the missing marks leave open; None where nothing was possible.

    The lowest takes every missing mark for an absence, the highest for a presence. Neither is a rate of the school's.

    Raises ValueError for a number below nought.

    Source: arithmetic (sessions attended over sessions possible).
    """
    if missing < 0:
        raise ValueError(f"{missing} marks missing cannot be.")
    whole = tally.possible + missing
    if not whole:
        return None
    return Fraction(tally.attended, whole), Fraction(tally.attended + missing, whole)
