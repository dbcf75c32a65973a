"""The table of the illness monitor: by year, kind and day, what stands out first, and the days that do so together."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from registers.rules.sessions import Calendar
from reporting.models import ClusterDay

from .illness import KINDS, said

_BACK: Final = timedelta(days=60)
Key = tuple[int | None, str]


@dataclass(frozen=True, slots=True)
class Row:
    """A kind of illness in a year group, or in all of them together (None), day by day.

    `outside` holds the days that stand out, each alone or several together: a day without anybody newly ill can be one
    of several that do, and never stands out by itself.
    """

    year_group: int | None
    kind: str
    days: tuple[date, ...]
    numbers: tuple[int, ...]
    outside: tuple[bool, ...]
    spans: tuple[str, ...]

    @property
    def name(self) -> str:
        """Give of whom and of what it is."""
        whom = "All years" if self.year_group is None else f"Year {self.year_group}"
        return f"{whom}: {said(self.kind)}"

    @property
    def cells(self) -> list[tuple[date, int, bool]]:
        """Give each day with its number, and whether it is one of those that stand out."""
        return list(zip(self.days, self.numbers, self.outside, strict=True))

    @property
    def sum(self) -> int:
        """Give the number of all the days together."""
        return sum(self.numbers)


@dataclass(frozen=True)
class IllnessTable:
    """What is shown at once, and what is quiet and folded; the sum of each day."""

    days: tuple[date, ...]
    shown: tuple[Row, ...]
    quiet: tuple[Row, ...]
    sums: tuple[tuple[date, int], ...]

    @property
    def rows(self) -> tuple[Row, ...]:
        """Give every row in its order, as a file holds them."""
        return (*self.shown, *self.quiet)


def illness_table(
    counted: Counter[tuple[date, int, str]], clusters: Iterable[ClusterDay], days: Sequence[date], calendar: Calendar
) -> IllnessTable:
    """Lay out counts by year and kind: of several years what stands out, then all years together, the rest folded."""
    counts: Counter[tuple[date, int | None, str]] = Counter(dict(counted.items()))
    for (on, _, kind), number in counted.items():
        counts[on, None, kind] += number
    held = spans_of(clusters, calendar)
    years = sorted({year for _, year, _ in counted} | {year for year, _ in held if year is not None})
    rows = [_row(year, kind, counts, days, held) for year in years for kind in KINDS]
    loud, quiet = [row for row in rows if row.spans], [row for row in rows if row.sum and not row.spans]
    if len(years) > 1:
        whole = [row for row in (_row(None, kind, counts, days, held) for kind in KINDS) if row.sum or row.spans]
        whole.sort(key=lambda row: not row.spans)
    else:
        whole, quiet = quiet, []
    sums = tuple((on, sum(counts[on, None, kind] for kind in KINDS)) for on in days)
    return IllnessTable(tuple(days), (*loud, *whole), tuple(quiet), sums)


def spans_of(clusters: Iterable[ClusterDay], calendar: Calendar) -> dict[Key, list[tuple[date, ...]]]:
    """Give the school days that stood out of each year and kind, those that touch as one span."""
    held: dict[Key, set[date]] = defaultdict(set)
    for one in clusters:
        held[one.year_group, one.symptom].update(window_of(one, calendar))
    found: dict[Key, list[tuple[date, ...]]] = {}
    for key, some in held.items():
        spans: list[list[date]] = [[]]
        for on in calendar.days(min(some), max(some)):
            if on in some:
                spans[-1].append(on)
            elif spans[-1]:
                spans.append([])
        found[key] = [tuple(span) for span in spans if span]
    return found


def window_of(one: ClusterDay, calendar: Calendar) -> tuple[date, ...]:
    """Give the school days that a cluster was found in: its own day, or that and those before it."""
    return calendar.days(one.on - _BACK, one.on)[-one.look :]


def span_words(span: Sequence[date]) -> str:
    """Give school days in a row as they are said: "Mon 23 Nov", "Tue 17 Nov to Mon 23 Nov, together"."""
    first, last = (f"{on:%a} {on.day} {on:%b}" for on in (span[0], span[-1]))
    return first if first == last else f"{first} to {last}, together"


def _row(
    year: int | None, kind: str, counts: Counter[tuple[date, int | None, str]], days: Sequence[date],
    held: dict[Key, list[tuple[date, ...]]],
) -> Row:  # fmt: skip
    spans = held.get((year, kind), [])
    outside = {on for span in spans for on in span}
    return Row(
        year, kind, tuple(days), tuple(counts[on, year, kind] for on in days), tuple(on in outside for on in days),
        tuple(span_words(span) for span in spans),
    )  # fmt: skip
