"""Answers from the school's calendar."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
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


def sessions_begun(
    calendar: sessions.Calendar, times: Mapping[str, SessionTimes], at: datetime
) -> list[sessions.Session]:
    """Give the last four sessions whose registers have opened by `at`, in order; none where no times are set.

    The desk and the board look at these: yesterday afternoon and this morning, in the morning.
    """
    here = clock.local(at).date()
    latest = calendar.latest_day(here)
    if latest is None:
        return []
    return [
        session
        for session in calendar.sessions(latest - timedelta(days=21), latest)[-4:]
        if session.half in times and (session.on < here or opening(times[session.half], session.on) <= at)
    ]
