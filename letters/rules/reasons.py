"""What a letter to a parent calls the reasons for which sessions were missed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Final

from registers.rules.codes import code
from registers.rules.dates import spoken_date

from .blocks import Rows

HEADS: Final = ("Date", "Missed", "What we have written down", "Sessions")
_PLAIN: Final = {
    "I": "Ill",
    "M": "Medical or dental appointment",
    "N": "No reason given yet",
    "O": "No reason that we can agree",
    "U": "Came after the register had closed",
    "G": "Holiday that was not agreed",
    "C": "Leave agreed for an exceptional reason",
    "E": "Suspended or excluded",
    "R": "Religious observance",
    "S": "Study leave",
    "T": "Parent travelling for work",
}
_HALVES: Final = {"AM": "am", "PM": "pm"}


def said(symbol: str, on: date) -> str:
    """Give a code's reason in a parent's words; where there are none, its meaning in the code set of the day.

    Source: WTISA (Aug 2024), ch. 8, in the office's words.
    """
    return _PLAIN.get(symbol) or code(symbol, on).meaning


def dates_missed(absences: Iterable[tuple[date, str, str]]) -> Rows:
    """Give the table of sessions missed, out of (day, "AM" or "PM", code): a day with one reason is one row.

    Source: house style.
    """
    rows: dict[tuple[date, str], list[str]] = {}
    for on, half, symbol in sorted(absences):
        rows.setdefault((on, said(symbol, on)), []).append(_HALVES[half])
    return Rows(
        HEADS,
        tuple((spoken_date(on), " and ".join(halves), words, str(len(halves))) for (on, words), halves in rows.items()),
    )
