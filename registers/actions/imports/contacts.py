"""contacts.csv: parents and other adults, one row for each pupil they belong to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from registers.models import Contact, Parent, Pupil
from registers.rules.names import folded
from registers.rules.upn import check_upn

from .columns import PUPILS
from .fields import Row
from .task import Task, rows
from .writing import reconcile

_TEXTS: Final = (
    "title", "forename", "surname", "mobile", "home_phone", "work_phone", "address", "postcode", "language",
)  # fmt: skip
_SHARED: Final = ("mobile", "home_phone", "work_phone", "email", "address")
_FLAGS: Final = (
    ("has_responsibility", "has_responsibility", True),
    ("lives_with", "lives_with", True),
    ("gets_letters", "gets_letters", True),
    ("do_not_contact", "do_not_contact", False),
)
_LAST_TO_RING: Final = 99


class _Person:
    """One adult of the file: what its rows say together, and the row of the record it is, if any."""

    def __init__(self, row: Row, values: dict[str, Any]) -> None:
        self.number, self.values = row.number, values
        self.contact: Contact | None = None
        self.links: dict[str, tuple[Row, dict[str, Any]]] = {}

    def take(self, row: Row, values: dict[str, Any]) -> None:
        """Add what another row says; where both say something, it is the same, or it is a fault."""
        for name, value in values.items():
            mine = self.values.get(name)
            if value and mine and mine != value:
                column = name if row.has(name) else "surname"
                row.refuse(
                    column,
                    f"Row {self.number} says {str(mine)!r} of the same person. Two people have two references.",
                )
            elif value:
                self.values[name] = value


def read_contacts(task: Task) -> None:
    """Bring parents and contacts to what the file says. Nobody is taken away.

    A person is known by the reference; without one, by the name together with a number or address in common.

    Source: SI 2024/208 reg 8(2) (every person known to be a parent, with address and emergency numbers).
    """
    upns = _pupils(task)
    people: dict[tuple[str, ...], list[_Person]] = {}
    for row in rows(task.path, task.report):
        upn = _upn(row, upns, task)
        values, link = _values(row), _link(row)
        key = (values["reference"],) if values.get("reference") else _name(values)
        if not upn or not values["surname"]:
            continue
        person = _find(people.setdefault(key, []), values, upn, by_reference=bool(values.get("reference")))
        if person is None:
            person = _Person(row, values)
            people[key].append(person)
        else:
            person.take(row, values)
        if upn in person.links:
            row.refuse("upn", f"Row {person.links[upn][0].number} links the same person and pupil.")
        person.links[upn] = (row, link)
    if task.report.is_refused:
        return
    everyone = [person for some in people.values() for person in some]
    _match(task, everyone)
    _write(task, everyone, upns)


def _pupils(task: Task) -> dict[str, Pupil]:
    return {pupil.upn: pupil for pupil in Pupil.objects.filter(school=task.school)}


def _upn(row: Row, upns: dict[str, Pupil], task: Task) -> str:
    try:
        upn = check_upn(row.raw("upn"))
    except ValueError as wrong:
        row.refuse("upn", str(wrong))
        return ""
    if upn not in upns:
        hint = f"{PUPILS} was refused." if task.was_refused(PUPILS) else f"Add the pupil to {PUPILS}."
        row.refuse("upn", f"No pupil of the school has this UPN. {hint}")
        return ""
    return upn


def _values(row: Row) -> dict[str, Any]:
    values: dict[str, Any] = {column: row.text(column) for column in _TEXTS if row.has(column)}
    if not values["surname"]:
        row.refuse("surname", "A value is missing.")
    if row.has("reference"):
        values["reference"] = row.text("reference")
    if row.has("email"):
        values["email"] = row.email("email")
    if row.has("last_confirmed_on"):
        values["last_confirmed_on"] = row.date("last_confirmed_on", weekday="")
    return values


def _link(row: Row) -> dict[str, Any]:
    link: dict[str, Any] = {}
    if row.has("relationship") or not row.report.empty_is_unsaid:
        link["relationship"] = row.text("relationship", must=True)
    link |= {field: row.flag(column, otherwise=usual) for column, field, usual in _FLAGS if row.has(column)}
    if row.has("priority"):
        link["priority"] = row.whole("priority", 1, _LAST_TO_RING) or 1
    if row.has("why_not"):
        link["why_not"] = row.text("why_not")
    return link


def _name(values: dict[str, Any]) -> tuple[str, ...]:
    return folded(values["surname"]), folded(values.get("forename", ""))


def _find(some: Iterable[_Person], values: dict[str, Any], upn: str, *, by_reference: bool) -> _Person | None:
    """Give the person of earlier rows that a row means."""
    for person in some:
        if by_reference or (upn not in person.links and _have_in_common(person.values, values)):
            return person
    return None


def _have_in_common(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return any(one.get(name) and one.get(name) == other.get(name) for name in _SHARED)


def _match(task: Task, people: list[_Person]) -> None:
    """Find the row of the record each person is: by reference, by a child in common, or by a number in common."""
    held = list(Contact.objects.filter(school=task.school).order_by("pk"))
    by_reference = {contact.reference: contact for contact in held if contact.reference}
    by_name: dict[tuple[str, ...], list[Contact]] = {}
    for contact in held:
        if not contact.reference:
            by_name.setdefault((folded(contact.surname), folded(contact.forename)), []).append(contact)
    children: dict[int, set[str]] = {}
    for contact_id, upn in Parent.objects.filter(school=task.school).values_list("contact_id", "pupil__upn"):
        children.setdefault(contact_id, set()).add(upn)
    taken: set[int] = set()
    for person in people:
        reference = person.values.get("reference", "")
        if reference and reference in by_reference:
            person.contact = by_reference[reference]
            continue
        for contact in by_name.get(_name(person.values), []):
            shares = {name: getattr(contact, name) for name in _SHARED}
            is_theirs = children.get(contact.pk, set()) & person.links.keys() or _have_in_common(shares, person.values)
            if contact.pk not in taken and is_theirs:
                person.contact = contact
                taken.add(contact.pk)
                break


def _write(task: Task, people: list[_Person], upns: dict[str, Pupil]) -> None:
    """Write people and their links, and count by row: a row is added where its link is new."""
    held_people = {place: person.contact for place, person in enumerate(people) if person.contact is not None}
    wanted_people = {place: person.values for place, person in enumerate(people)}
    contacts = reconcile(Contact, wanted_people, held_people, school=task.school)
    wanted: dict[tuple[int, int], dict[str, Any]] = {}
    people_of: dict[tuple[int, int], int] = {}
    for place, person in enumerate(people):
        contact = contacts.rows[place]
        for upn, (_row, link) in person.links.items():
            key = (upns[upn].pk, contact.pk)
            wanted[key] = link | {"pupil": upns[upn], "contact": contact}
            people_of[key] = place
    held = {
        (parent.pupil_id, parent.contact_id): parent
        for parent in Parent.objects.filter(school=task.school).select_related("pupil", "contact")
    }
    links = reconcile(Parent, wanted, held, school=task.school)
    for key in wanted:
        is_new = key in links.new
        is_changed = not is_new and (key in links.changed or people_of[key] in contacts.changed)
        task.report.count(added=is_new, changed=is_changed, same=not is_new and not is_changed)
