"""Schools of a trust, their tutor groups, and who works where in which role."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.db import models
from django.db.models import F, Q

from attendance_office.audit.models import ROW_BY_ROW, history

from .roles import MAY, NEEDS_SECOND_FACTOR, OF_THE_TRUST, REACH, TITLES, Can, Reach, Role

_OF_THE_TRUST = sorted(OF_THE_TRUST)


class Trust(models.Model):
    """A trust or federation: several schools under one roof."""

    name = models.CharField(max_length=200, unique=True)

    def __str__(self) -> str:
        return self.name


class School(models.Model):
    """A school. Every row of the record belongs to one."""

    trust = models.ForeignKey(Trust, on_delete=models.PROTECT, null=True, blank=True, related_name="schools")
    urn = models.CharField("URN", max_length=6, unique=True)
    name = models.CharField(max_length=200)
    la_code = models.CharField("local authority code", max_length=3)
    estab_number = models.CharField("establishment number", max_length=4)
    phase = models.CharField(max_length=40)
    address = models.CharField(max_length=400, blank=True)
    postcode = models.CharField(max_length=10, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    email = models.EmailField(blank=True)
    headteacher = models.CharField(max_length=150, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["la_code", "estab_number"], name="one_school_per_laestab"),
        ]

    def __str__(self) -> str:
        return self.name


class TutorGroupQuerySet(models.QuerySet["TutorGroup"]):
    """Narrowing of tutor groups."""

    def visible_to(self, user: User) -> TutorGroupQuerySet:
        """Give the groups that the user's posts reach."""
        return self.filter(user.standing.rows(school="school", year="year_group", group="pk"))


class TutorGroup(models.Model):
    """A form: a place in the school that pupils pass through, known by its name."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="tutor_groups")
    name = models.CharField(max_length=20)
    year_group = models.SmallIntegerField()
    room = models.CharField(max_length=40, blank=True)
    building = models.CharField(max_length=60, blank=True)
    is_used = models.BooleanField(default=True)

    objects = TutorGroupQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["school", "name"], name="one_tutor_group_per_name")]

    def __str__(self) -> str:
        return self.name


class Standing:
    """What a person's posts add up to. Read once a request; asks the database once."""

    def __init__(self, posts: Iterable[Post]) -> None:
        self.posts = [post for post in posts if post.ended_on is None]

    @cached_property
    def schools(self) -> list[School]:
        """Give the schools in which the person has any post, the first of them first."""
        found: dict[int, School] = {}
        for post in self.posts:
            if post.school is not None:
                found.setdefault(post.school.pk, post.school)
            elif post.trust is not None:
                for school in post.trust.schools.all():
                    found.setdefault(school.pk, school)
        return list(found.values())

    @cached_property
    def school_ids(self) -> list[int]:
        """Give the primary keys of `schools`."""
        return [school.pk for school in self.schools]

    def posts_in(self, school_id: int) -> list[Post]:
        """Give the posts that hold in one school."""
        return [post for post in self.posts if post.holds_in(school_id)]

    def may(self, can: Can, school_id: int) -> bool:
        """Tell whether any of the person's posts in the school allows it."""
        return any(can in MAY[Role(post.role)] for post in self.posts_in(school_id))

    def allowed(self, school_id: int) -> frozenset[Can]:
        """Give all that the person may do in one school."""
        return frozenset().union(*(MAY[Role(post.role)] for post in self.posts_in(school_id)))

    def sees_all(self, school_id: int) -> bool:
        """Tell whether one of the person's posts reaches every pupil of the school."""
        return any(REACH[Role(post.role)] in (Reach.SCHOOL, Reach.TRUST) for post in self.posts_in(school_id))

    def rows(self, *, school: str, year: str, group: str) -> Q:
        """Give the filter for rows that carry a school, a year group and a tutor group under these names."""
        reach = Q(pk__in=[])
        for post in self.posts:
            kind = REACH[Role(post.role)]
            if kind is Reach.TRUST and post.trust_id:
                reach |= Q(**{f"{school}__in": [s.pk for s in self.schools if s.trust_id == post.trust_id]})
            elif kind in (Reach.SCHOOL, Reach.TRUST) and post.school_id:
                reach |= Q(**{school: post.school_id})
            elif kind is Reach.YEAR and post.year_group is not None:
                reach |= Q(**{school: post.school_id, year: post.year_group})
            elif kind is Reach.GROUP and post.tutor_group_id:
                reach |= Q(**{school: post.school_id, group: post.tutor_group_id})
        return reach

    @cached_property
    def needs_second_factor(self) -> bool:
        """Tell whether any post sees more than one class."""
        return any(Role(post.role) in NEEDS_SECOND_FACTOR for post in self.posts)


class UserManager(BaseUserManager["User"]):
    """Makes staff accounts, which are known by their e-mail address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Make an account; without a password nobody can sign in with one."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str, **fields: Any) -> User:
        """Make an account for the command line; it still needs a post to see anything."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        """Find an account by its address, whatever its case."""
        return self.get(email__iexact=username)


class User(AbstractUser):
    """A member of staff who signs in."""

    username = None  # type: ignore[assignment]
    email = models.EmailField("e-mail address", unique=True)
    title = models.CharField(max_length=20, blank=True)
    phone = models.CharField("extension or mobile", max_length=40, blank=True)
    staff_code = models.CharField(max_length=20, blank=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = UserManager()  # type: ignore[misc, assignment]

    def __str__(self) -> str:
        return self.signature

    @property
    def signature(self) -> str:
        """Give the name as letters and the record show it: "Mrs P. Hargreave"."""
        initial = f"{self.first_name[:1]}." if self.first_name else ""
        return " ".join(part for part in (self.title, initial, self.last_name) if part) or self.email

    @property
    def full_name(self) -> str:
        """Give forename and surname."""
        return " ".join(part for part in (self.first_name, self.last_name) if part) or self.email

    @cached_property
    def standing(self) -> Standing:
        """Give what the person's posts add up to."""
        return Standing(
            self.posts.filter(ended_on=None)
            .select_related("school", "trust", "tutor_group")
            .prefetch_related("trust__schools")
            .order_by("pk")
        )

    def role_in(self, school_id: int | None) -> str:
        """Give the role or roles held in a school, in words."""
        if school_id is None:
            return ""
        return ", ".join(dict.fromkeys(post.role_title for post in self.standing.posts_in(school_id)))


@history("PostEvent")
class Post(models.Model):
    """A person's role in a school, or in every school of a trust."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="posts")
    school = models.ForeignKey(School, on_delete=models.PROTECT, null=True, blank=True, related_name="posts")
    trust = models.ForeignKey(Trust, on_delete=models.PROTECT, null=True, blank=True, related_name="posts")
    role = models.CharField(max_length=20, choices=[(role.value, TITLES[role]) for role in Role])
    year_group = models.SmallIntegerField(null=True, blank=True)
    tutor_group = models.ForeignKey(TutorGroup, on_delete=models.PROTECT, null=True, blank=True, related_name="posts")
    ended_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="post_is_in_a_school_or_a_trust",
                condition=Q(school__isnull=False, trust__isnull=True) | Q(school__isnull=True, trust__isnull=False),
            ),
            models.CheckConstraint(
                name="posts_of_a_trust_are_its_own",
                condition=Q(role__in=_OF_THE_TRUST, trust__isnull=False)
                | (~Q(role__in=_OF_THE_TRUST) & Q(trust__isnull=True)),
            ),
            models.CheckConstraint(
                name="head_of_year_has_a_year",
                condition=~Q(role="head_of_year") | Q(year_group__isnull=False),
            ),
            models.UniqueConstraint(
                F("user"),
                F("school"),
                F("trust"),
                F("role"),
                F("year_group"),
                F("tutor_group"),
                name="one_post_once",
                condition=Q(ended_on__isnull=True),
                nulls_distinct=False,
            ),
        ]
        triggers = [ROW_BY_ROW]

    def __str__(self) -> str:
        return f"{self.user}, {self.role_title}"

    @property
    def role_title(self) -> str:
        """Give the role in words, with its year or group."""
        title = TITLES[Role(self.role)]
        if self.role == Role.HEAD_OF_YEAR:
            return f"Head of year {self.year_group}"
        if self.role == Role.TUTOR and self.tutor_group is not None:
            return f"Tutor of {self.tutor_group.name}"
        return title

    def holds_in(self, school_id: int) -> bool:
        """Tell whether the post holds in a school."""
        if self.school_id is not None:
            return self.school_id == school_id
        return self.trust is not None and any(school.pk == school_id for school in self.trust.schools.all())
