"""The ways in which pupils are told apart: each with its values, the right it needs, and whose history it follows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from attendance_office.staff.roles import Can
from interventions.rules.trawl import BANDS
from registers.models import Pupil
from registers.queries.pupils import may_see


class Kept(StrEnum):
    """From when the value is that a pupil is counted under."""

    PERIOD = "as it was at the period's end"
    DURING = "whoever was in it on any day of the period"
    TODAY = "as it is recorded today"
    COUNTED = "from the period's own sessions"


@dataclass(frozen=True)
class Axis:
    """One way to tell pupils apart.

    `field` is what it is read from of a pupil, "" where it is not a field. `values` are its values in order with their
    words; where it has none of its own (forms, groups), a school's are given by `Choices`.
    """

    key: str
    words: str
    kept: Kept
    field: str = ""
    values: tuple[tuple[str, str], ...] = ()
    is_yes_no: bool = False
    is_many: bool = False
    needs: Can | None = None


YES_NO: Final = (("yes", "Yes"), ("no", "No"))
_BACKGROUNDS: Final = (
    ("W", "White"),
    ("M", "Mixed or multiple"),
    ("A", "Asian or Asian British"),
    ("B", "Black or Black British"),
    ("C", "Chinese"),
    ("O", "Any other"),
    ("-", "Not known"),
)


def _flag(key: str, words: str, field: str) -> Axis:
    return Axis(key, words, Kept.TODAY, field, YES_NO, is_yes_no=True)


AXES: Final[Mapping[str, Axis]] = {
    axis.key: axis
    for axis in (
        Axis("year", "Year", Kept.PERIOD),
        Axis("form", "Form", Kept.PERIOD),
        Axis("sex", "Sex", Kept.TODAY, "sex", tuple(Pupil.Sex.choices)),
        Axis("sen", "SEN", Kept.TODAY, "sen", tuple(Pupil.Sen.choices)),
        _flag("pp", "Pupil premium", "is_pp"),
        _flag("fsm", "Free school meals", "is_fsm"),
        _flag("eal", "English as an additional language", "is_eal"),
        _flag("cla", "Looked after", "is_looked_after"),
        _flag("cp", "Child protection plan", "has_protection_plan"),
        _flag("cin", "Child in need", "is_in_need"),
        _flag("carer", "Young carer", "is_young_carer"),
        Axis("ethnicity", "Ethnicity", Kept.TODAY, "ethnicity", _BACKGROUNDS),
        Axis("group", "Own group", Kept.DURING, is_many=True, needs=Can.SEE_PUPILS),
        Axis(
            "roll",
            "On roll",
            Kept.PERIOD,
            values=(("all", "The whole period"), ("joined", "Joined in it"), ("left", "Left in it")),
            is_many=True,
        ),
        Axis("band", "Absence", Kept.COUNTED, values=tuple((band.key, band.words) for band in BANDS)),
        Axis(
            "much",
            "Persistent or severe",
            Kept.COUNTED,
            values=(
                ("persistent", "Persistently absent, severe included"),
                ("severe", "Severely absent"),
                ("neither", "Neither"),
            ),
            is_many=True,
        ),
    )
}
# Those whose gap to everybody else is asked for.
GAPS: Final = ("pp", "fsm", "sen", "eal", "cla", "cp", "cin", "carer", "ethnicity", "sex", "group")


def axes_for(allowed: Collection[Can]) -> list[Axis]:
    """Give the ways that a person with these rights may tell pupils apart; the others are not there for them."""
    return [
        axis
        for axis in AXES.values()
        if (not axis.field or may_see(axis.field, allowed)) and (axis.needs is None or axis.needs in allowed)
    ]


def value_of(axis: Axis, stored: object) -> str:
    """Give the value of a way for what a pupil's field holds."""
    if axis.is_yes_no:
        return "yes" if stored else "no"
    if axis.key == "ethnicity":
        first = str(stored or "")[:1].upper()
        return first if first in "WMABCO" and first else "-"
    return str(stored)
