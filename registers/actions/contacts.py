"""What is done to contacts: adding, changing, linking, confirming, and saying that a number does not work."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from attendance_office import clock
from attendance_office.audit import trail
from attendance_office.refusals import Conflict, Refused
from attendance_office.staff.models import User
from registers.models import Contact, ContactFault, Parent, Pupil

from .hand import by_hand

DETAILS: Final = (
    "title",
    "forename",
    "surname",
    "mobile",
    "home_phone",
    "work_phone",
    "email",
    "address",
    "postcode",
    "language",
    "is_large_print",
    "letters_by",
    "alerts_by",
)
LINK: Final = (
    "relationship",
    "has_responsibility",
    "lives_with",
    "priority",
    "gets_letters",
    "do_not_contact",
    "why_not",
    "may_be_told",
)
WAYS: Final = ("mobile", "home_phone", "work_phone", "email", "address")


def add_contact(
    *,
    pupil: Pupil,
    details: Mapping[str, Any],
    link: Mapping[str, Any],
    contact: Contact | None = None,
    by: User,
    at: datetime,
) -> Parent:
    """Link a contact to a pupil: one that is known, or a new one with these details.

    Raises Refused without a surname or relationship, for another school's contact, and where the two are linked.
    """
    if not str(link.get("relationship", "")).strip():
        raise Refused("Say what the contact is to the pupil, like Mother.")
    if contact is None and not str(details.get("surname", "")).strip():
        raise Refused("A contact needs a surname.")
    if contact is not None and contact.school_id != pupil.school_id:
        raise Refused("That contact is in another school.")
    _judge(link)
    with by_hand(pupil.school_id, "Contact added", by=by, at=at):
        if contact is None:
            contact = Contact.objects.create(
                school_id=pupil.school_id, last_confirmed_on=clock.local(at).date(), **details
            )
        parent, is_new = Parent.objects.get_or_create(
            school_id=pupil.school_id, pupil=pupil, contact=contact, defaults=dict(link)
        )
        if not is_new:
            raise Refused(f"{contact} is a contact of {pupil} already.")
        _record("contact added", parent, by, at)
    return parent


def change_contact(
    *,
    parent: Parent,
    details: Mapping[str, Any],
    link: Mapping[str, Any],
    seen: str,
    reason: str,
    by: User,
    at: datetime,
) -> Parent:
    """Change a contact and what it is to the pupil; a number that changes is no longer marked as dead.

    `seen` is what the page last saw (`stamp`). Raises Conflict where somebody changed it meanwhile, and Refused
    without a reason or where nothing is other than before.
    """
    if not reason.strip():
        raise Refused("Say why: a change of a contact keeps its reason.")
    _judge(link)
    with by_hand(parent.school_id, reason, by=by, at=at):
        row = (
            Parent.objects.select_for_update(of=("self", "contact"))
            .select_related("contact", "pupil")
            .get(pk=parent.pk)
        )
        if seen != stamp(row):
            raise Conflict(f"Somebody changed {row.contact} meanwhile. Nothing was saved: load the page again.", [])
        contact = row.contact
        changed = [name for name in DETAILS if name in details and getattr(contact, name) != details[name]]
        relinked = [name for name in LINK if name in link and getattr(row, name) != link[name]]
        if not changed and not relinked:
            raise Refused("Nothing is other than before: there is nothing to save.")
        for name in changed:
            setattr(contact, name, details[name])
        for name in relinked:
            setattr(row, name, link[name])
        if changed:
            contact.save()
            ContactFault.objects.filter(contact=contact, way__in=changed, cleared_at=None).update(
                cleared_at=at, cleared_by=by, note="Changed since"
            )
        if relinked:
            row.save()
        _record("contact changed", row, by, at, {"fields": [*changed, *relinked]}, reason)
    return row


def unlink_contact(*, parent: Parent, reason: str, by: User, at: datetime) -> None:
    """Take a contact from a pupil; the contact stays, and the link is kept in its history.

    Raises Refused without a reason, and for the last contact of a pupil.
    """
    if not reason.strip():
        raise Refused("Say why: the record keeps the reason.")
    with by_hand(parent.school_id, reason, by=by, at=at):
        row = Parent.objects.select_for_update(of=("self",)).select_related("contact", "pupil").get(pk=parent.pk)
        if row.pupil.parents.count() == 1:
            raise Refused(f"{row.contact} is the only contact of {row.pupil}: add another first.")
        _record("contact taken away", row, by, at, {}, reason)
        row.delete()


def confirm_details(*, contact: Contact, by: User, at: datetime) -> None:
    """Write down that a contact's details were confirmed today."""
    with by_hand(contact.school_id, "Details confirmed", by=by, at=at):
        today = clock.local(at).date()
        Contact.objects.filter(pk=contact.pk).update(last_confirmed_on=today)
        trail.record(
            verb="contact confirmed",
            by=by,
            at=at,
            school_id=contact.school_id,
            subject_kind="contact",
            subject_id=contact.pk,
            words=f"Details of contact {contact.pk} confirmed",
        )


def report_fault(
    *, contact: Contact, way: str, fault: str, note: str = "", by: User | None, at: datetime
) -> ContactFault:
    """Say that a number or address does not work. Said twice it is one fault.

    Raises Refused for a number the contact does not have.
    """
    value = str(getattr(contact, way, "")) if way in WAYS else ""
    if not value:
        raise Refused("The contact has no such number or address.")
    with trail.signed(by=by, at=at, school_id=contact.school_id):
        row, is_new = ContactFault.objects.get_or_create(
            contact=contact,
            way=way,
            cleared_at=None,
            defaults={
                "school_id": contact.school_id,
                "value": value,
                "fault": ContactFault.Fault(fault),
                "found_at": at,
                "found_by": by,
                "note": note.strip(),
            },
        )
        if is_new:
            trail.record(
                verb="contact fault",
                by=by,
                at=at,
                school_id=contact.school_id,
                subject_kind="contact",
                subject_id=contact.pk,
                words=f"{row.get_way_display()} of contact {contact.pk}: {row.get_fault_display()}",
            )
    return row


def clear_fault(*, fault: ContactFault, note: str = "", by: User, at: datetime) -> None:
    """Say that a number or address works again.

    Raises Refused where that was said already.
    """
    with trail.signed(by=by, at=at, school_id=fault.school_id):
        done = ContactFault.objects.filter(pk=fault.pk, cleared_at=None).update(
            cleared_at=at, cleared_by=by, note=note.strip() or fault.note
        )
        if not done:
            raise Refused("That was put right already.")
        trail.record(
            verb="contact fault cleared",
            by=by,
            at=at,
            school_id=fault.school_id,
            subject_kind="contact",
            subject_id=fault.contact_id,
            words=f"{fault.get_way_display()} of contact {fault.contact_id} works again",
        )


def stamp(parent: Parent) -> str:
    """Give a short text that changes with anything of a contact or its link, for a page to send back."""
    said = [str(getattr(parent.contact, name)) for name in DETAILS] + [str(getattr(parent, name)) for name in LINK]
    return hashlib.sha256("\x1f".join(said).encode()).hexdigest()[:16]


def _judge(link: Mapping[str, Any]) -> None:
    if link.get("do_not_contact") and not str(link.get("why_not", "")).strip():
        raise Refused("Say why this person is not to be contacted.")


def _record(
    verb: str, parent: Parent, by: User, at: datetime, after: dict[str, Any] | None = None, reason: str = ""
) -> None:
    trail.record(
        verb=verb,
        by=by,
        at=at,
        school_id=parent.school_id,
        subject_kind="pupil",
        subject_id=parent.pupil_id,
        words=f"{parent.pupil}: {verb}, {parent.relationship.lower()}"[:400],
        after={"contact": parent.contact_id} | (after or {}),
        reason=reason,
    )
