"""More schools like one that is there, for measuring: copied inside Postgres, with their own staff and groups."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

from django.db import connection

from attendance_office.audit import trail
from attendance_office.jobs.actions import ensure_schedules
from attendance_office.staff.models import School, User
from registers.models import Pupil
from registers.models.triggers import COLUMNS
from registers.rules.sessions import monday

from .marks import MARK_COLUMNS, REGISTER_COLUMNS
from .people import Plan
from .school import add_school, add_staff

_PUPIL: Final = ", ".join(
    f'"{column.column}"'
    for column in Pupil._meta.concrete_fields
    if column.column not in {"id", "school_id", "tutor_group_id"}
)
# Old and new primary keys, side by side; a copied register is signed by the copy's own tutor.
_MAPS: Final = """
    CREATE TEMP TABLE group_map ON COMMIT DROP AS
    SELECT o.id AS old_id, n.id AS new_id, p.user_id
    FROM staff_tutorgroup o
    JOIN staff_tutorgroup n ON n.school_id = %(new)s AND n.name = o.name
    LEFT JOIN staff_post p ON p.tutor_group_id = n.id
    WHERE o.school_id = %(old)s;

    CREATE TEMP TABLE user_map ON COMMIT DROP AS
    SELECT p.user_id AS old_id, min(g.user_id) AS new_id
    FROM staff_post p JOIN group_map g ON g.old_id = p.tutor_group_id GROUP BY p.user_id;
"""
_PEOPLE: Final = f"""
    INSERT INTO registers_pupil (school_id, tutor_group_id, {_PUPIL})
    SELECT %(new)s, g.new_id, {_PUPIL}
    FROM registers_pupil o LEFT JOIN group_map g ON g.old_id = o.tutor_group_id
    WHERE o.school_id = %(old)s ORDER BY o.id;

    CREATE TEMP TABLE pupil_map ON COMMIT DROP AS
    SELECT o.id AS old_id, n.id AS new_id
    FROM registers_pupil o JOIN registers_pupil n ON n.school_id = %(new)s AND n.upn = o.upn
    WHERE o.school_id = %(old)s;
    ANALYZE pupil_map;

    INSERT INTO registers_enrolment (school_id, pupil_id, starts_on, ends_on, kind, leaving_ground, destination,
                                      conditions, future_address)
    SELECT %(new)s, p.new_id, e.starts_on, e.ends_on, e.kind, e.leaving_ground, e.destination, e.conditions,
           e.future_address
    FROM registers_enrolment e JOIN pupil_map p ON p.old_id = e.pupil_id;

    INSERT INTO registers_placement (school_id, pupil_id, tutor_group_id, year_group, from_on, to_on)
    SELECT %(new)s, p.new_id, g.new_id, e.year_group, e.from_on, e.to_on
    FROM registers_placement e
    JOIN pupil_map p ON p.old_id = e.pupil_id
    JOIN group_map g ON g.old_id = e.tutor_group_id;
"""  # noqa: S608
_CALENDAR: Final = """
    INSERT INTO registers_term (school_id, school_year, name, starts_on, ends_on)
    SELECT %(new)s, school_year, name, starts_on, ends_on FROM registers_term WHERE school_id = %(old)s;

    INSERT INTO registers_nonschoolday (school_id, "on", half, kind, name)
    SELECT %(new)s, "on", half, kind, name FROM registers_nonschoolday WHERE school_id = %(old)s;
"""
_MARKS: Final = f"""
    INSERT INTO registers_register ({REGISTER_COLUMNS})
    SELECT %(new)s, g.new_id, r."on", r.half, r.opened_at, g.user_id, r.saved_at,
           CASE WHEN r.saved_at IS NOT NULL THEN g.user_id END, r.completed_at,
           CASE WHEN r.completed_at IS NOT NULL THEN g.user_id END, '', r.version
    FROM registers_register r JOIN group_map g ON g.old_id = r.tutor_group_id
    WHERE r.school_id = %(old)s AND r."on" >= %(since)s ORDER BY r.id;

    INSERT INTO registers_mark ({MARK_COLUMNS})
    SELECT %(new)s, p.new_id, m."on", m.half, m.code, m.minutes_late, m.comment, m.school_week, m.origin, m.recorded_at,
           u.new_id
    FROM registers_mark m
    JOIN pupil_map p ON p.old_id = m.pupil_id
    LEFT JOIN user_map u ON u.old_id = m.recorded_by_id
    WHERE m.school_id = %(old)s AND m."on" >= %(since)s ORDER BY p.new_id, m."on", m.half;
"""  # noqa: S608
# The copies are of proven rows, so where a superuser asks Postgres does not prove them again: their week totals are
# copied too.
_UNPROVED: Final = "SET LOCAL session_replication_role = replica"
_PROVED: Final = "SET LOCAL session_replication_role = origin"
_TOTALS: Final = f"""
    INSERT INTO registers_weektotal (school_id, pupil_id, school_week, {", ".join(COLUMNS)})
    SELECT %(new)s, p.new_id, t.school_week, {", ".join(f"t.{name}" for name in COLUMNS)}
    FROM registers_weektotal t JOIN pupil_map p ON p.old_id = t.pupil_id
    WHERE t.school_id = %(old)s AND t.school_week >= %(since)s ORDER BY 2, 3
"""  # noqa: S608


def copy_school(*, plan: Plan, source: School, since: date, by: User | None, at: datetime) -> School:
    """Make a school like another one: the same pupils by other keys, with the marks from a Monday on.

    Families and groups outside the registers stay behind.
    """
    since = monday(since)
    with trail.signed(by=by, at=at, school_id=None):
        school = add_school(plan)
        add_staff(plan, school)
        ensure_schedules(school=school, by=by, at=at)
        values: dict[str, Any] = {"old": source.pk, "new": school.pk, "since": since}
        with connection.cursor() as cursor:
            for statements in (_MAPS, _CALENDAR, _PEOPLE):
                _run(cursor, statements, values)
            cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
            may_skip = cursor.fetchone() == (True,)
            if may_skip:
                cursor.execute(_UNPROVED)
            _run(cursor, _MARKS, values)
            if may_skip:
                cursor.execute(_TOTALS, values)
                cursor.execute(_PROVED)
            cursor.execute("DROP TABLE group_map, user_map, pupil_map")
        trail.record(
            verb="copied the demo school",
            by=by,
            at=at,
            school_id=school.pk,
            subject_kind="school",
            subject_id=school.pk,
            words=f"{school.name}: a copy of {source.name}, for measuring",
        )
    return school


def _run(cursor: Any, statements: str, values: dict[str, Any]) -> None:
    for statement in statements.split(";\n"):
        if statement.strip():
            cursor.execute(statement, values)
