"""Rewards that a person gave a pupil for attendance: kept as given, struck out where given in error."""

from __future__ import annotations

from django.db import models

from attendance_office.audit.models import APPEND_ONLY
from attendance_office.staff.models import School, User
from registers.models import Pupil


class RewardQuerySet(models.QuerySet["Reward"]):
    """Narrowing of rewards."""

    def visible_to(self, user: User) -> RewardQuerySet:
        """Give the rewards of the pupils that the user's posts reach."""
        reach = user.standing.rows(school="school", year="pupil__year_group", group="pupil__tutor_group")
        return self.filter(reach)


class Reward(models.Model):
    """Something given to a pupil for attendance: what, on which day, for what. Of a `key` there is one."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=80)
    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="rewards")
    name = models.CharField("reward", max_length=80)
    given_on = models.DateField()
    why = models.CharField("for what", max_length=300, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    objects = RewardQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["school", "key"], name="one_reward_per_key")]
        indexes = [
            models.Index(fields=["school", "-given_on"], name="reward_by_day"),
            models.Index(fields=["pupil", "-given_on"], name="reward_by_pupil"),
        ]
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return f"{self.name}, {self.given_on}"


class StruckReward(models.Model):
    """That a reward was put down in error: by whom it was struck out, and why."""

    reward = models.OneToOneField(Reward, on_delete=models.PROTECT, related_name="struck")
    why = models.CharField(max_length=300)
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return f"Struck out: {self.why}"
