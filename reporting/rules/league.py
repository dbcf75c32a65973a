"""How forms are placed in a league: exact rates, shared places, and what may be left out for fairness."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Final

from registers.rules.rates import Tally

MOST_SESSIONS: Final = 100_000
LEAST_SESSIONS: Final = 50  # possible sessions of a form together; fewer say too little to place it
MEDICAL: Final = ("I", "M")  # authorised absence for illness, and for a medical or dental appointment


def places(rates: Sequence[Fraction]) -> list[tuple[int, bool]]:
    """Give the place of each exact rate, the highest first, and whether it is shared; after two first comes a third.

    Source: the office's own rule. Rates that only print alike share no place.
    """
    ranked = sorted(rates, reverse=True)
    return [(ranked.index(rate) + 1, ranked.count(rate) > 1) for rate in rates]


def without_medical(tally: Tally, codes: Mapping[str, int]) -> Tally:
    """Give a tally without the sessions missed for illness or a medical appointment: neither possible nor missed.

    Source: the office's own rule, said on every sheet that uses it. It is not attendance as DfE counts it.
    """
    out = sum(codes.get(code, 0) for code in MEDICAL)
    return Tally(tally.possible - out, tally.attended, tally.authorised - out, tally.unauthorised, tally.late)
