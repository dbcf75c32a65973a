"""Sessions, and the calendar that says which of them a school holds."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Final

from registers.rules.codes import Half
from registers.rules.dates import spoken_date

HALVES: Final[tuple[Half, Half]] = ("AM", "PM")
# Source: Education (School Day and School Year) (England) Regulations 1999 (380 sessions, 190 days).
EXPECTED_SESSIONS: Final = 380
_FRIDAY: Final = 4


class CalendarTooShort(ValueError):
    """The calendar ends before the day that is asked for; its words say which dates to add."""


def monday(on: date) -> date:
    """Give the Monday of a day's week; a week runs from Monday to Sunday.

    Source: WTISA on penalty notices, "school week".
    """
    return on - timedelta(days=on.weekday())


@dataclass(frozen=True, order=True)
class Session:
    """Half a school day, ordered by time. `half` is "AM" or "PM".

    Raises ValueError for another half, and for an instant where a day is meant.

    Source: SI 2024/208 reg 10(1).
    """

    on: date
    half: Half

    def __post_init__(self) -> None:
        if isinstance(self.on, datetime):
            raise ValueError(f"A session is on a day, not at an instant: {self.on!r}.")  # noqa: TRY004
        if self.half not in HALVES:
            raise ValueError(f"A session is AM or PM, not {self.half!r}.")

    @property
    def monday(self) -> date:
        """Give the Monday of the session's week. Source: WTISA on penalty notices, "school week"."""
        return monday(self.on)

    def spoken(self) -> str:
        """Give the session in words, like "Mon 23 Nov 2026 AM". Source: house style."""
        return f"{spoken_date(self.on)} {self.half}"


@dataclass(frozen=True)
class Term:
    """A run of days in which the school meets; both ends belong to it.

    Raises ValueError where it ends before it starts.

    Source: Education (School Day and School Year) (England) Regulations 1999.
    """

    name: str
    starts_on: date
    ends_on: date

    def __post_init__(self) -> None:
        if self.ends_on < self.starts_on:
            raise ValueError(
                f"{self.name} ends on {spoken_date(self.ends_on)}, before it starts on {spoken_date(self.starts_on)}."
            )


@dataclass(frozen=True)
class Calendar:
    """The days and sessions on which a school meets.

    `closed` holds the days inside terms on which it does not (half term, training day, bank holiday), as a
    set or with the kind of each; `closed_sessions` holds single sessions. Weekends are never school days.

    Source: SI 2024/208 reg 10(1); Education (School Day and School Year) (England) Regulations 1999.
    """

    terms: tuple[Term, ...]
    closed: frozenset[date] | Mapping[date, str] = frozenset()
    closed_sessions: frozenset[Session] = field(default_factory=frozenset)

    @cached_property
    def _sessions(self) -> tuple[Session, ...]:
        open_days = {
            term.starts_on + timedelta(days=n)
            for term in self.terms
            for n in range((term.ends_on - term.starts_on).days + 1)
        }
        return tuple(
            session
            for on in sorted(open_days)
            if on.weekday() <= _FRIDAY and on not in self.closed
            for session in (Session(on, "AM"), Session(on, "PM"))
            if session not in self.closed_sessions
        )

    @cached_property
    def _session_set(self) -> frozenset[Session]:
        return frozenset(self._sessions)

    @cached_property
    def _days(self) -> tuple[date, ...]:
        return tuple(dict.fromkeys(session.on for session in self._sessions))

    @cached_property
    def _day_set(self) -> frozenset[date]:
        return frozenset(self._days)

    def is_school_day(self, on: date) -> bool:
        """True where the school holds at least one session on the day.

        Source: SI 2024/208 reg 10; INSET days and holidays are not school days.
        """
        return on in self._day_set

    def has_session(self, session: Session) -> bool:
        """True where the school holds this session. Source: SI 2024/208 reg 10(1)."""
        return session in self._session_set

    def days(self, from_on: date, to_on: date) -> tuple[date, ...]:
        """Give the school days from one day to another, both included, in order.

        Source: as `is_school_day`.
        """
        return self._days[bisect_left(self._days, from_on) : bisect_right(self._days, to_on)]

    def sessions(self, from_on: date, to_on: date) -> tuple[Session, ...]:
        """Give the sessions from one day to another, both included, in order.

        Source: SI 2024/208 reg 10(1).
        """
        start, stop = self._span(from_on, to_on)
        return self._sessions[start:stop]

    def count(self, from_on: date, to_on: date) -> int:
        """Give the number of sessions from one day to another, both included; 380 are expected of a school
        year.

        Source: Education (School Day and School Year) (England) Regulations 1999 (380 sessions, 190 days).
        """
        start, stop = self._span(from_on, to_on)
        return max(0, stop - start)

    def school_weeks(self, from_on: date, to_on: date) -> tuple[date, ...]:
        """Give the Mondays of the weeks with at least one session between the two days, both included, in
        order.

        A week of one session is a school week; a week of holidays or training days alone is none.

        Source: WTISA on penalty notices, "a school week means any week in which there is at least one school
        session".
        """
        return tuple(dict.fromkeys(monday(on) for on in self.days(from_on, to_on)))

    def next_day(self, on: date, n: int = 1) -> date:
        """Give the n-th school day after a day; the next school day is the first.

        Raises ValueError for n under one, and CalendarTooShort where the calendar ends before it.

        Source: SI 2024/208 reg 10(7)-(9), which counts in school days; WTISA (July 2026) p. 96.
        """
        if n < 1:
            raise ValueError(f"School days are counted from 1, not from {n}.")
        place = bisect_right(self._days, on) + n - 1
        if place < len(self._days):
            return self._days[place]
        reach = f"ends on {spoken_date(self._days[-1])}" if self._days else "has no school day"
        counted = "the next school day" if n == 1 else f"{n} school days"
        raise CalendarTooShort(
            f"The calendar {reach}: add the next term's dates to count {counted} after {spoken_date(on)}."
        )

    def latest_day(self, on: date) -> date | None:
        """Give the last school day on or before a day, or None where there is none.

        Source: as `is_school_day`.
        """
        place = bisect_right(self._days, on)
        return self._days[place - 1] if place else None

    def previous_session(self, session: Session) -> Session | None:
        """Give the last session held before this one, which need not be held itself, or None.

        Source: SI 2024/208 reg 10(1).
        """
        place = bisect_left(self._sessions, session)
        return self._sessions[place - 1] if place else None

    def _span(self, from_on: date, to_on: date) -> tuple[int, int]:
        return (
            bisect_left(self._sessions, Session(from_on, "AM")),
            bisect_right(self._sessions, Session(to_on, "PM")),
        )
