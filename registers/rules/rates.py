"""Counts of marks, and the rates they make: exact, and rounded only to be read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final, Self

from registers.rules.codes import Code, Counts, code, code_set

PERSISTENT: Final = Fraction(1, 10)
SEVERE: Final = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class Tally:
    """Numbers of sessions, and the rates they make. Tallies add: a school is the sum of its pupils.

    `late` counts L and U, so its sessions are also in `attended` or `unauthorised`. A rate is a Fraction of
    the possible sessions, or None where nothing was possible.

    Raises ValueError for a negative or broken count, and where the parts do not make up the whole.

    Source: DfE attendance statistics method (possible = attended + authorised + unauthorised; late = L + U).
    """

    possible: int = 0
    attended: int = 0
    authorised: int = 0
    unauthorised: int = 0
    late: int = 0

    def __post_init__(self) -> None:
        for name in ("possible", "attended", "authorised", "unauthorised", "late"):
            _check_count(name, getattr(self, name))
        if self.possible != self.attended + self.authorised + self.unauthorised:
            raise ValueError(
                f"{self.possible} possible sessions are not {self.attended} attended, "
                f"{self.authorised} authorised and {self.unauthorised} unauthorised."
            )
        if self.late > self.attended + self.unauthorised:
            raise ValueError(f"{self.late} late is more than were attended or unauthorised.")

    @classmethod
    def zero(cls) -> Self:
        """Give the tally of nothing, from which a sum starts. Source: arithmetic."""
        return cls()

    def __add__(self, other: object) -> Tally:
        if not isinstance(other, Tally):
            return NotImplemented
        return Tally(
            self.possible + other.possible,
            self.attended + other.attended,
            self.authorised + other.authorised,
            self.unauthorised + other.unauthorised,
            self.late + other.late,
        )

    def __radd__(self, other: object) -> Tally:
        # sum() starts from 0.
        return self if other == 0 else NotImplemented

    @property
    def absent(self) -> int:
        """Give the sessions missed, authorised or not.

        Source: DfE attendance statistics method, overall absence.
        """
        return self.authorised + self.unauthorised

    @property
    def attendance_rate(self) -> Fraction | None:
        """Give attended over possible. Source: DfE attendance statistics method."""
        return self._rate(self.attended)

    @property
    def absence_rate(self) -> Fraction | None:
        """Give authorised and unauthorised over possible. Source: DfE attendance statistics method."""
        return self._rate(self.absent)

    @property
    def authorised_rate(self) -> Fraction | None:
        """Give authorised over possible. Source: DfE attendance statistics method."""
        return self._rate(self.authorised)

    @property
    def unauthorised_rate(self) -> Fraction | None:
        """Give unauthorised over possible. Source: DfE attendance statistics method."""
        return self._rate(self.unauthorised)

    @property
    def persistently_absent(self) -> bool | None:
        """True where one tenth or more of the pupil's own possible sessions were missed; None without any.

        Source: DfE absence statistics method 3.2 (10 per cent or more, since 2015/16).
        """
        return self._reaches(PERSISTENT)

    @property
    def severely_absent(self) -> bool | None:
        """True where one half or more of the pupil's own possible sessions were missed; None without any.

        Source: DfE absence statistics method (50 per cent or more).
        """
        return self._reaches(SEVERE)

    def _rate(self, sessions: int) -> Fraction | None:
        return Fraction(sessions, self.possible) if self.possible else None

    def _reaches(self, share: Fraction) -> bool | None:
        if not self.possible:
            return None
        # In whole numbers: 39 of 391 reads as 10.0 % and is not one tenth.
        return self.absent * share.denominator >= self.possible * share.numerator


def tally(marks: Mapping[str, int], on: date) -> Tally:
    """Count marks, given as {symbol: sessions}, by the code set in force on a day.

    Codes that are not possible attendances, Z and # count nothing. A year across two code sets is the sum of
    the tallies of its parts.

    Raises UnknownCode for a symbol that is no code on that day, even where its count is zero, and ValueError
    for a count that is negative or not a whole number.

    Source: DfE attendance statistics method; classes of the codes: WTISA (Aug 2024) classification of codes.
    """
    counted = dict.fromkeys(Counts, 0)
    late = 0
    known = code_set(on)
    for symbol, sessions in marks.items():
        _check_count(symbol, sessions)
        row: Code = known.get(symbol) or code(symbol, on)
        counted[row.counts] += sessions
        if row.late:
            late += sessions
    attended = counted[Counts.PRESENT] + counted[Counts.APPROVED]
    authorised, unauthorised = counted[Counts.AUTHORISED], counted[Counts.UNAUTHORISED]
    return Tally(attended + authorised + unauthorised, attended, authorised, unauthorised, late)


def spoken_percent(rate: Fraction | None, places: int = 1) -> str:
    """Give a rate as it is read, like "93.3%", or "no rate" for None; halves are rounded away from zero.

    For display alone: bands and thresholds are decided on the unrounded rate.

    Raises ValueError for a negative number of places.

    Source: DfE releases show one decimal place.
    """
    if places < 0:
        raise ValueError(f"Decimal places are counted from 0, not from {places}.")
    if rate is None:
        return "no rate"
    unit = 10**places
    whole, part = divmod((abs(rate) * 100 * unit * 2 + 1) // 2, unit)
    sign = "-" if rate < 0 and (whole or part) else ""
    return f"{sign}{whole}.{part:0{places}d}%" if places else f"{sign}{whole}%"


def _check_count(name: str, sessions: object) -> None:
    if type(sessions) is not int or sessions < 0:
        raise ValueError(f"Sessions are counted in whole numbers from 0: {name} is {sessions!r}.")
