"""What a letter to a parent calls the reasons for which sessions were missed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

from registers.rules.codes import code
from registers.rules.dates import spoken_days

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
_WHOLE_DAY: Final = ("AM", "PM")
_HALVES: Final = {_WHOLE_DAY: "all day", ("AM",): "am", ("PM",): "pm"}
_FRIDAY: Final = 4


def said(symbol: str, on: date) -> str:
    """Give a code's reason in a parent's words; where there are none, its meaning in the code set of the day.

    Source: WTISA (Aug 2024), ch. 8, in the office's words.
    """
    return _PLAIN.get(symbol) or code(symbol, on).meaning


def dates_missed(absences: Iterable[tuple[date, str, str]]) -> Rows:
    """Give the table of sessions missed, out of (day, "AM" or "PM", code): school days that go on alike are one row.

    Days go on alike where each missed the same part for the same reason and the next is the next weekday: over a
    weekend too, for everybody knows that Saturday is no school. Over a day on which the child was in school or the
    school was closed they do not: a row that ran over half term would look like weeks of absence. The last column adds
    up to the sessions missed.

    Source: house style.
    """
    days: dict[tuple[date, str], list[str]] = {}
    for on, half, symbol in sorted(absences):
        days.setdefault((on, said(symbol, on)), []).append(half)
    runs: list[tuple[list[date], tuple[str, ...], str]] = []
    going: dict[tuple[tuple[str, ...], str], list[date]] = {}
    for (on, words), halves in days.items():
        alike = (tuple(halves), words)
        run = going.get(alike)
        if run is None or _next_weekday(run[-1]) != on:
            run = going[alike] = []
            runs.append((run, *alike))
        run.append(on)
    return Rows(
        HEADS,
        tuple(
            (spoken_days(run[0], run[-1]), _HALVES[halves], words, str(len(run) * len(halves)))
            for run, halves, words in runs
        ),
    )


def _next_weekday(on: date) -> date:
    return on + timedelta(days=3 if on.weekday() == _FRIDAY else 1)
