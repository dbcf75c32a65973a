"""The demo school's calendar for any school year: published dates where there are some, else the usual pattern."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cache, cached_property
from pathlib import Path
from typing import Final

from attendance_office.clock import LONDON
from registers.models import NonSchoolDay
from registers.rules import sessions

DATA: Final = Path(__file__).parent / "data"
_DAY: Final = timedelta(days=1)
_WEEK: Final = timedelta(days=7)
_FRIDAY: Final = 4
DAYS: Final = 190
Kind = NonSchoolDay.Kind


@dataclass(frozen=True)
class SchoolYear:
    """One school year: its terms, and the days inside them on which the school does not meet."""

    starts: int
    terms: tuple[sessions.Term, ...]
    closed: dict[date, tuple[Kind, str]]

    @property
    def name(self) -> str:
        """Give the year's name, like "2026/27"."""
        return f"{self.starts}/{(self.starts + 1) % 100:02d}"

    @cached_property
    def calendar(self) -> sessions.Calendar:
        """Give the year as the law's own value."""
        return sessions.Calendar(terms=self.terms, closed=frozenset(self.closed))


@dataclass(frozen=True)
class _Dates:
    """The days that make a year: first and last of each term, half terms by their Monday, training days."""

    autumn: tuple[date, date]
    spring: tuple[date, date]
    summer: tuple[date, date]
    half_terms: tuple[date, date, date]
    training: tuple[date, ...]


# As a real school published them.
_PUBLISHED: Final = {
    2025: _Dates(
        autumn=(date(2025, 9, 1), date(2025, 12, 19)),
        spring=(date(2026, 1, 5), date(2026, 3, 27)),
        summer=(date(2026, 4, 13), date(2026, 7, 21)),
        half_terms=(date(2025, 10, 27), date(2026, 2, 16), date(2026, 5, 25)),
        training=(date(2025, 9, 1), date(2025, 10, 24), date(2025, 12, 5), date(2026, 6, 1), date(2026, 7, 20)),
    ),
    2026: _Dates(
        autumn=(date(2026, 9, 1), date(2026, 12, 18)),
        spring=(date(2027, 1, 4), date(2027, 3, 25)),
        summer=(date(2027, 4, 12), date(2027, 7, 21)),
        half_terms=(date(2026, 10, 26), date(2027, 2, 15), date(2027, 5, 31)),
        training=(date(2026, 9, 1), date(2026, 10, 23), date(2026, 12, 4), date(2027, 5, 28), date(2027, 6, 7)),
    ),
}


@cache
def school_year(starts: int) -> SchoolYear:
    """Give the school year that starts in September of a year."""
    published = _PUBLISHED.get(starts)
    if published is not None:
        return _year(starts, published)
    usual = _usual(starts)
    days = _year(starts, usual).calendar.days(usual.autumn[0], usual.summer[1])
    return _year(starts, replace(usual, summer=(usual.summer[0], days[:DAYS][-1])))


def _year(starts: int, dates: _Dates) -> SchoolYear:
    terms = tuple(
        sessions.Term(name, *ends)
        for name, ends in (("Autumn", dates.autumn), ("Spring", dates.spring), ("Summer", dates.summer))
    )
    closed: dict[date, tuple[Kind, str]] = {}
    for first in dates.half_terms:
        closed |= {first + n * _DAY: (Kind.HALF_TERM, "Half term") for n in range(5)}
    closed |= dict.fromkeys(dates.training, (Kind.INSET, "INSET day"))
    for on, name in {**bank_holidays(starts), **bank_holidays(starts + 1)}.items():
        if any(term.starts_on <= on <= term.ends_on for term in terms):
            closed[on] = (Kind.BANK_HOLIDAY, name)
    return SchoolYear(starts, terms, dict(sorted(closed.items())))


@cache
def bank_holidays(year: int) -> dict[date, str]:
    """Give England's bank holidays of a year: as published, and beyond that by the rules that make them."""
    published = {
        date.fromisoformat(on): name
        for on, name in json.loads((DATA / "bank_holidays.json").read_text()).items()
        if on.startswith(str(year))
    }
    return published or _bank_holidays_by_rule(year)


def _bank_holidays_by_rule(year: int) -> dict[date, str]:
    easter = easter_sunday(year)
    found = {
        _not_weekend(date(year, 1, 1)): "New Year's Day",
        easter - 2 * _DAY: "Good Friday",
        easter + _DAY: "Easter Monday",
        _monday_from(date(year, 5, 1)): "Early May bank holiday",
        _monday_from(date(year, 5, 25)): "Spring bank holiday",
        _monday_from(date(year, 8, 25)): "Summer bank holiday",
    }
    christmas = _not_weekend(date(year, 12, 25))
    boxing = _not_weekend(date(year, 12, 26))
    found[christmas] = "Christmas Day"
    found[boxing if boxing != christmas else christmas + _DAY] = "Boxing Day"
    return found


def easter_sunday(year: int) -> date:
    """Give Easter Sunday of the western churches, by the rule of the Gregorian calendar."""
    golden, century = year % 19, year // 100
    epact = (century - century // 4 - (8 * century + 13) // 25 + 19 * golden + 15) % 30
    moon = epact - (epact // 28) * (1 - (29 // (epact + 1)) * ((21 - golden) // 11))
    weekday = (year + year // 4 + moon + 2 - century + century // 4) % 7
    place = moon - weekday
    month = 3 + (place + 40) // 44
    return date(year, month, place + 28 - 31 * (month // 4))


def _usual(starts: int) -> _Dates:
    """Give the dates that English schools usually choose, training days included, with July open at its end."""
    first = _not_weekend(date(starts, 9, 1))
    october = _monday_from(date(starts, 10, 25))
    christmas = _friday_until(date(starts, 12, 22))
    january = _monday_from(date(starts + 1, 1, 3))
    february = _monday_from(date(starts + 1, 2, 12))
    march = _friday_until(date(starts + 1, 3, 31))
    april = march + 17 * _DAY
    may = _monday_from(date(starts + 1, 5, 25))
    return _Dates(
        autumn=(first, christmas),
        spring=(january, march),
        summer=(april, date(starts + 1, 7, 31)),
        half_terms=(october, february, may),
        training=(first, october - 3 * _DAY, _friday_until(date(starts, 12, 7)), january, may + _WEEK),
    )


def _monday_from(on: date) -> date:
    return on + timedelta(days=-on.weekday() % 7)


def _friday_until(on: date) -> date:
    return on - timedelta(days=(on.weekday() - _FRIDAY) % 7)


def _not_weekend(on: date) -> date:
    return on if on.weekday() <= _FRIDAY else _monday_from(on)


OPENS: Final = time(8, 50)
CLOSES: Final = time(15, 30)
PLAYED: Final = time(9, 0, 30)


def clock_shift(real: datetime, also_closed: Collection[date] = (), *, left_at: datetime | None = None) -> int:
    """Give the seconds to add to the real clock so that the office plays a school day's morning.

    None while school is on; else so many that it is half a minute past nine on the latest school day: today's when
    school is over, else the one before. Where the demo was left at an instant of that morning it goes on from there, so
    that nothing lies in its future.
    """
    here = real.astimezone(LONDON)
    days = [
        day
        for starts in range(here.year - 2, here.year + 1)
        for day in school_year(starts).calendar.days(date(starts, 8, 1), date(starts + 1, 7, 31))
        if day not in also_closed
    ]
    if here.date() in days and OPENS <= here.time() <= CLOSES:
        return 0
    last = here.date() if here.time() > CLOSES else here.date() - _DAY
    day = max(day for day in days if day <= last)
    played = datetime.combine(day, PLAYED, tzinfo=LONDON)
    left = left_at.astimezone(LONDON) if left_at else None
    if left is not None and left > played and left.date() == day and left.time() < CLOSES:
        played = left + timedelta(minutes=1)
    return round(played.timestamp() - real.timestamp())
