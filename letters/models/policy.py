"""When a letter is due by the school's own rule, who is left out, and a pupil's time below a level."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from attendance_office.audit.models import APPEND_ONLY, NEVER_DELETED, history
from attendance_office.staff.models import School, User
from registers.models import Pupil

from .templates import LetterTemplate


class LetterPolicy(models.Model):
    """When the letter of one level is due, from a day on. Never changed: a change is a new row from its own day.

    95 and 90 per cent are the school's choice and have no standing in law.
    """

    class Counted(models.TextChoices):
        """Over which sessions attendance is counted."""

        YEAR = "year", "The school year so far"
        TERM = "term", "This term so far"
        WEEKS_4 = "weeks_4", "The last four school weeks"
        WEEKS_12 = "weeks_12", "The last twelve school weeks"

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="letter_policies")
    level = models.PositiveSmallIntegerField()
    from_on = models.DateField()
    below = models.DecimalField("below, per cent", max_digits=5, decimal_places=2)
    counted = models.CharField(max_length=10, choices=Counted.choices, default=Counted.YEAR)
    least_possible = models.PositiveSmallIntegerField("least possible sessions", default=20)
    cooling_off_days = models.PositiveSmallIntegerField("days between two letters about a pupil", default=21)
    recovers_after_days = models.PositiveSmallIntegerField("days at or above it that close an episode", default=28)
    new_within_days = models.PositiveSmallIntegerField("days on roll before a letter", default=28)
    leaves_out = models.JSONField(default=list, help_text="Names of flags, as is_vulnerable, and group:KEY.")
    tells_head_of_year = models.BooleanField(default=False)
    template = models.ForeignKey(LetterTemplate, on_delete=models.PROTECT, related_name="+")
    is_on = models.BooleanField(default=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(name="level_is_one_or_two", condition=Q(level__in=[1, 2])),
            models.CheckConstraint(name="below_is_a_share", condition=Q(below__gt=0, below__lte=100)),
        ]
        indexes = [models.Index(fields=["school", "level", "-from_on", "-made_at"], name="policy_in_force")]
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return f"Level {self.level}: below {self.below} %"


@history("StopEvent")
class Stop(models.Model):
    """A do-not-send stop: while it stands, nothing goes home about this pupil by any bulk act."""

    class Covers(models.TextChoices):
        """What it holds back."""

        ALL = "all", "Letters and messages"
        LETTERS = "letters", "Letters"
        MESSAGES = "messages", "Messages and alerts"

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="stops")
    covers = models.CharField(max_length=10, choices=Covers.choices, default=Covers.ALL)
    reason = models.CharField(max_length=300)
    is_private = models.BooleanField("for safeguarding eyes only", default=False)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    from_on = models.DateField()
    to_on = models.DateField("ends on", null=True, blank=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    why_lifted = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="stop_ends_after_it_starts", condition=Q(to_on=None) | Q(to_on__gte=F("from_on"))
            ),
        ]
        indexes = [models.Index(fields=["school", "pupil"], name="stop_by_pupil")]
        triggers = [NEVER_DELETED]

    def __str__(self) -> str:
        return f"{self.get_covers_display()}: {self.reason}"


class Episode(models.Model):
    """A pupil's time below a level, from the day it was seen to the day it was over. One stands at a time."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="episodes")
    level = models.PositiveSmallIntegerField()
    opened_on = models.DateField()
    opened_by_policy = models.ForeignKey(LetterPolicy, on_delete=models.PROTECT, related_name="+")
    attended = models.PositiveIntegerField(help_text="Sessions attended when it opened.")
    possible = models.PositiveIntegerField(help_text="Sessions possible when it opened.")
    recovering_since_on = models.DateField(null=True, help_text="At or above the level ever since.")
    closed_on = models.DateField(null=True)
    why_closed = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["school", "pupil", "level"], name="one_standing_episode", condition=Q(closed_on=None)
            ),
            models.CheckConstraint(
                name="episode_ends_after_it_opens", condition=Q(closed_on=None) | Q(closed_on__gte=F("opened_on"))
            ),
        ]
        indexes = [models.Index(fields=["school", "level", "closed_on"], name="episode_by_level")]
        triggers = [NEVER_DELETED]

    def __str__(self) -> str:
        return f"Level {self.level} since {self.opened_on}"
