"""Answers about pupils: who they are, what of it a person may see, and their year so far."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final

from django.db.models import Q, QuerySet

from attendance_office.staff.models import Post, School, TutorGroup, User
from attendance_office.staff.roles import Can, Role
from registers.models import Contact, Group, Membership, Parent, Pupil
from registers.models.pupils import PupilQuerySet
from registers.queries import figures
from registers.rules.names import folded
from registers.rules.rates import Tally

# What of a pupil is not for everyone who may see the pupil. A field that is not named here is for all of them.
FIELD_NEEDS: Final[Mapping[str, Can]] = {
    "sen": Can.SEE_NEEDS,
    "is_eal": Can.SEE_NEEDS,
    "is_pp": Can.SEE_MEANS,
    "is_fsm": Can.SEE_MEANS,
    "is_looked_after": Can.SEE_SAFEGUARDING,
    "has_protection_plan": Can.SEE_SAFEGUARDING,
    "is_in_need": Can.SEE_SAFEGUARDING,
    "is_young_carer": Can.SEE_SAFEGUARDING,
    "is_vulnerable": Can.SEE_SAFEGUARDING,
    "ethnicity": Can.SEE_BACKGROUND,
    "first_language": Can.SEE_BACKGROUND,
    "address": Can.SEE_CONTACTS,
    "postcode": Can.SEE_CONTACTS,
}
SAFEGUARDING: Final[Mapping[str, str]] = {
    "is_vulnerable": "Highly vulnerable",
    "has_protection_plan": "Child protection plan",
    "is_in_need": "Child in need",
    "is_looked_after": "Looked after",
    "is_young_carer": "Young carer",
}
FOUND_AT_MOST: Final = 10
SHORTEST_SEARCH: Final = 3


def may_see(field: str, allowed: Collection[Can]) -> bool:
    """Tell whether a person with these rights may see one field of a pupil."""
    return field not in FIELD_NEEDS or FIELD_NEEDS[field] in allowed


def flags_of(pupil: Pupil, allowed: Collection[Can]) -> list[str]:
    """Give what is to be known of a pupil in words, as far as the person may see it."""
    flags = []
    if Can.SEE_SAFEGUARDING in allowed:
        flags += [words for field, words in SAFEGUARDING.items() if getattr(pupil, field)]
    if Can.SEE_NEEDS in allowed:
        flags += [pupil.get_sen_display()] if pupil.sen != Pupil.Sen.NONE else []
        flags += ["EAL"] if pupil.is_eal else []
    if Can.SEE_MEANS in allowed:
        flags += ["Pupil premium"] if pupil.is_pp else []
        flags += ["Free school meals"] if pupil.is_fsm else []
    return flags


@dataclass(frozen=True)
class PupilLine:
    """A pupil of the list, with the school year so far."""

    pupil: Pupil
    tally: Tally
    flags: tuple[str, ...]

    @property
    def pk(self) -> int:
        """Give the pupil's primary key."""
        return self.pupil.pk

    @property
    def rate(self) -> Fraction | None:
        """Give the attendance rate, or None where nothing was possible."""
        return self.tally.attendance_rate

    @property
    def rate_order(self) -> Fraction:
        """Give what the rate sorts by: without a rate last from below."""
        return Fraction(2) if self.rate is None else self.rate

    @property
    def absence(self) -> str:
        """Give the word for much absence: severe, persistent or none."""
        if self.tally.severely_absent:
            return "Severe"
        return "Persistent" if self.tally.persistently_absent else ""

    @property
    def absence_order(self) -> int:
        """Give what the word sorts by."""
        return {"": 0, "Persistent": 1, "Severe": 2}[self.absence]


def year_so_far(school_id: int, on: date) -> Mapping[int, Tally]:
    """Give each pupil's tally from the start of the school year to a day, by the pupil's primary key."""
    return {counted.pupil_id: counted.tally for counted in figures.year_to_date(school_id, on)}


def lines(
    pupils: Iterable[Pupil], tallies: Mapping[int, Tally], *, allowed: Collection[Can], below: Fraction | None = None
) -> list[PupilLine]:
    """Give the list's lines in the order of `pupils`; with `below`, only those whose rate lies under it."""
    nothing = Tally.zero()
    found = [PupilLine(pupil, tallies.get(pupil.pk, nothing), tuple(flags_of(pupil, allowed))) for pupil in pupils]
    if below is None:
        return found
    return [line for line in found if line.rate is not None and line.rate < below]


def called(pupils: PupilQuerySet, text: str) -> PupilQuerySet:
    """Narrow to pupils whom each word of a text names: the start of any part of a name, of the UPN, or a form."""
    for word in folded(text).replace(",", " ").split():
        starts = Q(sort_name__startswith=word)
        for before in (" ", "-", "'"):
            starts |= Q(sort_name__contains=f"{before}{word}")
        starts |= Q(known_as__istartswith=word) | Q(legal_forename__istartswith=word)
        starts |= Q(upn__istartswith=word) | Q(tutor_group__name__iexact=word)
        pupils = pupils.filter(starts)
    return pupils


def find(text: str, *, school: School, user: User, on: date) -> tuple[list[Pupil], int]:
    """Give the first ten pupils on roll whom a text names, and how many there are; three letters, or a form's name.

    Whose name starts with the text comes first. Two queries at most.
    """
    wanted = folded(text)
    if len(wanted) < SHORTEST_SEARCH and not any(letter.isdigit() for letter in wanted):
        return [], 0
    pupils = Pupil.objects.visible_to(user).filter(school=school).on_roll(on)
    matching = called(pupils, wanted).select_related("tutor_group").in_order()
    some = list(matching[: FOUND_AT_MOST + 1])
    total = len(some) if len(some) <= FOUND_AT_MOST else matching.count()
    some.sort(key=lambda pupil: not pupil.sort_name.startswith(wanted))
    return some[:FOUND_AT_MOST], total


@dataclass(frozen=True)
class Identity:
    """Who a pupil is, at the top of each of the pupil's pages."""

    pupil: Pupil
    flags: list[str]
    tutor: str
    head_of_year: str
    on_roll: bool


def identity(pupil: Pupil, *, allowed: Collection[Can], on: date) -> Identity:
    """Give the identity bar: two queries."""
    posts = Post.objects.filter(school=pupil.school_id, ended_on=None).filter(
        Q(role=Role.TUTOR, tutor_group=pupil.tutor_group_id, tutor_group__isnull=False)
        | Q(role=Role.HEAD_OF_YEAR, year_group=pupil.year_group)
    )
    names: dict[str, list[str]] = {Role.TUTOR.value: [], Role.HEAD_OF_YEAR.value: []}
    for post in posts.select_related("user").order_by("pk"):
        names[post.role].append(post.user.signature)
    return Identity(
        pupil=pupil,
        flags=flags_of(pupil, allowed),
        tutor=", ".join(names[Role.TUTOR]),
        head_of_year=", ".join(names[Role.HEAD_OF_YEAR]),
        on_roll=Pupil.objects.filter(pk=pupil.pk).on_roll(on).exists(),
    )


@dataclass(frozen=True)
class Sibling:
    """A pupil who shares a contact with another."""

    pupil: Pupil
    through: str


def parents_of(pupil: Pupil) -> list[Parent]:
    """Give a pupil's contacts in the order to ring, those not to contact last."""
    return list(pupil.parents.select_related("contact").order_by("do_not_contact", "priority", "pk"))


def siblings_of(pupil: Pupil, *, user: User, contacts: Iterable[Contact]) -> list[Sibling]:
    """Give the pupils within the person's reach who share one of these contacts."""
    by_pk = {contact.pk: contact for contact in contacts}
    shared = (
        Parent.objects.filter(contact__in=by_pk, pupil__in=Pupil.objects.visible_to(user))
        .exclude(pupil=pupil)
        .select_related("pupil__tutor_group")
        .order_by("pupil__sort_name", "pk")
    )
    found: dict[int, Sibling] = {}
    for link in shared:
        found.setdefault(link.pupil_id, Sibling(link.pupil, str(by_pk[link.contact_id])))
    return list(found.values())


def years_taught(school: School) -> list[int]:
    """Give the year groups that have forms in use: one query."""
    return list(
        TutorGroup.objects.filter(school=school, is_used=True)
        .order_by("year_group")
        .values_list("year_group", flat=True)
        .distinct()
    )


@dataclass(frozen=True)
class GroupLine:
    """A group, and how many of its present members the person may see."""

    group: Group
    members: int


def groups_of(school: School, *, user: User, on: date) -> list[GroupLine]:
    """Give the school's groups by name: two queries."""
    members: dict[int, set[int]] = {}
    for group_id, pupil_id in (
        present(on).filter(school=school, pupil__in=Pupil.objects.visible_to(user)).values_list("group_id", "pupil_id")
    ):
        members.setdefault(group_id, set()).add(pupil_id)
    return [
        GroupLine(group, len(members.get(group.pk, ())))
        for group in Group.objects.filter(school=school).order_by("name")
    ]


def present(on: date) -> QuerySet[Membership]:
    """Give the memberships that hold on a day."""
    return Membership.objects.filter(Q(to_on=None) | Q(to_on__gte=on), from_on__lte=on)
