"""Who fell ill with what, by year and day, as parents said it; and what of it stands out.

Everything is counted from the absence notes told as illness. Notes of a pupil that follow one another are one illness,
of the first kind that was said, and it begins on the first school day of it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.db.models import Q, QuerySet

from attendance_office.staff.models import School
from registers.models import AbsenceNote, Pupil
from registers.queries.calendar import calendar_of
from registers.queries.pupils import years_taught
from registers.rules.sessions import Calendar
from reporting.models import ClusterDay
from reporting.models.distributions import scope_words
from reporting.rules.clusters import (
    BEFORE_DAYS,
    LOOKS,
    SAME_WITHIN,
    Seen,
    chance_of,
    is_cluster,
    is_known_enough,
    looks_of,
    weight_of,
)

ILL: Final = "I"
KINDS: Final = tuple(AbsenceNote.Symptom.values)
UNSAID: Final = AbsenceNote.Symptom.OTHER.value
# How far before the first day a note may have begun that the day's own goes on from.
_GOES_ON: Final = timedelta(days=21)
_BACK: Final = timedelta(days=120)


def said(kind: str) -> str:
    """Give a kind of illness as it stands within a line: "Stomach (sickness, diarrhoea)"."""
    what, colon, which = str(AbsenceNote.Symptom(kind).label).partition(": ")
    return f"{what} ({which})" if colon else what


@dataclass(frozen=True, slots=True)
class Illness:
    """One pupil's illness: its kind, its first school day and its last day on record so far."""

    pupil_id: int
    year_group: int
    kind: str
    first_on: date
    last_on: date


@dataclass(frozen=True, slots=True)
class Cell:
    """A kind of illness in a year group, or the whole school, and the look in which it is least like chance."""

    year_group: int | None
    kind: str
    look: int
    seen: Seen

    @property
    def scope(self) -> str:
        """Give in words of whom it is."""
        return scope_words(self.year_group)

    @property
    def words(self) -> str:
        """Give the kind in words."""
        return said(self.kind)


@dataclass(frozen=True)
class Watch:
    """A day's test: what clusters, of how many tests, and on how many of the days before an illness is on record."""

    on: date
    clusters: tuple[Cell, ...]
    tests: int
    days_known: int

    @property
    def is_known_enough(self) -> bool:
        """Tell whether there was enough to compare with."""
        return is_known_enough(self.days_known)


def illnesses(school: School, days: Sequence[date], pupils: QuerySet[Pupil] | None = None) -> list[Illness]:
    """Give the illnesses on record that touch some school days in a row, of everybody or of some: two queries."""
    if not days:
        return []
    notes = AbsenceNote.objects.filter(
        Q(to_on=None) | Q(to_on__gte=days[0] - _GOES_ON), school=school, told_code=ILL, from_on__lte=days[-1]
    ).exclude(state=AbsenceNote.State.WITHDRAWN)
    if pupils is not None:
        notes = notes.filter(pupil__in=pupils)
    rows = notes.order_by("pupil", "from_on", "pk").values_list(
        "pupil", "pupil__year_group", "symptom", "from_on", "to_on"
    )
    calendar = calendar_of(school.pk)
    found: list[Illness] = []
    for pupil, year, symptom, from_on, to_on in rows:
        one = _illness(calendar, pupil, year, symptom or UNSAID, from_on, to_on or days[-1], days[-1])
        if one is None:
            continue
        if found and found[-1].pupil_id == pupil and not calendar.days(found[-1].last_on, one.first_on)[1:-1]:
            found[-1] = _joined(found[-1], one)
        else:
            found.append(one)
    return [one for one in found if one.last_on >= days[0]]


def _illness(
    calendar: Calendar, pupil: int, year: int, kind: str, from_on: date, to_on: date, until: date
) -> Illness | None:
    """Give a note as an illness from its first school day; None where it holds none up to the last day asked for."""
    held = calendar.days(from_on, min(to_on, until))
    return Illness(pupil, year, kind, held[0], held[-1]) if held else None


def _joined(one: Illness, other: Illness) -> Illness:
    kind = other.kind if one.kind == UNSAID else one.kind
    return Illness(one.pupil_id, one.year_group, kind, one.first_on, max(one.last_on, other.last_on))


def newly(found: Iterable[Illness], days: Collection[date]) -> Counter[tuple[date, int, str]]:
    """Count who fell ill, by day, year group and kind."""
    return Counter((one.first_on, one.year_group, one.kind) for one in found if one.first_on in days)


def away(found: Iterable[Illness], days: Sequence[date]) -> Counter[tuple[date, int, str]]:
    """Count who was away ill, by day, year group and kind."""
    counts: Counter[tuple[date, int, str]] = Counter()
    for one in found:
        counts.update((on, one.year_group, one.kind) for on in days if one.first_on <= on <= one.last_on)
    return counts


def watch(school: School, on: date) -> Watch:
    """Test a day: each kind in each year group and in the whole school, over each look, against the days before."""
    calendar = calendar_of(school.pk)
    days = calendar.days(on - _BACK, on)[-(BEFORE_DAYS + max(LOOKS)) :]
    years = years_taught(school)
    tests = looks_of(len(years), len(KINDS))
    begun = [one for one in illnesses(school, days) if one.first_on in days]
    before = days[-(BEFORE_DAYS + 1) : -1]
    known = len({one.first_on for one in begun if one.first_on in before})
    if on not in days or not is_known_enough(known):
        return Watch(on, (), tests, known)
    by_cell: dict[tuple[int | None, str], list[Illness]] = defaultdict(list)
    for one in begun:
        by_cell[one.year_group, one.kind].append(one)
        by_cell[None, one.kind].append(one)
    cells = [_least_likely(year, kind, some, days, tests) for (year, kind), some in by_cell.items()]
    order = {kind: place for place, kind in enumerate(KINDS)}
    clusters = sorted((one for one in cells if one), key=lambda one: (one.year_group or 0, order[one.kind]))
    return Watch(on, tuple(clusters), tests, known)


def _least_likely(
    year: int | None, kind: str, some: Sequence[Illness], days: Sequence[date], tests: int
) -> Cell | None:
    """Give the look in which a cell clusters, the least likely of them; None where it clusters in none."""
    found = []
    for look in LOOKS:
        inside, before = days[-look:], days[-(look + BEFORE_DAYS) : -look]
        if not before:
            continue
        new = [one for one in some if one.first_on in inside]
        place = len(days) - look - len(before)
        seen = Seen(
            new=len(new),
            pupils=len({one.pupil_id for one in new}),
            weight=weight_of(inside, before[-1]),
            new_before=sum(one.first_on in before for one in some),
            weight_before=weight_of(before, days[place - 1] if place else None),
        )
        if is_cluster(seen, tests):
            found.append(Cell(year, kind, look, seen))
    return min(found, key=lambda one: (chance_of(one.seen), one.look)) if found else None


def began_on(school: School, on: date) -> dict[tuple[int | None, str], date]:
    """Give since when the clusters told before a day go on: those found again within five school days of each other."""
    calendar = calendar_of(school.pk)
    rows = ClusterDay.objects.filter(school=school, on__lt=on, on__gte=on - _BACK).order_by("-on")
    first: dict[tuple[int | None, str], date] = {}
    for year, kind, day in rows.values_list("year_group", "symptom", "on"):
        later = first.get((year, kind), on)
        if len(calendar.days(day, later)) - 1 <= SAME_WITHIN:
            first[year, kind] = day
    return first
