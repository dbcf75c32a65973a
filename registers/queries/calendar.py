"""Answers from the school's calendar."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from typing import cast

from attendance_office import clock
from registers.models import NonSchoolDay, SessionTimes, Term
from registers.rules import sessions
from registers.rules.codes import Half


def calendar_of(school_id: int) -> sessions.Calendar:
    """Give the school's calendar as the law's own value: two queries."""
    return calendars_of([school_id])[school_id]


def calendars_of(school_ids: Collection[int]) -> dict[int, sessions.Calendar]:
    """Give the calendars of several schools: two queries, however many there are."""
    terms: dict[int, list[sessions.Term]] = {school_id: [] for school_id in school_ids}
    for term in Term.objects.filter(school__in=school_ids).order_by("starts_on"):
        terms[term.school_id].append(sessions.Term(name=term.name, starts_on=term.starts_on, ends_on=term.ends_on))
    closed_days: dict[int, set[date]] = {school_id: set() for school_id in school_ids}
    closed_sessions: dict[int, set[sessions.Session]] = {school_id: set() for school_id in school_ids}
    days = NonSchoolDay.objects.filter(school__in=school_ids)
    for school_id, on, half in days.values_list("school_id", "on", "half"):
        if half:
            closed_sessions[school_id].add(sessions.Session(on, cast("Half", half)))
        else:
            closed_days[school_id].add(on)
    return {
        school_id: sessions.Calendar(
            terms=tuple(terms[school_id]),
            closed=frozenset(closed_days[school_id]),
            closed_sessions=frozenset(closed_sessions[school_id]),
        )
        for school_id in school_ids
    }


def session_times(school_id: int, on: date) -> dict[str, SessionTimes]:
    """Give the times in force on a day, by session ("AM", "PM"); a session without times is missing from it."""
    return session_times_of([school_id], on)[school_id]


def session_times_of(school_ids: Collection[int], on: date) -> dict[int, dict[str, SessionTimes]]:
    """Give the times in force on a day of several schools, by school and session: one query."""
    found: dict[int, dict[str, SessionTimes]] = {school_id: {} for school_id in school_ids}
    for row in SessionTimes.objects.filter(school__in=school_ids, from_on__lte=on).order_by("half", "from_on"):
        found[row.school_id][row.half] = row
    return found


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
