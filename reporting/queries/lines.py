"""Who asks, and the pupils of a period within their reach: each with what it is told apart by and its own sessions."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q

from attendance_office.staff.models import School, User
from attendance_office.staff.roles import Can
from interventions.rules.trawl import BANDS, Band, band_of
from registers.models import Enrolment, Group, Membership, NonSchoolDay, Placement, Pupil, Term
from registers.queries import figures as counting
from registers.rules import sessions
from registers.rules.rates import Tally

from .axes import Axis, axes_for, value_of
from .periods import Period


@dataclass(frozen=True)
class Reader:
    """Who asks: the school, the rights, and the rows within reach. Without `sees_pupils`, figures only.

    `sees_all` tells whether every pupil of the school is within reach.
    """

    school_id: int
    allowed: frozenset[Can]
    rows: Q = field(default_factory=Q, compare=False)
    sees_pupils: bool = True
    sees_all: bool = True

    @classmethod
    def of(cls, user: User, school: School) -> Reader:
        """Give what a person's posts in the school let them ask; a governor asks of the whole school, without names."""
        allowed = user.standing.allowed(school.pk)
        if Can.SEE_PUPILS not in allowed:
            return cls(school.pk, allowed, sees_pupils=False)
        rows = user.standing.rows(school="school", year="year_group", group="tutor_group")
        return cls(school.pk, allowed, rows, sees_all=user.standing.sees_all(school.pk))

    @classmethod
    def of_school(cls, school: School, *, allowed: Collection[Can], sees_pupils: bool = True) -> Reader:
        """Give a reader of the whole school with these rights, for a job or a paper that is nobody's own."""
        return cls(school.pk, frozenset(allowed), sees_pupils=sees_pupils)

    @cached_property
    def axes(self) -> dict[str, Axis]:
        """Give the ways in which this reader may tell pupils apart, by key."""
        return {axis.key: axis for axis in axes_for(self.allowed)}


@dataclass(frozen=True, slots=True)
class Line:
    """One pupil of the answer: who it is, where it sat at the period's end, and its own sessions of the period."""

    pupil_id: int
    name: str
    year_group: int
    form: str
    starts_on: date | None
    ends_on: date | None
    tally: Tally
    values: Mapping[str, tuple[str, ...]]

    @property
    def is_persistent(self) -> bool:
        """Tell whether one tenth or more of the possible sessions was missed; nobody without any is."""
        return self.tally.persistently_absent is True

    @property
    def is_severe(self) -> bool:
        """Tell whether one half or more of the possible sessions was missed."""
        return self.tally.severely_absent is True

    @property
    def band(self) -> Band | None:
        """Give the band of absence, or None where nothing was possible."""
        place = band_of(self.tally)
        return None if place is None else BANDS[place]


def groups_of(reader: Reader) -> dict[str, str]:
    if "group" not in reader.axes:
        return {}
    return {str(pk): name for pk, name in Group.objects.filter(school=reader.school_id).values_list("pk", "name")}


def lines_of(reader: Reader, period: Period, groups: Mapping[str, str]) -> list[Line]:
    """Give everybody who was on roll in the period or has a mark in it, within reach, by name."""
    school = reader.school_id
    counted = {one.pupil_id: one.tally for one in counting.counts_by_pupil(school, period.from_on, period.to_on)}
    stays, held = _stays(school, period), _held(school, period)
    placed = dict[int, tuple[int, str]]()
    for pupil_id, year, form in (
        Placement.objects.filter(school=school, from_on__lte=period.to_on)
        .order_by("from_on")
        .values_list("pupil_id", "year_group", "tutor_group__name")
    ):
        placed[pupil_id] = (year, form)
    inside = _memberships(school, period) if groups else {}
    fields = [axis.field for axis in reader.axes.values() if axis.field]
    found = []
    for row in (
        Pupil.objects.filter(reader.rows, school=school)
        .order_by("sort_name", "pk")
        .values("pk", "legal_surname", "legal_forename", "known_as", "year_group", "tutor_group__name", *fields)
    ):
        pk = row["pk"]
        if pk not in counted and pk not in stays:
            continue
        year, form = placed.get(pk, (row["year_group"], row["tutor_group__name"] or ""))
        tally = counted.get(pk, Tally())
        first, last = stays.get(pk, (None, None))
        found.append(
            Line(
                pupil_id=pk,
                name=f"{row['legal_surname']}, {row['known_as'] or row['legal_forename']}",
                year_group=year,
                form=form,
                starts_on=first,
                ends_on=last,
                tally=tally,
                values=_fields(reader, row)
                | {
                    "year": (str(year),),
                    "form": (form,),
                    "group": inside.get(pk, ()),
                    "roll": _roll(held, first, last),
                    **_counted(tally),
                },
            )
        )
    return found


def _fields(reader: Reader, row: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    return {key: (value_of(axis, row[axis.field]),) for key, axis in reader.axes.items() if axis.field}


def _counted(tally: Tally) -> dict[str, tuple[str, ...]]:
    """Give the values that the period's own sessions make; none where nothing was possible."""
    place = band_of(tally)
    if place is None:
        return {"band": (), "much": ()}
    much = [("persistent", tally.persistently_absent), ("severe", tally.severely_absent)]
    return {"band": (BANDS[place].key,), "much": tuple(value for value, is_so in much if is_so) or ("neither",)}


def _roll(held: tuple[date, date], first: date | None, last: date | None) -> tuple[str, ...]:
    found = []
    if first is not None and first > held[0]:
        found.append("joined")
    if last is not None and last < held[1]:
        found.append("left")
    return tuple(found) or ("all",)


def _held(school_id: int, period: Period) -> tuple[date, date]:
    """Give the period's first and last school day: who starts after September's INSET days is no joiner. One query."""
    inside = NonSchoolDay.objects.filter(
        school=OuterRef("school"), half="", on__range=(OuterRef("starts_on"), OuterRef("ends_on"))
    )
    rows = Term.objects.filter(school=school_id, ends_on__gte=period.from_on, starts_on__lte=period.to_on)
    found = list(
        rows.annotate(shut=ArraySubquery(inside.values("on"))).values_list("name", "starts_on", "ends_on", "shut")
    )
    terms = tuple(sessions.Term(name, first, last) for name, first, last, _ in found)
    closed = frozenset(on for *_, shut in found for on in shut)
    days = sessions.Calendar(terms=terms, closed=closed).days(period.from_on, period.to_on)
    return (days[0], days[-1]) if days else (period.from_on, period.to_on)


def _stays(school_id: int, period: Period) -> dict[int, tuple[date, date | None]]:
    """Give each pupil's first and last day on roll, of the enrolments that touch the period; None is open."""
    found: dict[int, tuple[date, date | None]] = {}
    rows = Enrolment.objects.filter(school=school_id, starts_on__lte=period.to_on).exclude(ends_on__lt=period.from_on)
    for pupil_id, starts_on, ends_on in rows.order_by("starts_on").values_list("pupil_id", "starts_on", "ends_on"):
        first = found[pupil_id][0] if pupil_id in found else starts_on
        found[pupil_id] = (first, ends_on)
    return found


def _memberships(school_id: int, period: Period) -> dict[int, tuple[str, ...]]:
    """Give the groups in which a pupil was on any day of the period."""
    found: dict[int, tuple[str, ...]] = {}
    rows = Membership.objects.filter(Q(to_on=None) | Q(to_on__gte=period.from_on), school=school_id)
    for pupil_id, group_id in rows.filter(from_on__lte=period.to_on).values_list("pupil_id", "group_id").distinct():
        found[pupil_id] = (*found.get(pupil_id, ()), str(group_id))
    return found
