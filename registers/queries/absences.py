"""Answers for the absence line: whom a caller may mean, with the family, and which notes stand."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery

from attendance_office.staff.models import School, User
from registers.models import AbsenceNote, Call, Mark, Parent, Pupil
from registers.queries import pupils as pupil_answers


@dataclass(frozen=True)
class Caller:
    """A contact of a pupil as the line offers it: its number in the order to ring, and what to mind."""

    pk: int
    name: str
    relationship: str
    phone: str
    warning: str


@dataclass(frozen=True)
class Found:
    """A pupil whom a caller may mean, with whatever the officer needs next."""

    pupil: Pupil
    marks: str
    callers: tuple[Caller, ...]
    siblings: tuple[Pupil, ...]

    def as_json(self) -> dict[str, Any]:
        """Give it as the page's script reads it."""
        group = self.pupil.tutor_group
        return {
            "pk": self.pupil.pk,
            "name": str(self.pupil),
            "form": group.name if group else f"Year {self.pupil.year_group}",
            "marks": self.marks,
            "callers": [
                {"pk": one.pk, "name": one.name, "what": one.relationship, "warning": one.warning}
                for one in self.callers
            ],
            "siblings": [
                {"pk": one.pk, "name": one.name, "form": one.tutor_group.name if one.tutor_group else ""}
                for one in self.siblings
            ],
        }


def with_families(pupils: Sequence[Pupil], *, user: User, on: date) -> list[Found]:
    """Add to pupils their marks of a day, who may ring for them, and their brothers and sisters: three queries."""
    wanted = [pupil.pk for pupil in pupils]
    links = list(
        Parent.objects.filter(pupil__in=wanted).select_related("contact").order_by("do_not_contact", "priority", "pk")
    )
    shared: dict[int, dict[int, Pupil]] = {}
    others = (
        Parent.objects.filter(
            contact__in={link.contact_id for link in links}, pupil__in=Pupil.objects.visible_to(user).on_roll(on)
        )
        .select_related("pupil__tutor_group")
        .order_by("pupil__sort_name", "pk")
    )
    for link in others:
        shared.setdefault(link.contact_id, {})[link.pupil_id] = link.pupil
    marks: dict[int, list[str]] = {}
    for key, half, code in (
        Mark.objects.filter(school__in={one.school_id for one in pupils}, pupil__in=wanted, on=on)
        .order_by("half")
        .values_list("pupil_id", "half", "code")
    ):
        marks.setdefault(key, []).append(f"{half.lower()} {code}")
    found = []
    for pupil in pupils:
        own = [link for link in links if link.pupil_id == pupil.pk]
        siblings = {pk: one for link in own for pk, one in shared.get(link.contact_id, {}).items() if pk != pupil.pk}
        found.append(
            Found(
                pupil,
                ", ".join(marks.get(pupil.pk, [])),
                tuple(_caller(link) for link in own),
                tuple(siblings.values()),
            )
        )
    return found


def _caller(link: Parent) -> Caller:
    warning = ""
    if link.do_not_contact:
        warning = f"Do not contact. {link.why_not}".strip()
    elif link.may_be_told == Parent.Told.NOTHING:
        warning = "May be told nothing"
    elif not link.has_responsibility:
        warning = "No parental responsibility"
    contact = link.contact
    phone = contact.mobile or contact.home_phone or contact.work_phone
    return Caller(contact.pk, str(contact), link.relationship, phone, warning)


# ---------- notes ----------


def notes_within(school: School, user: User, on: date) -> QuerySet[AbsenceNote]:
    """Give the notes about pupils within a person's reach, with their pupils, the latest first.

    Each has `heard`, how often it was reported; `strange`, whether no known contact did; and `says`, what the register
    says on the day in a session of the note where that is another code (None where it is not).
    """
    reports = Q(calls__taken_back_at=None)
    strangers = Call.objects.filter(note=OuterRef("pk"), is_known=False, taken_back_at=None)
    within = (Q(on__gt=OuterRef("from_on")) | Q(half__gte=OuterRef("from_half"))) & (
        Q(on__lt=OuterRef("to_on")) | Q(half__lte=OuterRef("to_half"))
    )
    otherwise = Mark.objects.filter(within, school=OuterRef("school"), pupil=OuterRef("pupil"), on=on).exclude(
        code=OuterRef("code")
    )
    return (
        AbsenceNote.objects.filter(school=school, pupil__in=Pupil.objects.visible_to(user))
        .select_related("pupil__tutor_group", "logged_by")
        .annotate(
            heard=Count("calls", filter=reports),
            strange=Exists(strangers),
            says=Subquery(otherwise.order_by("half").values("code")[:1]),
        )
        .order_by("-logged_at", "-pk")
    )


def standing_on(notes: QuerySet[AbsenceNote], on: date) -> QuerySet[AbsenceNote]:
    """Narrow to notes that hold on a day."""
    return notes.filter(Q(to_on=None) | Q(to_on__gte=on), from_on__lte=on).exclude(state=AbsenceNote.State.WITHDRAWN)


def not_in(call: Call, *, user: User, on: date) -> list[Pupil]:
    """Give the brothers and sisters of a call's pupil within reach whom no note says to be away that day."""
    (found,) = with_families([call.note.pupil], user=user, on=on)
    away = AbsenceNote.objects.filter(school=call.school_id, pupil__in=[one.pk for one in found.siblings])
    known = set(standing_on(away, on).values_list("pupil_id", flat=True)) if found.siblings else set()
    return [one for one in found.siblings if one.pk not in known]


def found_by(text: str, *, school: School, user: User, on: date) -> list[Found]:
    """Give the pupils whom three letters name, with their families: five queries at most."""
    found, _ = pupil_answers.find(text, school=school, user=user, on=on)
    return with_families(found, user=user, on=on)


def reachable(pks: Collection[int], *, school: School, user: User) -> list[Pupil]:
    """Give the pupils with these keys within a person's reach, in the order of names."""
    return list(
        Pupil.objects.visible_to(user).filter(school=school, pk__in=pks).select_related("tutor_group").in_order()
    )
