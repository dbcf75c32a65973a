"""Making week totals right again from the marks."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final

from django.db import connection

from attendance_office.audit import trail
from attendance_office.staff.models import User
from registers.models import WeekTotal
from registers.models.triggers import COLUMNS
from registers.queries.rollups import REBUILT, prove

_REBUILD: Final = f"INSERT INTO registers_weektotal (school_id, pupil_id, school_week, {', '.join(COLUMNS)}) {REBUILT}"


def rebuild_totals(*, school_ids: Collection[int] | None = None, by: User | None, at: datetime) -> int:
    """Count week totals anew from the marks, of some schools or of all; give how many were not right.

    Marks wait while it runs, so that none is counted twice or not at all. Where nothing differs nothing is written.
    """
    with trail.signed(by=by, at=at, school_id=None):
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")
            cursor.execute("SET LOCAL lock_timeout = '60s'")
            cursor.execute("LOCK TABLE registers_mark IN SHARE MODE")
            found = prove(school_ids).differences
            if not found:
                return 0
            schools = None if school_ids is None else list(school_ids)
            totals = WeekTotal.objects.all() if schools is None else WeekTotal.objects.filter(school_id__in=schools)
            totals.delete()
            cursor.execute(_REBUILD, {"schools": schools})
        for school_id in sorted({one.school_id for one in found}):
            wrong = sum(one.school_id == school_id for one in found)
            trail.record(
                verb="rebuilt week totals",
                by=by,
                at=at,
                school_id=school_id,
                subject_kind="school",
                subject_id=school_id,
                words=f"Week totals counted anew from the marks: {wrong} were not right",
                after={"not_right": wrong},
            )
    return len(found)
