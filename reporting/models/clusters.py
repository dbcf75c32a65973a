"""The days on which an illness was found to go round, frozen with the numbers of the test."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from attendance_office.audit.models import APPEND_ONLY
from attendance_office.staff.models import School, User
from attendance_office.staff.roles import Can, Role
from registers.models import AbsenceNote
from reporting.rules.clusters import Seen

from .distributions import scope_words


class ClusterDayQuerySet(models.QuerySet["ClusterDay"]):
    """Narrowing of clusters."""

    def visible_to(self, user: User) -> ClusterDayQuerySet:
        """Give those of the schools and year groups whose reasons for absence a person may see."""
        reach = Q(pk__in=[])
        for school in user.standing.schools:
            if Can.SEE_MARK_REASONS not in user.standing.allowed(school.pk):
                continue
            if user.standing.sees_all(school.pk):
                reach |= Q(school=school)
            for post in user.standing.posts_in(school.pk):
                if post.role == Role.HEAD_OF_YEAR and post.year_group is not None:
                    reach |= Q(school=school, year_group=post.year_group)
        return self.filter(reach)


class ClusterDay(models.Model):
    """One kind of illness in a year group, or in the whole school, that stood out on a day, and why.

    `is_new` is the first day of a cluster, on which it is told; the days after it are the same cluster.
    """

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    on = models.DateField()
    year_group = models.SmallIntegerField(null=True, help_text="Empty is the whole school.")
    symptom = models.CharField(max_length=10, choices=AbsenceNote.Symptom.choices)
    look = models.PositiveSmallIntegerField(help_text="School days looked at, the day itself the last.")
    new = models.PositiveIntegerField()
    pupils = models.PositiveIntegerField()
    weight = models.PositiveSmallIntegerField()
    new_before = models.PositiveIntegerField()
    weight_before = models.PositiveSmallIntegerField()
    tests = models.PositiveIntegerField(help_text="How many tests the day was.")
    is_new = models.BooleanField()
    found_at = models.DateTimeField()

    objects = ClusterDayQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["school", "on", "year_group", "symptom"], name="one_cluster_per_day_year_and_kind",
                nulls_distinct=False,
            ),
        ]  # fmt: skip
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return f"{self.get_symptom_display()}, {self.scope}, {self.on}"

    @property
    def scope(self) -> str:
        """Give in words of whom it is."""
        return scope_words(self.year_group)

    @property
    def seen(self) -> Seen:
        """Give the numbers of its test."""
        return Seen(self.new, self.pupils, self.weight, self.new_before, self.weight_before)
