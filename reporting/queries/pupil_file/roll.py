"""What the admission register says: stays, forms, fields that changed, returns, contacts and groups."""

from __future__ import annotations

from typing import Final

from attendance_office import clock
from attendance_office.audit.models import Entry as Line
from registers.models import Contact, ContactFault, Enrolment, Membership, Parent, Placement, Return
from registers.queries.pupil_record import changes_of
from registers.rules.dates import spoken_date
from registers.rules.deletion import GROUNDS

from .entries import KINDS, Entry, Scope, done, joined

_ON_THE_ROLL: Final = ("pupil enrolled", "pupil moved", "pupil leaves", "leaving cancelled")
_CONTACTS: Final = ("contact added", "contact changed", "contact taken away")
# A file is printed and given away: where somebody lives, and how they are reached, is never written out in it.
_NOT_WRITTEN_OUT: Final = {"Address", "Postcode"}


def stays(scope: Scope) -> list[Entry]:
    """Give the starting days and last days on roll, and the forms sat in.

    Source: SI 2024/208 reg 8(2)(h) (starting day) and reg 9 (grounds for deletion).
    """
    link = scope.link("registers:pupil_record", scope.pupil.pk, "Record")
    found = []
    for stay in Enrolment.objects.filter(pupil=scope.pupil):
        found.append(Entry(KINDS["roll"], stay.starts_on, "On the roll from this day.", more=_dual(stay), link=link))
        if stay.ends_on is not None:
            ground = GROUNDS.get(stay.leaving_ground)
            why = f"Ground {ground.words}" if ground else ""
            to = f"To {stay.destination}" if stay.destination else ""
            found.append(
                Entry(KINDS["roll"], stay.ends_on, "Last day on the roll.", half="PM", more=joined(why, to), link=link)
            )
    for place in Placement.objects.filter(pupil=scope.pupil).select_related("tutor_group"):
        words = f"In {place.tutor_group.name}, year {place.year_group}, from this day."
        found.append(Entry(KINDS["roll"], place.from_on, words, link=link))
    return found


def trail(scope: Scope) -> list[Entry]:
    """Give what the trail says of the pupil's enrolment and contacts: who did it, when and why."""
    sees_contacts = scope.sees("contacts")
    verbs = (*_ON_THE_ROLL, *_CONTACTS) if sees_contacts else _ON_THE_ROLL
    rows = Line.objects.filter(school_id=scope.pupil.school_id, verb__in=verbs).about("pupil", scope.pupil.pk)
    lines = list(rows.order_by("at", "pk"))
    record = scope.link("registers:pupil_record", scope.pupil.pk, "Record")
    contacts = scope.link("registers:pupil_contacts", scope.pupil.pk, "Contacts")
    found = []
    for line in lines:
        said = line.words.partition(": ")[2] or line.words
        if line.verb in _ON_THE_ROLL:
            found.append(
                done("roll", line.at, joined(line.words), more=scope.private(line.reason), by=line.by_name, link=record)
            )
        else:
            fields = [_contact_field(name) for name in (line.after or {}).get("fields", [])]
            words = f"{said[:1].upper()}{said[1:]}" + (f": {', '.join(fields)}" if fields else "")
            found.append(
                done("contacts", line.at, joined(words), more=joined(line.reason), by=line.by_name, link=contacts)
            )
    return found


def changes(scope: Scope) -> list[Entry]:
    """Give the fields of the admission register that changed, those the reader may see; a reason may tell of others."""
    link = scope.link("registers:pupil_record", scope.pupil.pk, "Record")
    found = []
    for one in changes_of(scope.pupil, scope.allowed):
        told = f": {one.before or 'empty'} to {one.after or 'empty'}" if one.title not in _NOT_WRITTEN_OUT else ""
        more = scope.private(one.reason)
        found.append(done("record", one.at, f"{one.title} changed{told}.", more=more, by=one.by, link=link))
    return found


def returns(scope: Scope) -> list[Entry]:
    """Give the returns to the local authority that were sent, or marked as not needed.

    Source: SI 2024/208 reg 13(1)-(5).
    """
    link = scope.link("registers:pupil_record", scope.pupil.pk, "Record")
    return [
        done(
            "returns", row.marked_at,
            f"{row.get_kind_display()} sent on {spoken_date(row.sent_on)}."
            if row.sent_on
            else f"{row.get_kind_display()} marked as not needed.",
            more=joined(row.sent_how, row.why_not), by=row.marked_by, link=link,
        )
        for row in Return.objects.filter(
            school=scope.pupil.school_id, enrolment__pupil=scope.pupil
        ).select_related("marked_by")
    ]  # fmt: skip


def faults(scope: Scope) -> list[Entry]:
    """Give the numbers and addresses that were found not to work, and when each was put right."""
    link = scope.link("registers:pupil_contacts", scope.pupil.pk, "Contacts")
    contacts = Parent.objects.filter(pupil=scope.pupil).values("contact")
    found = []
    for row in ContactFault.objects.filter(contact__in=contacts).select_related("contact", "found_by", "cleared_by"):
        what = f"{row.get_way_display()} of {row.contact}"
        found.append(
            done(
                "contacts", row.found_at, f"{what}: {row.get_fault_display().lower()}.", more=joined(row.note),
                by=row.found_by, link=link,
            )
        )  # fmt: skip
        if row.cleared_at is not None:
            found.append(done("contacts", row.cleared_at, f"{what} works again.", by=row.cleared_by, link=link))
    return found


def groups(scope: Scope) -> list[Entry]:
    """Give the school's own groups that the pupil joined and left."""
    link = scope.link("registers:pupil_groups", scope.pupil.pk, "Groups")
    found = []
    for row in Membership.objects.filter(pupil=scope.pupil).select_related("group"):
        found.append(Entry(KINDS["groups"], row.from_on, f"Joined {row.group.name}.", link=link))
        if row.to_on is not None and row.to_on <= clock.local(scope.at).date():
            found.append(Entry(KINDS["groups"], row.to_on, f"Last day in {row.group.name}.", half="PM", link=link))
    return found


def _dual(stay: Enrolment) -> str:
    return "" if stay.kind == Enrolment.Kind.SINGLE else joined(stay.get_kind_display())


def _contact_field(name: str) -> str:
    for model in (Contact, Parent):
        known = {field.name: str(getattr(field, "verbose_name", field.name)) for field in model._meta.get_fields()}
        if name in known:
            return known[name]
    return name.replace("_", " ")
