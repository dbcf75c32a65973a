"""What the pages of the trawl show: a comparison narrowed to a reader's pupils, and one pupil over the runs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.db.models import F, QuerySet
from django.http import QueryDict

from attendance_office.numbers import whole
from attendance_office.staff.models import School, TutorGroup, User
from interventions.models import CaseProposal, Trawl, TrawlLine
from interventions.queries.trawls import SORTS, Line, Summary, Wish, before, lines, summary, trawls_of
from interventions.rules.trawl import BANDS, GROUNDS, Moved, Standing, movements
from registers.models import Group, Pupil
from registers.queries import pupils

PERSISTENT_BANDS: Final = tuple(place for place, band in enumerate(BANDS) if band.key in {"10", "15", "20", "50"})
CHOICES: Final[Mapping[str, tuple[str, tuple[int, ...]]]] = {
    "persistent": ("Persistent, 10 % or more", PERSISTENT_BANDS),
    **{band.key: (band.words, (place,)) for place, band in enumerate(BANDS)},
    "all": ("Everybody", ()),
}
RUNS_CHOSEN: Final = 60


@dataclass(frozen=True)
class Asked:
    """What a query string asks of the trawl, cleaned."""

    run: int | None
    since: int | None
    year: int | None
    band: str
    move: Moved | None
    moved_only: bool
    group: int | None
    q: str
    sort: str
    is_reversed: bool

    @classmethod
    def of(cls, query: QueryDict) -> Asked:
        """Read a query string; nonsense is as if it were not there."""
        move = query.get("moved", "")
        sort = query.get("sort", "")
        band = query.get("band", "")
        return cls(
            run=whole(query.get("run", "")),
            since=whole(query.get("since", "")),
            year=whole(query.get("year", "")),
            band=band if band in CHOICES else "all" if move else "persistent",
            move=Moved(move) if move in set(Moved) else None,
            moved_only=move == "any",
            group=whole(query.get("group", "")),
            q=query.get("q", "")[:60].strip(),
            sort=sort.lstrip("-") if sort.lstrip("-") in SORTS else "rate",
            is_reversed=sort.startswith("-") and sort[1:] in SORTS,
        )


@dataclass(frozen=True)
class Page:
    """A comparison of two runs as a reader may see it, and the pupils asked for."""

    asked: Asked
    runs: Sequence[Trawl]
    run: Trawl
    since: Trawl | None
    numbers: Summary
    rows: Sequence[Row]
    total: int

    @property
    def is_across_years(self) -> bool:
        """Tell whether the two runs are of different school years, so that the year to date began anew between."""
        return self.since is not None and self.since.year_from != self.run.year_from


@dataclass(frozen=True)
class Row:
    """A pupil of the list, with what two runs say."""

    pupil: Pupil
    form: str
    line: Line


def page_of(school: School, user: User, asked: Asked, *, on: date, limit: int | None, offset: int = 0) -> Page | None:
    """Give the comparison asked for and a page of its pupils; None where the school has no run yet. Six queries."""
    runs = list(trawls_of(school).select_related("made_by")[:RUNS_CHOSEN])
    if not runs:
        return None
    by_key = {one.pk: one for one in runs}
    run = by_key.get(asked.run or 0, runs[0])
    since = by_key.get(asked.since or 0) or before(runs, run)
    reach = None if user.standing.sees_all(school.pk) else _keys(Pupil.objects.visible_to(user).filter(school=school))
    wanted = _narrowed(school, user, asked, on=on) if asked.q or asked.group else reach
    wish = Wish(
        pupils=wanted,
        year=asked.year,
        bands=CHOICES[asked.band][1],
        move=asked.move,
        moved_only=asked.moved_only,
        sort=asked.sort,
        is_reversed=asked.is_reversed,
        limit=limit,
        offset=offset,
    )
    found, total = lines(run, since, wish)
    return Page(asked, runs, run, since, summary(run, since, reach), _rows(school, found), total)


def _keys(rows: QuerySet[Pupil]) -> list[int]:
    return list(rows.order_by().values_list("pk", flat=True))


def _narrowed(school: School, user: User, asked: Asked, *, on: date) -> list[int]:
    rows = Pupil.objects.visible_to(user).filter(school=school)
    if asked.q:
        rows = pupils.called(rows, asked.q)
    if asked.group:
        rows = rows.filter(pk__in=pupils.present(on).filter(group=asked.group).values("pupil"))
    return _keys(rows)


def _rows(school: School, found: Collection[Line]) -> list[Row]:
    there = {one.pk: one for one in Pupil.objects.filter(school=school, pk__in=[line.pupil_id for line in found])}
    forms = dict(TutorGroup.objects.filter(school=school).values_list("pk", "name"))
    return [Row(there[one.pupil_id], forms.get(one.shown.tutor_group_id or 0, ""), one) for one in found]


def groups_of(school: School) -> QuerySet[Group]:
    """Give the school's own groups."""
    return Group.objects.filter(school=school).order_by("name")


@dataclass(frozen=True)
class Reading:
    """What one run said of a pupil, and what had moved since the run before it in the list."""

    trawl: Trawl
    line: TrawlLine
    moves: Sequence[Moved]

    @property
    def band_words(self) -> str:
        """Give the band in words."""
        return "No possible session" if self.line.year_band is None else BANDS[self.line.year_band].words


def readings_of(pupil: Pupil) -> list[Reading]:
    """Give what each run of the latest school year said of a pupil, the last of each day, the latest first: a query."""
    rows = TrawlLine.objects.filter(school=pupil.school_id, pupil=pupil).select_related("trawl")
    by_day: dict[date, TrawlLine] = {row.trawl.on: row for row in rows.order_by("trawl__on", "trawl__made_at")}
    if not by_day:
        return []
    year_from = max(row.trawl.year_from for row in by_day.values())
    found: list[Reading] = []
    last: Standing | None = None
    for row in by_day.values():
        if row.trawl.year_from != year_from:
            continue
        now = standing(row)
        moved = movements(last, now) if last is not None else frozenset()
        found.append(Reading(row.trawl, row, [one for one in Moved if one in moved]))
        last = now
    return found[::-1]


def standing(row: TrawlLine) -> Standing:
    """Give a line as the rules take it."""
    return Standing(row.year, row.weeks, row.good_run, row.broken_run, row.broken_weeks)


def proposals(school: School, user: User, query: QueryDict) -> QuerySet[CaseProposal]:
    """Give the proposals asked for within a person's reach, the gravest first, then the most absent."""
    rows = CaseProposal.objects.visible_to(user).filter(school=school)
    state, ground = query.get("state", ""), query.get("ground", "")
    rows = rows.filter(state=state if state in CaseProposal.State.values else CaseProposal.State.PROPOSED)
    if ground in set(GROUNDS):
        rows = rows.filter(ground=ground)
    if (year := whole(query.get("year", ""))) is not None:
        rows = rows.filter(pupil__year_group=year)
    if q := query.get("q", "")[:60].strip():
        rows = rows.filter(pupil__in=pupils.called(Pupil.objects.filter(school=school), q))
    absent: Any = F("line__year_authorised") + F("line__year_unauthorised")
    rows = rows.select_related("pupil__tutor_group", "line__trawl", "settled_by")
    return rows.order_by("gravity", -absent, "pupil__sort_name", "pk")


def open_proposals(school: School, user: User) -> QuerySet[CaseProposal]:
    """Give the proposals still open within a person's reach."""
    return CaseProposal.objects.visible_to(user).filter(school=school, state=CaseProposal.State.PROPOSED)
