"""The days of a pupil's file that may be chosen by name."""

from __future__ import annotations

from datetime import date
from typing import Final

from registers.models import Pupil
from registers.queries.years import Period
from registers.rules.ages import school_year, school_year_starts
from registers.rules.sessions import Calendar

EVERYTHING: Final = "all"  # the period that has no first day


def periods_of(pupil: Pupil, calendar: Calendar, on: date) -> list[Period]:
    """Give what may be chosen: this school year, those before it of which there is a calendar, and everything."""
    starts = sorted({school_year_starts(term.starts_on) for term in calendar.terms} | {school_year_starts(on)})
    found = []
    for first in reversed([one for one in starts if one <= on]):
        last = min(on, first.replace(year=first.year + 1) - date.resolution)
        found.append(Period(school_year(first), f"School year {school_year(first)}", first, last))
    return [*found, Period(EVERYTHING, "Everything", min(pupil.date_of_birth, on), on)]
