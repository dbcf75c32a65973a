"""A pupil's lines in the admission register, with what they said before."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from attendance_office.staff.roles import Can
from registers.models import Pupil
from registers.queries.pupils import may_see

from .field_history import FieldChange, changes_in, said, title_of
from .kept_words import reads_reasons

# The admission register in the order of the law.
FIELDS: Final = (
    "legal_surname",
    "legal_forename",
    "middle_names",
    "known_as",
    "former_surname",
    "sex",
    "date_of_birth",
    "upn",
    "admission_number",
    "address",
    "postcode",
    "last_school",
    "is_boarder",
    "is_mobile_child",
    "ethnicity",
    "first_language",
    "sen",
    "is_eal",
    "is_pp",
    "is_fsm",
    "is_vulnerable",
    "has_protection_plan",
    "is_in_need",
    "is_looked_after",
    "is_young_carer",
)
_KEPT: Final = (*FIELDS, "year_group")


@dataclass(frozen=True)
class Line:
    """A field with what it says now."""

    name: str
    title: str
    value: str


def lines_of(pupil: Pupil, allowed: Collection[Can]) -> list[Line]:
    """Give the fields that the person may see.

    Source: SI 2024/208 reg 8 (contents of the admission register).
    """
    return [
        Line(name, title_of(pupil, name), said(pupil, name, getattr(pupil, name)))
        for name in FIELDS
        if may_see(name, allowed)
    ]


def changes_of(pupil: Pupil, allowed: Collection[Can]) -> list[FieldChange]:
    """Give what those fields said before, the latest change first: one query.

    Why is told to whoever reads the reasons of the record and sees every field that the same change touched.
    """
    seen = [name for name in _KEPT if may_see(name, allowed)]
    hidden = [name for name in _KEPT if not may_see(name, allowed)]
    return changes_in([pupil], seen, hidden=hidden, reads_reasons=reads_reasons(allowed))
