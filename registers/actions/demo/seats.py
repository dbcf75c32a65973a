"""Who sits in which group of the demo school in one school year, each with a plan for the whole of it."""

# ruff: noqa: S311 - the same seed makes the same school; nothing here keeps a secret

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import Final

from django.db.models import Q

from attendance_office.staff.models import Post, School, TutorGroup
from attendance_office.staff.roles import Role
from registers.models import Enrolment, Placement, Pupil

from .absence import Marks, Pattern, YearShape, plan_year, share_of, template_of
from .people import Plan, cohort
from .terms import school_year
from .years import PLANNED_NUMBER, leaving_day, starting_day

# How often somebody is away whom no plan has: about as often as most.
USUAL: Final = 0.05


@dataclass
class Seat:
    """A pupil in a group for one school year, with the whole year's plan."""

    pupil_id: int
    flags: frozenset[str]
    marks: Marks
    from_on: date
    to_on: date
    name: str
    changed: dict[int, str] = field(default_factory=dict)
    unsaid: set[int] = field(default_factory=set)


@dataclass
class Room:
    """A group in one school year: who takes its registers, and who sits in it."""

    group: TutorGroup
    tutor: int | None
    seats: list[Seat]


def seat(plan: Plan, seed: int, school: School, year: int) -> list[Room]:
    """Put the pupils of a school year into their groups: those of the plan, and whoever else was put on the roll."""
    shape = YearShape(school_year(year))
    pupils = dict(Pupil.objects.filter(school=school).values_list("admission_number", "pk"))
    gone = _gone(school)
    posts = Post.objects.filter(school=school, role=Role.TUTOR, ended_on=None).order_by("-pk")
    tutors = dict(posts.values_list("tutor_group_id", "user_id"))
    rooms = {
        group.name: Room(group, tutors.get(group.pk), [])
        for group in TutorGroup.objects.filter(school=school)
        if group.year_group in plan.years
    }
    templates = {
        name: template_of(Random(f"{seed}/{plan.urn}/{year}/{name}"), shape, room.group.year_group, room.group.name[-1])
        for name, room in rooms.items()
    }
    last = shape.sessions[-1].on
    for starts in plan.cohorts(year):
        year_group = plan.year_group(starts, year)
        leaves_on = leaving_day(plan, starts) or last
        for child in cohort(plan, seed, starts) if year_group is not None else []:
            name = f"{year_group}{child.letter}"
            if child.admission_number not in pupils or year_group is None or name not in rooms:
                continue
            pattern = Pattern(
                year_group,
                share_of(child.propensity, year_group),
                child.family.heritage.keeps_eid,
                child.place,
                child.letter,
            )
            pupil = pupils[child.admission_number]
            rooms[name].seats.append(
                Seat(
                    pupil_id=pupil,
                    flags=child.flags,
                    marks=plan_year(Random(f"{seed}/{child.upn}/{year}"), shape, pattern, templates[name]),
                    from_on=starting_day(child, plan),
                    to_on=min(last, leaves_on, gone.get(pupil, last)),
                    name=child.surname + child.forename,
                )
            )
    for name, one in _others(school, seed, shape, year, templates):
        rooms[name].seats.append(one)
    for room in rooms.values():
        room.seats.sort(key=lambda one: (one.name, one.pupil_id))
    return sorted(rooms.values(), key=lambda room: (room.group.year_group, room.group.name))


def _gone(school: School) -> dict[int, date]:
    """Give the last day of each pupil who is on the roll no more."""
    last = dict(Enrolment.objects.filter(school=school).order_by("starts_on", "pk").values_list("pupil_id", "ends_on"))
    return {pupil: ends_on for pupil, ends_on in last.items() if ends_on is not None}


def _others(
    school: School, seed: int, shape: YearShape, year: int, templates: dict[str, list[str]]
) -> Iterator[tuple[str, Seat]]:
    """Give the seats of pupils who are in no plan: the joiners, and whomever people enrolled, by their placements."""
    first, last = shape.sessions[0].on, shape.sessions[-1].on
    placements = (
        Placement.objects.filter(
            Q(to_on=None) | Q(to_on__gte=first), school=school, from_on__lte=last, tutor_group__name__in=templates
        )
        .exclude(pupil__admission_number__regex=PLANNED_NUMBER)
        .select_related("pupil", "tutor_group")
        .order_by("pk")
    )
    for row in placements:
        group = row.tutor_group
        if group is None:
            continue
        pattern = Pattern(
            group.year_group,
            share_of(USUAL, group.year_group),
            keeps_eid=False,
            place=0,
            letter=group.name[-1],
        )
        yield (
            group.name,
            Seat(
                pupil_id=row.pupil_id,
                flags=frozenset(),
                marks=plan_year(Random(f"{seed}/{row.pupil.upn}/{year}"), shape, pattern, templates[group.name]),
                from_on=max(row.from_on, first),
                to_on=min(row.to_on or last, last),
                name=row.pupil.legal_surname + row.pupil.legal_forename,
            ),
        )
