"""What is due: the timetable of jobs laid over local time and the school's calendar. No clock, no rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Protocol

from attendance_office.clock import LONDON

# After a longer silence the days before are not listed one by one as missed.
LOOKS_BACK_DAYS: Final = 7
# Jobs of one day a week: where that day is none of school, the week has its run on another.
WEEKLY: Final = frozenset({"doubt_trawl", "absence_trawl", "leavers"})


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


def falls_on(schedule: Timed, on: date, is_school_day: Callable[[date], bool]) -> bool:
    """Tell whether a job is of a day: of its weekdays, on school days alone.

    A weekly job whose day is a bank holiday, an INSET day or in a holiday is of the last school day before it in that
    week, else of the first after it: a week with school is never without it.
    """
    if not is_school_day(on):
        return False
    if str(on.isoweekday()) in schedule.weekdays:
        return True
    if schedule.job not in WEEKLY or len(schedule.weekdays) != 1:
        return False
    chosen = int(schedule.weekdays)
    monday = on - timedelta(days=on.weekday())
    held = [day for day in range(1, 6) if is_school_day(monday + timedelta(days=day - 1))]
    before = [day for day in held if day < chosen]
    return chosen not in held and on.isoweekday() == (before[-1] if before else held[0])


def due_jobs(
    schedules: Iterable[Timed],
    now_local: datetime,
    is_school_day: Callable[[date], bool],
    latest: Mapping[str, date] | None = None,
) -> list[Due]:
    """Give what is due at an instant, by time: each job on its weekdays and on school days alone, as `falls_on` has it.

    A job whose time has come runs while its window lasts, so a stop of the clock is caught up; later it is
    missed. `latest` is the last date with an ended run for each job: the days after it, up to seven, are
    looked through, so that a day on which the clock stood still is on record as missed too. A job that never
    ran is looked at for today alone.
    """
    return _due(schedules, now_local, lambda schedule, on: falls_on(schedule, on, is_school_day), latest)


def may_be_due(
    schedules: Iterable[Timed], now_local: datetime, latest: Mapping[str, date] | None = None
) -> bool:  # fmt: skip
    """Tell whether anything can be due at an instant, whatever the calendar says: who asks need not read one."""
    return bool(_due(schedules, now_local, _can_fall_on, latest))


def _can_fall_on(schedule: Timed, on: date) -> bool:
    return str(on.isoweekday()) in schedule.weekdays or schedule.job in WEEKLY


def _due(
    schedules: Iterable[Timed],
    now_local: datetime,
    is_of: Callable[[Timed, date], bool],
    latest: Mapping[str, date] | None,
) -> list[Due]:
    now = now_local.astimezone(UTC)
    today = now_local.astimezone(LONDON).date()
    found = []
    for schedule in schedules:
        if not schedule.is_on:
            continue
        last = (latest or {}).get(schedule.job)
        for on in _days(today, last):
            due_at = instant(on, schedule.starts_at)
            if due_at > now or not is_of(schedule, on):
                continue
            is_over = now > due_at + timedelta(minutes=schedule.window_minutes)
            found.append(Due(schedule.job, on, due_at, is_over))
    return sorted(found, key=lambda due: (due.due_at, due.job))


def _days(today: date, last: date | None) -> list[date]:
    """Give today, and the days since the last on record."""
    first = today if last is None else max(last + timedelta(days=1), today - timedelta(days=LOOKS_BACK_DAYS))
    return [first + timedelta(days=n) for n in range((today - first).days + 1)]
