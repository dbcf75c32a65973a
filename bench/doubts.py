"""The weekly trawl for doubtful marks: a school of 1,200 over its four weeks and over a whole school year, and a trust of
63,000 pupils over its four weeks, school by school as the clock does it.

The floor is one GROUP BY by code over the same marks of the same schools. The trust's schools are copies with the marks of
those weeks alone, made at the first call, which takes some minutes. With BENCH_BIG=1 the sixty schools of `year_to_date`,
each with its whole year, are trawled too.
"""

from __future__ import annotations

import os
import time
from datetime import date, timedelta
from typing import Any

from django.db import connection

from attendance_office.staff.models import School
from registers.actions import demo
from registers.models import Pupil
from registers.queries.doubt_search import search

from .ground import median_ms, row
from .year_to_date import AT, FROM, SCHOOLS, TRUST_SCHOOLS, demo_schools

# A Friday before the eldest leave, so that every school has its 1,200 pupils.
DAY = date(2026, 6, 19)
WEEKS = timedelta(weeks=4)
FLOOR = """
    SELECT school_id, code, count(*) FROM registers_mark
    WHERE school_id = ANY(%s) AND "on" BETWEEN %s AND %s GROUP BY school_id, code
"""


def run() -> list[dict[str, Any]]:
    """Measure; make the data at the first call."""
    schools = demo_schools()
    first, since = schools[0], DAY - WEEKS
    trust = [first, *_copies(first, since)]
    pupils = Pupil.objects.filter(school__in=trust).on_roll(DAY).count()
    found = sum(len(search(school, since, DAY)) for school in trust)
    rows = [
        row(
            "trawl of the last four weeks, 1,200 pupils",
            median_ms(lambda: search(first, since, DAY), 5),
            floor=median_ms(lambda: _floor([first], since), 5),
            note=f"{len(search(first, since, DAY))} doubts",
        ),
        row(
            "trawl of a school year, 1,200 pupils",
            median_ms(lambda: search(first, FROM, DAY), 5),
            floor=median_ms(lambda: _floor([first], FROM), 5),
            note=f"{len(search(first, FROM, DAY))} doubts",
        ),
        row(
            f"trawl of the last four weeks, {pupils:,} pupils, school by school",
            _once_ms(lambda: [search(school, since, DAY) for school in trust]),
            floor=_once_ms(lambda: _floor(trust, since)),
            note=f"{found:,} doubts in {len(trust)} schools",
        ),
    ]
    if os.environ.get("BENCH_BIG") and len(schools) >= TRUST_SCHOOLS:
        whole = schools[:TRUST_SCHOOLS]
        rows.append(
            row(
                "trawl of a school year, 63,000 pupils, school by school",
                _once_ms(lambda: [search(school, FROM, DAY) for school in whole]),
                floor=_once_ms(lambda: _floor(whole, FROM)),
            )
        )
    return rows


def _copies(first: int, since: date) -> list[int]:
    """Give the other schools of the trust, with the marks of the weeks alone."""
    source = School.objects.get(pk=first)
    plans = demo.copies(SCHOOLS - 1 + TRUST_SCHOOLS - 1)[SCHOOLS - 1 :]
    there = set(School.objects.filter(urn__in=[plan.urn for plan in plans]).values_list("urn", flat=True))
    for plan in plans:
        if plan.urn not in there:
            demo.copy_school(plan=plan, source=source, since=since, by=None, at=AT)
    if len(there) < len(plans):
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE registers_mark, registers_enrolment, registers_placement, registers_pupil")
    return list(
        School.objects.filter(urn__in=[plan.urn for plan in plans]).order_by("urn").values_list("pk", flat=True)
    )


def _once_ms(doing: Any) -> float:
    """Give the time of one doing in milliseconds, after one for warmth."""
    doing()
    began = time.perf_counter()
    doing()
    return (time.perf_counter() - began) * 1000


def _floor(schools: list[int], since: date) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(FLOOR, [schools, since, DAY])
        return list(cursor.fetchall())
