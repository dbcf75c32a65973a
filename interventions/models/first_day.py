"""First-day contact: families of absent pupils, each attempt to reach one, and what went to safeguarding."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from attendance_office.audit.models import APPEND_ONLY, NEVER_DELETED
from attendance_office.staff.models import School, User
from letters.models import Message
from registers.models import Contact, ContactFault, Half, Pupil


class FirstDayQuerySet(models.QuerySet["FirstDay"]):
    """Narrowing of families."""

    def visible_to(self, user: User) -> FirstDayQuerySet:
        """Give the families of which a pupil is within the user's reach."""
        reach = user.standing.rows(school="school", year="pupil__year_group", group="pupil__tutor_group")
        return self.filter(pk__in=FirstDayPupil.objects.filter(reach).values("first_day"))


class FirstDay(models.Model):
    """A family with a pupil absent without a reason in a session: alerted, rung, or both."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    on = models.DateField()
    half = models.CharField("session", max_length=2, choices=Half.choices)
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    alert = models.OneToOneField(Message, on_delete=models.PROTECT, null=True, related_name="first_day")
    why_no_alert = models.CharField(max_length=300, blank=True)
    why_private = models.CharField(max_length=300, blank=True, help_text="The same for people who see safeguarding.")

    objects = FirstDayQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["school", "on", "half"], name="first_day_by_session")]
        triggers = [NEVER_DELETED]

    def __str__(self) -> str:
        return f"Family {self.pk}, {self.on} {self.half}"


class FirstDayPupil(models.Model):
    """An absent pupil of a family. A pupil is of one family in a session: nobody is alerted or raised twice."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    first_day = models.ForeignKey(FirstDay, on_delete=models.PROTECT, related_name="pupils")
    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="+")
    on = models.DateField()
    half = models.CharField("session", max_length=2, choices=Half.choices)
    since_at = models.DateTimeField(help_text="When the mark was made.")
    joined_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["school", "on", "half", "pupil"], name="one_family_per_pupil_and_session")
        ]
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return f"{self.pupil_id} of family {self.first_day_id}"


class Attempt(models.Model):
    """One attempt to reach a family by telephone: who, whom, on which number, and what came of it."""

    class Outcome(models.TextChoices):
        """What came of it."""

        SPOKE = "spoke", "Spoke"
        EXPECTED = "expected", "Spoke: believed the child in school"
        VOICEMAIL = "voicemail", "Left a voicemail"
        NO_ANSWER = "no_answer", "No answer"
        CALLS_BACK = "calls_back", "Will call back"
        REFUSED = "refused", "Would not say"
        DEAD = "dead", "Number dead"

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    first_day = models.ForeignKey(FirstDay, on_delete=models.PROTECT, related_name="attempts")
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="+")
    way = models.CharField(max_length=10)
    number = models.CharField(max_length=40)
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    words = models.CharField(max_length=400, blank=True)
    code = models.CharField(max_length=3, blank=True, help_text="The code of the note that came of it.")
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["first_day", "-at"], name="attempt_by_family")]
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return f"{self.get_outcome_display()}, {self.number}"

    @property
    def way_words(self) -> str:
        """Give which of the contact's numbers was rung."""
        return ContactFault.Way(self.way).label


class SafeguardingItemQuerySet(models.QuerySet["SafeguardingItem"]):
    """Narrowing of items."""

    def visible_to(self, user: User) -> SafeguardingItemQuerySet:
        """Give the items about families within the user's reach."""
        return self.filter(first_day__in=FirstDay.objects.visible_to(user))


class SafeguardingItem(models.Model):
    """A family of whom nobody was reached, or who believed the child in school. Only a person closes it, with words."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    first_day = models.OneToOneField(FirstDay, on_delete=models.PROTECT, related_name="item")
    since_at = models.DateTimeField(help_text="When the first of the pupils was marked absent.")
    raised_at = models.DateTimeField()
    raised_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    why = models.CharField(max_length=400)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    why_closed = models.CharField(max_length=400, blank=True)

    objects = SafeguardingItemQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="a_closed_item_says_by_whom_and_why",
                condition=Q(closed_at=None, closed_by=None)
                | (Q(closed_at__isnull=False, closed_by__isnull=False) & ~Q(why_closed="")),
            )
        ]
        indexes = [models.Index(fields=["school", "closed_at", "since_at"], name="item_by_state")]
        triggers = [NEVER_DELETED]

    def __str__(self) -> str:
        return f"Nobody reached, since {self.since_at}"


class SafeguardingStep(models.Model):
    """One step taken about an item: what was asked of whom, or what somebody said of the child, and how they know."""

    class Kind(models.TextChoices):
        """Which step."""

        VISIT = "visit", "Home visit asked for"
        POLICE = "police", "Police told"
        SOCIAL_WORKER = "social_worker", "Social worker told"
        OTHER = "other", "Other step"
        SAFE_AND_WELL = "safe_and_well", "Seen safe and well, as somebody said"

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    item = models.ForeignKey(SafeguardingItem, on_delete=models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=14, choices=Kind.choices)
    words = models.CharField(max_length=400)
    who_said = models.CharField(max_length=150, blank=True)
    how_known = models.CharField(max_length=200, blank=True)
    said_at = models.DateTimeField()
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="safe_and_well_says_who_and_how",
                condition=~Q(kind="safe_and_well") | (~Q(who_said="") & ~Q(how_known="")),
            )
        ]
        indexes = [models.Index(fields=["item", "at"], name="step_by_item")]
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return self.get_kind_display()
