"""How a pupil's attendance went, told in weeks of the study and halves of terms and in no date."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Final

from attendance_office import clock
from registers.models import Pupil
from registers.queries import pupil_marks, years
from registers.queries.calendar import calendar_of
from registers.queries.years import Receipt
from registers.rules.ages import school_year
from registers.rules.rates import Tally
from registers.rules.sessions import Calendar, Session, monday

# Read beyond the study's days, so that twelve school weeks on both sides of a step are there where they were held.
_BEYOND: Final = timedelta(weeks=26)
_WEEK: Final = timedelta(days=7)


@dataclass(frozen=True)
class Week:
    """A school week of the study: its number, the half of a term it lies in, and the pupil's sessions."""

    number: int
    monday: date
    place: str
    receipt: Receipt


@dataclass(frozen=True)
class Course:
    """A pupil's sessions over the study's weeks and around them."""

    weeks: Sequence[Week]
    whole: Receipt
    around: Mapping[date, Tally]
    marks: Sequence[pupil_marks.Marked]
    due: Sequence[Session]
    calendar: Calendar

    def when(self, on: date) -> str:
        """Give when a day was, like "Week 3"; a day in a holiday is after the week before it."""
        earlier = [week for week in self.weeks if week.monday <= on]
        if not earlier:
            return "Before week 1"
        return f"{'Week' if earlier[-1].monday == monday(on) else 'After week'} {earlier[-1].number}"

    def places(self) -> dict[str, list[Week]]:
        """Give the weeks by the half of a term they lie in."""
        found: dict[str, list[Week]] = {}
        for week in self.weeks:
            found.setdefault(week.place, []).append(week)
        return found


def course_of(pupil: Pupil, from_on: date, to_on: date, at: datetime) -> Course:
    """Give how a pupil's attendance went from one day to another: seven queries."""
    calendar = calendar_of(pupil.school_id)
    today = clock.local(at).date()
    first, last = from_on - _BEYOND, min(to_on + _BEYOND, today)
    # Codes and days alone: what somebody wrote beside a mark is in no study.
    marks = pupil_marks.marks_of(pupil, first, last, allowed=())
    due = years.sessions_due(pupil, calendar, first, last, at)
    by_week = _by_week(marks, due)
    within_marks = [mark for mark in marks if from_on <= mark.session.on <= to_on]
    within_due = [one for one in due if from_on <= one.on <= to_on]
    within = _by_week(within_marks, within_due)
    is_long = len({school_year(one.on) for one in within_due}) > 1
    return Course(
        weeks=[
            Week(number, week, _place(calendar, week, is_long=is_long), within[week])
            for number, week in enumerate(sorted(within), start=1)
        ],
        whole=years.receipt(within_marks, within_due),
        around={week: receipt.tally for week, receipt in by_week.items()},
        marks=marks,
        due=due,
        calendar=calendar,
    )


def _by_week(marks: Sequence[pupil_marks.Marked], due: Sequence[Session]) -> dict[date, Receipt]:
    of_marks: dict[date, list[pupil_marks.Marked]] = {}
    of_due: dict[date, list[Session]] = {one.monday: [] for one in due}
    for mark in marks:
        of_marks.setdefault(mark.session.monday, []).append(mark)
    for one in due:
        of_due[one.monday].append(one)
    return {week: years.receipt(of_marks.get(week, []), of_due.get(week, [])) for week in {*of_due, *of_marks}}


def _place(calendar: Calendar, week: date, *, is_long: bool) -> str:
    """Give the half of a term that a week lies in, like "first half of the autumn term"."""
    end = week + _WEEK - timedelta(days=1)
    term = next((one for one in calendar.terms if one.starts_on <= end and week <= one.ends_on), None)
    if term is None:
        return "outside of term"
    name = term.name.lower().removesuffix(" term")
    of_year = f" of {school_year(term.starts_on)}" if is_long else ""
    mondays = calendar.school_weeks(term.starts_on, term.ends_on)
    breaks = [after for before, after in pairwise(mondays) if after - before > _WEEK]
    if len(breaks) != 1:
        return f"{name} term{of_year}"
    return f"{'first' if week < breaks[0] else 'second'} half of the {name} term{of_year}"
