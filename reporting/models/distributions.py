"""Who is sent which report, and what each was sent, frozen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.db import models
from django.db.models import Q

from attendance_office.audit.models import APPEND_ONLY, ROW_BY_ROW, history
from attendance_office.staff.models import School, TutorGroup, User
from attendance_office.staff.roles import Can, Role
from letters.models import Message
from registers.models import StoredFile


class Report(models.TextChoices):
    """A report that goes out by itself. The value is kept; the words may change."""

    FRIDAY = "friday", "The week on a page"
    DAILY_SUMMARY = "daily_summary", "Daily summary"
    LATES_MORNING = "lates_morning", "Lates at the start of school"
    LATES_LESSONS = "lates_lessons", "Lates by lesson"
    ILLNESS = "illness", "Illness monitor"
    LEAVERS = "leavers", "Leaver sheet"


# What a reader has to be allowed, besides seeing pupils and reading what is sent.
NEEDS: Final[Mapping[str, frozenset[Can]]] = {
    Report.FRIDAY: frozenset(),
    Report.DAILY_SUMMARY: frozenset({Can.SEE_LATES, Can.SEE_LETTERS}),
    Report.LATES_MORNING: frozenset({Can.SEE_LATES}),
    Report.LATES_LESSONS: frozenset({Can.SEE_LATES}),
    Report.ILLNESS: frozenset({Can.SEE_MARK_REASONS}),
    Report.LEAVERS: frozenset({Can.SEE_FIGURES}),
}


# Of one's own form less is needed: its lates and absences stand in the register that its tutor takes. What that tutor
# may not see beside it (reasons, letters, calls home) is left out of the page.
NEEDS_OF_FORM: Final[Mapping[str, frozenset[Can]]] = {
    **NEEDS,
    Report.DAILY_SUMMARY: frozenset(),
    Report.LATES_MORNING: frozenset(),
    Report.LATES_LESSONS: frozenset(),
}


def readable(allowed: frozenset[Can], *, of_form: bool = False) -> list[str]:
    """Give the reports that may be read with these rights: of the school and year groups, or of one's own form."""
    needed = NEEDS_OF_FORM if of_form else NEEDS
    return [report for report, needs in needed.items() if needs | {Can.SEE_PUPILS, Can.READ_SENT} <= allowed]


def scope_words(year_group: int | None, form: TutorGroup | None = None) -> str:
    """Give in words what a report is about."""
    if form is not None:
        return f"Form {form.name}"
    return "Whole school" if year_group is None else f"Year {year_group}"


def _one_scope(name: str) -> models.CheckConstraint:
    """A report is about a year group, a form, or the whole school."""
    return models.CheckConstraint(name=name, condition=Q(year_group=None) | Q(tutor_group=None))


@history("SubscriptionEvent")
class Subscription(models.Model):
    """A person who is sent a report of a year group, a form or the whole school: by mail, or on the page alone."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="subscriptions")
    report = models.CharField(max_length=16, choices=Report.choices)
    year_group = models.SmallIntegerField(null=True, help_text="Empty, and no form either, is the whole school.")
    tutor_group = models.ForeignKey(
        TutorGroup, on_delete=models.PROTECT, null=True, related_name="+", verbose_name="form"
    )
    by_mail = models.BooleanField("by e-mail", default=True)
    is_on = models.BooleanField("on", default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["school", "user", "report", "year_group", "tutor_group"],
                name="one_subscription_per_person_report_and_scope", nulls_distinct=False,
            ),
            _one_scope("a_subscription_is_of_one_scope"),
        ]  # fmt: skip
        triggers = [ROW_BY_ROW]

    def __str__(self) -> str:
        return f"{self.get_report_display()}, {self.scope}, to {self.user}"

    @property
    def scope(self) -> str:
        """Give in words what it is about."""
        return scope_words(self.year_group, self.tutor_group)


class SendingQuerySet(models.QuerySet["Sending"]):
    """Narrowing of what was sent."""

    def sent_to(self, user: User) -> SendingQuerySet:
        """Give what the person was sent, as far as their posts still reach all that it is about."""
        reach = Q(pk__in=[])
        for school in user.standing.schools:
            allowed = user.standing.allowed(school.pk)
            may = Q(school=school, report__in=readable(allowed))
            if user.standing.sees_all(school.pk):
                reach |= may
            for post in user.standing.posts_in(school.pk):
                if post.role == Role.HEAD_OF_YEAR and post.year_group is not None:
                    reach |= may & (Q(year_group=post.year_group) | Q(tutor_group__year_group=post.year_group))
                elif post.role == Role.TUTOR and post.tutor_group_id is not None:
                    of_form = Q(school=school, report__in=readable(allowed, of_form=True))
                    reach |= of_form & Q(tutor_group=post.tutor_group_id)
        return self.filter(reach, user=user)


class Sending(models.Model):
    """One report as one person was sent it. Frozen: `content` is what page and PDF say, `sheet` the same numbers."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="sendings")
    report = models.CharField(max_length=16, choices=Report.choices)
    year_group = models.SmallIntegerField(null=True)
    tutor_group = models.ForeignKey(TutorGroup, on_delete=models.PROTECT, null=True, related_name="+")
    on = models.DateField()
    content = models.JSONField()
    pdf = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+")
    sheet = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    objects = SendingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["school", "user", "report", "year_group", "tutor_group", "on"],
                name="one_sending_per_person_report_and_date", nulls_distinct=False,
            ),
            _one_scope("a_sending_is_of_one_scope"),
        ]  # fmt: skip
        indexes = [models.Index(fields=["school", "-on"], name="sending_by_day")]
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return f"{self.get_report_display()}, {self.scope}, {self.on}"

    @property
    def scope(self) -> str:
        """Give in words what it is about."""
        return scope_words(self.year_group, self.tutor_group)


class Dispatch(models.Model):
    """A message by which a sending went: the first, and one more for each time a person had it sent again."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    sending = models.ForeignKey(Sending, on_delete=models.PROTECT, related_name="dispatches")
    message = models.OneToOneField(Message, on_delete=models.PROTECT, related_name="dispatch")

    class Meta:
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return f"{self.sending_id} by {self.message_id}"
