"""The admission register: pupils, their enrolments, where they sit, who their parents are, and their groups.

History of every field is kept by Postgres (the row as it was before each change), append-only.
"""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value

from attendance_office.audit.models import ROW_BY_ROW, history
from attendance_office.staff.models import School, TutorGroup, User


def dates(first: str, last: str) -> Func:
    """Give the SQL for the days from one field to another, both included, open where the last is empty."""
    return Func(F(first), F(last), Value("[]"), function="daterange", output_field=models.Field())


def same(field: str) -> Func:
    """Give the SQL for "the same row" in an exclusion constraint without any extension of Postgres."""
    return Func(F(field), F(field), Value("[]"), function="int8range", output_field=models.Field())


class PupilQuerySet(models.QuerySet["Pupil"]):
    """Narrowing of pupils."""

    def visible_to(self, user: User) -> PupilQuerySet:
        """Give the pupils that the user's posts reach."""
        return self.filter(user.standing.rows(school="school", year="year_group", group="tutor_group"))

    def on_roll(self, on: Any) -> PupilQuerySet:
        """Give the pupils enrolled on a day."""
        return self.filter(Q(enrolments__ends_on=None) | Q(enrolments__ends_on__gte=on), enrolments__starts_on__lte=on)

    def in_order(self) -> PupilQuerySet:
        """Give them by surname and forename as an English list has them."""
        return self.order_by("sort_name", "pk")


@history("PupilEvent")
class Pupil(models.Model):
    """A child on, or once on, the admission register.

    Source: SI 2024/208 reg 8 (contents of the admission register).
    """

    class Sex(models.TextChoices):
        """As the admission register asks."""

        FEMALE = "F", "Female"
        MALE = "M", "Male"
        UNKNOWN = "U", "Not recorded"

    class Sen(models.TextChoices):
        """Special educational needs status."""

        NONE = "N", "None"
        SUPPORT = "K", "SEN support"
        PLAN = "E", "EHC plan"

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="pupils")
    upn = models.CharField("UPN", max_length=13)
    legal_surname = models.CharField(max_length=100)
    legal_forename = models.CharField(max_length=100)
    middle_names = models.CharField(max_length=150, blank=True)
    known_as = models.CharField("forename used", max_length=100, blank=True)
    former_surname = models.CharField(max_length=100, blank=True)
    sort_name = models.CharField(max_length=210, editable=False, help_text="Surname, forename without accents or case.")
    date_of_birth = models.DateField()
    sex = models.CharField(max_length=1, choices=Sex.choices)
    admission_number = models.CharField(max_length=20, blank=True)
    address = models.CharField(max_length=400, blank=True)
    postcode = models.CharField(max_length=10, blank=True)
    last_school = models.CharField("last school attended", max_length=200, blank=True)

    year_group = models.SmallIntegerField()
    tutor_group = models.ForeignKey(TutorGroup, on_delete=models.PROTECT, null=True, blank=True, related_name="pupils")

    ethnicity = models.CharField(max_length=4, blank=True)
    first_language = models.CharField(max_length=40, blank=True)
    sen = models.CharField("SEN", max_length=1, choices=Sen.choices, default=Sen.NONE)
    is_eal = models.BooleanField("English as an additional language", default=False)
    is_pp = models.BooleanField("pupil premium", default=False)
    is_fsm = models.BooleanField("free school meals", default=False)
    is_looked_after = models.BooleanField("looked after", default=False)
    has_protection_plan = models.BooleanField("child protection plan", default=False)
    is_in_need = models.BooleanField("child in need", default=False)
    is_young_carer = models.BooleanField("young carer", default=False)
    is_vulnerable = models.BooleanField("highly vulnerable", default=False)
    is_boarder = models.BooleanField("boarder", default=False)
    is_mobile_child = models.BooleanField("mobile child", default=False)

    objects = PupilQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["school", "upn"], name="one_pupil_per_upn"),
            # The marks' foreign key names both, so that a mark can never belong to another school than its pupil.
            models.UniqueConstraint(fields=["school", "id"], name="pupil_with_school"),
        ]
        indexes = [
            models.Index(fields=["school", "sort_name"], name="pupil_by_name"),
            models.Index(fields=["school", "tutor_group"], name="pupil_by_tutor_group"),
        ]
        triggers = [ROW_BY_ROW]

    def __str__(self) -> str:
        return f"{self.legal_surname}, {self.forename}"

    @property
    def forename(self) -> str:
        """Give the forename in daily use."""
        return self.known_as or self.legal_forename

    @property
    def name(self) -> str:
        """Give forename and surname as people say them."""
        return f"{self.forename} {self.legal_surname}"


@history("EnrolmentEvent")
class Enrolment(models.Model):
    """One stay on the admission register, from the starting day to the day of leaving.

    Source: SI 2024/208 reg 8(2)(h) (starting day) and reg 9 (grounds for deletion).
    """

    class Kind(models.TextChoices):
        """Where else the pupil is registered."""

        SINGLE = "C", "This school only"
        MAIN = "M", "Dual registered, this is the main school"
        SUBSIDIARY = "S", "Dual registered, the other is the main school"

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="enrolments")
    starts_on = models.DateField("starting day")
    ends_on = models.DateField("last day on roll", null=True, blank=True)
    kind = models.CharField(max_length=1, choices=Kind.choices, default=Kind.SINGLE)
    leaving_ground = models.CharField(max_length=1, blank=True, help_text="The letter of reg 9(1), a to o.")
    destination = models.CharField(max_length=200, blank=True)
    destination_from_on = models.DateField("starts at the new school", null=True, blank=True)
    future_address = models.CharField(max_length=400, blank=True)
    future_address_from_on = models.DateField("lives there from", null=True, blank=True)
    conditions = models.JSONField("conditions of the ground", default=list, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="leaves_after_starting", condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on"))
            ),
            ExclusionConstraint(
                name="one_enrolment_at_a_time",
                expressions=[
                    (same("pupil"), RangeOperators.OVERLAPS),
                    (dates("starts_on", "ends_on"), RangeOperators.OVERLAPS),
                ],
            ),
        ]
        indexes = [models.Index(fields=["school", "starts_on"], name="enrolment_by_start")]
        triggers = [ROW_BY_ROW]

    def __str__(self) -> str:
        return f"{self.starts_on} to {self.ends_on or 'now'}"


@history("PlacementEvent")
class Placement(models.Model):
    """Which tutor group and year group a pupil sat in, from when to when. Registers of a past day ask this."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="placements")
    tutor_group = models.ForeignKey(TutorGroup, on_delete=models.PROTECT, related_name="placements")
    year_group = models.SmallIntegerField()
    from_on = models.DateField()
    to_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="placement_ends_after_start", condition=Q(to_on=None) | Q(to_on__gte=F("from_on"))
            ),
            ExclusionConstraint(
                name="one_tutor_group_at_a_time",
                expressions=[
                    (same("pupil"), RangeOperators.OVERLAPS),
                    (dates("from_on", "to_on"), RangeOperators.OVERLAPS),
                ],
            ),
        ]
        indexes = [models.Index(fields=["school", "tutor_group", "from_on"], name="placement_by_group")]
        triggers = [ROW_BY_ROW]

    def __str__(self) -> str:
        return f"{self.tutor_group} from {self.from_on}"


@history("ContactEvent")
class Contact(models.Model):
    """A parent or other adult known to the school; one person for all of their children."""

    class LettersBy(models.TextChoices):
        """How letters reach the person."""

        POST = "post", "By post"
        EMAIL = "email", "By e-mail"

    class AlertsBy(models.TextChoices):
        """How the person wants to hear that a child is not in school."""

        SMS = "sms", "Text message"
        EMAIL = "email", "E-mail"
        CALL = "call", "Telephone call"

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="contacts")
    reference = models.CharField(max_length=40, blank=True, help_text="The person's number in the system it came from.")
    title = models.CharField(max_length=20, blank=True)
    forename = models.CharField(max_length=100, blank=True)
    surname = models.CharField(max_length=100)
    mobile = models.CharField(max_length=40, blank=True)
    home_phone = models.CharField(max_length=40, blank=True)
    work_phone = models.CharField(max_length=40, blank=True)
    email = models.EmailField(blank=True)
    address = models.CharField(max_length=400, blank=True)
    postcode = models.CharField(max_length=10, blank=True)
    language = models.CharField("language for letters", max_length=40, blank=True)
    is_large_print = models.BooleanField("letters in large print", default=False)
    letters_by = models.CharField(max_length=5, choices=LettersBy.choices, default=LettersBy.POST)
    alerts_by = models.CharField(max_length=5, choices=AlertsBy.choices, default=AlertsBy.SMS)
    last_confirmed_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["school", "reference"], name="one_contact_per_reference", condition=~Q(reference="")
            ),
        ]
        indexes = [models.Index(fields=["school", "surname"], name="contact_by_surname")]
        triggers = [ROW_BY_ROW]

    def __str__(self) -> str:
        return " ".join(part for part in (self.title, self.forename, self.surname) if part)


@history("ParentEvent")
class Parent(models.Model):
    """What a contact is to a pupil: parent or carer, whether they live together, and in which order to ring."""

    class Told(models.TextChoices):
        """What this person may be told about the pupil."""

        ALL = "all", "Everything"
        ATTENDANCE = "attendance", "Attendance only"
        EMERGENCY = "emergency", "Emergencies only"
        NOTHING = "nothing", "Nothing"

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="parents")
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="children")
    relationship = models.CharField(max_length=40)
    has_responsibility = models.BooleanField("parental responsibility", default=True)
    lives_with = models.BooleanField("pupil lives with", default=True)
    priority = models.PositiveSmallIntegerField("order to ring", default=1)
    gets_letters = models.BooleanField(default=True)
    do_not_contact = models.BooleanField(default=False)
    why_not = models.CharField("why not to contact", max_length=200, blank=True)
    may_be_told = models.CharField(max_length=10, choices=Told.choices, default=Told.ALL)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["pupil", "contact"], name="one_link_per_pupil_and_contact")]
        indexes = [models.Index(fields=["contact"], name="children_of_contact")]
        triggers = [ROW_BY_ROW]

    def __str__(self) -> str:
        return f"{self.contact}, {self.relationship}"


class Group(models.Model):
    """A group the school made for itself: a club, a list to watch, a cohort."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="groups")
    name = models.CharField(max_length=80)
    purpose = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["school", "name"], name="one_group_per_name")]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A pupil in a group, from when to when."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    group = models.ForeignKey(Group, on_delete=models.PROTECT, related_name="memberships")
    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="memberships")
    from_on = models.DateField()
    to_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["group", "pupil", "from_on"], name="one_membership_per_start"),
            models.CheckConstraint(
                name="membership_ends_after_start", condition=Q(to_on=None) | Q(to_on__gte=F("from_on"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.group} from {self.from_on}"
