"""The figures of any set of pupils over any period: what a school, a year group or a national table is made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from types import MappingProxyType
from typing import Final, Self

from registers.rules.rates import Tally, tally

_NO_CODES: Final[Mapping[str, int]] = MappingProxyType({})


@dataclass(frozen=True)
class Figures:
    """Sessions, their rates, and the pupils behind them.

    `pupils` holds those with at least one possible session: the base of both counts of absent pupils. `missing`
    holds sessions that were due and have no mark: they are neither attendance nor absence.

    Source: DfE absence statistics method 3.1-3.2 (rates over possible sessions; pupils without any are left out).
    """

    tally: Tally = field(default_factory=Tally)
    codes: Mapping[str, int] = field(default_factory=dict)
    missing: int = 0
    pupils: int = 0
    persistently_absent: int = 0
    severely_absent: int = 0

    @classmethod
    def of_codes(cls, codes: Mapping[str, int], on: date) -> Self:
        """Give the figures of numbers of marks by code, read by the code set of a day; no pupil is counted.

        Raises UnknownCode for a symbol that is no code on that day.

        Source: DfE attendance statistics method.
        """
        return cls(tally=tally(codes, on), codes=dict(codes))

    @classmethod
    def of_pupils(cls, tallies: Iterable[Tally], *, codes: Mapping[str, int] = _NO_CODES, missing: int = 0) -> Self:
        """Give the figures of pupils, each a tally of their own sessions: rates are sums over sums.

        Source: DfE absence statistics method 3.1-3.2.
        """
        parts = list(tallies)
        return cls(
            tally=Tally(
                possible=sum(part.possible for part in parts),
                attended=sum(part.attended for part in parts),
                authorised=sum(part.authorised for part in parts),
                unauthorised=sum(part.unauthorised for part in parts),
                late=sum(part.late for part in parts),
            ),
            codes=codes,
            missing=missing,
            pupils=sum(part.possible > 0 for part in parts),
            persistently_absent=sum(part.persistently_absent is True for part in parts),
            severely_absent=sum(part.severely_absent is True for part in parts),
        )

    @classmethod
    def together(cls, parts: Iterable[Self]) -> Self:
        """Give the figures of several sets of pupils taken as one; no pupil may stand in two of them.

        Source: DfE absence statistics method 3.1-3.2 (sums over sums).
        """
        each = list(parts)
        codes: Counter[str] = Counter()
        for part in each:
            codes.update(part.codes)
        return cls(
            tally=sum((part.tally for part in each), Tally()),
            codes=dict(sorted(codes.items())),
            missing=sum(part.missing for part in each),
            pupils=sum(part.pupils for part in each),
            persistently_absent=sum(part.persistently_absent for part in each),
            severely_absent=sum(part.severely_absent for part in each),
        )

    def percent_of_possible(self, *symbols: str) -> float | None:
        """Give the sessions with these codes as a percentage of the possible ones, unrounded, or None.

        Source: DfE attendance statistics method (each reason over possible sessions).
        """
        sessions = sum(self.codes.get(symbol, 0) for symbol in symbols)
        return _percent(Fraction(sessions, self.tally.possible) if self.tally.possible else None)

    def as_numbers(self) -> dict[str, object]:
        """Give every figure under its published name; percentages unrounded, None where nothing was possible.

        Source: names and meanings of DfE's attendance statistics.
        """
        return {
            "possible": self.tally.possible,
            "attended": self.tally.attended,
            "authorised": self.tally.authorised,
            "unauthorised": self.tally.unauthorised,
            "late": self.tally.late,
            "missing": self.missing,
            "codes": dict(self.codes),
            "attendance_percent": _percent(self.tally.attendance_rate),
            "absence_percent": _percent(self.tally.absence_rate),
            "authorised_percent": _percent(self.tally.authorised_rate),
            "unauthorised_percent": _percent(self.tally.unauthorised_rate),
            "persistently_absent": self.persistently_absent,
            "severely_absent": self.severely_absent,
            "pupils": self.pupils,
        }


def _percent(rate: Fraction | None) -> float | None:
    # The quotient is exact until this one step.
    return None if rate is None else float(rate * 100)
