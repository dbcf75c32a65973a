"""Whether the week totals kept beside the marks are what a rebuild from the marks would give."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.db import connection

from registers.models.triggers import COLUMNS, COUNTED

_SUMS: Final = ", ".join(
    [f"sum((c.counts_as = '{kind}')::int)::int AS {kind}" for kind in COUNTED] + ["sum(c.is_late::int)::int AS late"]
)
# What the marks say: one row for each pupil and school week with a mark.
REBUILT: Final = f"""
    SELECT m.school_id, m.pupil_id, m.school_week, {_SUMS}
    FROM registers_mark m
    JOIN registers_codeinforce c
      ON c.symbol = m.code AND m."on" >= c.from_on AND (c.to_on IS NULL OR m."on" <= c.to_on)
    WHERE %(schools)s::bigint[] IS NULL OR m.school_id = ANY(%(schools)s)
    GROUP BY m.school_id, m.pupil_id, m.school_week
"""  # noqa: S608 - names of our own columns
_RIGHT: Final = ", ".join(f"coalesce(r.{name}, 0)" for name in COLUMNS)
_KEPT: Final = ", ".join(f"coalesce(t.{name}, 0)::int" for name in COLUMNS)
_COUNTED: Final = " + ".join(f"coalesce(r.{name}, 0)" for name in COUNTED)
# A week whose sums are all nought and a week without a row say the same. The first row counts, the others differ.
_PROVE: Final = f"""
    WITH compared AS (
        SELECT school_id, pupil_id, school_week, t.school_id IS NOT NULL AS is_kept, {_COUNTED} AS marks,
               ARRAY[{_RIGHT}] AS by_marks, ARRAY[{_KEPT}] AS kept
        FROM ({REBUILT}) r
        FULL JOIN (
            SELECT * FROM registers_weektotal t
            WHERE %(schools)s::bigint[] IS NULL OR t.school_id = ANY(%(schools)s)
        ) t USING (school_id, pupil_id, school_week)
    )
    SELECT 0, sum(marks)::bigint, count(*) FILTER (WHERE is_kept), NULL::date, NULL::int[], NULL::int[] FROM compared
    UNION ALL
    SELECT 1, school_id, pupil_id, school_week, by_marks, kept FROM compared WHERE by_marks <> kept
    ORDER BY 1, 2, 3, 4
"""  # noqa: S608 - names of our own columns


@dataclass(frozen=True, slots=True)
class Difference:
    """A pupil's school week whose kept totals are not what the marks give, each as (column, marks give, kept)."""

    school_id: int
    pupil_id: int
    school_week: date
    columns: tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class Proof:
    """What a comparison saw."""

    marks: int
    weeks: int
    differences: list[Difference]


def prove(school_ids: Collection[int] | None = None) -> Proof:
    """Compare every week total with the marks, of some schools or of all: how many of each, and what differs."""
    asked = {"schools": None if school_ids is None else list(school_ids)}
    with connection.cursor() as cursor:
        cursor.execute(_PROVE, asked)
        (_, marks, weeks, *_none), *rows = cursor.fetchall()
    found = [
        Difference(
            school_id=school,
            pupil_id=pupil,
            school_week=week,
            columns=tuple(one for one in zip(COLUMNS, right, kept, strict=True) if one[1] != one[2]),
        )
        for _, school, pupil, week, right, kept in rows
    ]
    return Proof(marks or 0, weeks, found)


def differences(school_ids: Collection[int] | None = None) -> list[Difference]:
    """Give the week totals that are not what the marks give; an empty list proves that they are."""
    return prove(school_ids).differences
