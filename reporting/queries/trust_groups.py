"""The groups of pupils by which the schools of a trust are laid side by side: all, or one year group or need."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from attendance_office.staff.models import School, User
from attendance_office.staff.roles import Can
from registers.models import Pupil
from registers.queries.figures import year_groups_of

from .axes import Axis, axes_for, value_of

# Whoever sees the schools of a trust may ask for these as figures, as a paper for governors shows them.
_MAY_TELL: Final = frozenset({Can.SEE_FIGURES, Can.SEE_NEEDS, Can.SEE_MEANS})
_WAYS: Final = ("year", "sex", "sen", "pp", "fsm", "eal", "cla", "cp", "cin", "carer")


@dataclass(frozen=True)
class Choice:
    """One group that may be chosen: a value of an axis, in words that stand alone."""

    axis: Axis
    value: str
    words: str

    @property
    def key(self) -> str:
        """Give how an address names it, as "year-9"."""
        return f"{self.axis.key}-{self.value}"


def choices(user: User, schools: Sequence[School]) -> list[Choice]:
    """Give the groups that a person may choose over several schools: one query, of their year groups.

    What is kept for few (who is looked after) may choose only who may know it in every one of the schools.
    """
    keys = [school.pk for school in schools]
    everywhere = frozenset.intersection(*(user.standing.allowed(key) for key in keys)) if keys else frozenset()
    years = Pupil.objects.filter(school__in=keys).order_by("year_group").values_list("year_group", flat=True).distinct()
    axes = {axis.key: axis for axis in axes_for(everywhere | _MAY_TELL)}
    found = []
    for axis in (axes[key] for key in _WAYS if key in axes):
        values = [(str(year), "") for year in years] if axis.key == "year" else axis.values
        found += [Choice(axis, value, _words(axis, value, words)) for value, words in values]
    return found


def told(axis: Axis, school_ids: Collection[int], on: date) -> dict[int, str]:
    """Give each pupil's value of an axis: the year group on a day, all else as it is recorded today. Two queries."""
    if axis.key == "year":
        return {pupil_id: str(year) for pupil_id, year in year_groups_of(school_ids, on).items()}
    rows = Pupil.objects.filter(school__in=school_ids).values_list("pk", axis.field)
    return {pupil_id: value_of(axis, stored) for pupil_id, stored in rows}


def _words(axis: Axis, value: str, words: str) -> str:
    if axis.key == "year":
        return f"Year {value}"
    return f"{axis.words}: {words.lower() if axis.is_yes_no else words}"
