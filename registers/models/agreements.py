"""Dated arrangements that write codes: part-time timetables, dual registration, provision elsewhere, exam leave and
visits; and planned closures that write them for whole groups.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from attendance_office.audit.models import NEVER_DELETED, history
from attendance_office.staff.models import School, User

from .files import StoredFile
from .pupils import Contact, Pupil

EVERY_SESSION = "1" * 10


@history("AgreementEvent")
class Agreement(models.Model):
    """An arrangement for one or more pupils, from day to day, on some sessions of the week.

    `weekly` has ten places, Monday AM, Monday PM to Friday PM: 1 where the code is written. It stops at `ends_on`,
    which is `to_on` unless it was ended early.

    Source: SI 2024/208 reg 10 (B, D, K, P, V, W, X) and reg 11(5), (6) (S, C2).
    """

    class Kind(models.TextChoices):
        """What was agreed."""

        PART_TIME = "part_time", "Part-time timetable"
        DUAL = "dual", "Dual registration"
        PROVISION = "provision", "Alternative provision"
        EXAM_LEAVE = "exam_leave", "Exam or study leave"
        VISIT = "visit", "Visit, sport or work experience"

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    code = models.CharField(max_length=3)
    name = models.CharField(max_length=120, help_text="As Peak FE college, or Year 9 geography field trip.")
    place = models.CharField(max_length=200, blank=True)
    nature = models.CharField(max_length=200, blank=True, help_text="What is done there.")
    from_on = models.DateField()
    to_on = models.DateField()
    ends_on = models.DateField()
    weekly = models.CharField(max_length=10, default=EVERY_SESSION)
    review_on = models.DateField(null=True, blank=True)
    agreed_on = models.DateField()
    agreed_by = models.CharField(max_length=150, help_text="The authorised person of the school.")
    agreed_with = models.ForeignKey(Contact, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    agreed_with_name = models.CharField(max_length=150, blank=True, help_text="Where it is no contact.")
    document = models.ForeignKey(StoredFile, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    why_ended = models.CharField(max_length=400, blank=True)
    pupils: models.ManyToManyField[Pupil, AgreementPupil] = models.ManyToManyField(
        Pupil, through="AgreementPupil", related_name="agreements"
    )
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(name="agreement_ends_after_start", condition=Q(to_on__gte=F("from_on"))),
            models.CheckConstraint(name="agreement_stops_in_time", condition=Q(ends_on__lte=F("to_on"))),
            models.CheckConstraint(name="weekly_has_ten_places", condition=Q(weekly__regex=r"^[01]{10}$")),
        ]
        indexes = [models.Index(fields=["school", "ends_on"], name="agreement_by_end")]
        triggers = [NEVER_DELETED]

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"


class AgreementPupil(models.Model):
    """A pupil of an agreement. `to_on` is set where the pupil left it before its end."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="places")
    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="agreement_places")
    to_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["agreement", "pupil"], name="one_place_per_agreement")]
        indexes = [models.Index(fields=["school", "pupil"], name="agreement_by_pupil")]
        triggers = [NEVER_DELETED]

    def __str__(self) -> str:
        return f"{self.pupil}, {self.agreement}"


@history("ClosureEvent")
class Closure(models.Model):
    """A planned or unexpected closure of the school or a part of it, and the code that it writes.

    `#` is a planned closure of the whole school; Y codes (Y3 part, Y4 whole, and the others) are unexpected. With no
    groups and no year groups it holds for everybody. One that shuts the whole school stands in the calendar as well,
    as days that name it. `to_on` moves forward where the school opened again before its end.

    Source: SI 2024/208 reg 10 (# and Y1-Y7).
    """

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=3)
    name = models.CharField(max_length=120)
    from_on = models.DateField()
    to_on = models.DateField()
    half = models.CharField(max_length=2, blank=True, help_text="Empty for whole days.")
    year_groups = models.JSONField(default=list, help_text="Empty with tutor_groups empty: the whole school.")
    tutor_groups = models.JSONField(default=list, help_text="Keys of tutor groups.")
    nobody_came = models.BooleanField(default=False, help_text="Present marks were wrong, and gave way to the code.")
    is_standing = models.BooleanField(default=True)
    coding = models.BigIntegerField(null=True, help_text="The line of the trail that tells which marks it wrote.")
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    taken_back_at = models.DateTimeField(null=True)
    taken_back_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    why_taken_back = models.CharField(max_length=400, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(name="closure_ends_after_start", condition=Q(to_on__gte=F("from_on")))]
        indexes = [models.Index(fields=["school", "from_on"], name="closure_by_day")]
        triggers = [NEVER_DELETED]

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"
