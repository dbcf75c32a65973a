"""How a report comes round on a date: a turn for each person subscribed, holds put on it, and what its mail may say."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from attendance_office.audit.models import APPEND_ONLY, NEVER_DELETED
from attendance_office.staff.models import School, User

from .distributions import Report, Sending, Subscription


class Turn(models.Model):
    """One person's turn at a report on a date. It waits until the report is made, and is begun again if that broke."""

    class State(models.TextChoices):
        """How far it has come."""

        WAITING = "waiting", "Waiting"
        MADE = "made", "Made"
        NOT_SENT = "not_sent", "Not sent"
        GIVEN_UP = "given_up", "Given up"

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="turns")
    on = models.DateField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0, help_text="Times that making it broke off.")
    next_at = models.DateTimeField(help_text="Not begun before.")
    why = models.CharField(max_length=200, blank=True)
    ended_at = models.DateTimeField(null=True)
    sending = models.OneToOneField(Sending, on_delete=models.PROTECT, null=True, related_name="turn")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["school", "subscription", "on"], name="one_turn_per_subscription_and_date"),
            models.CheckConstraint(
                name="a_turn_is_made_with_what_was_made",
                condition=Q(state="made", sending__isnull=False) | ~Q(state="made"),
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["next_at"], name="turn_that_waits", condition=Q(state="waiting"))]
        triggers = [NEVER_DELETED]

    def __str__(self) -> str:
        return f"{self.subscription_id} on {self.on}"


class Hold(models.Model):
    """A stop that a person put on a date's report, to everybody or to one, until a person releases it."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    report = models.CharField(max_length=16, choices=Report.choices)
    on = models.DateField()
    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, null=True, related_name="holds")
    why = models.CharField(max_length=400)
    held_at = models.DateTimeField()
    held_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    released_at = models.DateTimeField(null=True)
    released_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["school", "report", "on", "subscription"], name="one_open_hold_at_a_time",
                condition=Q(released_at=None), nulls_distinct=False,
            ),
            models.CheckConstraint(name="a_hold_says_why", condition=~Q(why="")),
            models.CheckConstraint(
                name="a_release_says_by_whom",
                condition=Q(released_at=None, released_by=None)
                | Q(released_at__isnull=False, released_by__isnull=False),
            ),
        ]  # fmt: skip
        triggers = [NEVER_DELETED]

    def __str__(self) -> str:
        return f"{self.get_report_display()}, {self.on}, held"


class MailChoice(models.Model):
    """What a school chose that its reports' e-mails say of pupils, from an instant on. The latest row counts."""

    class Names(models.TextChoices):
        """How pupils stand in the e-mail."""

        NOBODY = "nobody", "No pupil"
        INITIALS = "initials", "Initials and form"
        FULL = "full", "Full name and form"

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    names = models.CharField(max_length=10, choices=Names.choices)
    why = models.CharField(max_length=400)
    chosen_at = models.DateTimeField()
    chosen_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.CheckConstraint(name="a_mail_choice_says_why", condition=~Q(why=""))]
        indexes = [models.Index(fields=["school", "-chosen_at"], name="mail_choice_by_school")]
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return f"{self.get_names_display()}, {self.chosen_at:%Y-%m-%d}"
