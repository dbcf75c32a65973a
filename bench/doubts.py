"""The weekly trawl for doubtful marks over a whole school year, and over its four weeks.

The floor is one GROUP BY by code over the same marks of the same schools. With BENCH_BIG=1 fifty-three schools, 63,000
pupils, are trawled one after another, as the clock does it.
"""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

from django.db import connection

from registers.queries.doubt_search import search

from .ground import median_ms, row
from .year_to_date import FROM, ON, TRUST_SCHOOLS, demo_schools

FLOOR = """
    SELECT school_id, code, count(*) FROM registers_mark
    WHERE school_id = ANY(%s) AND "on" BETWEEN %s AND %s GROUP BY school_id, code
"""


def run() -> list[dict[str, Any]]:
    """Measure; make the data at the first call."""
    schools = demo_schools()
    first, weeks = schools[0], ON - timedelta(weeks=4)
    found = len(search(first, FROM, ON))
    rows = [
        row(
            "trawl of a school year, 1,200 pupils",
            median_ms(lambda: search(first, FROM, ON), 5),
            floor=median_ms(lambda: _floor([first], FROM), 5),
            note=f"{found} doubts on fourteen grounds",
        ),
        row(
            "trawl of the last four weeks, 1,200 pupils",
            median_ms(lambda: search(first, weeks, ON), 5),
            floor=median_ms(lambda: _floor([first], weeks), 5),
        ),
    ]
    if os.environ.get("BENCH_BIG") and len(schools) >= TRUST_SCHOOLS:
        trust = schools[:TRUST_SCHOOLS]
        rows.append(
            row(
                "trawl of a school year, 63,000 pupils, school by school",
                median_ms(lambda: [search(school, FROM, ON) for school in trust], 1),
                floor=median_ms(lambda: _floor(trust, FROM), 1),
            )
        )
    return rows


def _floor(schools: list[int], since: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(FLOOR, [schools, since, ON])
        return list(cursor.fetchall())
