"""Patterns of absence that a run of the trawl found."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from attendance_office.audit.models import APPEND_ONLY
from attendance_office.staff.models import School, User
from interventions.rules.patterns import KIND_WORDS, Kind
from registers.models import Contact, Pupil

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


class PatternStep(models.Model):
    """What was done about a pattern: home rung or written to, the pupil talked with, a cause found.

    `flag` is the pattern as it stood before the person's eyes; the step counts for that pattern in every run of the
    school year. A step is only added; one put down in error is struck out by a row of its own.
    """

    class Kind(models.TextChoices):
        """What was done."""

        RANG = "rang", "Rang home"
        EMAILED = "emailed", "E-mailed home"
        WROTE = "wrote", "Wrote home"
        MET = "met", "Met the family"
        TALKED = "talked", "Talked with the pupil"
        EXPLAINED = "explained", "Explained, nothing more to do"

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="+")
    flag = models.ForeignKey(PatternFlag, on_delete=models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    done_on = models.DateField()
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, null=True, related_name="+")
    words = models.CharField(max_length=1000)
    look_again_on = models.DateField(null=True)
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="a_step_looks_ahead",
                condition=Q(look_again_on__isnull=True) | Q(look_again_on__gt=models.F("done_on")),
            ),
        ]
        indexes = [models.Index(fields=["school", "pupil", "-at"], name="pattern_step_by_pupil")]
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.done_on}"


class StruckStep(models.Model):
    """That a step about a pattern was put down in error: by whom it was struck out, and why."""

    step = models.OneToOneField(PatternStep, on_delete=models.PROTECT, related_name="struck")
    why = models.CharField(max_length=400)
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return f"Struck out: {self.why}"
