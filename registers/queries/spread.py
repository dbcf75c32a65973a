"""How the sessions of some pupils spread over a period: week by week, and over the days of the week.

Counted as `figures` counts, from the same totals and marks.
"""

# ruff: noqa: S608 - every name put into a statement here is a constant of this module; values travel beside it

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import Final

from registers.rules.rates import Tally

from .figures import IN_FORCE, KINDS, PupilFigures, pieces, rows_of, sums

_COUNTED: Final = ", ".join(
    [f"coalesce(sum(m.n) FILTER (WHERE c.counts_as = '{kind}'), 0)::int" for kind in KINDS]
    + ["coalesce(sum(m.n) FILTER (WHERE c.is_late), 0)::int"]
)


def counts_by_week(
    school_id: int, from_on: date, to_on: date, parts: Iterable[tuple[int, str]]
) -> dict[str, dict[date, Tally]]:
    """Give for each part of some pupils its sessions by school week (its Monday), in order: one statement.

    `parts` names a part for each pupil: a pupil may stand in several, and counts in each of them whole. A week that
    the period cuts holds the sessions within the period alone; a week without a mark is not there.
    """
    inner, values = pieces(from_on, to_on, "{alias}.school_id = %(school)s AND {alias}.pupil_id = ANY(%(pupils)s)")
    named = list(parts)
    found: dict[str, dict[date, Tally]] = {part: {} for _, part in named}
    if not inner or not named:
        return found
    asked = {"school": school_id, "pupils": [one for one, _ in named], "names": [part for _, part in named]}
    for part, week, *counted in rows_of(
        f"SELECT named.part, parts.school_week, {sums()} FROM ({inner}) parts"
        " JOIN unnest(%(pupils)s::bigint[], %(names)s::text[]) AS named(pupil_id, part) USING (pupil_id)"
        " GROUP BY named.part, parts.school_week ORDER BY parts.school_week",
        values | asked,
    ):
        if any(counted):
            found[part][week] = PupilFigures(0, *counted).tally
    return found


def counts_by_weekday(
    school_id: int, from_on: date, to_on: date, pupil_ids: Collection[int] | None = None
) -> dict[tuple[int, str], Tally]:
    """Give the sessions by day of the week (Monday is 1) and half ("AM", "PM") over a period: one statement."""
    wanted = "" if pupil_ids is None else " AND pupil_id = ANY(%(pupils)s)"
    found = rows_of(
        f"""
        SELECT extract(isodow FROM m."on")::int, m.half, {_COUNTED}
        FROM (
            SELECT "on", half, code, count(*) AS n FROM registers_mark
            WHERE school_id = %(school)s AND "on" BETWEEN %(from)s AND %(to)s{wanted} GROUP BY "on", half, code
        ) m JOIN registers_codeinforce c ON {IN_FORCE}
        GROUP BY 1, 2 ORDER BY 1, 2
        """,
        {"school": school_id, "from": from_on, "to": to_on, "pupils": list(pupil_ids or ())},
    )
    return {(day, half): PupilFigures(0, *counted).tally for day, half, *counted in found}
