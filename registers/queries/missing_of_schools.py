"""The sessions of several schools that were due and have no mark: the same numbers as each school's own figures.

Nearly every mark is counted already, in the week totals. So only those are looked for that fill no session due: on days
without a session, after the last one due, and of pupils not on roll.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from attendance_office import clock
from registers.models import Enrolment
from registers.rules.sessions import HALVES, Session

from .calendar import calendars_of, session_times_of
from .figures import PupilFigures, count_due, latest_due, rows_of

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Due:
    """Sessions that were due of a pupil, and how many of them have no mark."""

    due: int = 0
    missing: int = 0


def missing_of_schools(
    counted: Mapping[int, Sequence[PupilFigures]], from_on: date, to_on: date, *, at: datetime
) -> dict[int, dict[int, Due]]:
    """Give for each pupil on roll, by school, what was due by an instant and has no mark: six queries.

    `counted` holds every pupil's sessions of the same days, as `counts_by_school_and_pupil` gives them.
    """
    calendars = calendars_of(counted)
    times = session_times_of(counted, clock.local(at).date())
    held: dict[int, list[Session]] = {}
    for school_id, calendar in calendars.items():
        upto = latest_due(school_id, at, calendar=calendar, times=times[school_id])
        held[school_id] = [one for one in calendar.sessions(from_on, to_on) if one <= upto]
    due = _due(held, from_on, to_on)
    strays = _on_other_days(held, from_on, to_on) + _of_nobody_on_roll(held, due, from_on, to_on)
    found: dict[int, dict[int, Due]] = {}
    for school_id, pupils in due.items():
        marks = {one.pupil_id: one.marks for one in counted[school_id]}
        found[school_id] = {
            pupil_id: Due(sessions, sessions - marks.get(pupil_id, 0) + strays[pupil_id])
            for pupil_id, sessions in pupils.items()
        }
    return found


def _due(held: Mapping[int, Sequence[Session]], from_on: date, to_on: date) -> dict[int, Counter[int]]:
    """Count the sessions due of each pupil, by school: one query."""
    stays: dict[int, list[tuple[int, date, date | None]]] = {school_id: [] for school_id in held}
    rows = Enrolment.objects.filter(school__in=held, starts_on__lte=to_on).exclude(ends_on__lt=from_on)
    for school_id, pupil_id, starts_on, ends_on in rows.values_list("school_id", "pupil_id", "starts_on", "ends_on"):
        stays[school_id].append((pupil_id, starts_on, ends_on))
    return {
        school_id: count_due(stays[school_id], sessions) if sessions else Counter()
        for school_id, sessions in held.items()
    }


def _on_other_days(held: Mapping[int, Sequence[Session]], from_on: date, to_on: date) -> Counter[int]:
    """Count each pupil's marks of sessions that the school did not hold or that are not yet due: one query."""
    days = [from_on + n * _DAY for n in range((to_on - from_on).days + 1)]
    gaps = [
        (school_id, on, half)
        for school_id, sessions in held.items()
        for known in [{(one.on, one.half) for one in sessions}]
        for on in days
        for half in HALVES
        if (on, half) not in known
    ]
    schools, ons, halves = ([gap[part] for gap in gaps] for part in range(3))
    rows = rows_of(
        """
        SELECT m.pupil_id, count(*)
        FROM unnest(%(schools)s::bigint[], %(ons)s::date[], %(halves)s::text[]) AS gap(school_id, "on", half)
        JOIN registers_mark m ON m.school_id = gap.school_id AND m."on" = gap."on" AND m.half = gap.half
        GROUP BY m.pupil_id
        """,
        {"schools": schools, "ons": ons, "halves": halves},
    )
    return Counter(dict(rows))


def _of_nobody_on_roll(
    held: Mapping[int, Sequence[Session]], due: Mapping[int, Mapping[int, int]], from_on: date, to_on: date
) -> Counter[int]:
    """Count each pupil's marks of sessions held while it was not on roll: one query."""
    # Asked only of those who were not there throughout.
    partly = [
        (school_id, pupil_id)
        for school_id, pupils in due.items()
        for pupil_id, sessions in pupils.items()
        if sessions < len(held[school_id])
    ]
    known = {school_id: {(one.on, one.half) for one in sessions} for school_id, sessions in held.items()}
    found: Counter[int] = Counter()
    for school_id, pupil_id, on, half in rows_of(
        """
        SELECT m.school_id, m.pupil_id, m."on", m.half
        FROM unnest(%(schools)s::bigint[], %(pupils)s::bigint[]) AS part(school_id, pupil_id)
        JOIN registers_mark m ON m.school_id = part.school_id AND m.pupil_id = part.pupil_id
        WHERE m."on" BETWEEN %(from)s AND %(to)s
          AND NOT EXISTS (
            SELECT 1 FROM registers_enrolment e
            WHERE e.school_id = m.school_id AND e.pupil_id = m.pupil_id
              AND m."on" >= e.starts_on AND (e.ends_on IS NULL OR m."on" <= e.ends_on)
          )
        """,
        {
            "schools": [school_id for school_id, _ in partly],
            "pupils": [pupil_id for _, pupil_id in partly],
            "from": from_on,
            "to": to_on,
        },
    ):
        found[pupil_id] += (on, half) in known[school_id]
    return found
