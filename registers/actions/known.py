"""Writing what the office knows before a register is taken: in its day a note, agreement or closure becomes a mark."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from django.db import connection

from attendance_office import clock
from attendance_office.audit import trail
from attendance_office.staff.models import School, User
from registers.queries.calendar import calendar_of
from registers.queries.closures import sessions_shut
from registers.queries.known import Known, known_codes
from registers.queries.marks import Present
from registers.rules import codes
from registers.rules.dates import spoken_date
from registers.rules.sessions import Session

LONGEST_COMMENT: Final = 200

_INSERT: Final = """
    INSERT INTO registers_mark (school_id, pupil_id, "on", half, code, minutes_late, comment, school_week, origin,
                                recorded_at, recorded_by_id)
    SELECT %(school)s, k.pupil_id, k."on", k.half, k.code, NULL, k.comment,
           k."on" - (extract(isodow FROM k."on")::int - 1), 'planned', %(at)s, %(by)s
    FROM unnest(%(pupils)s::bigint[], %(days)s::date[], %(halves)s::text[], %(codes)s::text[], %(comments)s::text[])
         AS k (pupil_id, "on", half, code, comment)
    WHERE EXISTS (
        SELECT FROM registers_enrolment e
        WHERE e.school_id = %(school)s AND e.pupil_id = k.pupil_id
          AND e.starts_on <= k."on" AND (e.ends_on IS NULL OR e.ends_on >= k."on")
    )
    ORDER BY k.pupil_id, k."on", k.half
    ON CONFLICT (school_id, pupil_id, "on", half) DO NOTHING
    RETURNING id, pupil_id, code, comment
"""


def write_known_codes(
    *,
    school: School,
    sessions: Sequence[Session],
    pupil_ids: Collection[int] | None = None,
    by: User | None,
    at: datetime,
) -> int:
    """Write a mark, known beforehand, for every pupil without one of whom a code is known; give how many.

    Sessions of days to come and those the school does not hold are left alone, but for those that a closure with a
    code shuts. Doing it twice writes nothing twice.

    Source: SI 2024/208 reg 10.
    """
    today = clock.local(at).date()
    calendar = calendar_of(school.pk)
    come = [one for one in sessions if one.on <= today]
    shut = set(sessions_shut(school.pk, min(come).on, max(come).on)) if come else set()
    held = [one for one in come if calendar.has_session(one) or one in shut]
    with trail.signed(by=by, at=at, school_id=school.pk):
        known = _enterable(known_codes(school.pk, held, pupil_ids=pupil_ids))
        written = len(_insert(school.pk, list(known.values()), by, at))
        if written:
            trail.record(
                verb="wrote codes known beforehand",
                by=by,
                at=at,
                school_id=school.pk,
                subject_kind="marks",
                words=f"{written} {'mark' if written == 1 else 'marks'} known beforehand written, {_days(held)}",
            )
    return written


def fill_known(
    *, school_id: int, session: Session, held: Mapping[int, Present], by: User | None, at: datetime
) -> dict[int, Present]:
    """Write what is known of a register's unmarked pupils, within the transaction that saves it; give the register.

    `held` is what the register says, locked; what is given back has the marks just written. One query where nothing
    is known.
    """
    unmarked = [pupil for pupil, one in held.items() if one.mark_id is None]
    known = _enterable(known_codes(school_id, [session], pupil_ids=unmarked)) if unmarked else {}
    filled = dict(held)
    if known:
        for mark_id, pupil, code, comment in _insert(school_id, list(known.values()), by, at):
            filled[pupil] = replace(held[pupil], mark_id=mark_id, code=code, comment=comment, origin="planned")
    return filled


def _enterable(known: Mapping[tuple[int, Session], Known]) -> dict[tuple[int, Session], Known]:
    """Leave out a code that is law no longer, or not yet, on its day."""
    return {key: one for key, one in known.items() if one.code in codes.code_set(one.session.on)}


def _insert(school_id: int, known: Sequence[Known], by: User | None, at: datetime) -> list[tuple[int, int, str, str]]:
    if not known:
        return []
    asked: dict[str, Any] = {
        "school": school_id,
        "at": at,
        "by": by.pk if by else None,
        "pupils": [one.pupil_id for one in known],
        "days": [one.session.on for one in known],
        "halves": [one.session.half for one in known],
        "codes": [one.code for one in known],
        "comments": [one.words[:LONGEST_COMMENT] for one in known],
    }
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, asked)
        return list(cursor.fetchall())


def _days(sessions: Sequence[Session]) -> str:
    first, last = min(sessions), max(sessions)
    if first == last:
        return first.spoken()
    days = spoken_date(first.on)
    return days if first.on == last.on else f"{days} to {spoken_date(last.on)}"
