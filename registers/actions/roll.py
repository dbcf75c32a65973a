"""What is done to the roll: enrolling, moving to another form, leaving, and the returns to the authority."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.core.exceptions import ValidationError

from attendance_office import clock
from attendance_office.audit import trail
from attendance_office.refusals import Refused
from attendance_office.staff.models import School, TutorGroup, User
from registers.models import AgreementPupil, Contact, Enrolment, Mark, Membership, Parent, Placement, Pupil, Return
from registers.rules.dates import spoken_date
from registers.rules.deletion import GROUNDS, what_is_missing
from registers.rules.names import sort_name
from registers.rules.upn import check_upn

from .hand import by_hand

OFF_ROLL: Final = ("Z", "#")
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class Family:
    """A parent who comes with a new pupil: one known already, or the details of a new one."""

    relationship: str
    contact: Contact | None = None
    details: Mapping[str, str] = field(default_factory=dict)
    lives_with: bool = True


def enrol_pupil(
    *,
    school: School,
    details: Mapping[str, Any],
    tutor_group: TutorGroup | None,
    starts_on: date,
    kind: str,
    families: Collection[Family],
    by: User,
    at: datetime,
) -> Pupil:
    """Put a pupil on the roll from the starting day, with form and parents; a UPN that left before comes back.

    Raises Refused for a UPN that cannot be, one that is on the roll, a pupil without a parent who can be reached, a
    form of another school, and details that the register does not take.

    Source: SI 2024/208 reg 8 (contents, starting day).
    """
    try:
        upn = check_upn(str(details.get("upn", "")))
    except ValueError as wrong:
        raise Refused(str(wrong)) from wrong
    if tutor_group is not None and tutor_group.school_id != school.pk:
        raise Refused("That form is in another school.")
    if not any(_reachable(one) for one in families):
        raise Refused("The register needs a parent with an address and an emergency telephone number.")
    with by_hand(school.pk, "Enrolled", by=by, at=at):
        pupil = Pupil.objects.select_for_update().filter(school=school, upn=upn).first()
        if pupil is not None and pupil.enrolments.filter(ends_on=None).exists():
            raise Refused(f"{upn} is {pupil}, who is on the roll already.")
        returning = pupil is not None
        pupil = pupil or Pupil(school=school, upn=upn)
        _fill(pupil, details, tutor_group, starts_on)
        stay = Enrolment.objects.create(school=school, pupil=pupil, starts_on=starts_on, kind=kind)
        if tutor_group is not None:
            Placement.objects.filter(pupil=pupil, to_on=None).update(to_on=starts_on - _DAY)
            Placement.objects.create(
                school=school,
                pupil=pupil,
                tutor_group=tutor_group,
                year_group=tutor_group.year_group,
                from_on=starts_on,
            )
        _link(pupil, families, at)
        _record(
            "pupil enrolled",
            pupil,
            f"{pupil} {'comes back' if returning else 'enrolled'}, starts {spoken_date(starts_on)}",
            by,
            at,
            {"enrolment": stay.pk, "starts_on": starts_on.isoformat(), "returning": returning},
        )
    return pupil


def _fill(pupil: Pupil, details: Mapping[str, Any], tutor_group: TutorGroup | None, starts_on: date) -> None:
    """Write the details into a pupil's row, or refuse what the register does not take."""
    for name, value in details.items():
        if name != "upn":
            setattr(pupil, name, value)
    pupil.tutor_group = tutor_group
    if tutor_group is not None:
        pupil.year_group = tutor_group.year_group
    pupil.sort_name = sort_name(pupil.legal_surname, pupil.forename)
    if pupil.date_of_birth >= starts_on:
        raise Refused(f"The pupil would start on {spoken_date(starts_on)}, before being born.")
    try:
        pupil.full_clean(exclude=["school", "tutor_group"])
    except ValidationError as wrong:
        raise Refused(" ".join(wrong.messages)) from wrong
    pupil.save()


def _link(pupil: Pupil, families: Collection[Family], at: datetime) -> None:
    """Link the parents in the order to ring; new ones are made."""
    for place, family in enumerate(families, 1):
        contact = family.contact or Contact.objects.create(
            school_id=pupil.school_id, last_confirmed_on=clock.local(at).date(), **family.details
        )
        Parent.objects.get_or_create(
            school_id=pupil.school_id,
            pupil=pupil,
            contact=contact,
            defaults={"relationship": family.relationship, "lives_with": family.lives_with, "priority": place},
        )


def _reachable(family: Family) -> bool:
    if family.contact is not None:
        one = family.contact
        return bool(one.mobile or one.home_phone or one.work_phone) and bool(one.address)
    said = family.details
    return bool(said.get("address")) and any(said.get(way) for way in ("mobile", "home_phone", "work_phone"))


def move_pupil(
    *, pupil: Pupil, tutor_group: TutorGroup, from_on: date, reason: str, by: User, at: datetime
) -> Placement:
    """Seat a pupil in another form from a day on; the days before stay as they were.

    Raises Refused without a reason, for a form of another school, the same form, and a day before the present seat
    began.
    """
    if not reason.strip():
        raise Refused("Say why the pupil moves: the record keeps the reason.")
    if tutor_group.school_id != pupil.school_id:
        raise Refused("That form is in another school.")
    with by_hand(pupil.school_id, reason, by=by, at=at):
        row = Pupil.objects.select_for_update().get(pk=pupil.pk)
        last = Placement.objects.select_for_update().filter(pupil=row, to_on=None).first()
        if last is not None and last.tutor_group_id == tutor_group.pk:
            raise Refused(f"{row} sits in {tutor_group.name} already.")
        if last is not None and from_on <= last.from_on:
            raise Refused(f"{row} sits in the present form since {spoken_date(last.from_on)}: choose a later day.")
        if last is not None:
            last.to_on = from_on - _DAY
            last.save()
        made = Placement.objects.create(
            school_id=row.school_id,
            pupil=row,
            tutor_group=tutor_group,
            year_group=tutor_group.year_group,
            from_on=from_on,
        )
        row.tutor_group, row.year_group = tutor_group, tutor_group.year_group
        row.save(update_fields=["tutor_group", "year_group"])
        _record(
            "pupil moved",
            row,
            f"{row} moves to {tutor_group.name} from {spoken_date(from_on)}",
            by,
            at,
            {"tutor_group": tutor_group.pk},
            reason,
        )
    return made


def leave_roll(
    *,
    pupil: Pupil,
    last_on: date,
    ground: str,
    confirmed: Collection[int],
    destination: str = "",
    destination_from_on: date | None = None,
    future_address: str = "",
    future_address_from_on: date | None = None,
    by: User,
    at: datetime,
) -> Enrolment:
    """Take a pupil off the roll after a last day, on a ground with its conditions; form, groups and agreements end too.

    Raises Refused, naming each thing that is missing: a day gone by, no ground for a pupil of compulsory school age, a
    condition that is not confirmed, and marks after the last day.

    Source: SI 2024/208 reg 9.
    """
    today = clock.local(at).date()
    law = GROUNDS.get(ground)
    with by_hand(pupil.school_id, law.words if law else "Left", by=by, at=at):
        row = Pupil.objects.select_for_update().get(pk=pupil.pk)
        stay = Enrolment.objects.select_for_update().filter(pupil=row, ends_on=None).first()
        if stay is None:
            raise Refused(f"{row} is not on the roll, or leaves already.")
        wrong = what_is_missing(
            ground,
            confirmed=confirmed,
            last_on=last_on,
            today=today,
            starts_on=stay.starts_on,
            date_of_birth=row.date_of_birth,
            destination=destination,
        )
        after = Mark.objects.filter(school=row.school_id, pupil=row, on__gt=last_on).exclude(code__in=OFF_ROLL).count()
        if after:
            wrong.append(f"{after} mark{'' if after == 1 else 's'} stand after {spoken_date(last_on)}.")
        if wrong:
            raise Refused(" ".join(wrong))
        stay.ends_on, stay.leaving_ground, stay.destination = last_on, ground, destination.strip()
        stay.destination_from_on, stay.future_address = destination_from_on, future_address.strip()
        stay.future_address_from_on = future_address_from_on
        stay.conditions = [
            {"condition": words, "by": by.signature, "at": at.isoformat()} for words in (law.conditions if law else ())
        ]
        stay.save()
        Placement.objects.filter(pupil=row, to_on=None).update(to_on=last_on)
        Membership.objects.filter(pupil=row, to_on=None, from_on__lte=last_on).update(to_on=last_on)
        AgreementPupil.objects.filter(pupil=row, to_on=None).update(to_on=last_on)
        row.absence_notes.filter(to_on=None, from_on__lte=last_on).update(to_on=last_on)
        _record(
            "pupil leaves",
            row,
            f"{row} leaves after {spoken_date(last_on)}, ground {law.words if law else 'none needed'}",
            by,
            at,
            {"ends_on": last_on.isoformat(), "ground": ground, "destination": destination},
            law.words if law else "",
        )
    return stay


def cancel_leaving(*, enrolment: Enrolment, reason: str, by: User, at: datetime) -> None:
    """Take a leaving back while its last day has not gone by: the pupil stays.

    Raises Refused without a reason, and once the pupil has left.
    """
    if not reason.strip():
        raise Refused("Say why the pupil stays: the record keeps the reason.")
    with by_hand(enrolment.school_id, reason, by=by, at=at):
        stay = Enrolment.objects.select_for_update(of=("self",)).select_related("pupil").get(pk=enrolment.pk)
        if stay.ends_on is None or stay.ends_on < clock.local(at).date():
            raise Refused("The pupil has left: a return to the school is a new enrolment.")
        last_on = stay.ends_on
        stay.ends_on, stay.leaving_ground, stay.destination, stay.conditions = None, "", "", []
        stay.save()
        Placement.objects.filter(pupil=stay.pupil, to_on=last_on).update(to_on=None)
        _record("leaving cancelled", stay.pupil, f"{stay.pupil} stays", by, at, {"was": last_on.isoformat()}, reason)


def mark_return(
    *,
    enrolments: Collection[Enrolment],
    kind: str,
    sent_on: date | None,
    how: str = "",
    why_not: str = "",
    by: User,
    at: datetime,
) -> int:
    """Mark returns as sent to the authority, or as not needed because; give how many.

    Raises Refused for none, a day to come, and neither day nor reason.

    Source: SI 2024/208 reg 13(1)-(5).
    """
    rows = list(enrolments)
    if not rows:
        raise Refused("Nothing is selected: choose at least one return.")
    if sent_on is None and not why_not.strip():
        raise Refused("Say when it was sent, or why it is not needed.")
    if sent_on is not None and sent_on > clock.local(at).date():
        raise Refused(f"{spoken_date(sent_on)} has not come yet.")
    school = rows[0].school
    with trail.signed(by=by, at=at, school_id=school.pk):
        made = 0
        for stay in rows:
            _, is_new = Return.objects.get_or_create(
                enrolment=stay,
                kind=kind,
                defaults={
                    "school": school,
                    "is_needed": sent_on is not None,
                    "sent_on": sent_on,
                    "sent_how": how.strip(),
                    "why_not": why_not.strip(),
                    "marked_at": at,
                    "marked_by": by,
                },
            )
            made += is_new
        label = Return.Kind(kind).label
        done = f"sent {spoken_date(sent_on)}" if sent_on else "not needed"
        trail.record(
            verb="marked returns",
            by=by,
            at=at,
            school_id=school.pk,
            subject_kind="return",
            words=f"{label}: {made} {done}",
            after={"enrolments": [stay.pk for stay in rows], "how": how},
            reason=why_not,
        )
    return made


def _record(
    verb: str, pupil: Pupil, words: str, by: User, at: datetime, after: dict[str, Any], reason: str = ""
) -> None:
    trail.record(
        verb=verb,
        by=by,
        at=at,
        school_id=pupil.school_id,
        subject_kind="pupil",
        subject_id=pupil.pk,
        words=words[:400],
        after=after,
        reason=reason,
    )
