"""A pupil's lines in the admission register, with what they said before."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from attendance_office.staff.roles import Can
from registers.models import Pupil
from registers.queries.pupils import may_see

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


@dataclass(frozen=True)
class FieldChange:
    """A field that said one thing and then another: when, by whom and why, as far as that was said."""

    title: str
    before: str
    after: str
    at: datetime
    by: str
    reason: str


def lines_of(pupil: Pupil, allowed: Collection[Can]) -> list[Line]:
    """Give the fields that the person may see.

    Source: SI 2024/208 reg 8 (contents of the admission register).
    """
    return [Line(name, _title(name), _said(name, getattr(pupil, name))) for name in FIELDS if may_see(name, allowed)]


def changes_of(pupil: Pupil, allowed: Collection[Can]) -> list[FieldChange]:
    """Give what those fields said before, the latest change first: one query.

    Postgres keeps the row as it was before each change; what it became is in the next such row, or in the pupil.
    """
    kept: Any = pupil.events  # type: ignore[attr-defined]  # made by pghistory
    events = list(kept.filter(pgh_label="update").select_related("pgh_context").order_by("pgh_id"))
    after: list[Any] = [*events, pupil][1:]
    found: list[FieldChange] = []
    for event, then in zip(events, after, strict=True):
        hand = (event.pgh_context.metadata or {}) if event.pgh_context else {}
        at = datetime.fromisoformat(hand["at"]) if "at" in hand else event.pgh_created_at
        found += [
            FieldChange(
                title=_title(name),
                before=_said(name, getattr(event, name)),
                after=_said(name, getattr(then, name)),
                at=at,
                by=str(hand.get("by", "")),
                reason=str(hand.get("reason", "")),
            )
            for name in _KEPT
            if may_see(name, allowed) and getattr(event, name) != getattr(then, name)
        ]
    return found[::-1]


def _title(name: str) -> str:
    title = str(Pupil._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
    return title[:1].upper() + title[1:]


def _said(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, date):
        return f"{value.day} {value:%b %Y}"
    choices = dict(Pupil._meta.get_field(name).flatchoices)  # type: ignore[union-attr]
    return str(choices.get(value, value))
