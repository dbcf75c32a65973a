"""One line for everything done. No foreign keys: the trail outlives its subjects and never holds them back."""

from __future__ import annotations

import pgtrigger
from django.db import models

APPEND_ONLY = [
    pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete),
    pgtrigger.Trigger(
        name="no_truncate",
        when=pgtrigger.Before,
        operation=pgtrigger.Truncate,
        level=pgtrigger.Statement,
        func="RAISE EXCEPTION 'This table is a record: rows are only ever added.';",
    ),
]


class EntryQuerySet(models.QuerySet["Entry"]):
    """Narrowing of the trail."""

    def of_schools(self, school_ids: list[int]) -> EntryQuerySet:
        """Give the entries of these schools."""
        return self.filter(school_id__in=school_ids)

    def about(self, kind: str, pk: int | str) -> EntryQuerySet:
        """Give the entries about one thing, such as ("pupil", 12)."""
        return self.filter(subject_kind=kind, subject_id=str(pk))


class Entry(models.Model):
    """Who did what, when, to what, from what to what, and why."""

    school_id = models.BigIntegerField(null=True)
    at = models.DateTimeField()
    by_id = models.BigIntegerField(null=True)
    by_name = models.CharField(max_length=150)
    by_role = models.CharField(max_length=60, blank=True)
    verb = models.CharField(max_length=60)
    subject_kind = models.CharField(max_length=40)
    subject_id = models.CharField(max_length=80, blank=True)
    words = models.CharField(max_length=400)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    reason = models.CharField(max_length=400, blank=True)

    objects = EntryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "entries"
        indexes = [
            models.Index(fields=["school_id", "-at"], name="entry_by_school_and_time"),
            models.Index(fields=["school_id", "subject_kind", "subject_id"], name="entry_by_subject"),
        ]
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return self.words
