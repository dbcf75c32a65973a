"""Nouns of the record. Marks, saved registers and amendments are made by actions, never here."""

from datetime import date, time

import factory

from registers.models import Contact, Enrolment, Parent, Placement, Pupil, SessionTimes, Term

from .staff import SchoolFactory


class TermFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Term

    school = factory.SubFactory(SchoolFactory)
    school_year = "2026/27"
    name = "Autumn"
    starts_on = date(2026, 9, 2)
    ends_on = date(2026, 12, 18)


class SessionTimesFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = SessionTimes

    school = factory.SubFactory(SchoolFactory)
    half = "AM"
    from_on = date(2025, 9, 1)
    opens_at = time(8, 40)
    closes_at = time(9, 10)


class PupilFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Pupil

    school = factory.SubFactory(SchoolFactory)
    upn = factory.Sequence(lambda n: f"T{n:012d}")
    legal_surname = factory.Sequence(lambda n: f"Pupil{n:04d}")
    legal_forename = "Alex"
    sort_name = factory.LazyAttribute(lambda p: f"{p.legal_surname}, {p.legal_forename}".casefold())
    date_of_birth = date(2013, 3, 4)
    sex = "F"
    year_group = 9


class EnrolmentFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Enrolment

    pupil = factory.SubFactory(PupilFactory)
    school = factory.SelfAttribute("pupil.school")
    starts_on = date(2025, 9, 3)


class PlacementFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Placement

    pupil = factory.SubFactory(PupilFactory)
    school = factory.SelfAttribute("pupil.school")
    tutor_group = factory.SelfAttribute("pupil.tutor_group")
    year_group = factory.SelfAttribute("pupil.year_group")
    from_on = date(2026, 9, 2)


class ContactFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Contact

    school = factory.SubFactory(SchoolFactory)
    title = "Mrs"
    forename = "Jo"
    surname = factory.Sequence(lambda n: f"Parent{n:04d}")
    mobile = "07700 900418"


class ParentFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Parent

    pupil = factory.SubFactory(PupilFactory)
    school = factory.SelfAttribute("pupil.school")
    contact = factory.SubFactory(ContactFactory, school=factory.SelfAttribute("..school"))
    relationship = "Mother"
