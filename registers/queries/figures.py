"""Attendance figures of pupils and schools, exact for any period: the one place that counts marks.

Whole school weeks come from the week totals. A week that the period cuts is counted from its marks, or from its total
less the marks outside the period, whichever reads fewer of them. The school comes first in every key.
"""

# ruff: noqa: S608 - every name put into a statement here is a constant of this module; values travel beside it

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import connection

from attendance_office import clock
from registers.models import Enrolment, Placement, Pupil, SessionTimes
from registers.rules.ages import school_year_starts
from registers.rules.codes import Counts
from registers.rules.figures import Figures
from registers.rules.rates import Tally
from registers.rules.sessions import Calendar, Session, monday

from .calendar import calendar_of, opening, session_times

KINDS: Final = tuple(kind.value for kind in Counts)
_COLUMNS: Final = (*KINDS, "late")
_WEDNESDAY: Final = 2
_DAY: Final = timedelta(days=1)
_WEEK: Final = timedelta(days=7)
IN_FORCE: Final = 'c.symbol = m.code AND m."on" >= c.from_on AND (c.to_on IS NULL OR m."on" <= c.to_on)'


@dataclass(frozen=True, slots=True)
class PupilFigures:
    """One pupil's sessions of a period by what they count as."""

    pupil_id: int
    present: int = 0
    approved: int = 0
    authorised: int = 0
    unauthorised: int = 0
    not_possible: int = 0
    administrative: int = 0
    late: int = 0

    @property
    def attended(self) -> int:
        """Give the sessions present or at an approved educational activity."""
        return self.present + self.approved

    @property
    def possible(self) -> int:
        """Give the sessions that count: attended and missed."""
        return self.attended + self.authorised + self.unauthorised

    @property
    def marks(self) -> int:
        """Give the number of marks, those that count nothing included."""
        return self.possible + self.not_possible + self.administrative

    @property
    def tally(self) -> Tally:
        """Give the sessions as the law's own value, with its rates."""
        return Tally(self.possible, self.attended, self.authorised, self.unauthorised, self.late)


def counts_by_pupil(
    school_id: int, from_on: date, to_on: date, pupil_ids: Collection[int] | None = None
) -> list[PupilFigures]:
    """Give each pupil's sessions from one day to another, both included: one statement.

    A pupil without a mark in the period is not in the list.
    """
    wanted = "" if pupil_ids is None else " AND {alias}.pupil_id = ANY(%(pupils)s)"
    inner, values = pieces(from_on, to_on, "{alias}.school_id = %(school)s" + wanted)
    if not inner:
        return []
    values |= {"school": school_id, "pupils": list(pupil_ids or ())}
    rows = rows_of(f"SELECT pupil_id, {sums()} FROM ({inner}) parts GROUP BY pupil_id ORDER BY pupil_id", values)
    # Whole totals less every one of their marks leave a row of noughts: no mark, so no row.
    return [PupilFigures(*row) for row in rows if any(row[1:])]


def year_to_date(school_id: int, on: date) -> list[PupilFigures]:
    """Give each pupil's sessions of the school year up to a day, that day included."""
    return counts_by_pupil(school_id, school_year_starts(on), on)


def weeks_sql(school_id: int, from_on: date, to_on: date) -> tuple[str, dict[str, Any]]:
    """Give the SQL, and its values, of each pupil's sessions by school week: exact from one day to another.

    Its rows are pupil_id, school_week, attended, authorised, unauthorised and late, one for each pupil and week with a
    possible session. For answers that count more than a period at once, inside Postgres.
    """
    inner, values = pieces(from_on, to_on, "{alias}.school_id = %(school)s")
    sql = (
        "SELECT pupil_id, school_week, sum(present + approved)::int AS attended, sum(authorised)::int AS authorised,"
        f" sum(unauthorised)::int AS unauthorised, sum(late)::int AS late FROM ({inner}) parts"
        " GROUP BY pupil_id, school_week HAVING sum(present + approved + authorised + unauthorised) > 0"
    )
    return sql, values | {"school": school_id}


def counts_by_school(school_ids: Collection[int], from_on: date, to_on: date) -> dict[int, Tally]:
    """Give the tally of each school over a period, in one statement; a school without marks has an empty one."""
    inner, values = pieces(from_on, to_on, "{alias}.school_id = ANY(%(schools)s)")
    tallies = dict.fromkeys(school_ids, Tally())
    if inner:
        rows = rows_of(
            f"SELECT school_id, {sums()} FROM ({inner}) parts GROUP BY school_id",
            values | {"schools": list(school_ids)},
        )
        tallies |= {row[0]: PupilFigures(*row).tally for row in rows}
    return tallies


def counts_by_school_and_pupil(
    school_ids: Collection[int], from_on: date, to_on: date
) -> dict[int, list[PupilFigures]]:
    """Give each pupil's sessions for several schools at once, by school, in one statement."""
    inner, values = pieces(from_on, to_on, "{alias}.school_id = ANY(%(schools)s)")
    found: dict[int, list[PupilFigures]] = {school_id: [] for school_id in school_ids}
    if inner:
        for row in rows_of(
            f"SELECT school_id, pupil_id, {sums()} FROM ({inner}) parts GROUP BY school_id, pupil_id",
            values | {"schools": list(school_ids)},
        ):
            if any(row[2:]):
                found[row[0]].append(PupilFigures(*row[1:]))
    return found


def school_counts(school_id: int, from_on: date, to_on: date, *, upto: Session | None = None) -> Figures:
    """Give a school's figures over a period, codes and missing sessions included.

    Sessions after `upto` are not yet due, so they are not missing.
    """
    return Figures.of_pupils(
        (pupil.tally for pupil in counts_by_pupil(school_id, from_on, to_on)),
        codes=codes(school_id, from_on, to_on),
        missing=missing(school_id, from_on, to_on, upto=upto),
    )


def by_pupil(school_id: int, from_on: date, to_on: date, *, upto: Session | None = None) -> dict[int, Figures]:
    """Give the figures of each pupil who has a mark in the period or missed having one, by primary key."""
    tallies = {pupil.pupil_id: pupil.tally for pupil in counts_by_pupil(school_id, from_on, to_on)}
    marks = codes_by_pupil(school_id, from_on, to_on)
    lacking = missing_by_pupil(school_id, from_on, to_on, upto=upto)
    return {
        pupil_id: Figures.of_pupils(
            [tallies.get(pupil_id, Tally())], codes=marks.get(pupil_id, {}), missing=lacking.get(pupil_id, 0)
        )
        for pupil_id in sorted({*tallies, *(pupil_id for pupil_id, n in lacking.items() if n)})
    }


def by_year_group(school_id: int, from_on: date, to_on: date, *, upto: Session | None = None) -> dict[int, Figures]:
    """Give the figures of each year group over a period, lowest first.

    A pupil's year group is that of the last placement begun by the period's last day: over several school years all of
    a pupil's sessions count where the pupil is at the end.
    """
    year_of = year_groups(school_id, to_on)
    members: defaultdict[int, list[Figures]] = defaultdict(list)
    for pupil_id, pupil in by_pupil(school_id, from_on, to_on, upto=upto).items():
        members[year_of[pupil_id]].append(pupil)
    found = {}
    for year, pupils in sorted(members.items()):
        marks: Counter[str] = Counter()
        for pupil in pupils:
            marks.update(pupil.codes)
        found[year] = Figures.of_pupils(
            (pupil.tally for pupil in pupils),
            codes=dict(sorted(marks.items())),
            missing=sum(pupil.missing for pupil in pupils),
        )
    return found


def year_groups(school_id: int, on: date) -> dict[int, int]:
    """Give each pupil's year group on a day: of the last placement begun by then, else the pupil's own."""
    return year_groups_of([school_id], on)


def year_groups_of(school_ids: Collection[int], on: date) -> dict[int, int]:
    """Give the year group on a day of each pupil of several schools, as `year_groups` has it: two queries."""
    found = dict(Pupil.objects.filter(school__in=school_ids).values_list("pk", "year_group"))
    placed = Placement.objects.filter(school__in=school_ids, from_on__lte=on).order_by("from_on")
    found.update(placed.values_list("pupil_id", "year_group"))
    return found


def codes(school_id: int, from_on: date, to_on: date) -> dict[str, int]:
    """Give the number of marks by code over a period, in the order of the symbols."""
    rows = rows_of(
        'SELECT m.code, count(*) FROM registers_mark m WHERE m.school_id = %(school)s AND m."on" BETWEEN %(from)s AND'
        ' %(to)s GROUP BY m.code ORDER BY m.code COLLATE "C"',
        {"school": school_id, "from": from_on, "to": to_on},
    )
    return dict(rows)


def codes_by_pupil(
    school_id: int, from_on: date, to_on: date, pupil_ids: Collection[int] | None = None
) -> dict[int, dict[str, int]]:
    """Give each pupil's number of marks by code over a period."""
    wanted = "" if pupil_ids is None else " AND m.pupil_id = ANY(%(pupils)s)"
    found: defaultdict[int, dict[str, int]] = defaultdict(dict)
    for pupil_id, code, sessions in rows_of(
        'SELECT m.pupil_id, m.code, count(*) FROM registers_mark m WHERE m.school_id = %(school)s AND m."on" BETWEEN'
        f' %(from)s AND %(to)s{wanted} GROUP BY m.pupil_id, m.code ORDER BY m.pupil_id, m.code COLLATE "C"',
        {"school": school_id, "from": from_on, "to": to_on, "pupils": list(pupil_ids or ())},
    ):
        found[pupil_id][code] = sessions
    return dict(found)


def codes_of_day(school_id: int, on: date) -> dict[str, dict[str, int]]:
    """Give the number of marks of one school day by session ("AM", "PM") and code."""
    found: dict[str, dict[str, int]] = {"AM": {}, "PM": {}}
    for half, code, sessions in rows_of(
        'SELECT m.half, m.code, count(*) FROM registers_mark m WHERE m.school_id = %(school)s AND m."on" = %(on)s'
        ' GROUP BY m.half, m.code ORDER BY m.half, m.code COLLATE "C"',
        {"school": school_id, "on": on},
    ):
        found[half][code] = sessions
    return found


def latest_due(
    school_id: int,
    at: datetime,
    *,
    calendar: Calendar | None = None,
    times: Mapping[str, SessionTimes] | None = None,
) -> Session:
    """Give the last session whose register had opened by an instant; before the first, one before all others.

    A session for which the school keeps no times is due from the start of its day. Calendar and the times of that day
    are not asked for where they are known already.
    """
    here = clock.local(at)
    calendar = calendar or calendar_of(school_id)
    times = session_times(school_id, here.date()) if times is None else times
    opened = [
        session
        for session in calendar.sessions(here.date(), here.date())
        if session.half not in times or opening(times[session.half], session.on) <= at
    ]
    if opened:
        return opened[-1]
    return calendar.previous_session(Session(here.date(), "AM")) or Session(date.min, "AM")


def missing(school_id: int, from_on: date, to_on: date, *, upto: Session | None = None) -> int:
    """Give the sessions of a period that were due of enrolled pupils and have no mark."""
    return sum(missing_by_pupil(school_id, from_on, to_on, upto=upto).values())


def missing_by_pupil(school_id: int, from_on: date, to_on: date, *, upto: Session | None = None) -> dict[int, int]:
    """Give for each pupil enrolled in the period how many sessions were due and have no mark.

    Due are the calendar's sessions of the pupil's enrolment, up to and including `upto`.
    """
    held = [session for session in calendar_of(school_id).sessions(from_on, to_on) if upto is None or session <= upto]
    expected = _expected(school_id, held)
    if not expected:
        return {}
    marked = rows_of(
        """
        SELECT m.pupil_id, count(*)
        FROM registers_mark m
        JOIN registers_enrolment e
          ON e.school_id = m.school_id AND e.pupil_id = m.pupil_id
         AND m."on" >= e.starts_on AND (e.ends_on IS NULL OR m."on" <= e.ends_on)
        JOIN unnest(%(ons)s::date[], %(halves)s::text[]) AS held("on", half)
          ON held."on" = m."on" AND held.half = m.half
        WHERE m.school_id = %(school)s AND m."on" BETWEEN %(from)s AND %(to)s
        GROUP BY m.pupil_id
        """,
        {
            "school": school_id,
            "from": held[0].on,
            "to": held[-1].on,
            "ons": [session.on for session in held],
            "halves": [session.half for session in held],
        },
    )
    for pupil_id, sessions in marked:
        expected[pupil_id] -= sessions
    return expected


def _expected(school_id: int, held: Sequence[Session]) -> dict[int, int]:
    """Count the sessions that were due of each pupil enrolled while they were held."""
    if not held:
        return {}
    stays = Enrolment.objects.filter(school=school_id, starts_on__lte=held[-1].on).exclude(ends_on__lt=held[0].on)
    return count_due(stays.values_list("pupil_id", "starts_on", "ends_on"), held)


def count_due(stays: Iterable[tuple[int, date, date | None]], held: Sequence[Session]) -> Counter[int]:
    """Count for each pupil the sessions held while it was on roll; a stay is a pupil, its first and its last day."""
    found: Counter[int] = Counter()
    known: dict[tuple[date, date], int] = {}
    for pupil_id, starts_on, ends_on in stays:
        stay = (max(held[0].on, starts_on), min(held[-1].on, ends_on or held[-1].on))
        if stay not in known:
            known[stay] = sum(stay[0] <= session.on <= stay[1] for session in held)
        found[pupil_id] += known[stay]
    return found


def pieces(from_on: date, to_on: date, where: str) -> tuple[str, dict[str, Any]]:
    """Give the SQL whose rows (school, pupil, week and sessions) sum to the period, and its dates; "" for no day.

    Whole weeks and cut weeks that are mostly inside come from the totals; marks are then added, or taken away.
    """
    if to_on < from_on:
        return "", {}
    weeks, marks = _spans(from_on, to_on)
    found: list[str] = []
    values: dict[str, Any] = {}
    if weeks is not None:
        values |= {"first_week": weeks[0], "last_week": weeks[1]}
        found.append(
            f"SELECT t.school_id, t.pupil_id, t.school_week, {', '.join(f't.{name}' for name in _COLUMNS)}"
            f" FROM registers_weektotal t WHERE {where.format(alias='t')}"
            " AND t.school_week BETWEEN %(first_week)s AND %(last_week)s"
        )
    for number, (sign, first, last) in enumerate(marks):
        values |= {f"from_{number}": first, f"to_{number}": last}
        counted = ", ".join(f"{sign} * (c.counts_as = '{kind}')::int AS {kind}" for kind in KINDS)
        found.append(
            f"SELECT m.school_id, m.pupil_id, m.school_week, {counted}, {sign} * c.is_late::int AS late"
            f" FROM registers_mark m JOIN registers_codeinforce c ON {IN_FORCE}"
            f' WHERE {where.format(alias="m")} AND m."on" BETWEEN %(from_{number})s AND %(to_{number})s'
        )
    return " UNION ALL ".join(found), values


def _spans(from_on: date, to_on: date) -> tuple[tuple[date, date] | None, list[tuple[int, date, date]]]:
    """Cut a period into the Mondays of its first and last whole week, and signed runs of days to count by mark."""
    first, last = monday(from_on), monday(to_on)
    marks: list[tuple[int, date, date]] = []
    if last <= first and (to_on - from_on).days <= _WEDNESDAY:
        return None, [(1, from_on, to_on)]
    if from_on > first:
        if from_on.weekday() <= _WEDNESDAY:
            marks.append((-1, first, from_on - _DAY))
        else:
            marks.append((1, from_on, min(to_on, first + _WEEK - _DAY)))
            first += _WEEK
    if last >= first and to_on < last + _WEEK - _DAY:
        if to_on.weekday() >= _WEDNESDAY:
            marks.append((-1, to_on + _DAY, last + _WEEK - _DAY))
        else:
            marks.append((1, max(from_on, last), to_on))
            last -= _WEEK
    return ((first, last) if first <= last else None), marks


def sums() -> str:
    """Give the SQL that adds up what `pieces` gives, in the order of `PupilFigures`."""
    return ", ".join(f"sum({name})::int" for name in _COLUMNS)


def rows_of(sql: str, values: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    """Give the rows of one statement."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return iter(cursor.fetchall())
