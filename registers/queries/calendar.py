"""Answers from the school's calendar."""

from __future__ import annotations

from datetime import date, datetime
from typing import cast

from attendance_office import clock
from registers.models import NonSchoolDay, SessionTimes, Term
from registers.rules import sessions
from registers.rules.codes import Half


def calendar_of(school_id: int) -> sessions.Calendar:
    """Give the school's calendar as the law's own value: two queries."""
    terms = tuple(
        sessions.Term(name=term.name, starts_on=term.starts_on, ends_on=term.ends_on)
        for term in Term.objects.filter(school=school_id).order_by("starts_on")
    )
    closed_days: set[date] = set()
    closed_sessions: set[sessions.Session] = set()
    for on, half in NonSchoolDay.objects.filter(school=school_id).values_list("on", "half"):
        if half:
            closed_sessions.add(sessions.Session(on, cast("Half", half)))
        else:
            closed_days.add(on)
    return sessions.Calendar(terms=terms, closed=frozenset(closed_days), closed_sessions=frozenset(closed_sessions))


def session_times(school_id: int, on: date) -> dict[str, SessionTimes]:
    """Give the times in force on a day, by session ("AM", "PM"); a session without times is missing from it."""
    rows = SessionTimes.objects.filter(school=school_id, from_on__lte=on).order_by("half", "from_on")
    return {row.half: row for row in rows}


def opening(times: SessionTimes, on: date) -> datetime:
    """Give the instant at which a session's register opens on a day."""
    return datetime.combine(on, times.opens_at, tzinfo=clock.LONDON)


def closing(times: SessionTimes, on: date) -> datetime:
    """Give the instant at which a session's register closes on a day."""
    return datetime.combine(on, times.closes_at, tzinfo=clock.LONDON)


def sessions_begun(school_id: int, at: datetime) -> list[sessions.Session]:
    """Give the latest school day's sessions whose registers have opened by `at`, and the school day's before, in order.

    The desk and the board look at these: yesterday PM and today AM in the morning.
    """
    calendar = calendar_of(school_id)
    here = clock.local(at)
    today = calendar.latest_day(here.date())
    if today is None:
        return []
    times = session_times(school_id, today)
    days = [day for day in (calendar.latest_day(date.fromordinal(today.toordinal() - 1)), today) if day is not None]
    found = []
    for day in days:
        for half in ("AM", "PM"):
            session = sessions.Session(day, half)
            if not calendar.has_session(session) or half not in times:
                continue
            if day < here.date() or opening(times[half], day) <= at:
                found.append(session)
    return found
