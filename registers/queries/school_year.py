"""Answers for the calendar page: a school year as months, its terms with their sessions, its closures as runs."""

from __future__ import annotations

import calendar as almanac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.db.models import Q

from registers.models import Half, Mark, NonSchoolDay, SessionTimes, Term
from registers.queries.calendar import calendar_of
from registers.rules.ages import school_year, school_year_starts
from registers.rules.codes import Counts, dated_codes
from registers.rules.sessions import EXPECTED_SESSIONS, HALVES, Calendar, Session

_SATURDAY: Final = 5
# What a month's cell shows beside the number: letters and a word, so that the tint is never the only sign.
_LETTERS: Final = {
    NonSchoolDay.Kind.HALF_TERM: "HT",
    NonSchoolDay.Kind.HOLIDAY: "HO",
    NonSchoolDay.Kind.INSET: "IN",
    NonSchoolDay.Kind.BANK_HOLIDAY: "BH",
    NonSchoolDay.Kind.CLOSURE: "CL",
}
# A mark that says the session was not held, or that the pupil was not yet on roll, says nothing about attendance.
# Source: SI 2024/208 reg 10 Tables 2 and 3 (# and Z; Y1 to Y7, before them Y).
NOT_HELD: Final = frozenset(
    code.symbol
    for code in dated_codes()
    if code.counts is Counts.ADMINISTRATIVE or (code.counts is Counts.NOT_POSSIBLE and code.symbol.startswith("Y"))
)


@dataclass(frozen=True)
class Day:
    """One cell of a month: what kind of day it is and what it is called."""

    on: date
    kind: str  # school, away (weekend or outside terms), or a kind of NonSchoolDay
    letters: str
    words: str
    closed_half: str = ""


@dataclass(frozen=True)
class Month:
    """A month as weeks from Monday to Sunday; days of other months are None."""

    first: date
    weeks: tuple[tuple[Day | None, ...], ...]
    sessions: int


@dataclass(frozen=True)
class TermCount:
    """A term and how many sessions it holds."""

    term: Term
    sessions: int


@dataclass(frozen=True)
class Run:
    """Closures of one kind, name and session on days that follow each other with no other weekday between."""

    days: tuple[NonSchoolDay, ...]

    @property
    def first(self) -> NonSchoolDay:
        """Give the first day."""
        return self.days[0]

    @property
    def last(self) -> NonSchoolDay:
        """Give the last day."""
        return self.days[-1]


@dataclass(frozen=True)
class SchoolYear:
    """Everything the calendar page shows of one school year."""

    name: str
    months: tuple[Month, ...]
    terms: tuple[TermCount, ...]
    runs: tuple[Run, ...]
    sessions: int

    @property
    def verdict(self) -> str:
        """Say the count of sessions against the number expected.

        Source: Education (School Day and School Year) (England) Regulations 1999.
        """
        return said_of(self.sessions)


def said_of(count: int) -> str:
    """Give "376 sessions, 4 fewer than the 380 expected"."""
    gap = count - EXPECTED_SESSIONS
    if gap == 0:
        return f"{count} sessions, as many as expected"
    return f"{count} sessions, {abs(gap)} {'fewer' if gap < 0 else 'more'} than the {EXPECTED_SESSIONS} expected"


def years_around(on: date) -> list[str]:
    """Give the names of the last, the present and the next school year."""
    first = school_year_starts(on)
    return [school_year(first.replace(year=first.year + step)) for step in (-1, 0, 1)]


def bounds(year: str) -> tuple[date, date]:
    """Give the first and last day of a school year by its name, as "2026/27".

    :raises ValueError: where the name is not of that form.
    """
    first = date(int(year[:4]), 8, 1)
    if school_year(first) != year:
        raise ValueError(f"A school year is written like 2026/27, not {year!r}.")
    return first, first.replace(year=first.year + 1) - timedelta(days=1)


def year_of(school_id: int, year: str) -> SchoolYear:
    """Give one school year of a school. Four queries."""
    first, last = bounds(year)
    calendar = calendar_of(school_id)
    closed = list(NonSchoolDay.objects.filter(school=school_id, on__range=(first, last)).order_by("on", "half"))
    terms = Term.objects.filter(school=school_id, school_year=year).order_by("starts_on")
    return SchoolYear(
        name=year,
        months=tuple(_months(first, calendar, closed)),
        terms=tuple(TermCount(term, calendar.count(term.starts_on, term.ends_on)) for term in terms),
        runs=tuple(runs_of(closed)),
        sessions=calendar.count(first, last),
    )


def _months(first: date, calendar: Calendar, closed: Iterable[NonSchoolDay]) -> Iterable[Month]:
    by_day: dict[date, list[NonSchoolDay]] = {}
    for row in closed:
        by_day.setdefault(row.on, []).append(row)
    for step in range(12):
        year, month = divmod(first.month - 1 + step, 12)
        start = date(first.year + year, month + 1, 1)
        weeks = tuple(
            tuple(_day(on, calendar, by_day.get(on, [])) if on.month == start.month else None for on in week)
            for week in almanac.Calendar().monthdatescalendar(start.year, start.month)
        )
        end = date(start.year, start.month, almanac.monthrange(start.year, start.month)[1])
        yield Month(start, weeks, calendar.count(start, end))


def _day(on: date, calendar: Calendar, closed: list[NonSchoolDay]) -> Day:
    in_term = on.weekday() < _SATURDAY and any(term.starts_on <= on <= term.ends_on for term in calendar.terms)
    if not in_term:
        return Day(on, "away", "", "")
    if not closed:
        return Day(on, "school", "", "school day")
    row = closed[0]
    name = row.name or row.get_kind_display()
    if len(closed) == 1 and row.half:
        return Day(on, row.kind, row.half.lower(), f"{name}, closed {row.get_half_display().lower()}", row.half)
    return Day(on, row.kind, _LETTERS[NonSchoolDay.Kind(row.kind)], name)


def runs_of(closed: Iterable[NonSchoolDay]) -> list[Run]:
    """Gather closures, in order of day, into runs; a weekend does not break one."""
    runs: list[list[NonSchoolDay]] = []
    for row in sorted(closed, key=lambda one: (one.kind, one.name, one.half, one.on)):
        before = runs[-1][-1] if runs else None
        if (
            before is not None
            and (before.kind, before.name, before.half) == (row.kind, row.name, row.half)
            and _next_weekday(before.on) == row.on
        ):
            runs[-1].append(row)
        else:
            runs.append([row])
    return sorted((Run(tuple(run)) for run in runs), key=lambda run: (run.first.on, run.first.half))


def run_with(row: NonSchoolDay) -> Run:
    """Give the run to which a closure belongs. One query."""
    alike = NonSchoolDay.objects.filter(school=row.school_id, kind=row.kind, name=row.name, half=row.half)
    return next(run for run in runs_of(alike) if row in run.days)


def _next_weekday(on: date) -> date:
    after = on + timedelta(days=1)
    while after.weekday() >= _SATURDAY:
        after += timedelta(days=1)
    return after


def marks_held(school_id: int, sessions: Iterable[Session]) -> int:
    """Give how many marks say that one of these sessions was held. One query."""
    wanted = Q(pk__in=[])
    halves: dict[str, list[date]] = {half: [] for half in HALVES}
    for session in sessions:
        halves[session.half].append(session.on)
    for half, days in halves.items():
        if days:
            wanted |= Q(half=half, on__in=days)
    return Mark.objects.filter(wanted, school=school_id).exclude(code__in=NOT_HELD).count()


def times_by_half(school_id: int, on: date) -> list[dict[str, object]]:
    """Give, for each session, the times in force on a day, those that follow, and those before. One query."""
    rows = list(SessionTimes.objects.filter(school=school_id).order_by("half", "from_on"))
    found: list[dict[str, object]] = []
    for half in Half:
        begun = [row for row in rows if row.half == half and row.from_on <= on]
        coming = [row for row in rows if row.half == half and row.from_on > on]
        found.append(
            {"half": half, "now": begun[-1] if begun else None, "coming": coming, "before": list(reversed(begun[:-1]))}
        )
    return found
