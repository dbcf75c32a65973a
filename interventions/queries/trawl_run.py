"""The trawl as Postgres does it: a line for each pupil on roll, and the cases proposed, one statement each."""

# ruff: noqa: S608 - every name put into a statement here is a constant of the code; values travel beside it

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import connection

from attendance_office import clock
from attendance_office.staff.models import School
from interventions.models import CaseProposal, Trawl
from interventions.rules.trawl import (
    BANDS,
    BROKEN_RUN,
    GROUNDS,
    LEAST_POSSIBLE,
    WEEKS,
    WORSENING,
    Ground,
)
from registers.queries.calendar import calendar_of, closing, session_times
from registers.queries.figures import weeks_sql
from registers.rules.ages import school_year_starts
from registers.rules.rates import PERSISTENT, SEVERE
from registers.rules.sessions import Calendar, monday

_PERIODS: Final = ("year", "term", "weeks")
_COUNTS: Final = ("attended", "authorised", "unauthorised", "late")


@dataclass(frozen=True)
class Span:
    """What a run counts: to which day, and from which day the year, the term and the last four weeks."""

    counted_to: date
    year_from: date
    term_from: date
    weeks_from: date


def span_on(school: School, on: date, at: datetime) -> Span | None:
    """Give what a run for a day counts, asked at an instant; None before the school year's first session.

    The day itself counts once its last register has closed; until then the last school day before it is the last.
    """
    calendar = calendar_of(school.pk)
    last = calendar.latest_day(on if _is_over(school, on, at) else on - timedelta(days=1))
    year_from = school_year_starts(on)
    if last is None or last < year_from:
        return None
    weeks = calendar.school_weeks(year_from, last)
    return Span(last, year_from, _term_from(calendar, last), weeks[-WEEKS:][0])


def _is_over(school: School, on: date, at: datetime) -> bool:
    if on != clock.local(at).date():
        return on < clock.local(at).date()
    times = session_times(school.pk, on)
    return "PM" in times and closing(times["PM"], on) <= at


def _term_from(calendar: Calendar, last: date) -> date:
    """Give the Monday of the first week of the term that a school day lies in."""
    return monday(max(term.starts_on for term in calendar.terms if term.starts_on <= last))


def _absent(alias: str, period: str) -> str:
    return f"({alias}.{period}_authorised + {alias}.{period}_unauthorised)"


def _possible(alias: str, period: str) -> str:
    return f"({alias}.{period}_attended + {alias}.{period}_authorised + {alias}.{period}_unauthorised)"


def band_sql(alias: str, period: str) -> str:
    """Give the SQL for the place of a band, as `band_of` decides it: the highest whose lower bound is reached."""
    absent, possible = _absent(alias, period), _possible(alias, period)
    reached = " ".join(
        f"WHEN {absent} * {band.at_least.denominator} >= {possible} * {band.at_least.numerator} THEN {place}"
        for place, band in reversed(list(enumerate(BANDS)))
    )
    return f"CASE WHEN {possible} = 0 THEN NULL {reached} END"


def _lines_sql(weeks: str) -> str:
    since = {"year": "", "term": " FILTER (WHERE school_week >= %(term_from)s)"}
    since["weeks"] = " FILTER (WHERE school_week >= %(weeks_from)s)"
    sums = ", ".join(
        f"coalesce(sum({count}){since[period]}, 0) AS {period}_{count}" for period in _PERIODS for count in _COUNTS
    )
    columns = [f"{period}_{count}" for period in _PERIODS for count in _COUNTS]
    bands = ", ".join(f"{band_sql('n', period)}" for period in _PERIODS)
    return f"""
        WITH weeks AS MATERIALIZED ({weeks}),
        ends AS (
            SELECT pupil_id,
                   coalesce(max(school_week) FILTER (WHERE authorised + unauthorised = 0), '-infinity') AS whole,
                   coalesce(max(school_week) FILTER (WHERE authorised + unauthorised > 0), '-infinity') AS broken
            FROM weeks GROUP BY pupil_id
        ), sums AS (
            SELECT pupil_id, {sums},
                   count(*) FILTER (WHERE authorised + unauthorised > 0) AS broken_weeks,
                   count(*) FILTER (WHERE school_week > whole) AS broken_run,
                   count(*) FILTER (WHERE school_week > broken) AS good_run
            FROM weeks JOIN ends USING (pupil_id) GROUP BY pupil_id
        ), placed AS (
            SELECT DISTINCT ON (pupil_id) pupil_id, year_group, tutor_group_id FROM registers_placement
            WHERE school_id = %(school)s AND from_on <= %(to)s ORDER BY pupil_id, from_on DESC
        ), n AS (
            SELECT p.id AS pupil_id, coalesce(l.year_group, p.year_group) AS year_group,
                   CASE WHEN l.pupil_id IS NULL THEN p.tutor_group_id ELSE l.tutor_group_id END AS tutor_group_id,
                   {", ".join(f"coalesce(s.{name}, 0) AS {name}" for name in columns)},
                   coalesce(s.broken_weeks, 0) AS broken_weeks, coalesce(s.broken_run, 0) AS broken_run,
                   coalesce(s.good_run, 0) AS good_run
            FROM registers_pupil p LEFT JOIN placed l ON l.pupil_id = p.id LEFT JOIN sums s ON s.pupil_id = p.id
            WHERE p.school_id = %(school)s AND p.id IN (
                SELECT pupil_id FROM registers_enrolment
                WHERE school_id = %(school)s AND starts_on <= %(to)s AND (ends_on IS NULL OR ends_on >= %(to)s))
        )
        INSERT INTO interventions_trawlline (school_id, trawl_id, pupil_id, year_group, tutor_group_id,
            {", ".join(columns)}, broken_weeks, broken_run, good_run, year_band, term_band, weeks_band)
        SELECT %(school)s, %(trawl)s, pupil_id, year_group, tutor_group_id,
            {", ".join(columns)}, broken_weeks, broken_run, good_run, {bands}
        FROM n
    """


def write_lines(trawl: Trawl) -> int:
    """Write a run's lines in one statement; give how many pupils there are."""
    weeks, values = weeks_sql(trawl.school_id, trawl.year_from, trawl.counted_to)
    values |= {
        "trawl": trawl.pk,
        "to": trawl.counted_to,
        "term_from": trawl.term_from,
        "weeks_from": trawl.weeks_from,
    }
    with connection.cursor() as cursor:
        cursor.execute(_lines_sql(weeks), values)
        return int(cursor.rowcount)


def _reaches(alias: str, period: str, share: Any) -> str:
    absent, possible = _absent(alias, period), _possible(alias, period)
    return f"({possible} > 0 AND {absent} * {share.denominator} >= {possible} * {share.numerator})"


_GROUND: Final = {
    Ground.SEVERE: _reaches("n", "year", SEVERE),
    Ground.NEWLY_PERSISTENT: (
        f"({_reaches('n', 'year', PERSISTENT)} AND {_possible('b', 'year')} > 0"
        f" AND NOT {_reaches('b', 'year', PERSISTENT)})"
    ),
    Ground.WORSENING: f"({_reaches('n', 'year', PERSISTENT)} AND {_reaches('n', 'weeks', WORSENING)})",
    Ground.BROKEN_WEEKS: f"(n.broken_run >= {BROKEN_RUN} AND n.year_band > 0)",
}
_GROUNDS: Final = f"""
    WITH grounds AS (
        SELECT n.id AS line_id, n.pupil_id,
               CASE {" ".join(f"WHEN {_GROUND[one]} THEN {place}" for place, one in enumerate(GROUNDS))} END AS gravity
        FROM interventions_trawlline n
        LEFT JOIN interventions_trawlline b
          ON b.school_id = n.school_id AND b.trawl_id = %(since)s AND b.pupil_id = n.pupil_id
        WHERE n.school_id = %(school)s AND n.trawl_id = %(trawl)s AND {_possible("n", "year")} >= {LEAST_POSSIBLE}
    )
"""
_RAISE: Final = f"""
    {_GROUNDS}
    UPDATE interventions_caseproposal c
    SET line_id = g.line_id, ground = (%(grounds)s::text[])[g.gravity + 1], gravity = g.gravity,
        proposed_at = %(at)s, proposed_on = %(on)s
    FROM grounds g, interventions_caseproposal was
    WHERE c.school_id = %(school)s AND c.pupil_id = g.pupil_id AND was.id = c.id
      AND c.state = '{CaseProposal.State.PROPOSED.value}' AND g.gravity IS NOT NULL AND c.proposed_on <= %(on)s
      AND (g.gravity < c.gravity OR c.proposed_on < %(year_from)s)
    RETURNING c.id, was.ground, c.ground
"""
_PROPOSE: Final = f"""
    {_GROUNDS}
    INSERT INTO interventions_caseproposal
        (school_id, pupil_id, line_id, ground, gravity, proposed_at, proposed_on, state, why)
    SELECT %(school)s, g.pupil_id, g.line_id, (%(grounds)s::text[])[g.gravity + 1], g.gravity, %(at)s, %(on)s,
           '{CaseProposal.State.PROPOSED.value}', ''
    FROM grounds g
    WHERE g.gravity IS NOT NULL AND NOT EXISTS (
        SELECT FROM interventions_caseproposal c
        WHERE c.school_id = %(school)s AND c.pupil_id = g.pupil_id
          AND (c.state = '{CaseProposal.State.PROPOSED.value}'
               OR (c.proposed_on >= %(year_from)s AND (c.state = '{CaseProposal.State.TAKEN_UP.value}'
                                                       OR c.gravity <= g.gravity))))
"""


def raise_open(trawl: Trawl) -> list[tuple[int, str, str]]:
    """Bring open proposals up to a run that has a graver ground, and those of an earlier school year up to this one.

    Gives each with its ground before and now: one statement. Only what nobody has settled is touched.
    """
    with connection.cursor() as cursor:
        cursor.execute(_RAISE, _values(trawl))
        return sorted(cursor.fetchall())


def write_proposals(trawl: Trawl) -> int:
    """Propose a case for each pupil with a ground, in one statement; give how many are new.

    None for whom one is open, or was taken up this school year; nor on a ground no graver than one put aside this year.
    """
    with connection.cursor() as cursor:
        cursor.execute(_PROPOSE, _values(trawl))
        return int(cursor.rowcount)


def _values(trawl: Trawl) -> Mapping[str, Any]:
    return {
        "school": trawl.school_id,
        "trawl": trawl.pk,
        "since": trawl.since_id,
        "grounds": [one.value for one in GROUNDS],
        "at": trawl.made_at,
        "on": trawl.on,
        "year_from": trawl.year_from,
    }
