"""How letters say amounts: days out of sessions, counts, per cents, names in a row."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from registers.rules.rates import spoken_percent


def in_days(sessions: int) -> str:
    """Give sessions as days, two to a day, exactly: "7 days", "3½ days", "half a day", "no days"."""
    whole, half = divmod(sessions, 2)
    if not sessions:
        return "no days"
    if not whole:
        return "half a day"
    return f"{whole}{'½' if half else ''} {'day' if sessions == 2 else 'days'}"


def counted(number: int, one: str, many: str = "") -> str:
    """Give a number with its noun: "1 session", "14 sessions", "no sessions"."""
    return f"{number or 'no'} {one if number == 1 else many or one + 's'}"


def per_cent(rate: Fraction | None, below: Decimal | None = None) -> str:
    """Give a rate as a letter says it; empty where there is none.

    A rate that is under a level's per cent is never read as having reached it: 94.96 % stays so and is not "95.0 %".
    """
    if rate is None:
        return ""
    places = 1
    if below is not None and rate * 100 < Fraction(below):
        while places < 4 and Fraction(spoken_percent(rate, places).rstrip("%")) >= Fraction(below):
            places += 1
    return spoken_percent(rate, places).replace("%", "\u00a0%")


def level_per_cent(below: Decimal) -> str:
    """Give a level's per cent without idle noughts: "95 %", "92.5 %"."""
    return f"{below.normalize():f}\u00a0%"


def listed(names: Sequence[str]) -> str:
    """Give names in a row: "Ruby", "Ruby and Tom", "Ruby, Tom and Amir"."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else list(names))
