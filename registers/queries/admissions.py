"""Joiners and leavers, the returns that are due, brothers and sisters of a newcomer, and the health of contacts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from attendance_office.staff.models import School, TutorGroup, User
from registers.models import Contact, ContactFault, Enrolment, Parent, Pupil, Return, Term
from registers.rules.ages import school_year_starts
from registers.rules.deadlines import deletion_return_by, new_pupil_return_by, new_pupil_return_needed
from registers.rules.upn import check_upn, is_temporary

_PHONE: Final = ("mobile", "home_phone", "work_phone")


@dataclass(frozen=True)
class Due:
    """A return that is owed to the authority: for whom, which, and by when."""

    enrolment: Enrolment
    kind: str
    label: str
    last_on: date
    is_past: bool


def joiners_and_leavers(
    school: School, user: User, from_on: date, to_on: date
) -> tuple[list[Enrolment], list[Enrolment]]:
    """Give who starts and who has the last day in a period, within a person's reach: two queries."""
    rows = Enrolment.objects.filter(
        school=school, pupil__in=Pupil.objects.visible_to(user).filter(school=school)
    ).select_related("pupil__tutor_group")
    joining = rows.filter(starts_on__range=(from_on, to_on)).order_by("starts_on", "pupil__sort_name")
    leaving = rows.filter(ends_on__range=(from_on, to_on)).order_by("ends_on", "pupil__sort_name")
    return list(joining), list(leaving)


def returns_due(school: School, on: date) -> list[Due]:
    """Give the returns owed for enrolments of the school year, the nearest last date first: one query.

    What is owed is derived from the roll; a row stands only for what was sent or is not needed.

    Source: SI 2024/208 reg 13(1)-(5).
    """
    begins = school_year_starts(on)
    forms = TutorGroup.objects.filter(school=OuterRef("school"), is_used=True).order_by("year_group")
    terms = Term.objects.filter(school=OuterRef("school"), starts_on__gte=begins).order_by("starts_on")
    sent = Return.objects.filter(enrolment=OuterRef("pk"))
    rows = (
        Enrolment.objects.filter(Q(starts_on__gte=begins) | Q(ends_on__gte=begins), school=school)
        .select_related("pupil__tutor_group")
        .annotate(
            youngest=Subquery(forms.values("year_group")[:1]),
            first_day=Subquery(terms.values("starts_on")[:1]),
            start_sent=Exists(sent.filter(kind=Return.Kind.NEW_PUPIL)),
            end_sent=Exists(sent.filter(kind=Return.Kind.DELETION)),
        )
        .order_by("starts_on", "pk")
    )
    found = []
    for row in rows:
        first_day = row.first_day or begins
        if begins <= row.starts_on <= on and not row.start_sent:
            needed = new_pupil_return_needed(
                most_junior_class=row.pupil.year_group == row.youngest,
                starts_on=row.starts_on,
                first_school_day_on=first_day,
            )
            if needed and row.starts_on > first_day:
                found.append(_due(row, Return.Kind.NEW_PUPIL, new_pupil_return_by(row.starts_on), on))
        if row.ends_on is not None and row.ends_on >= begins and row.leaving_ground and not row.end_sent:
            found.append(_due(row, Return.Kind.DELETION, deletion_return_by(row.ends_on), on))
    return sorted(found, key=lambda due: (due.last_on, due.enrolment.pupil.sort_name, due.enrolment.pk))


def _due(row: Enrolment, kind: Return.Kind, last_on: date, on: date) -> Due:
    return Due(row, kind.value, str(kind.label), last_on, last_on < on)


def upns_to_look_at(school: School, user: User, on: date) -> list[tuple[Pupil, str]]:
    """Give pupils on roll whose UPN is temporary or cannot be, each with why: one query."""
    found = []
    for pupil in (
        Pupil.objects.visible_to(user).filter(school=school).on_roll(on).select_related("tutor_group").in_order()
    ):
        try:
            check_upn(pupil.upn)
        except ValueError as wrong:
            found.append((pupil, str(wrong)))
            continue
        if is_temporary(pupil.upn):
            found.append((pupil, "Temporary: ask the last school for the pupil's own."))
    return found


def may_be_family(school: School, user: User, *, details: Mapping[str, str]) -> tuple[list[Contact], list[Pupil]]:
    """Give contacts with the same number, e-mail or address as a newcomer's parent, and their children: two queries."""
    same = Q(pk__in=[])
    for way in _PHONE:
        digits = re.sub(r"\D", "", details.get(way, ""))[-9:]
        if len(digits) == 9:
            pattern = r"\D*".join(digits) + r"\D*$"
            for other in _PHONE:
                same |= Q(**{f"{other}__regex": pattern})
    if details.get("email"):
        same |= Q(email__iexact=details["email"])
    if details.get("surname") and details.get("postcode"):
        same |= Q(surname__iexact=details["surname"], postcode__iexact=details["postcode"])
    contacts = list(Contact.objects.filter(same, school=school).order_by("surname", "pk")[:5])
    children = Pupil.objects.visible_to(user).filter(parents__contact__in=contacts).distinct().in_order()
    return contacts, list(children[:10])


# ---------- the health of contacts ----------

LISTS: Final = {
    "none": "No working number",
    "old": "Not confirmed for six months",
    "faults": "Dead or bounced",
    "barred": "Do not contact",
}


def no_working_number(school: School, user: User, on: date) -> QuerySet[Pupil]:
    """Give the pupils on roll whom nobody can be rung about: no number that works and may be used."""
    works: Any = Q(pk__in=[])
    for way in _PHONE:
        broken = ContactFault.objects.filter(contact=OuterRef("contact"), way=way, cleared_at=None)
        works |= ~Q(**{f"contact__{way}": ""}) & Q(~Exists(broken))
    ring = Parent.objects.filter(works, pupil=OuterRef("pk"), do_not_contact=False)
    reach = Pupil.objects.visible_to(user).filter(school=school).on_roll(on)
    rows = reach.filter(~Exists(ring)).select_related("tutor_group").in_order()
    return rows.prefetch_related("parents__contact__faults")


def links_to_look_at(school: School, user: User, on: date, *, which: str, months: int = 6) -> QuerySet[Parent]:
    """Give the contacts of pupils on roll that are old, faulty or barred, by pupil."""
    reach = Pupil.objects.visible_to(user).filter(school=school).on_roll(on)
    rows = (
        Parent.objects.filter(school=school, pupil__in=reach)
        .select_related("contact", "pupil__tutor_group")
        .order_by("pupil__sort_name", "priority", "pk")
    )
    if which == "faults":
        standing = ContactFault.objects.filter(contact=OuterRef("contact"), cleared_at=None)
        return rows.filter(Exists(standing)).prefetch_related("contact__faults")
    if which == "barred":
        return rows.filter(Q(do_not_contact=True) | Q(may_be_told=Parent.Told.NOTHING))
    since = on - timedelta(days=round(30.5 * months))
    return rows.filter(
        Q(contact__last_confirmed_on=None) | Q(contact__last_confirmed_on__lt=since), do_not_contact=False
    ).order_by(F("contact__last_confirmed_on").asc(nulls_first=True), "pupil__sort_name", "pk")
