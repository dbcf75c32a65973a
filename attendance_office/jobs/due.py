"""What is due: the timetable of jobs laid over local time and the school's calendar. No clock, no rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Protocol

from attendance_office.clock import LONDON

# After a longer silence the days before are not listed one by one as missed.
LOOKS_BACK_DAYS: Final = 7


class Timed(Protocol):
    """What a row of the timetable has to say."""

    job: str
    starts_at: time
    weekdays: str
    is_on: bool
    window_minutes: int


@dataclass(frozen=True)
class Due:
    """One job on one date: to be run now, or missed because its window is over."""

    job: str
    due_on: date
    due_at: datetime
    is_missed: bool


def instant(on: date, starts_at: time) -> datetime:
    """Give the instant, in UTC, of a wall-clock time on a day in London.

    An hour that comes twice is its first coming; one that is skipped is the same time by winter's clock.
    """
    return datetime.combine(on, starts_at, tzinfo=LONDON).astimezone(UTC)


def due_jobs(
    schedules: Iterable[Timed],
    now_local: datetime,
    is_school_day: Callable[[date], bool],
    latest: Mapping[str, date] | None = None,
) -> list[Due]:
    """Give what is due at an instant, by time: each job on its weekdays and on school days alone.

    A job whose time has come runs while its window lasts, so a stop of the clock is caught up; later it is
    missed. `latest` is the last date with an ended run for each job: the days after it, up to seven, are
    looked through, so that a day on which the clock stood still is on record as missed too. A job that never
    ran is looked at for today alone.
    """
    now = now_local.astimezone(UTC)
    today = now_local.astimezone(LONDON).date()
    found = []
    for schedule in schedules:
        if not schedule.is_on:
            continue
        last = (latest or {}).get(schedule.job)
        for on in _days(today, last):
            due_at = instant(on, schedule.starts_at)
            if str(on.isoweekday()) not in schedule.weekdays or due_at > now or not is_school_day(on):
                continue
            is_over = now > due_at + timedelta(minutes=schedule.window_minutes)
            found.append(Due(schedule.job, on, due_at, is_over))
    return sorted(found, key=lambda due: (due.due_at, due.job))


def _days(today: date, last: date | None) -> list[date]:
    """Give today, and the days since the last on record."""
    first = today if last is None else max(last + timedelta(days=1), today - timedelta(days=LOOKS_BACK_DAYS))
    return [first + timedelta(days=n) for n in range((today - first).days + 1)]
