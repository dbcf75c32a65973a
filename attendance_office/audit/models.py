"""One line for everything done. No foreign keys: the trail outlives its subjects and never holds them back."""

from __future__ import annotations

from typing import Any

import pghistory
import pgtrigger
from django.db import models

NO_TRUNCATE = pgtrigger.Trigger(
    name="no_truncate",
    when=pgtrigger.Before,
    operation=pgtrigger.Truncate,
    level=pgtrigger.Statement,
    func="RAISE EXCEPTION 'This table is a record: rows are only ever added.';",
)
APPEND_ONLY = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete), NO_TRUNCATE]

# History is kept row by row: a TRUNCATE would pass by it, so that a table with history refuses one.
ROW_BY_ROW = pgtrigger.Trigger(
    name="row_by_row",
    when=pgtrigger.Before,
    operation=pgtrigger.Truncate,
    level=pgtrigger.Statement,
    func="RAISE EXCEPTION 'Rows of this table go one by one, so that each is kept in its history.';",
)

# For rows that go through states and are themselves what was done: changed in their time, never taken away.
NEVER_DELETED = pgtrigger.Trigger(
    name="never_deleted",
    when=pgtrigger.Before,
    operation=pgtrigger.Delete | pgtrigger.Truncate,
    level=pgtrigger.Statement,
    func="RAISE EXCEPTION 'This table is a record: nothing is deleted from it.';",
)


def history(model_name: str) -> Any:
    """Give the decorator that keeps the row as it was before each change, append-only, in a model of that name.

    Neither UPDATE, DELETE nor TRUNCATE passes on what was kept. The tracked model carries `ROW_BY_ROW` itself.
    """
    return pghistory.track(
        pghistory.UpdateEvent(row=pghistory.Old),
        pghistory.DeleteEvent(),
        append_only=True,
        model_name=model_name,
        meta={"triggers": [NO_TRUNCATE]},
    )


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
