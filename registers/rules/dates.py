"""Dates in the words that people read: the same on every screen, in every letter and in every refusal."""

from __future__ import annotations

from datetime import date
from typing import Final

_WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def spoken_date(on: date) -> str:
    """Give a date with its weekday, like "Mon 23 Nov 2026", whatever the machine's locale.

    Source: house style.
    """
    return f"{_WEEKDAYS[on.weekday()]} {spoken_day(on)}"


def spoken_day(on: date) -> str:
    """Give a date without its weekday, like "18 Aug 2024".

    Source: house style.
    """
    return f"{on.day} {_MONTHS[on.month - 1]} {on.year}"


def spoken_days(first: date, last: date) -> str:
    """Give days from one to another without saying month or year twice, like "Mon 2 to Thu 5 Nov 2026".

    Source: house style.
    """
    if first == last:
        return spoken_date(first)
    begins = f"{_WEEKDAYS[first.weekday()]} {first.day}"
    if first.month != last.month or first.year != last.year:
        begins += f" {_MONTHS[first.month - 1]}"
    if first.year != last.year:
        begins += f" {first.year}"
    return f"{begins} to {spoken_date(last)}"
