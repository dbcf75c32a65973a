"""The cast: people whom every test knows by name.

Thornbridge Academy has 9A (three pupils: Callum, Amina, Freya) and 8C (two: Tyler, who is highly vulnerable, and Ikra).
Ridgeway School, of no trust, has 9A with one pupil, Zzyzx Canary. Sandra is Thornbridge's officer, Laila the attendance
lead, Pat tutors 9A, Hal tutors 8C, Adeyemi is head of year 9, Nine heads year 8, Bea is pastoral, Dee the DSL, Max the data
manager, Head of SLT is Sol, Gov a governor, Tess trust lead, Nell a trustee, Ada administrator. Olly is Ridgeway's officer, Rita tutors its
9A. Nobody has no post at all.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, time
from typing import Any

from attendance_office.staff.models import Post, School, TutorGroup, User
from registers.models import Contact, Enrolment, NonSchoolDay, Parent, Placement, Pupil, SessionTimes, Term

from .registers import (
    ContactFactory,
    EnrolmentFactory,
    ParentFactory,
    PlacementFactory,
    PupilFactory,
    SessionTimesFactory,
    TermFactory,
)
from .staff import PostFactory, SchoolFactory, TrustFactory, TutorGroupFactory, UserFactory


@dataclass
class Cast:
    """Everyone and everything of the cast by name."""

    thornbridge: School
    ridgeway: School
    nine_a: TutorGroup
    eight_c: TutorGroup
    ridgeway_nine_a: TutorGroup
    people: dict[str, User] = field(default_factory=dict)
    pupils: dict[str, Pupil] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        """Find a person or a pupil by forename."""
        for shelf in ("people", "pupils"):
            found = self.__dict__.get(shelf, {}).get(name)
            if found is not None:
                return found
        raise AttributeError(name)


def make_school(school: School) -> None:
    """Give a school its terms, half term, INSET days and session times, from September 2025."""
    Term.objects.bulk_create(
        TermFactory.build(school=school, school_year=year, name=name, starts_on=starts_on, ends_on=ends_on)
        for year, name, starts_on, ends_on in [
            ("2025/26", "Autumn", date(2025, 9, 3), date(2025, 12, 19)),
            ("2025/26", "Spring", date(2026, 1, 5), date(2026, 3, 27)),
            ("2025/26", "Summer", date(2026, 4, 13), date(2026, 7, 22)),
            ("2026/27", "Autumn", date(2026, 9, 2), date(2026, 12, 18)),
            ("2026/27", "Spring", date(2027, 1, 4), date(2027, 3, 25)),
            ("2026/27", "Summer", date(2027, 4, 12), date(2027, 7, 21)),
        ]
    )
    half_term = [(date(2026, 10, day), "half_term", "Half term") for day in (26, 27, 28, 29, 30)]
    NonSchoolDay.objects.bulk_create(
        NonSchoolDay(school=school, on=on, kind=kind, name=name)
        for on, kind, name in [*half_term, (date(2026, 10, 23), "inset", "INSET day")]
    )
    SessionTimes.objects.bulk_create(
        [
            SessionTimesFactory.build(school=school, half="AM"),
            SessionTimesFactory.build(school=school, half="PM", opens_at=time(13, 20), closes_at=time(13, 50)),
        ]
    )


def make_pupil(group: TutorGroup, surname: str, forename: str, **fields: Any) -> Pupil:
    """Put a pupil on roll in a group, with one parent."""
    (pupil,) = put_on_roll((group, surname, forename, fields))
    return pupil


def put_on_roll(*rows: tuple[TutorGroup, str, str, dict[str, Any]]) -> list[Pupil]:
    """Put pupils on roll in their groups, each with one parent: a statement for each table, not for each pupil."""
    pupils = Pupil.objects.bulk_create(
        PupilFactory.build(
            school=group.school,
            tutor_group=group,
            year_group=group.year_group,
            legal_surname=surname,
            legal_forename=forename,
            sort_name=f"{surname}, {forename}".casefold(),
            **fields,
        )
        for group, surname, forename, fields in rows
    )
    Enrolment.objects.bulk_create(EnrolmentFactory.build(pupil=pupil) for pupil in pupils)
    Placement.objects.bulk_create(PlacementFactory.build(pupil=pupil) for pupil in pupils)
    contacts = Contact.objects.bulk_create(
        ContactFactory.build(school=pupil.school, surname=pupil.legal_surname) for pupil in pupils
    )
    Parent.objects.bulk_create(
        ParentFactory.build(pupil=pupil, contact=contact) for pupil, contact in zip(pupils, contacts, strict=True)
    )
    return pupils


def person(school: School | None, role: str, title: str, first: str, last: str, **post: Any) -> User:
    """Make a person with one post."""
    (user,) = employ((school, role, title, first, last, post))
    return user


def employ(*rows: tuple[School | None, str, str, str, str, dict[str, Any]]) -> list[User]:
    """Make people with one post each."""
    users = User.objects.bulk_create(
        UserFactory.build(
            email=f"{first}.{last}@{'x' if school is None else school.urn}.invalid".lower(),
            title=title,
            first_name=first,
            last_name=last,
        )
        for school, _, title, first, last, _ in rows
    )
    Post.objects.bulk_create(
        PostFactory.build(user=user, school=school, role=role, **post)
        for user, (school, role, _, _, _, post) in zip(users, rows, strict=True)
    )
    return users


def make_cast() -> Cast:
    """Make the whole cast."""
    trust = TrustFactory(name="Peak Trust")
    thornbridge = SchoolFactory(name="Thornbridge Academy", trust=trust, urn="137001")
    ridgeway = SchoolFactory(name="Ridgeway School", urn="137002")
    for school in (thornbridge, ridgeway):
        make_school(school)
    cast = Cast(
        thornbridge=thornbridge,
        ridgeway=ridgeway,
        nine_a=TutorGroupFactory(school=thornbridge, name="9A", year_group=9),
        eight_c=TutorGroupFactory(school=thornbridge, name="8C", year_group=8),
        ridgeway_nine_a=TutorGroupFactory(school=ridgeway, name="9A", year_group=9),
    )
    people = {
        "sandra": (thornbridge, "officer", "Mrs", "Sandra", "Pugh", {}),
        "laila": (thornbridge, "lead", "Ms", "Laila", "Noor", {}),
        "pat": (thornbridge, "tutor", "Mrs", "Pat", "Hargreave", {"tutor_group": cast.nine_a}),
        "hal": (thornbridge, "tutor", "Mr", "Hal", "Tranter", {"tutor_group": cast.eight_c}),
        "adeyemi": (thornbridge, "head_of_year", "Mr", "Ade", "Adeyemi", {"year_group": 9}),
        "nine": (thornbridge, "head_of_year", "Ms", "Nina", "Eight", {"year_group": 8}),
        "bea": (thornbridge, "pastoral", "Ms", "Bea", "Farrant", {}),
        "dee": (thornbridge, "dsl", "Ms", "Dee", "Lacey", {}),
        "max": (thornbridge, "data_manager", "Mr", "Max", "Reed", {}),
        "sol": (thornbridge, "slt", "Dr", "Sol", "Abara", {}),
        "gov": (thornbridge, "governor", "Mr", "Gov", "Lund", {}),
        "tess": (None, "trust_lead", "Ms", "Tess", "Stott", {"trust": trust}),
        "nell": (None, "trustee", "Mrs", "Nell", "Ashby", {"trust": trust}),
        "ada": (thornbridge, "administrator", "Ms", "Ada", "Fenn", {}),
        "olly": (ridgeway, "officer", "Mr", "Olly", "Marsden", {}),
        "rita": (ridgeway, "tutor", "Ms", "Rita", "Gill", {"tutor_group": cast.ridgeway_nine_a}),
    }
    cast.people = dict(zip(people, employ(*people.values()), strict=True))
    cast.people["nobody"] = UserFactory(email="nobody@nowhere.invalid")
    pupils = {
        "callum": (cast.nine_a, "Ashworth", "Callum", {"sex": "M"}),
        "amina": (cast.nine_a, "Begum", "Amina", {"is_fsm": True, "is_pp": True}),
        "freya": (cast.nine_a, "Blackwood", "Freya", {"sen": "K"}),
        "tyler": (cast.eight_c, "Maddox", "Tyler", {"sex": "M", "is_vulnerable": True, "has_protection_plan": True}),
        "ikra": (cast.eight_c, "Hassan", "Ikra", {}),
        "canary": (cast.ridgeway_nine_a, "Canary", "Zzyzx", {}),
    }
    cast.pupils = dict(zip(pupils, put_on_roll(*pupils.values()), strict=True))
    return cast
