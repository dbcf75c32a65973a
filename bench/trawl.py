"""The weekly persistent-absence trawl: every pupil of a school counted, frozen and held against the run before.

The floor is one GROUP BY by pupil over the same marks, which counts a year to date and nothing else. With BENCH_BIG=1
fifty-three schools, 63,000 pupils, are trawled one after another, as the clock does it.
"""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection, transaction

from attendance_office.staff.models import School
from interventions.actions.trawl import run_trawl
from interventions.models import Trawl
from interventions.queries.pattern_search import search
from interventions.queries.trawls import summary

from .ground import median_ms, row
from .year_to_date import FLOOR, FROM, TRUST_SCHOOLS, demo_schools

# A Friday in June: year 11 has not left yet.
ON = date(2026, 6, 19)
AT = datetime(2026, 6, 19, 7, 0, tzinfo=UTC)
BEFORE = ON - timedelta(days=7)


def run() -> list[dict[str, Any]]:
    """Measure; make the data at the first call."""
    keys = demo_schools()
    schools = list(School.objects.filter(pk__in=keys).order_by("urn"))
    first = schools[0]
    made = run_trawl(school=first, on=BEFORE, by=None, at=AT - timedelta(days=7)) if not _has_run(first) else None
    with connection.cursor() as cursor:
        # In life a week lies between two runs, in which Postgres has looked at the rows of the first.
        cursor.execute("ANALYZE interventions_trawlline, interventions_caseproposal")
    trawl(first)
    found = [
        row(
            "trawl of 1,200 pupils, frozen, with its movements",
            median_ms(lambda: trawl(first), 7),
            floor=median_ms(lambda: _floor([first.pk]), 7),
            goal=1.5,
            note=made.words if made else "",
        )
    ]
    kept = Trawl.objects.get(school=first, on=BEFORE)
    found.append(row("two runs of 1,200 pupils compared", median_ms(lambda: summary(kept, kept), 7)))
    patterns = search(kept)
    found.append(
        row(
            "search for patterns, 1,200 pupils, a whole year",
            median_ms(lambda: search(kept), 3),
            note=f"{patterns.tests:,} tests, {len(patterns.found)} stand",
        )
    )
    if os.environ.get("BENCH_BIG") and len(schools) >= TRUST_SCHOOLS:
        trust = schools[:TRUST_SCHOOLS]
        for school in trust:
            if not _has_run(school):
                run_trawl(school=school, on=BEFORE, by=None, at=AT - timedelta(days=7))
        found.append(
            row(
                f"trawl of {len(trust)} schools, 63,000 pupils, one after another",
                median_ms(lambda: [trawl(school) for school in trust], 1),
                floor=median_ms(lambda: _floor([school.pk for school in trust]), 1),
                goal=1.5,
            )
        )
    return found


def trawl(school: School) -> None:
    """Run a whole trawl as the clock does, and take it back, so that the next one finds what this one found."""
    with transaction.atomic():
        run_trawl(school=school, on=ON, by=None, at=AT)
        transaction.set_rollback(True)


def _has_run(school: School) -> bool:
    return Trawl.objects.filter(school=school, on=BEFORE).exists()


def _floor(schools: list[int]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(FLOOR, [schools, FROM, ON - timedelta(days=1)])
        return list(cursor.fetchall())
