"""Numbers laid out for charts: points in the chart's own units, so that a template only draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from registers.rules.rates import Tally, spoken_percent

FLOOR = 90  # the line each small chart sits on, in per cent
STEP_TOP, ROW = 17, 39


@dataclass(frozen=True)
class Point:
    """One dot of a small chart."""

    x: float
    y: float
    label_y: float
    tally: Tally | None
    is_last: bool

    @property
    def words(self) -> str:
        """Give the rate as the chart prints it, without its sign."""
        return spoken_percent(self.tally.attendance_rate).removesuffix("%").strip() if self.tally else ""


@dataclass(frozen=True)
class SmallChart:
    """One year group's row: its name, its base line, its dots and the line through them."""

    year_group: int
    name_y: float
    base: float
    points: Sequence[Point]

    @property
    def path(self) -> str:
        """Give the line through the dots that have a rate."""
        return " ".join(f"{point.x:.1f},{point.y:.1f}" for point in self.points if point.tally is not None)


@dataclass(frozen=True)
class Label:
    """A word over a column."""

    x: float
    words: str


@dataclass(frozen=True)
class SmallCharts:
    """All rows of the small chart, and how tall it is."""

    rows: Sequence[SmallChart]
    labels: Sequence[Label]

    @property
    def height(self) -> int:
        """Give the height in the chart's own units."""
        return STEP_TOP + len(self.rows) * ROW + 6


def _x(place: int, days: int) -> float:
    """Give the middle of a day's column; the latest day stands at the right."""
    return 290 - (days - 1 - place) * 52.5


def small_charts(years: Sequence[tuple[int, Sequence[tuple[date, Tally | None]]]], days: Sequence[date]) -> SmallCharts:
    """Lay out the days of each year group in a row: ninety per cent on the base line, two units a point above it."""
    rows = []
    for row, (year, values) in enumerate(years):
        base = STEP_TOP + (row + 1) * ROW
        points = []
        for place, (_, counted) in enumerate(values):
            rate = counted.attendance_rate if counted else None
            lift = 0.0 if rate is None else max(0.0, min(20.0, float(rate * 100 - FLOOR) * 2))
            points.append(
                Point(
                    x=round(_x(place, len(values)), 1),
                    y=round(base - 2 - lift, 1),
                    label_y=round(base - 9 - lift, 1),
                    tally=counted if rate is not None else None,
                    is_last=place == len(values) - 1,
                )
            )
        rows.append(SmallChart(year_group=year, name_y=base - 8, base=base, points=points))
    labels = [Label(x=round(_x(place, len(days)), 1), words=f"{on:%a} {on.day}") for place, on in enumerate(days)]
    return SmallCharts(rows=rows, labels=labels)
