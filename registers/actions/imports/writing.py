"""Bringing the record to what a file says: new rows made, changed ones changed, all others left alone."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from django.db import models

from .report import FileReport

M = TypeVar("M", bound=models.Model)
K = TypeVar("K", bound=Hashable)
_AT_ONCE = 500


@dataclass
class Written(Generic[K, M]):
    """The rows of the record by key, and which of them are new or were changed."""

    rows: dict[K, M]
    new: set[K] = field(default_factory=set)
    changed: set[K] = field(default_factory=set)

    def count_in(self, report: FileReport, keys: int) -> None:
        """Count the rows into a file's report; `keys` is how many the file named."""
        report.count(added=len(self.new), changed=len(self.changed), same=keys - len(self.new) - len(self.changed))


def reconcile(model: type[M], wanted: Mapping[K, dict[str, Any]], held: Mapping[K, M], **fixed: Any) -> Written[K, M]:
    """Make what `wanted` names and `held` lacks, and change what differs. A field that is not named stays as it is."""
    written: Written[K, M] = Written(dict(held))
    making: list[M] = []
    changing: list[M] = []
    fields: set[str] = set()
    for key, values in wanted.items():
        row = held.get(key)
        if row is None:
            row = model(**fixed, **values)
            making.append(row)
            written.rows[key] = row
            written.new.add(key)
            continue
        changes = {name: value for name, value in values.items() if getattr(row, name) != value}
        if changes:
            for name, value in changes.items():
                setattr(row, name, value)
            fields |= changes.keys()
            changing.append(row)
            written.changed.add(key)
    manager = model._default_manager  # noqa: SLF001 - what Django calls the manager of any model
    manager.bulk_create(making, batch_size=_AT_ONCE)
    if changing:
        manager.bulk_update(changing, sorted(fields), batch_size=_AT_ONCE)
    return written
