"""What is done to the trail itself: lists that left the office are written into it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from .trail import Hand, record_in_each, signed


def record_export(
    *,
    school_id: int,
    what: str,
    rows: int,
    columns: list[str],
    filters: str,
    form: str,
    by: Hand | None,
    at: datetime,
    also_of: Collection[int] = (),
) -> None:
    """Write into the trail that a list left the office: how many rows, which columns, narrowed by what.

    Where it held figures of other schools too (`also_of`), the trail of each of them has the line.
    """
    schools = list(dict.fromkeys((school_id, *also_of)))
    words = f"{what.capitalize()} exported as {form.upper()}: {rows} rows, {len(columns)} columns"
    if also_of:
        whose = f" by {by.signature}" if by else ""
        words = (
            f"Figures of {len(schools)} {what} exported as {form.upper()}{whose}: {rows} rows, {len(columns)} columns"
        )
    with signed(by=by, at=at, school_id=school_id):
        record_in_each(
            verb="list exported",
            by=by,
            at=at,
            school_ids=schools,
            subject_kind="export",
            subject_id=what[:80],
            words=words,
            after={"rows": rows, "columns": columns, "filters": filters, "form": form},
        )
