"""The demo's lesson registers of the last ten school days, written by Postgres from the sessions' marks, and cover."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from django.db import connection
from django.db.models import Max

from attendance_office.staff.models import School, User
from registers.models import Lesson, LessonCover, LessonRegister
from registers.queries.calendar import calendar_of
from registers.queries.lessons import lessons_held
from registers.queries.timetable import busy_teachers, teachers_of, weeks_of

DAYS: Final = 10
# In ten thousand marks of pupils who are in school: late to the lesson, in a music lesson or with the nurse, and away
# from it without anybody knowing. Of a thousand registers, those that nobody took.
LATE, ELSEWHERE, TRUANT, NOT_TAKEN = 160, 60, 1, 12
TRUANTS: Final = 2
_SKIPPED: Final = "P3"
_LAST_HOUR: Final = "P5"

# One number from 0 to 9,999 for each pupil, day and lesson, from the seed and the pupil's own number alone.
_DRAWN: Final = (
    "(hashtextextended(concat_ws('/', %(seed)s::text, p.upn, h.\"on\", h.name, '{}'), 0) & 1048575) %% 10000"
)

_HELD: Final = """
    CREATE TEMP TABLE held_lessons ON COMMIT DROP AS
    SELECT l.id AS lesson_id, l.teaching_group_id, l.teacher_id, d."on", pe.name, pe.half, pe.starts_at,
           (hashtextextended(concat_ws('/', %(seed)s::text, g.name, d."on", pe.name), 0) & 1048575) %% 1000 AS drawn
    FROM unnest(%(days)s::date[], %(letters)s::text[]) AS d ("on", letter)
    JOIN registers_lesson l
      ON l.school_id = %(school)s AND l.weekday = extract(isodow FROM d."on") AND l.week IN ('', d.letter)
     AND l.from_on <= d."on" AND (l.to_on IS NULL OR l.to_on >= d."on")
    JOIN registers_period pe ON pe.id = l.period_id
    JOIN registers_teachinggroup g ON g.id = l.teaching_group_id;
    DELETE FROM held_lessons WHERE drawn < %(not_taken)s;
    ANALYZE held_lessons;
"""
# Of the last whole day's morning, whose end so many skipped: what the trawl of this morning finds.
_TRUANTS: Final = """
    CREATE TEMP TABLE truants ON COMMIT DROP AS
    SELECT s.pupil_id, h.lesson_id
    FROM held_lessons h
    JOIN registers_seat s ON s.teaching_group_id = h.teaching_group_id
     AND s.from_on <= h."on" AND (s.to_on IS NULL OR s.to_on >= h."on")
    JOIN registers_pupil p ON p.id = s.pupil_id AND NOT p.is_vulnerable
    JOIN registers_mark m ON m.school_id = %(school)s AND m.pupil_id = p.id AND m."on" = h."on" AND m.half = h.half
    WHERE h."on" = %(last)s AND h.name = %(skipped)s AND m.code = '/'
    ORDER BY hashtextextended(concat_ws('/', %(seed)s::text, p.upn, h."on"), 0) LIMIT %(truants)s
"""
# Who is in school is there, but for a few; who came late in the morning is late to the first lesson no more; who is
# absent in the session is not there; who is elsewhere with the school's leave is elsewhere and known.
_MARKS: Final = f"""
    INSERT INTO registers_lessonmark (school_id, pupil_id, lesson_id, "on", code, minutes_late, comment, recorded_at,
                                      recorded_by_id)
    SELECT %(school)s, s.pupil_id, h.lesson_id, h."on", c.code,
           CASE WHEN c.code = 'L' THEN 2 + r.minutes %% 9 END,
           CASE WHEN m.code IN ('B', 'D', 'J1', 'K', 'P', 'V', 'W') THEN ''
                WHEN c.code = 'M' THEN (ARRAY['Music lesson', 'Nurse', 'With the head of year'])[1 + r.minutes %% 3]
                ELSE '' END,
           (h."on" + h.starts_at + interval '6 minutes') AT TIME ZONE 'Europe/London', h.teacher_id
    FROM held_lessons h
    JOIN registers_seat s ON s.teaching_group_id = h.teaching_group_id
     AND s.from_on <= h."on" AND (s.to_on IS NULL OR s.to_on >= h."on")
    JOIN registers_pupil p ON p.id = s.pupil_id
    JOIN registers_enrolment e ON e.pupil_id = s.pupil_id AND e.starts_on <= h."on"
     AND (e.ends_on IS NULL OR e.ends_on >= h."on")
    JOIN registers_mark m
      ON m.school_id = %(school)s AND m.pupil_id = s.pupil_id AND m."on" = h."on" AND m.half = h.half
    CROSS JOIN LATERAL (SELECT {_DRAWN.format("what")} AS what, ({_DRAWN.format("minutes")})::int AS minutes) r
    CROSS JOIN LATERAL (SELECT CASE
        WHEN m.code IN ('Z', '#', 'X', 'Q', 'Y', 'Y1', 'Y2', 'Y3', 'Y4', 'Y5', 'Y6', 'Y7') THEN NULL
        WHEN m.code IN ('B', 'D', 'J1', 'K', 'P', 'V', 'W') THEN 'M'
        WHEN m.code NOT IN ('/', E'\\\\', 'L', 'U') THEN 'N'
        WHEN m.code = 'U' AND h.name = 'P1' THEN 'N'
        WHEN (s.pupil_id, h.lesson_id) IN (SELECT pupil_id, lesson_id FROM truants) THEN 'N'
        WHEN h."on" < %(last)s AND r.what < %(truant)s * CASE h.name WHEN '{_LAST_HOUR}' THEN 4 ELSE 1 END THEN 'N'
        WHEN r.what < 10 + %(late)s THEN 'L'
        WHEN r.what < 10 + %(late)s + %(elsewhere)s THEN 'M'
        ELSE '/' END AS code) c
    WHERE c.code IS NOT NULL
    ORDER BY s.pupil_id, h."on", h.lesson_id
"""  # noqa: S608
_REGISTERS: Final = """
    INSERT INTO registers_lessonregister (school_id, lesson_id, "on", saved_at, saved_by_id, completed_at)
    SELECT %(school)s, lesson_id, "on", at, teacher_id, at
    FROM (SELECT *, ("on" + starts_at + interval '6 minutes') AT TIME ZONE 'Europe/London' AS at
          FROM held_lessons) AS held
    ORDER BY "on", starts_at, lesson_id
"""


def fill_lessons(*, school: School, seed: int, day: date) -> int:
    """Write the lesson registers of the last ten school days before a day that are not there yet; give their marks."""
    calendar = calendar_of(school.pk)
    weeks = weeks_of(school.pk, calendar)
    before = calendar.days(day - timedelta(days=80), day - timedelta(days=1))[-DAYS:]
    reached = LessonRegister.objects.filter(school=school, on__in=before).aggregate(last=Max("on"))["last"]
    days = [on for on in before if reached is None or on > reached]
    if not days or not Lesson.objects.filter(school=school).exists():
        return 0
    asked: dict[str, Any] = {
        "school": school.pk,
        "seed": f"{seed}/{school.urn}",
        "days": days,
        "letters": [weeks.letter(on) or "" for on in days],
        "late": LATE,
        "elsewhere": ELSEWHERE,
        "truant": TRUANT,
        "not_taken": NOT_TAKEN,
        "last": days[-1],
        "skipped": _SKIPPED,
        "truants": TRUANTS,
    }
    with connection.cursor() as cursor:
        for statement in _HELD.split(";\n"):
            if statement.strip():
                cursor.execute(statement, asked)
        cursor.execute(_TRUANTS, asked)
        cursor.execute(_MARKS, asked)
        marks = cursor.rowcount
        cursor.execute(_REGISTERS, asked)
        cursor.execute("DROP TABLE held_lessons, truants")
        cursor.execute("ANALYZE registers_lessonmark, registers_lessonregister")
    return int(marks)


def cover_lessons(*, school: School, day: date) -> int:
    """Arrange a few covers of a day: colleagues who are free, a supply teacher by name, and another room.

    The first teacher of the day's first period is away all day. Gives how many covers were arranged; none where the day
    has some already.
    """
    if LessonCover.objects.filter(school=school, on=day).exists():
        return 0
    calendar = calendar_of(school.pk)
    letter = weeks_of(school.pk, calendar).letter(day)
    held = list(lessons_held(school, day, calendar))
    if not held or held[0].teacher_id is None:
        return 0
    away = held[0].teacher_id
    colleagues = teachers_of(school)
    rows = []
    for number, lesson in enumerate(one for one in held if one.teacher_id == away):
        user = None if number == 1 else _free(school, day, letter, lesson, colleagues, away)
        name = "" if user else "Mr J. Whitlock (supply)"
        rows.append(LessonCover(school=school, lesson=lesson, on=day, user=user, name=name, why="Teacher away ill"))
    moved = next((one for one in held[1:] if one.teacher_id != away), None)
    if moved is not None:
        rows.append(LessonCover(school=school, lesson=moved, on=day, room="Library", why="Heating in the room broken"))
    return len(LessonCover.objects.bulk_create(rows))


def _free(school: School, day: date, letter: Any, lesson: Lesson, colleagues: list[User], away: int) -> User | None:
    busy = busy_teachers(school, day, letter, lesson.period)
    return next((one for one in colleagues if one.pk not in busy and one.pk != away), None)
