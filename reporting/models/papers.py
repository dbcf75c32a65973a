"""Papers for governors and leadership, frozen when they are issued; and the level a school is expected to reach."""

from __future__ import annotations

from typing import Final

import pgtrigger
from django.db import models
from django.db.models import Q

from attendance_office.audit.models import NEVER_DELETED, ROW_BY_ROW, history
from attendance_office.staff.models import School, User
from registers.models import StoredFile


@history("BaselineEvent")
class Baseline(models.Model):
    """The attendance that DfE expects of a school in a school year, as the school entered it.

    Source: DfE attendance baseline improvement expectation (ABIE), given to each school since 2025/26.
    """

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="baselines")
    school_year = models.CharField(max_length=7)
    attendance = models.DecimalField("expected attendance, per cent", max_digits=4, decimal_places=2)
    note = models.CharField("where it is from", max_length=200, blank=True)
    set_at = models.DateTimeField()
    set_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["school", "school_year"], name="one_baseline_per_school_year"),
            models.CheckConstraint(name="baseline_is_a_share", condition=Q(attendance__gt=0, attendance__lt=100)),
        ]
        triggers = [ROW_BY_ROW]

    def __str__(self) -> str:
        return f"{self.school_year}: {self.attendance} %"


FROZEN: Final = pgtrigger.Trigger(
    name="frozen_when_issued",
    when=pgtrigger.Before,
    operation=pgtrigger.Update,
    condition=pgtrigger.Q(old__state="issued"),
    func="""
        IF to_jsonb(NEW) - 'file_id' IS DISTINCT FROM to_jsonb(OLD) - 'file_id'
           OR (OLD.file_id IS NOT NULL AND NEW.file_id IS DISTINCT FROM OLD.file_id) THEN
            RAISE EXCEPTION 'What was issued stays as it is: a correction is a new edition.';
        END IF;
        RETURN NEW;
    """,
)


class Paper(models.Model):
    """A paper about attendance: drafted over a period, then issued. What was issued is never changed.

    `content` holds every figure, table, chart and sentence as the paper says it; `file` is the same, printed: put in
    once, when a worker has printed it.
    """

    class State(models.TextChoices):
        """How far it has come."""

        DRAFT = "draft", "Draft"
        ISSUED = "issued", "Issued"
        DROPPED = "dropped", "Dropped"

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="papers")
    title = models.CharField(max_length=150)
    from_on = models.DateField()
    to_on = models.DateField()
    headline = models.TextField("headline in your own words", blank=True)
    asks = models.TextField("what the school asks of governors", blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.DRAFT)
    edition = models.PositiveSmallIntegerField(default=1)
    replaces = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="editions")
    content = models.JSONField(default=dict)
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    issued_at = models.DateTimeField(null=True)
    issued_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="an_issued_paper_is_whole",
                condition=~Q(state="issued") | (Q(issued_at__isnull=False, issued_by__isnull=False) & ~Q(content={})),
            ),
        ]
        indexes = [models.Index(fields=["school", "-made_at"], name="paper_by_time")]
        triggers = [NEVER_DELETED, FROZEN]

    def __str__(self) -> str:
        return self.title if self.edition == 1 else f"{self.title}, edition {self.edition}"
