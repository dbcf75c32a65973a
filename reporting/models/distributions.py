"""Who is sent which report, and what each was sent, frozen."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from attendance_office.audit.models import APPEND_ONLY, ROW_BY_ROW, history
from attendance_office.staff.models import School, User
from attendance_office.staff.roles import Role
from letters.models import Message
from registers.models import StoredFile


class Report(models.TextChoices):
    """A report that goes out by itself. The value is kept; the words may change."""

    FRIDAY = "friday", "The week on a page"


def scope_words(year_group: int | None) -> str:
    """Give in words what a report is about."""
    return "Whole school" if year_group is None else f"Year {year_group}"


@history("SubscriptionEvent")
class Subscription(models.Model):
    """A person who is sent a report of a year group or of the whole school: by mail, or on the page alone."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="subscriptions")
    report = models.CharField(max_length=16, choices=Report.choices)
    year_group = models.SmallIntegerField(null=True, help_text="Empty is the whole school.")
    by_mail = models.BooleanField("by e-mail", default=True)
    is_on = models.BooleanField("on", default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["school", "user", "report", "year_group"], name="one_subscription_per_person_report_and_scope",
                nulls_distinct=False,
            ),
        ]  # fmt: skip
        triggers = [ROW_BY_ROW]

    def __str__(self) -> str:
        return f"{self.get_report_display()}, {self.scope}, to {self.user}"

    @property
    def scope(self) -> str:
        """Give in words what it is about."""
        return scope_words(self.year_group)


class SendingQuerySet(models.QuerySet["Sending"]):
    """Narrowing of what was sent."""

    def sent_to(self, user: User) -> SendingQuerySet:
        """Give what the person was sent, as far as their posts still reach all that it is about."""
        reach = Q(pk__in=[])
        for school in user.standing.schools:
            if user.standing.sees_all(school.pk):
                reach |= Q(school=school)
        for post in user.standing.posts:
            if post.role == Role.HEAD_OF_YEAR and post.year_group is not None:
                reach |= Q(school=post.school_id, year_group=post.year_group)
        return self.filter(reach, user=user)


class Sending(models.Model):
    """One report as one person was sent it. Frozen: `content` is what page and PDF say, `sheet` the same numbers."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="sendings")
    report = models.CharField(max_length=16, choices=Report.choices)
    year_group = models.SmallIntegerField(null=True)
    on = models.DateField()
    content = models.JSONField()
    pdf = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+")
    sheet = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    objects = SendingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["school", "user", "report", "year_group", "on"], name="one_sending_per_person_report_and_date",
                nulls_distinct=False,
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["school", "-on"], name="sending_by_day")]
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return f"{self.get_report_display()}, {self.scope}, {self.on}"

    @property
    def scope(self) -> str:
        """Give in words what it is about."""
        return scope_words(self.year_group)


class Dispatch(models.Model):
    """A message by which a sending went: the first, and one more for each time a person had it sent again."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    sending = models.ForeignKey(Sending, on_delete=models.PROTECT, related_name="dispatches")
    message = models.OneToOneField(Message, on_delete=models.PROTECT, related_name="dispatch")

    class Meta:
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return f"{self.sending_id} by {self.message_id}"
