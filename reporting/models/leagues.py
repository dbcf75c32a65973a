"""How a school's form league counts."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from attendance_office.audit.models import APPEND_ONLY
from attendance_office.staff.models import School, User


class LeagueRule(models.Model):
    """How a school chose that its form league counts, from an instant on. The latest row counts."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    is_without_medical = models.BooleanField(help_text="Illness and medical appointments are left out.")
    least_sessions = models.PositiveIntegerField(help_text="Forms with fewer possible sessions together have no place.")
    why = models.CharField(max_length=400)
    chosen_at = models.DateTimeField()
    chosen_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(name="a_league_rule_says_why", condition=~Q(why="")),
            models.CheckConstraint(name="a_league_rule_asks_for_a_session", condition=Q(least_sessions__gte=1)),
        ]
        indexes = [models.Index(fields=["school", "-chosen_at"], name="league_rule_by_school")]
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return self.words

    @property
    def words(self) -> str:
        """Give the rule in words."""
        medical = "left out" if self.is_without_medical else "counted as missed"
        return f"Illness and medical appointments {medical}; {self.least_sessions} possible sessions of a form at least"
