"""Who has not taken the register, and the sweep: one school of 40 registers, a trust of 60 schools with 2,400.

Works in a transaction that is rolled back, so it leaves nothing behind whatever database it runs on.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from django.db import connection, transaction

from attendance_office.staff.models import School
from interventions.actions.sweep import run_sweep
from letters.models import Message
from registers.queries.registers import registers_of
from registers.rules.sessions import Session

from .ground import median_ms, row

SCHOOLS, GROUPS, PUPILS = 61, 40, 30  # one of the schools warms up
MONDAY = date(2026, 11, 23)
AM = Session(MONDAY, "AM")
NINE = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
# The floor: the least that answers "which forms have fewer marks than pupils".
FLOOR = """
    SELECT p.tutor_group_id, count(*), count(m.id)
    FROM registers_placement p
    LEFT JOIN registers_mark m
      ON m.school_id = p.school_id AND m.pupil_id = p.pupil_id AND m."on" = %s AND m.half = 'AM'
    WHERE p.school_id = %s AND p.from_on <= %s AND (p.to_on IS NULL OR p.to_on >= %s)
    GROUP BY p.tutor_group_id HAVING count(*) > count(m.id)
"""
_SET_UP = [
    """INSERT INTO staff_school (urn, name, la_code, estab_number, phase, address, postcode, phone, email, headteacher)
       SELECT 'b' || n, 'Bench school ' || n, '99' || n / 10, 'b' || n, 'Secondary', '', '', '', '', ''
       FROM generate_series(1, %(schools)s) n""",
    """INSERT INTO staff_tutorgroup (school_id, name, year_group, room, building, is_used)
       SELECT s.id, (7 + n / 8) || chr(65 + n %% 8), 7 + n / 8, 'R' || n, '', true
       FROM staff_school s, generate_series(0, %(groups)s - 1) n WHERE s.urn LIKE 'b%%'""",
    """INSERT INTO staff_user (password, is_superuser, first_name, last_name, is_staff, is_active, date_joined,
                               email, title, phone, staff_code)
       SELECT '', false, 'T', g.name, false, true, now(), 'tutor' || g.id || '@bench.invalid', 'Ms', '', ''
       FROM staff_tutorgroup g JOIN staff_school s ON s.id = g.school_id WHERE s.urn LIKE 'b%%'""",
    """INSERT INTO staff_post (user_id, school_id, tutor_group_id, role)
       SELECT u.id, g.school_id, g.id, 'tutor' FROM staff_tutorgroup g
       JOIN staff_user u ON u.email = 'tutor' || g.id || '@bench.invalid'""",
    """INSERT INTO registers_term (school_id, school_year, name, starts_on, ends_on)
       SELECT id, '2026/27', 'Autumn', '2026-11-23', '2026-12-18' FROM staff_school WHERE urn LIKE 'b%%'""",
    """INSERT INTO registers_pupil (school_id, upn, legal_surname, legal_forename, middle_names, known_as,
         former_surname, sort_name, date_of_birth, sex, admission_number, address, postcode, last_school, year_group,
         tutor_group_id, ethnicity, first_language, sen, is_eal, is_pp, is_fsm, is_looked_after,
         has_protection_plan, is_in_need, is_young_carer, is_vulnerable)
       SELECT g.school_id, 'b' || g.id || 'p' || n, 'Surname' || n, 'Alex', '', '', '', 'surname' || n, '2013-03-04',
         'F', '', '', '', '', g.year_group, g.id, '', '', 'N', false, false, false, false, false, false, false, false
       FROM staff_tutorgroup g JOIN staff_school s ON s.id = g.school_id, generate_series(1, %(pupils)s) n
       WHERE s.urn LIKE 'b%%'""",
    """INSERT INTO registers_enrolment (school_id, pupil_id, starts_on, kind, leaving_ground, destination)
       SELECT p.school_id, p.id, '2026-09-02', 'C', '', '' FROM registers_pupil p
       JOIN staff_school s ON s.id = p.school_id WHERE s.urn LIKE 'b%%'""",
    """INSERT INTO registers_placement (school_id, pupil_id, tutor_group_id, year_group, from_on)
       SELECT p.school_id, p.id, p.tutor_group_id, p.year_group, '2026-09-02' FROM registers_pupil p
       JOIN staff_school s ON s.id = p.school_id WHERE s.urn LIKE 'b%%'""",
    # All forms but the F of each year are taken before nine.
    """INSERT INTO registers_mark (school_id, pupil_id, "on", half, code, comment, school_week, origin, recorded_at)
       SELECT p.school_id, p.id, '2026-11-23', 'AM', '/', '', '2026-11-23', 'register', '2026-11-23 08:50+00'
       FROM registers_pupil p JOIN staff_tutorgroup g ON g.id = p.tutor_group_id
       JOIN staff_school s ON s.id = p.school_id
       WHERE s.urn LIKE 'b%%' AND ascii(right(g.name, 1)) %% 6 <> 0""",
]


def run() -> list[dict[str, Any]]:
    """Give the figures of this bench, each beside its floor or its goal."""
    with transaction.atomic():
        try:
            with connection.cursor() as cursor:
                for statement in _SET_UP:
                    cursor.execute(statement, {"schools": SCHOOLS, "groups": GROUPS, "pupils": PUPILS})
                cursor.execute("ANALYZE registers_placement, registers_enrolment, registers_mark, registers_pupil")
            schools = list(School.objects.filter(urn__startswith="b").order_by("pk"))
            return [_who(schools[0]), *_sweeps(schools)]
        finally:
            transaction.set_rollback(True)


def _who(school: School) -> dict[str, Any]:
    return row(
        "who has not taken the register, 40 registers and 1,200 pupils",
        median_ms(lambda: registers_of(school, AM)),
        floor=median_ms(lambda: _floor_of(school)),
        note="five queries: owner, cover, roll on the day and vulnerable pupils; the floor is one bare GROUP BY",
    )


def _sweeps(schools: list[School]) -> list[dict[str, Any]]:
    warm, *measured = schools
    _sweep(warm)
    _floor_of(warm)
    ones = [_timed(lambda school=school: _sweep(school)) for school in measured]
    floors = [_timed(lambda school=school: _floor_of(school)) for school in measured]
    written = Message.objects.filter(school__in=measured).count()
    note = "the floor finds what is owed and writes nothing"
    return [
        row("sweep of 40 registers", statistics.median(ones) * 1000, floor=statistics.median(floors) * 1000, note=note),
        row("sweep of 2,400 registers", sum(ones), "s", floor=sum(floors), note=f"60 schools, {written} messages left"),
    ]


def _sweep(school: School) -> None:
    run_sweep(school=school, job="am_sweep", on=MONDAY, by=None, at=NINE)


def _floor_of(school: School) -> None:
    with connection.cursor() as cursor:
        cursor.execute(FLOOR, [MONDAY, school.pk, MONDAY, MONDAY])
        cursor.fetchall()


def _timed(what: Callable[[], object]) -> float:
    begun = time.perf_counter()
    what()
    return time.perf_counter() - begun
