"""Answers for the absence line: whom a caller may mean, which messages wait, and which notes stand."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet

from attendance_office.staff.models import School, User
from registers.models import AbsenceNote, Call, Contact, LineMessage, Mark, Parent, Pupil
from registers.queries import pupils as pupil_answers
from registers.rules.names import folded

_DIGITS: Final = re.compile(r"\D")
_WORDS: Final = re.compile(r"[^\W\d_][\w'\u2019-]+")
_ADDRESS: Final = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
_SAME_NUMBER: Final = 9
_LONGEST_LOOKED_AT: Final = 2000


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


# ---------- messages ----------


def waiting(school: School) -> QuerySet[LineMessage]:
    """Give the messages that wait to be worked, the oldest first."""
    return LineMessage.objects.filter(school=school, state=LineMessage.State.WAITING).order_by("received_at", "pk")


def waiting_messages(school: School) -> tuple[int, datetime | None]:
    """Give how many messages wait, and when the oldest came in: one query."""
    found = waiting(school).aggregate(many=Count("pk"), oldest=Min("received_at"))
    return found["many"], found["oldest"]


def next_message(school: School, pk: int | None = None) -> LineMessage | None:
    """Give the waiting message with a key, else the oldest."""
    rows = waiting(school)
    return (rows.filter(pk=pk).first() if pk else None) or rows.first()


def guess(message: LineMessage, *, user: User, on: date) -> tuple[list[Pupil], Contact | None]:
    """Give the pupils a message seems to be about, and the contact who seems to have sent it: three queries.

    By the sender's number or address first, then by forename and surname together in the text. A guess is shown, never
    acted on.
    """
    contact = _sender(message)
    visible = Pupil.objects.visible_to(user).filter(school=message.school_id).on_roll(on).select_related("tutor_group")
    said = [folded(word) for word in _WORDS.findall(f"{message.subject} {message.body}"[:_LONGEST_LOOKED_AT])]
    called = Q(pk__in=[])
    for word in set(said):
        called |= Q(sort_name__startswith=f"{word},")
    named = [
        pupil
        for pupil in visible.filter(called).in_order()[:60]
        if folded(pupil.forename) in said or folded(pupil.legal_forename) in said
    ]
    if contact is None:
        return named, None
    own = list(visible.filter(parents__contact=contact).in_order().distinct())
    both = [pupil for pupil in own if pupil in named]
    return both or named or own, contact


def _sender(message: LineMessage) -> Contact | None:
    contacts = Contact.objects.filter(school=message.school_id)
    address = _ADDRESS.search(message.sender)
    if address:
        return contacts.filter(email__iexact=address[0]).order_by("pk").first()
    digits = _DIGITS.sub("", message.sender)[-_SAME_NUMBER:]
    if len(digits) < _SAME_NUMBER:
        return None
    pattern = r"\D*".join(digits) + r"\D*$"
    phone = Q(mobile__regex=pattern) | Q(home_phone__regex=pattern) | Q(work_phone__regex=pattern)
    return contacts.filter(phone).order_by("pk").first()


# ---------- notes ----------


def notes_within(school: School, user: User) -> QuerySet[AbsenceNote]:
    """Give the notes about pupils within a person's reach, with their pupils, the latest first."""
    return (
        AbsenceNote.objects.filter(school=school, pupil__in=Pupil.objects.visible_to(user))
        .select_related("pupil__tutor_group", "logged_by")
        .annotate(heard=Count("calls"), strange=Exists(Call.objects.filter(note=OuterRef("pk"), is_known=False)))
        .order_by("-logged_at", "-pk")
    )


def standing_on(notes: QuerySet[AbsenceNote], on: date) -> QuerySet[AbsenceNote]:
    """Narrow to notes that hold on a day."""
    return notes.filter(Q(to_on=None) | Q(to_on__gte=on), from_on__lte=on).exclude(state=AbsenceNote.State.WITHDRAWN)


def found_by(text: str, *, school: School, user: User, on: date) -> list[Found]:
    """Give the pupils whom three letters name, with their families: five queries at most."""
    found, _ = pupil_answers.find(text, school=school, user=user, on=on)
    return with_families(found, user=user, on=on)


def reachable(pks: Collection[int], *, school: School, user: User) -> list[Pupil]:
    """Give the pupils with these keys within a person's reach, in the order of names."""
    return list(
        Pupil.objects.visible_to(user).filter(school=school, pk__in=pks).select_related("tutor_group").in_order()
    )
