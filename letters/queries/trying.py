"""A letter tried with a real pupil before it is used: figures of this year, examples for what a person fills in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from attendance_office.staff.models import School, User
from letters.models import LetterKind, TemplateVersion
from letters.rules.fields import FIELDS
from registers.models import Pupil
from registers.queries.pupils import find

from .composing import CERTIFICATES, LEVELS, Composed, Envelope, compose, letterhead_of
from .ground import around
from .letter_values import Given, receipts
from .policies import policies_in_force
from .writing import usual_period

_COMPARES = (LetterKind.PRAISE, LetterKind.IMPROVED, LetterKind.CERTIFICATE_IMPROVED)


@dataclass(frozen=True)
class Trial:
    """A letter tried: the page, and about whom."""

    pupil: Pupil
    page: Composed


def pupil_to_try(text: str, *, school: School, user: User, on: date) -> Pupil | None:
    """Give the pupil a text names, or the first on roll within reach where it is empty."""
    if text.strip():
        found, _ = find(text, school=school, user=user, on=on)
        return found[0] if found else None
    return (
        Pupil.objects.visible_to(user)
        .filter(school=school)
        .on_roll(on)
        .select_related("tutor_group")
        .in_order()
        .first()
    )


def tried(
    version: TemplateVersion, pupil: Pupil, *, subject: str, body: str, on: date, is_large_print: bool = False
) -> Trial:
    """Put a letter together with a pupil's own figures; what a person fills in has the list's example.

    Raises BadTemplate and NoValue.
    """
    kind = LetterKind(version.template.kind)
    period = usual_period(version.school, on)
    earlier = None
    first, last = period.from_on, period.to_on
    if kind in _COMPARES and (last - first).days > 1:
        middle = first + (last - first) // 2
        earlier, first = (first, middle - (middle - first) // 8), middle
    facts = receipts(version.school_id, [pupil.pk], from_on=first, to_on=last, earlier=earlier)[pupil.pk]
    if kind in LEVELS:
        policy = policies_in_force(version.school_id, on).get(int(LEVELS[kind]))
        facts |= {"below": str(policy.below)} if policy else {}
    homes = around(version.school_id, [pupil.pk], on).homes.get(pupil.pk, ())
    contacts = []
    address = f"The parent or carer of {pupil.name}"
    if homes:
        wanted = [reader.contact_id for reader in homes[0].readers]
        contacts = [link.contact for link in pupil.parents.filter(contact__in=wanted).select_related("contact")]
        address = f"{homes[0].name}\n{homes[0].lines}"
    given = Given(
        facts=facts,
        fields={field.name: field.example for field in FIELDS.values() if field.is_given},
        level=LEVELS.get(kind, ""),
    )
    page = compose(
        version,
        pupil=pupil,
        contacts=[] if kind in CERTIFICATES else contacts,
        head=letterhead_of(version.school_id),
        given=given,
        envelope=Envelope(address, version.template.language, is_large_print, reference="Our ref. 0000"),
        on=on,
        subject=subject,
        body=body,
    )
    return Trial(pupil, page)
