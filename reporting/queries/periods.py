"""Periods that people ask for by name, and the same days a year before."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from registers.models import NonSchoolDay, Term
from registers.rules.ages import school_year_starts
from registers.rules.sessions import monday

OWN: Final = "own"
USUAL: Final = "year"
_DAY: Final = timedelta(days=1)
_WEEK: Final = timedelta(days=7)
_SATURDAY: Final = 5
_YEAR: Final = timedelta(days=364)  # fifty-two weeks: Mondays are laid on Mondays


@dataclass(frozen=True)
class Period:
    """Days from the first to the last, both included, and what people call them."""

    key: str
    words: str
    from_on: date
    to_on: date


def named_periods(school_id: int, on: date) -> list[Period]:
    """Give the periods one may choose on a day, from the week to last year: at most two questions."""
    year = school_year_starts(on)
    last_year = school_year_starts(year - _DAY)
    found = [
        Period("week", "This week", monday(on), on),
        Period("last_week", "Last week", monday(on) - _WEEK, monday(on) - 3 * _DAY),
        Period("four_weeks", "Last four weeks", monday(on) - 3 * _WEEK, on),
    ]
    term = Term.objects.filter(school=school_id, starts_on__lte=on).order_by("-starts_on").first()
    if term is not None:
        found.append(_half_term(term, on))
        found.append(Period("term", f"{term.name} term", term.starts_on, min(on, term.ends_on)))
    to_date = Period(USUAL, "Year to date", year, on)
    found += [
        to_date,
        replace(to_date, key="year_before", words="Same time last year", from_on=last_year, to_on=on - _YEAR),
        Period("last_year", "Last school year", last_year, year - _DAY),
    ]
    return found


def year_before(period: Period) -> Period:
    """Give the same period a year before: a year to date from its own first day, any other fifty-two weeks earlier."""
    starts = school_year_starts(period.to_on)
    first = school_year_starts(starts - _DAY) if period.from_on == starts else period.from_on - _YEAR
    return Period(f"{period.key}_before", f"{period.words}, a year before", first, period.to_on - _YEAR)


def _half_term(term: Term, on: date) -> Period:
    """Give the half of a term in which a day lies; in the half-term holiday and after the term, the half just ended.

    It goes from its first school day to its last: neither a weekend nor a closed day beside the holiday belongs to it.
    """
    closed = dict(
        NonSchoolDay.objects.filter(school=term.school_id, half="", on__range=(term.starts_on, term.ends_on))
        .order_by("on")
        .values_list("on", "kind")
    )
    away = [day for day, kind in closed.items() if kind == NonSchoolDay.Kind.HALF_TERM]

    def held(day: date, step: timedelta) -> date:
        while term.starts_on < day < term.ends_on and (day in closed or day.weekday() >= _SATURDAY):
            day += step
        return day

    if not away or on <= away[-1]:
        last = min(on, term.ends_on, held(away[0] - _DAY, -_DAY) if away else on)
        return Period("half_term", "This half term", term.starts_on, last)
    return Period("half_term", "This half term", held(away[-1] + _DAY, _DAY), min(on, term.ends_on))
