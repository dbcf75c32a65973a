"""Patterns of absence that a run of the trawl found."""

from __future__ import annotations

from django.db import models

from attendance_office.audit.models import APPEND_ONLY
from attendance_office.staff.models import School
from interventions.rules.patterns import KIND_WORDS, Kind
from registers.models import Pupil

from .trawl import Trawl


class PatternFlag(models.Model):
    """A pattern that a run found in a pupil's absences, with what it stands on. Frozen with its run.

    `facts` has what the share was made of: the pupil's own chances and the school's, here and elsewhere.
    """

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    trawl = models.ForeignKey(Trawl, on_delete=models.PROTECT, related_name="patterns")
    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=16, choices=[(one.value, KIND_WORDS[one]) for one in Kind])
    subject = models.CharField(max_length=60, blank=True, help_text="Of the lesson.")
    other = models.ForeignKey(Pupil, on_delete=models.PROTECT, null=True, related_name="+")
    spells = models.PositiveSmallIntegerField()
    here = models.PositiveSmallIntegerField()
    expected = models.DecimalField(max_digits=7, decimal_places=2)
    one_in = models.BigIntegerField(help_text="By chance once in so many pupils, cut to a whole number.")
    tests = models.PositiveIntegerField(help_text="How many tests the run made in all.")
    facts = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["school", "trawl", "pupil", "kind", "subject", "other"],
                name="one_flag_per_pattern_and_run",
                nulls_distinct=False,
            ),
        ]
        indexes = [models.Index(fields=["school", "pupil", "trawl"], name="pattern_by_pupil")]
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.here} of {self.spells}"
