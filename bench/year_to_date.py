"""The year to date of every pupil, a pupil's year and a school's day, on a demo school's whole year of marks.

The floor is the least that counts the same from the marks: one GROUP BY without a join. With BENCH_BIG=1 the school is
first copied to sixty, which takes minutes and some 6 GB of disk, and the trust's 63,000 pupils are counted as well.
"""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from typing import Any

from django.db import connection

from attendance_office.staff.models import School
from registers.actions import demo
from registers.models import Mark
from registers.queries import figures

from .ground import median_ms, row

ON = date(2026, 7, 17)
AT = datetime(2026, 7, 17, 8, 0, tzinfo=UTC)
FROM = date(2025, 8, 1)
SCHOOLS, TRUST_SCHOOLS = 60, 53  # 53 schools of 1,200 are the trust of 63,000
DAY = date(2026, 6, 24)
FLOOR = """
    SELECT school_id, pupil_id,
           count(*) FILTER (WHERE code IN ('/', '\\', 'L')), count(*) FILTER (WHERE code IN ('B', 'K', 'P', 'V', 'W')),
           count(*) FILTER (WHERE code IN ('I', 'M', 'R', 'S', 'T', 'E', 'C', 'C1', 'C2', 'J1')),
           count(*) FILTER (WHERE code IN ('G', 'N', 'O', 'U')), count(*) FILTER (WHERE code IN ('L', 'U'))
    FROM registers_mark WHERE school_id = ANY(%s) AND "on" BETWEEN %s AND %s GROUP BY school_id, pupil_id
"""


def run() -> list[dict[str, Any]]:
    """Measure; make the data at the first call."""
    schools = demo_schools()
    first, marks = schools[0], Mark.objects.count()
    pupil = figures.year_to_date(first, ON)[600].pupil_id
    note = f"{marks:,} marks of {len(schools)} schools"
    found = [
        row(
            "year to date of 1,200 pupils",
            median_ms(lambda: figures.year_to_date(first, ON)),
            floor=median_ms(lambda: count_marks([first]), 10),
            goal=0.5,
            note=note,
        ),
        row(
            "year to date of 1,200 pupils, in all",
            median_ms(lambda: figures.year_to_date(first, ON)),
            goal=50,
            note=note,
        ),
        row(
            "year to date of 1,200 pupils, in the middle of a week",
            median_ms(lambda: figures.year_to_date(first, date(2026, 7, 14))),
            goal=50,
        ),
        row("a pupil's year by code", median_ms(lambda: figures.codes_by_pupil(first, FROM, ON, [pupil])), goal=5),
        row(
            "a pupil's year, from the totals",
            median_ms(lambda: figures.counts_by_pupil(first, FROM, ON, [pupil])),
            goal=5,
        ),
        row("a school's day by code", median_ms(lambda: figures.codes_of_day(first, DAY)), goal=10),
    ]
    if len(schools) >= TRUST_SCHOOLS:
        trust = schools[:TRUST_SCHOOLS]
        counts = figures.counts_by_school_and_pupil(trust, FROM, ON)
        found.append(
            row(
                f"year to date of {sum(len(pupils) for pupils in counts.values()):,} pupils",
                median_ms(lambda: figures.counts_by_school_and_pupil(trust, FROM, ON), 3),
                floor=median_ms(lambda: count_marks(trust), 1),
                goal=0.5,
                note=note,
            )
        )
        found.append(
            row(
                f"year to date of {len(trust)} schools, a line each",
                median_ms(lambda: figures.counts_by_school(trust, FROM, ON), 3),
                note=note,
            )
        )
    return found


def demo_schools() -> list[int]:
    """Give the demo schools, the first of them made, or all sixty."""
    made = demo.make_school(plan=demo.THORNBRIDGE, seed=demo.SEED, on=ON, by=None, at=AT)
    if os.environ.get("BENCH_BIG"):
        for plan in demo.copies(SCHOOLS - 1):
            if not School.objects.filter(urn=plan.urn).exists():
                demo.copy_school(plan=plan, source=made.school, since=FROM, by=None, at=AT)
    with connection.cursor() as cursor:
        # The visibility map and the statistics that a night's autovacuum leaves.
        cursor.execute("VACUUM ANALYZE registers_mark, registers_weektotal")
    urns = [demo.THORNBRIDGE.urn, *(plan.urn for plan in demo.copies(SCHOOLS - 1))]
    return list(School.objects.filter(urn__in=urns).order_by("urn").values_list("pk", flat=True))


def count_marks(schools: list[int]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(FLOOR, [schools, FROM, ON])
        return list(cursor.fetchall())
