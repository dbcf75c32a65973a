"""Compulsory school age, and the school year."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

_STARTS: Final = 5
_LEAVES: Final = 16
_PRESCRIBED: Final = ((3, 31), (8, 31), (12, 31))
_AUGUST: Final = 8
_SEPTEMBER: Final = 9
_FRIDAY: Final = 4


def compulsory_school_age(date_of_birth: date, on: date) -> bool:
    """True where a child born on one day is of compulsory school age on another.

    It runs from the first 31 March, 31 August or 31 December on or after the fifth birthday to the end of the
    last Friday in June of the school year in which the child is 16.

    Source: Education Act 1996 s 8 (cut-off days 31 March, 31 August, 31 December; school leaving date).
    """
    return compulsory_from(date_of_birth) <= on <= compulsory_until(date_of_birth)


def compulsory_from(date_of_birth: date) -> date:
    """Give the first day of compulsory school age: the cut-off day on or after the fifth birthday.

    Source: Education Act 1996 s 8(2).
    """
    fifth = _birthday(date_of_birth, _STARTS)
    return min(day for month, n in _PRESCRIBED if (day := date(fifth.year, month, n)) >= fifth)


def compulsory_until(date_of_birth: date) -> date:
    """Give the last day of compulsory school age: the last Friday in June of the school year of the 16th
    birthday.

    Cohorts turn on 1 September here, so that a birthday in August belongs to the year that is ending.

    Source: Education Act 1996 s 8(3)-(4).
    """
    sixteenth = _birthday(date_of_birth, _LEAVES)
    year = sixteenth.year + (sixteenth.month >= _SEPTEMBER)
    last_of_june = date(year, 6, 30)
    return last_of_june - timedelta(days=(last_of_june.weekday() - _FRIDAY) % 7)


def school_year_starts(on: date) -> date:
    """Give the first day of a day's school year, taken as 1 August.

    Source: Education Act 1996 s 579 (the first term to begin after July); the census counts autumn from 1
    August.
    """
    return date(on.year if on.month >= _AUGUST else on.year - 1, _AUGUST, 1)


def school_year(on: date) -> str:
    """Give the name of a day's school year, like "2026/27". Source: as `school_year_starts`."""
    year = school_year_starts(on).year
    return f"{year}/{(year + 1) % 100:02d}"


def _birthday(date_of_birth: date, age: int) -> date:
    try:
        return date_of_birth.replace(year=date_of_birth.year + age)
    except ValueError:  # born on 29 February
        return date(date_of_birth.year + age, 3, 1)
