"""The trawl: one search over a school's marks of a period for everything that makes a mark doubtful."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final, cast

from django.db import connection

from registers.models import Pupil
from registers.queries.calendar import calendar_of
from registers.rules.ages import compulsory_school_age
from registers.rules.codes import Half, present_code
from registers.rules.dates import spoken_date
from registers.rules.doubts import GROUNDS, IDENTICAL_SESSIONS, absent_codes, ended_codes
from registers.rules.sessions import HALVES, Session


@dataclass(frozen=True, slots=True)
class Found:
    """One doubtful mark: the ground, the mark, why in words, and what it stands on."""

    ground: str
    pupil_id: int
    session: Session
    code: str
    words: str
    proposed: str
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> tuple[int, date, str, str]:
        """Give what makes it one: pupil, session and ground."""
        return self.pupil_id, self.session.on, self.session.half, self.ground


# Everything but plain presence is read once and kept; present marks are only looked up where another row names them.
_SEARCH: Final = """
    WITH held AS MATERIALIZED (
        SELECT * FROM unnest(%(days)s::date[], %(halves)s::text[], %(numbers)s::int[]) AS h ("on", half, number)
    ), apart AS MATERIALIZED (
        SELECT m.id, m.pupil_id, m."on", m.half, m.code, m.minutes_late, m.comment, m.origin, m.recorded_at, h.number
        FROM registers_mark m LEFT JOIN held h ON h."on" = m."on" AND h.half = m.half
        WHERE m.school_id = %(school)s AND m."on" BETWEEN %(from)s AND %(to)s AND m.code NOT IN ('/', '\\')
    ), agreed AS MATERIALIZED (
        SELECT p.pupil_id, a.code, a.place, a.weekly, a.from_on,
               least(a.ends_on, coalesce(p.to_on, a.ends_on)) AS to_on
        FROM registers_agreementpupil p JOIN registers_agreement a ON a.id = p.agreement_id
        WHERE p.school_id = %(school)s AND a.from_on <= %(to)s AND a.ends_on >= %(from)s
    ), covered AS (
        SELECT s.id, s.pupil_id, s."on", s.half, s.code, s.comment,
               EXISTS (SELECT FROM agreed a WHERE a.pupil_id = s.pupil_id AND a.code = s.code
                         AND s."on" BETWEEN a.from_on AND a.to_on
                         AND substr(a.weekly,
                                    (extract(isodow FROM s."on")::int - 1) * 2 + (s.half = 'PM')::int + 1, 1) = '1'
                         AND (s.code IN ('C2', 'D') OR a.place <> '')) AS is_agreed
        FROM apart s WHERE s.code IN ('C2', 'D', 'B', 'K', 'P', 'V', 'W')
    ), runs AS (
        SELECT pupil_id, code, min("on") AS from_on, max("on") AS to_on, count(*) AS many,
               (array_agg(half ORDER BY number))[1] AS half
        FROM (SELECT s.*, s.number - row_number() OVER (PARTITION BY s.pupil_id, s.code ORDER BY s.number) AS run
              FROM apart s WHERE s.number IS NOT NULL AND s.code = ANY (%(absent)s)) AS numbered
        GROUP BY pupil_id, code, run HAVING count(*) >= %(many)s
    ), stays AS (
        SELECT pupil_id, min(starts_on) AS first, max(coalesce(ends_on, 'infinity')) AS last
        FROM registers_enrolment WHERE school_id = %(school)s GROUP BY pupil_id
    )
    SELECT 'no_part_time', pupil_id, "on", half, code, '' FROM covered WHERE code = 'C2' AND NOT is_agreed
    UNION ALL
    SELECT 'no_place', pupil_id, "on", half, code, '' FROM covered
    WHERE code NOT IN ('C2', 'D') AND NOT is_agreed AND comment = ''
    UNION ALL
    SELECT 'no_dual', c.pupil_id, c."on", c.half, c.code, '' FROM covered c
    WHERE c.code = 'D' AND NOT c.is_agreed AND NOT EXISTS (
        SELECT FROM registers_enrolment e WHERE e.pupil_id = c.pupil_id AND e.kind <> 'C'
          AND e.starts_on <= c."on" AND (e.ends_on IS NULL OR e.ends_on >= c."on"))
    UNION ALL
    SELECT 'no_suspension', pupil_id, "on", half, code, '' FROM apart WHERE code = 'E' AND comment = ''
    UNION ALL
    SELECT 'too_young_for_x', pupil_id, "on", half, code, '' FROM apart WHERE code = 'X'
    UNION ALL
    SELECT 'school_was_open', s.pupil_id, s."on", s.half, s.code, '' FROM apart s
    WHERE s.code IN ('#', 'Y3', 'Y4') AND s.number IS NOT NULL AND NOT EXISTS (
        SELECT FROM registers_closure c LEFT JOIN registers_placement p
          ON p.pupil_id = s.pupil_id AND p.from_on <= s."on" AND (p.to_on IS NULL OR p.to_on >= s."on")
        WHERE c.school_id = %(school)s AND c.is_standing AND c.code = s.code AND s."on" BETWEEN c.from_on AND c.to_on
          AND c.half IN ('', s.half)
          AND (jsonb_array_length(c.year_groups) + jsonb_array_length(c.tutor_groups) = 0
               OR c.year_groups @> to_jsonb(p.year_group) OR c.tutor_groups @> to_jsonb(p.tutor_group_id)))
    UNION ALL
    SELECT 'ended_code', s.pupil_id, s."on", s.half, s.code, '' FROM apart s
    JOIN unnest(%(ended)s::text[], %(ended_on)s::date[]) AS e (code, last) ON e.code = s.code AND s."on" > e.last
    UNION ALL
    SELECT 'late_after_close', s.pupil_id, s."on", s.half, s.code,
           coalesce(s.minutes_late::text, '') || '/' || to_char(t.closes_at, 'HH24:MI')
    FROM apart s CROSS JOIN LATERAL (
        SELECT opens_at, closes_at FROM registers_sessiontimes
        WHERE school_id = %(school)s AND half = s.half AND from_on <= s."on" ORDER BY from_on DESC LIMIT 1) t
    WHERE s.code = 'L'
      AND (t.opens_at + make_interval(mins => s.minutes_late) >= t.closes_at
           OR (s.minutes_late IS NULL AND s.origin = 'register'
               AND (s.recorded_at AT TIME ZONE 'Europe/London') >= s."on" + t.closes_at
               AND (s.recorded_at AT TIME ZONE 'Europe/London')::date = s."on"))
    UNION ALL
    SELECT 'same_for_ten_days', pupil_id, from_on, half, code, to_on::text || '/' || many FROM runs
    UNION ALL
    SELECT 'left_at_noon', s.pupil_id, s."on", s.half, s.code, am.code FROM apart s
    JOIN registers_mark am
      ON am.school_id = %(school)s AND am.pupil_id = s.pupil_id AND am."on" = s."on" AND am.half = 'AM'
    WHERE s.half = 'PM' AND s.code IN ('N', 'O') AND am.code IN ('/', 'L')
    UNION ALL
    SELECT 'not_held', m.pupil_id, m."on", m.half, m.code, '' FROM registers_mark m
    JOIN unnest(%(shut)s::date[], %(shut_halves)s::text[]) AS n ("on", half) ON n."on" = m."on" AND n.half = m.half
    WHERE m.school_id = %(school)s AND m.code <> '#' AND (m.code IN ('/', '\\', 'L', 'U') OR NOT EXISTS (
        SELECT FROM registers_nonschoolday d
        WHERE d.school_id = %(school)s AND d."on" = m."on" AND d.half IN ('', m.half) AND d.closure_id IS NOT NULL))
    UNION ALL
    SELECT 'not_on_roll', m.pupil_id, m."on", m.half, m.code, '' FROM stays e
    JOIN registers_mark m ON m.school_id = %(school)s AND m.pupil_id = e.pupil_id
      AND m."on" BETWEEN %(from)s AND %(to)s AND (m."on" < e.first OR m."on" > e.last)
    WHERE m.code NOT IN ('Z', '#')
    UNION ALL
    SELECT 'skipped_lesson', m.pupil_id, m."on", m.half, m.code, string_agg(p.name, ', ' ORDER BY p.starts_at)
    FROM registers_lessonmark l
    JOIN registers_lesson le ON le.id = l.lesson_id JOIN registers_period p ON p.id = le.period_id
    JOIN registers_mark m
      ON m.school_id = l.school_id AND m.pupil_id = l.pupil_id AND m."on" = l."on" AND m.half = p.half
    WHERE l.school_id = %(school)s AND l."on" BETWEEN %(from)s AND %(to)s AND l.code = 'N'
      AND m.code IN ('/', '\\', 'L')
    GROUP BY m.pupil_id, m."on", m.half, m.code
    UNION ALL
    SELECT 'seen_in_lesson', s.pupil_id, s."on", s.half, s.code, string_agg(p.name, ', ' ORDER BY p.starts_at)
    FROM registers_lessonmark l
    JOIN registers_lesson le ON le.id = l.lesson_id JOIN registers_period p ON p.id = le.period_id
    JOIN apart s ON s.pupil_id = l.pupil_id AND s."on" = l."on" AND s.half = p.half
    WHERE l.school_id = %(school)s AND l."on" BETWEEN %(from)s AND %(to)s AND l.code IN ('/', 'L')
      AND s.code = ANY (%(absent)s) AND s.code <> 'U'
    GROUP BY s.pupil_id, s."on", s.half, s.code
    ORDER BY 1, 3, 4, 2
"""


def search(school_id: int, from_on: date, to_on: date) -> list[Found]:
    """Give every doubtful mark of a period, ground by ground: four queries, whatever the size of the school.

    A mark may be there on several grounds; a spell of the same code is there once, at its first session.
    """
    calendar = calendar_of(school_id)
    held = calendar.sessions(from_on, to_on)
    shut = _shut(set(held), from_on, to_on)
    ended = ended_codes()
    asked: dict[str, Any] = {
        "school": school_id,
        "from": from_on,
        "to": to_on,
        "days": [one.on for one in held],
        "halves": [one.half for one in held],
        "numbers": list(range(len(held))),
        "shut": [one.on for one in shut],
        "shut_halves": [one.half for one in shut],
        "absent": list(absent_codes()),
        "many": IDENTICAL_SESSIONS,
        "ended": [symbol for symbol, _ in ended],
        "ended_on": [on for _, on in ended],
    }
    with connection.cursor() as cursor:
        cursor.execute(_SEARCH, asked)
        rows = cursor.fetchall()
    young = _of_compulsory_age(rows)
    return [
        _found(ground, pupil, Session(on, cast("Half", half)), code, more or "")
        for ground, pupil, on, half, code, more in rows
        if ground != "too_young_for_x" or (pupil, on) in young
    ]


def _shut(held: set[Session], from_on: date, to_on: date) -> list[Session]:
    """Give the sessions of the period that the school did not hold."""
    days = (from_on + timedelta(days=n) for n in range((to_on - from_on).days + 1))
    return [one for on in days for half in HALVES if (one := Session(on, half)) not in held]


def _of_compulsory_age(rows: list[tuple[Any, ...]]) -> set[tuple[int, date]]:
    """Give the pupils and days of X marks on which the pupil was of compulsory school age: one query."""
    wanted = {(row[1], row[2]) for row in rows if row[0] == "too_young_for_x"}
    if not wanted:
        return set()
    born = dict(Pupil.objects.filter(pk__in={pupil for pupil, _ in wanted}).values_list("pk", "date_of_birth"))
    return {(pupil, on) for pupil, on in wanted if compulsory_school_age(born[pupil], on)}


def _found(ground: str, pupil: int, session: Session, code: str, more: str) -> Found:
    law = GROUNDS[ground]
    proposed = present_code(session.half) if law.proposed == "/" else law.proposed
    words = law.wrong
    facts: dict[str, Any] = {"found": more} if more else {}
    if ground == "same_for_ten_days":
        last, many = more.split("/")
        words = f"{code} in {many} sessions without a break, to {spoken_date(date.fromisoformat(last))}."
        facts = {"to": last, "sessions": int(many)}
    elif ground == "late_after_close":
        minutes, closes = more.split("/")
        came = f"{minutes} minutes late" if minutes else "Marked L"
        words = f"{came}; the register closed at {closes}."
    elif ground in {"skipped_lesson", "seen_in_lesson"}:
        there = "Not in" if ground == "skipped_lesson" else "In"
        words = f"{there} {more}, and {code} in the session."
    elif ground == "left_at_noon":
        words = f"{more} in the morning, {code} in the afternoon."
    return Found(ground, pupil, session, code, words, proposed, facts)
