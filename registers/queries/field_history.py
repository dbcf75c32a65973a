"""What fields of the record said before, as Postgres kept it: by whom they were changed, when and why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from operator import attrgetter
from typing import Any, Final

from django.db import models

from registers.models import Contact, Enrolment, Parent, Pupil

from .kept_words import REASON_KEPT

NUMBERS: Final = ("mobile", "home_phone", "work_phone", "email")
CONTACT: Final = (
    "title", "forename", "surname", *NUMBERS, "address", "postcode", "language", "is_large_print", "letters_by",
    "alerts_by", "last_confirmed_on",
)  # fmt: skip
PARENT: Final = (
    "relationship", "has_responsibility", "lives_with", "priority", "gets_letters", "do_not_contact", "why_not",
    "may_be_told",
)  # fmt: skip
STAY: Final = ("starts_on", "ends_on", "kind", "leaving_ground", "destination")


@dataclass(frozen=True)
class FieldChange:
    """A field that said one thing and then another: whose, when, by whom and why, as far as that was said."""

    title: str
    before: str
    after: str
    at: datetime
    by: str
    reason: str
    whose: str = ""


def changes_in(
    things: Sequence[models.Model],
    names: Sequence[str],
    *,
    hidden: Sequence[str] = (),
    reads_reasons: bool = True,
    whose: Callable[[Any], str] | None = None,
) -> list[FieldChange]:
    """Give what some fields of things of one kind said before, the latest change first: one query.

    Postgres keeps the row as it was before each change; what it became is in the next such row, or in the thing.
    A change has one reason for all that it touched: where one of the `hidden` fields is among it, or the person does
    not read reasons, it is kept by the office.

    Source: SI 2024/208 reg 6 (an amendment shows the original entry, the amended one, the reason, when and by whom).
    """
    if not things:
        return []
    kept: Any = type(things[0]).events.rel.related_model  # type: ignore[attr-defined]  # made by pghistory
    rows = kept.objects.filter(pgh_obj_id__in=[one.pk for one in things], pgh_label="update")
    by_thing: dict[int, list[Any]] = {}
    for event in rows.select_related("pgh_context").order_by("pgh_id"):
        by_thing.setdefault(event.pgh_obj_id, []).append(event)
    found: list[FieldChange] = []
    for thing in things:
        events = by_thing.get(thing.pk, [])
        for event, then in zip(events, [*events, thing][1:], strict=True):
            at, by, reason = hand_of(event)
            is_told = reads_reasons and not any(getattr(event, name) != getattr(then, name) for name in hidden)
            found += [
                FieldChange(
                    title=title_of(thing, name),
                    before=said(thing, name, getattr(event, name)),
                    after=said(thing, name, getattr(then, name)),
                    at=at,
                    by=by,
                    reason=reason if is_told or not reason else REASON_KEPT,
                    whose=whose(thing) if whose else "",
                )
                for name in names
                if getattr(event, name) != getattr(then, name)
            ]
    return latest_first(found)


def contact_changes(pupil: Pupil, parents: Sequence[Parent]) -> list[FieldChange]:
    """Give what a pupil's contacts and their links said before, and the links taken away: up to four queries.

    The old numbers of a person who is not to be contacted are not shown, as the present ones are not.
    """
    barred = [one.contact for one in parents if one.do_not_contact]
    free = [one.contact for one in parents if not one.do_not_contact]
    found = changes_in(free, CONTACT, whose=str)
    open_names = [name for name in CONTACT if name not in NUMBERS]
    found += changes_in(barred, open_names, hidden=NUMBERS, whose=str)
    found += changes_in(parents, PARENT, whose=lambda one: str(one.contact))
    kept: Any = Parent.events.rel.related_model  # type: ignore[attr-defined]  # made by pghistory
    gone = list(kept.objects.filter(pupil_id=pupil.pk, pgh_label="delete").select_related("pgh_context"))
    names = Contact.objects.in_bulk({event.contact_id for event in gone}) if gone else {}
    for event in gone:
        at, by, reason = hand_of(event)
        whose = str(names.get(event.contact_id, "A contact"))
        found.append(FieldChange("Contact", event.relationship, "taken away", at, by, reason, whose))
    return latest_first(found)


def stay_changes(stays: Sequence[Enrolment], *, reads_reasons: bool) -> list[FieldChange]:
    """Give what stays on the roll said before, and why to whoever reads the reasons of the record: one query."""
    return changes_in(
        stays, STAY, reads_reasons=reads_reasons, whose=lambda stay: f"On roll from {_day(stay.starts_on)}"
    )


def latest_first(changes: Sequence[FieldChange]) -> list[FieldChange]:
    """Give changes in order, the latest first."""
    return sorted(changes, key=attrgetter("at"))[::-1]


def hand_of(event: Any) -> tuple[datetime, str, str]:
    """Give when a row was changed, by whom and why, as far as that was said."""
    hand = (event.pgh_context.metadata or {}) if event.pgh_context else {}
    at = datetime.fromisoformat(hand["at"]) if "at" in hand else event.pgh_created_at
    return at, str(hand.get("by", "")), str(hand.get("reason", ""))


def title_of(thing: models.Model, name: str) -> str:
    """Give what a field is called."""
    title = str(thing._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
    return title[:1].upper() + title[1:]


def said(thing: models.Model, name: str, value: Any) -> str:
    """Give a field's value as a page says it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, date):
        return _day(value)
    choices = dict(thing._meta.get_field(name).flatchoices)  # type: ignore[union-attr]
    return str(choices.get(value, value))


def _day(on: date) -> str:
    return f"{on.day} {on:%b %Y}"
