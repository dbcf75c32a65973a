"""Schools, groups, people and posts."""

import factory

from attendance_office.staff.models import Post, School, Trust, TutorGroup, User


class TrustFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Trust

    name = factory.Sequence(lambda n: f"Trust {n}")


class SchoolFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = School

    urn = factory.Sequence(lambda n: f"{100000 + n}")
    name = factory.Sequence(lambda n: f"School {n}")
    la_code = "302"
    estab_number = factory.Sequence(lambda n: f"{4000 + n}")
    phase = "Secondary"


class TutorGroupFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = TutorGroup

    school = factory.SubFactory(SchoolFactory)
    year_group = 9
    name = factory.Sequence(lambda n: f"9{chr(65 + n % 26)}{n // 26 or ''}")
    room = "B12"


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = User

    email = factory.Sequence(lambda n: f"person{n}@school.invalid")
    title = "Ms"
    first_name = factory.Sequence(lambda n: f"Forename{n}")
    last_name = factory.Sequence(lambda n: f"Surname{n}")
    password = factory.django.Password("correct horse battery")


class PostFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Post

    user = factory.SubFactory(UserFactory)
    school = factory.SubFactory(SchoolFactory)
    role = "officer"
