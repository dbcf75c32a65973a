"""What charts of the reading room show: figures laid out for attendance_office.web.charts, which draws them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Final

from attendance_office.web.charts import Bar, BarChart, HeatChart, Line, LineChart, spoken
from registers.rules.rates import Tally

DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri")
MOST_LINES: Final = 3  # more lines than these are drawn each in a field of its own


def of_days(years: Sequence[tuple[int, Sequence[tuple[date, Tally | None]]]], days: Sequence[date]) -> LineChart:
    """Give the last days of each year group, a small field for each."""
    return LineChart(
        key="year-days",
        title=f"Attendance by year group on the last {len(days)} school days",
        words="Each dashed line is at 90 %.",
        lines=tuple(
            Line(f"Year {year}", tuple(counted.attendance_rate if counted else None for _, counted in values))
            for year, values in years
        ),
        marks=tuple(f"{on:%a} {on.day}" for on in days),
        places=tuple(f"{on:%a} {on.day} {on:%b %Y}" for on in days),
        heading="Day",
        small=True,
    )


def of_weeks(lines: Sequence[tuple[str, Mapping[date, Tally]]], title: str) -> LineChart:
    """Give attendance week by week: one line, or one for each part; many of them in fields of their own."""
    weeks = sorted({week for _, found in lines for week in found})
    first = {(week.year, week.month): week for week in reversed(weeks)}
    is_small = len(lines) > MOST_LINES
    dashed = "Each dashed line is at 90 %." if is_small else "Dashed levels are 90 and 95 %."
    return LineChart(
        key="weeks",
        title=title,
        words=f"{dashed} A week without a mark is left out.",
        lines=tuple(
            Line(name, tuple(found[week].attendance_rate if week in found else None for week in weeks))
            for name, found in lines
        ),
        marks=tuple(f"{week:%b}" if week in first.values() else "" for week in weeks),
        places=tuple(f"{week:%a} {week.day} {week:%b %Y}" for week in weeks),
        small=is_small,
    )


def of_weekdays(cells: Mapping[tuple[int, str], Tally]) -> HeatChart:
    """Give absence by day of the week and session."""
    return HeatChart(
        key="weekdays",
        title="Absence by day of the week and session",
        words="Each cell holds its absence in per cent; the highest and the lowest are named.",
        row_names=("Morning", "Afternoon"),
        column_names=DAYS,
        cells=tuple(
            tuple(cells[day, half].absence_rate if (day, half) in cells else None for day in range(1, 6))
            for half in ("AM", "PM")
        ),
    )


def of_bands(rows: Sequence[Bar], beside: str) -> BarChart:
    """Give the share of pupils in each band of absence, beside a published distribution where one is named."""
    return BarChart(
        key="bands",
        title="Pupils by band of absence",
        words="Share of pupils with a possible session; the edge of a band belongs to the higher band.",
        bars=tuple(rows),
        heading="Absence",
        names=("These pupils", beside) if beside else ("These pupils",),
    )


def of_rates(rows: Sequence[tuple[str, Tally]], title: str, heading: str) -> BarChart:
    """Give the absence of several parts as bars."""
    return BarChart(
        key="parts",
        title=title,
        words="Absence in per cent of the possible sessions.",
        bars=tuple(Bar(name, tally.absence_rate, spoken(tally.absence_rate)) for name, tally in rows),
        heading=heading,
        names=("Absence",),
    )


def of_schools(bars: Sequence[Bar], *, beside: str) -> BarChart:
    """Give the absence of schools as bars in their order, beside a published one where it is named."""
    return BarChart(
        key="trust",
        title="Absence by school, the highest first",
        words="; ".join(f"{bar.name} {bar.words}" for bar in bars),
        bars=tuple(bars),
        heading="School",
        names=("Absence", beside) if beside else ("Absence",),
    )


def of_gaps(gaps: Sequence[tuple[str, Tally, Tally]]) -> BarChart:
    """Give the absence of each group beside that of everybody else."""
    return BarChart(
        key="gaps",
        title="Absence by group, beside everybody else",
        words="Absence in per cent of the possible sessions: the group's, and under it everybody else's.",
        bars=tuple(
            Bar(
                name,
                ours.absence_rate,
                spoken(ours.absence_rate),
                theirs.absence_rate,
                spoken(theirs.absence_rate),
            )
            for name, ours, theirs in gaps
        ),
        heading="Group",
        names=("The group", "Everybody else"),
    )


def of_changes(rows: Sequence[tuple[str, Fraction, Fraction | None]]) -> BarChart:
    """Give how attendance changed after letters, beside the change of pupils near the line who had none."""
    return BarChart(
        key="letters",
        title="Change of attendance, four weeks before to four weeks after",
        words="In percentage points. To the left of the line attendance fell, to the right of it it rose.",
        bars=tuple(
            Bar(name, change, points(change), theirs, points(theirs) if theirs is not None else "")
            for name, change, theirs in rows
        ),
        heading="Letter",
        names=("Had the letter", "Near the line, had none"),
    )


def of_fairness(bars: Sequence[Bar]) -> BarChart:
    """Give letters for each hundred pupils at the same absence: a group's, and everybody else's."""
    return BarChart(
        key="fairness",
        title="Letters for each hundred pupils at the same absence",
        words="Of each hundred pupils of the band so many had a letter: of the group, and under it of everybody else.",
        bars=tuple(bars),
        heading="Group and absence",
        names=("The group named", "Everybody else in the band"),
    )


def points(change: Fraction) -> str:
    """Give a change in percentage points, with its sign."""
    return f"{float(change * 100):+.1f}"
