"""Until when: what an officer types at the telephone, read as a span of sessions."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Final

from registers.rules.absences import Span
from registers.rules.codes import Half
from registers.rules.dates import spoken_date
from registers.rules.sessions import Calendar, CalendarTooShort, Session

_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday")
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_SHORTEST: Final = 2
_FURTHEST: Final = timedelta(days=366)
_ISO: Final = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_SLASHED: Final = re.compile(r"(\d{1,2})[/.](\d{1,2})(?:[/.](\d{2}|\d{4}))?")
_SPOKEN: Final = re.compile(r"(\d{1,2})(?:st|nd|rd|th)? ?([a-z]{3,9})(?: (\d{4}))?")
_DAYS: Final = re.compile(r"(\d{1,2})(?: ?d(?:ays?)?)?")
OPEN: Final = frozenset({"?", "open", "no end", "until further notice"})
HELP: Final = (
    "Empty is today; am or pm is half of it; fri, 3 (school days), 30/11 or 30 nov go further; pm fri begins this"
    " afternoon, fri am ends at noon; ? has no end yet."
)


class NotUnderstood(ValueError):
    """What was typed says no day; its words say what would be right."""


def read_until(text: str, *, on: date, calendar: Calendar) -> Span:
    """Read until when a pupil is away who is away from a day on.

    Nothing is the whole of that day, "am" and "pm" half of it; "tomorrow", a weekday, a number of school days that
    counts the first, and a date go to the afternoon of their day; "?" has no end yet. "pm fri" begins in the afternoon,
    "fri am" ends at noon.

    Raises NotUnderstood for anything else, for a day before the first, and where the calendar ends before it.

    Source: house style (what is typed at the telephone).
    """
    said = " ".join(text.lower().replace(",", " ").split())
    if said in {"", "today"}:
        return Span(on, "AM", on, "PM")
    if said == "am":
        return Span(on, "AM", on, "AM")
    if said == "pm":
        return Span(on, "PM", on, "PM")
    first: Half = "PM" if said.startswith("pm ") else "AM"
    end: Half = "AM" if said.endswith(" am") else "PM"
    said = said.removeprefix("pm ").removesuffix(" am")
    if said in OPEN:
        return Span(on, first, None, "PM")
    last = _last(said, on, calendar)
    if last < on:
        raise NotUnderstood(f"{spoken_date(last)} lies before {spoken_date(on)}.")
    if last - on > _FURTHEST:
        raise NotUnderstood(f"{spoken_date(last)} is more than a year away. Is the year right?")
    if last == on and first > end:
        raise NotUnderstood("The afternoon comes after the morning: write am or pm.")
    return Span(on, first, last, end)


def typed_span(span: Span) -> str:
    """Give until when as it would be typed for a span that begins on its first day: what `read_until` reads again.

    Source: house style.
    """
    first = "pm " if span.from_half == "PM" else ""
    if span.to_on is None:
        return f"{first}?"
    if span.to_on == span.from_on:
        return "" if span.from_half != span.to_half else span.from_half.lower()
    return f"{first}{span.to_on:%d/%m/%Y}{' am' if span.to_half == 'AM' else ''}"


def spoken_span(span: Span, on: date) -> str:
    """Give a span in words as seen on a day: "today", "this afternoon", "Mon 23 Nov 2026 to Wed 25 Nov 2026".

    Source: house style.
    """
    if span.to_on is None:
        since = "from today" if span.from_on == on else f"from {spoken_date(span.from_on)}"
        since += " pm" if span.from_half == "PM" else ""
        return f"{since}, no end yet"
    if span.from_on == span.to_on:
        day = "today" if span.from_on == on else spoken_date(span.from_on)
        return day if span.from_half != span.to_half else f"{day}, {span.from_half.lower()} only"
    first = "today" if span.from_on == on else spoken_date(span.from_on)
    first += " pm" if span.from_half == "PM" else ""
    tail = " am" if span.to_half == "AM" else ""
    return f"{first} to {spoken_date(span.to_on)}{tail}"


def sessions_of(span: Span, calendar: Calendar, *, up_to: date) -> tuple[Session, ...]:
    """Give the sessions held within a span, none later than a day.

    Source: SI 2024/208 reg 10(1).
    """
    last = up_to if span.to_on is None else min(span.to_on, up_to)
    return tuple(one for one in calendar.sessions(span.from_on, last) if span.covers(one))


def _last(said: str, on: date, calendar: Calendar) -> date:
    if said == "today":
        return on
    if said in {"tomorrow", "tom"}:
        return _school_days(2, on, calendar)
    if len(said) >= _SHORTEST:
        for place, name in enumerate(_WEEKDAYS):
            if name.startswith(said):
                return on + timedelta(days=(place - on.weekday()) % 7)
    for shape, reader in ((_ISO, _iso), (_SLASHED, _slashed), (_SPOKEN, _named)):
        found = shape.fullmatch(said)
        if found:
            return reader(found, on)
    found = _DAYS.fullmatch(said)
    if found and int(found[1]):
        return _school_days(int(found[1]), on, calendar)
    raise NotUnderstood(f"{said!r} says no day. {HELP}")


def _school_days(many: int, on: date, calendar: Calendar) -> date:
    try:
        return calendar.next_day(on - timedelta(days=1), many)
    except CalendarTooShort as short:
        raise NotUnderstood(str(short)) from short


def _iso(found: re.Match[str], _on: date) -> date:
    return _date(int(found[1]), int(found[2]), int(found[3]))


def _slashed(found: re.Match[str], on: date) -> date:
    if found[3]:
        return _date(int(found[3]) + (2000 if len(found[3]) == _SHORTEST else 0), int(found[2]), int(found[1]))
    return _coming(int(found[2]), int(found[1]), on)


def _named(found: re.Match[str], on: date) -> date:
    month = next((place for place, name in enumerate(_MONTHS, 1) if found[2].startswith(name)), 0)
    if not month:
        raise NotUnderstood(f"{found[0]!r} says no day. {HELP}")
    return _date(int(found[3]), month, int(found[1])) if found[3] else _coming(month, int(found[1]), on)


def _coming(month: int, day: int, on: date) -> date:
    """Give the next such day: of this year, or of the next where it is long gone."""
    this = _date(on.year, month, day)
    return this if this >= on - timedelta(days=60) else _date(on.year + 1, month, day)


def _date(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise NotUnderstood(f"There is no {day}.{month}.{year}: write the day first, like 30/11.") from None
