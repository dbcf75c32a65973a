"""What is done to the trail itself: lists that left the office are written into it."""

from __future__ import annotations

from datetime import datetime

from .trail import Hand, record, signed


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
) -> None:
    """Write into the trail that a list left the office: how many rows, which columns, narrowed by what."""
    with signed(by=by, at=at, school_id=school_id):
        record(
            verb="list exported",
            by=by,
            at=at,
            school_id=school_id,
            subject_kind="export",
            subject_id=what[:80],
            words=f"{what.capitalize()} exported as {form.upper()}: {rows} rows, {len(columns)} columns",
            after={"rows": rows, "columns": columns, "filters": filters, "form": form},
        )
