"""The runs of the trawl, and what one says when it is held against another."""

# ruff: noqa: S608 - every name put into a statement here is a constant of the code; values travel beside it

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, Final

from django.db import connection
from django.db.models import QuerySet

from attendance_office.jobs.models import Job, Run
from attendance_office.staff.models import School
from interventions.models import Trawl, TrawlAsk
from interventions.rules.trawl import BANDS, GOOD_RUN, MOVED_SHORT, Moved
from registers.rules.rates import PERSISTENT, Tally

_PERIODS: Final = ("year", "term", "weeks")
_COUNTS: Final = ("attended", "authorised", "unauthorised", "late")
_BESIDES: Final = (
    "year_group", "tutor_group_id", "year_band", "term_band", "weeks_band", "broken_weeks", "broken_run", "good_run",
)  # fmt: skip
_COLUMNS: Final = (*(f"{period}_{count}" for period in _PERIODS for count in _COUNTS), *_BESIDES)
_WEEK: Final = timedelta(days=7)


def trawls_of(school: School) -> QuerySet[Trawl]:
    """Give a school's runs, the latest first."""
    return Trawl.objects.filter(school=school).order_by("-on", "-made_at", "-pk")


def before(trawls: Sequence[Trawl], trawl: Trawl) -> Trawl | None:
    """Give the run that "since last week" means: the latest of a week or more before, in the same school year.

    Where all are more recent, the earliest of those on an earlier day; None for the first.
    """
    return earlier(trawls, on=trawl.on, year_from=trawl.year_from)


def earlier(trawls: Sequence[Trawl], *, on: date, year_from: date) -> Trawl | None:
    """Give the run with which one for a day is compared, of `trawls` with the latest first."""
    same_year = [one for one in trawls if one.year_from == year_from and one.on < on]
    week_old = [one for one in same_year if one.on <= on - _WEEK]
    if week_old:
        return week_old[0]
    return same_year[-1] if same_year else None


def last_job(school: School) -> Run | None:
    """Give the clock's latest run of the weekly trawl, however it ended."""
    return Run.objects.filter(school=school, job=Job.ABSENCE_TRAWL).order_by("-due_on").first()


def last_ask(school: School) -> TrawlAsk | None:
    """Give the trawl that was asked for last, however it stands."""
    return TrawlAsk.objects.filter(school=school).select_related("asked_by").order_by("-asked_at", "-pk").first()


@dataclass(frozen=True, slots=True)
class Counted:
    """What one run says of one pupil."""

    year: Tally
    term: Tally
    weeks: Tally
    year_group: int
    tutor_group_id: int | None
    band: int | None
    broken_weeks: int
    broken_run: int
    good_run: int

    @property
    def band_words(self) -> str:
        """Give the band in words."""
        return "No possible session" if self.band is None else BANDS[self.band].words


@dataclass(frozen=True, slots=True)
class Line:
    """One pupil in two runs, and what happened between them. A pupil who left stands as the earlier run had them."""

    pupil_id: int
    now: Counted | None
    before: Counted | None
    moves: tuple[Moved, ...]

    @property
    def shown(self) -> Counted:
        """Give the later of the two that there is."""
        found = self.now or self.before
        if found is None:
            raise ValueError("A line stands in one of two runs.")
        return found

    @property
    def change(self) -> Fraction | None:
        """Give by how much the year's attendance moved, or None where one run has no rate."""
        if self.now is None or self.before is None:
            return None
        rates = self.now.year.attendance_rate, self.before.year.attendance_rate
        return None if rates[0] is None or rates[1] is None else rates[0] - rates[1]

    @property
    def move_words(self) -> list[str]:
        """Give the movements in short words."""
        return [MOVED_SHORT[one] for one in self.moves]


def _moves_sql() -> str:
    """Give the SQL for the movements between lines b and n, as `movements` decides them."""
    both = "n.id IS NOT NULL AND b.id IS NOT NULL"
    ways = []
    for level, first in {50: 5, 90: 2, 95: 1}.items():
        ways.append((Moved(f"below_{level}"), f"b.year_band < {first} AND n.year_band >= {first}"))
        ways.append((Moved(f"above_{level}"), f"n.year_band < {first} AND b.year_band >= {first}"))
    ways.append((Moved.BROKE_RUN, f"{both} AND b.good_run >= {GOOD_RUN} AND n.broken_weeks > b.broken_weeks"))
    persistent = next(place for place, band in enumerate(BANDS) if band.at_least == PERSISTENT)
    ways.append((Moved.RECOVERED, f"b.weeks_band >= {persistent} AND n.weeks_band = 0"))
    ways.append((Moved.NEW, "b.id IS NULL"))
    ways.append((Moved.LOST, "n.id IS NULL"))
    order = {one: place for place, one in enumerate(Moved)}
    cases = ", ".join(
        f"CASE WHEN {when} THEN '{move.value}' END" for move, when in sorted(ways, key=lambda w: order[w[0]])
    )
    return f"array_remove(ARRAY[{cases}], NULL)"


_COMPARED: Final = f"""
    SELECT coalesce(n.pupil_id, b.pupil_id) AS pupil_id, {_moves_sql()} AS moves,
           n.id IS NOT NULL AS in_now, b.id IS NOT NULL AS in_before,
           {", ".join(f"n.{name} AS n_{name}" for name in _COLUMNS)},
           {", ".join(f"b.{name} AS b_{name}" for name in _COLUMNS)}
    FROM (SELECT * FROM interventions_trawlline WHERE school_id = %(school)s AND trawl_id = %(now)s) n
    FULL JOIN (SELECT * FROM interventions_trawlline WHERE school_id = %(school)s AND trawl_id = %(before)s) b
      ON b.pupil_id = n.pupil_id
"""
# Without a run before nothing moved: nobody is new to the first run.
_ALONE: Final = f"""
    SELECT n.pupil_id, ARRAY[]::text[] AS moves, true AS in_now, false AS in_before,
           {", ".join(f"n.{name} AS n_{name}" for name in _COLUMNS)},
           {", ".join(f"NULL::int AS b_{name}" for name in _COLUMNS)}
    FROM interventions_trawlline n WHERE n.school_id = %(school)s AND n.trawl_id = %(now)s
"""


def _sql(since: Trawl | None) -> str:
    return _ALONE if since is None else _COMPARED


def _asked(trawl: Trawl, since: Trawl | None, pupils: Collection[int] | None) -> dict[str, Any]:
    return {
        "school": trawl.school_id,
        "now": trawl.pk,
        "before": since.pk if since else None,
        "pupils": list(pupils or ()),
    }


@dataclass(frozen=True)
class Summary:
    """Two runs side by side in numbers: movements, and pupils by year group and band."""

    pupils: int
    moves: Mapping[Moved, int]
    bands: Mapping[int, Sequence[int]]
    without: Mapping[int, int] = field(default_factory=dict)

    @property
    def persistent(self) -> int:
        """Give how many pupils are persistently absent, the severely absent among them."""
        first = next(place for place, band in enumerate(BANDS) if band.at_least == PERSISTENT)
        return sum(sum(row[first:]) for row in self.bands.values())

    @property
    def severe(self) -> int:
        """Give how many pupils are severely absent."""
        return sum(row[-1] for row in self.bands.values())


def summary(trawl: Trawl, since: Trawl | None, pupils: Collection[int] | None = None) -> Summary:
    """Give the numbers of a run held against another, for these pupils or for all: one statement."""
    wanted = "" if pupils is None else "WHERE pupil_id = ANY(%(pupils)s)"
    rows = _rows(
        f"""
        WITH compared AS MATERIALIZED (SELECT * FROM ({_sql(since)}) c {wanted})
        SELECT '', n_year_group, n_year_band, count(*) FROM compared WHERE in_now GROUP BY n_year_group, n_year_band
        UNION ALL
        SELECT move, NULL, NULL, count(*) FROM compared, unnest(moves) AS move GROUP BY move
        ORDER BY 1, 2, 3
        """,
        _asked(trawl, since, pupils),
    )
    moves: dict[Moved, int] = {}
    bands: dict[int, list[int]] = {}
    without: dict[int, int] = {}
    for move, year, band, many in rows:
        if move:
            moves[Moved(move)] = many
        elif band is None:
            without[year] = many
            bands.setdefault(year, [0] * len(BANDS))
        else:
            bands.setdefault(year, [0] * len(BANDS))[band] = many
    pupils_in = sum(sum(row) for row in bands.values()) + sum(without.values())
    return Summary(pupils_in, {one: moves[one] for one in Moved if one in moves}, dict(sorted(bands.items())), without)


SORTS: Final[Mapping[str, tuple[str, ...]]] = {
    "rate": ("coalesce(n_rate, 2)",),
    "term": ("coalesce(t_rate, 2)",),
    "weeks": ("coalesce(w_rate, 2)",),
    "change": ("coalesce(n_rate - b_rate, 2)",),
    "broken": ("-coalesce(n_broken_run, b_broken_run)",),
    "missed": (
        "-coalesce(n_year_authorised + n_year_unauthorised, b_year_authorised + b_year_unauthorised)",
        "-coalesce(n_year_unauthorised, b_year_unauthorised)",
    ),
    "name": ("p.sort_name",),
    "form": ("coalesce(n_year_group, b_year_group)", "g.name"),
}


@dataclass(frozen=True)
class Wish:
    """What of a comparison is wanted: bands, a movement, year, order and page."""

    pupils: Collection[int] | None = None
    year: int | None = None
    bands: Collection[int] = ()
    move: Moved | None = None
    moved_only: bool = False
    sort: str = "rate"
    is_reversed: bool = False
    limit: int | None = None
    offset: int = 0


def lines(trawl: Trawl, since: Trawl | None, wish: Wish) -> tuple[list[Line], int]:
    """Give the pupils of a comparison that are wanted, a page of them, and how many there are: one statement."""
    where = ["TRUE"]
    values = _asked(trawl, since, wish.pupils)
    if wish.pupils is not None:
        where.append("pupil_id = ANY(%(pupils)s)")
    if wish.year is not None:
        where.append("coalesce(n_year_group, b_year_group) = %(year)s")
        values["year"] = wish.year
    if wish.bands:
        where.append("in_now AND n_year_band = ANY(%(bands)s)")
        values["bands"] = list(wish.bands)
    if wish.move is not None:
        where.append("%(move)s = ANY(moves)")
        values["move"] = wish.move.value
    elif wish.moved_only:
        where.append("cardinality(moves) > 0")
    else:
        where.append("in_now")
    order = SORTS.get(wish.sort, SORTS["rate"])
    turned = ", ".join(f"{part} DESC" if wish.is_reversed else part for part in order)
    values |= {"limit": wish.limit, "offset": wish.offset}
    rate = "{0}_{1}_attended::numeric / nullif({0}_{1}_attended + {0}_{1}_authorised + {0}_{1}_unauthorised, 0)"
    rows = _rows(
        f"""
        WITH compared AS (
            SELECT *, {rate.format("n", "year")} AS n_rate, {rate.format("b", "year")} AS b_rate,
                   {rate.format("n", "term")} AS t_rate, {rate.format("n", "weeks")} AS w_rate
            FROM ({_sql(since)}) both_runs WHERE {" AND ".join(where)}
        )
        SELECT count(*) OVER (), pupil_id, moves, in_now, in_before,
               {", ".join(f"n_{name}" for name in _COLUMNS)}, {", ".join(f"b_{name}" for name in _COLUMNS)}
        FROM compared c JOIN registers_pupil p ON p.id = c.pupil_id
        LEFT JOIN staff_tutorgroup g ON g.id = coalesce(c.n_tutor_group_id, c.b_tutor_group_id)
        ORDER BY {turned}, p.sort_name, p.id LIMIT %(limit)s OFFSET %(offset)s
        """,
        values,
    )
    wide = len(_COLUMNS)
    found = [
        Line(
            row[1],
            _counted(row[5 : 5 + wide]) if row[3] else None,
            _counted(row[5 + wide :]) if row[4] else None,
            tuple(Moved(one) for one in row[2]),
        )
        for row in rows
    ]
    return found, rows[0][0] if rows else 0


def _counted(row: Sequence[Any]) -> Counted:
    year, term, weeks = (
        Tally(sum(counts[:3]), *counts)
        for counts in (row[at : at + len(_COUNTS)] for at in range(0, len(_PERIODS) * len(_COUNTS), len(_COUNTS)))
    )
    rest = dict(zip(_BESIDES, row[len(_PERIODS) * len(_COUNTS) :], strict=True))
    return Counted(
        year=year,
        term=term,
        weeks=weeks,
        year_group=rest["year_group"],
        tutor_group_id=rest["tutor_group_id"],
        band=rest["year_band"],
        broken_weeks=rest["broken_weeks"],
        broken_run=rest["broken_run"],
        good_run=rest["good_run"],
    )


def _rows(sql: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
