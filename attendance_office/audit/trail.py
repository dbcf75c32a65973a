"""How an action signs what it does."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Protocol

from django.db import connection, transaction

from .models import Entry

THE_OFFICE = "The office itself"


class Hand(Protocol):
    """Whoever does something: a member of staff."""

    pk: Any

    @property
    def signature(self) -> str:
        """The name as the record shows it."""

    def role_in(self, school_id: int | None) -> str:
        """The title or role as the record shows it."""


@contextmanager
def signed(*, by: Hand | None, at: datetime, school_id: int | None, reason: str = "") -> Iterator[None]:
    """Open one transaction in which Postgres knows whose hand writes, when and why.

    The triggers that keep amendments read these four settings; a change made without them is kept all the same and says
    that no reason was given. Nested calls join the outer transaction.

    Source: SI 2024/208 reg 6 (name and title of the person, date and reason of an amendment).
    """
    name = by.signature if by else THE_OFFICE
    role = by.role_in(school_id) if by else "scheduled job"
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('office.by', %s, true), set_config('office.by_name', %s, true),"
                " set_config('office.role', %s, true), set_config('office.at', %s, true),"
                " set_config('office.reason', %s, true)",
                [str(by.pk) if by else "", name, role, at.isoformat(), reason],
            )
        yield


def record(
    *,
    verb: str,
    by: Hand | None,
    at: datetime,
    school_id: int | None,
    subject_kind: str,
    subject_id: int | str = "",
    words: str,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
) -> Entry:
    """Write one line of the trail, inside the action's transaction, and give it back."""
    line = _line(
        verb=verb,
        by=by,
        at=at,
        school_id=school_id,
        subject_kind=subject_kind,
        subject_id=subject_id,
        words=words,
        before=before,
        after=after,
        reason=reason,
    )
    line.save(force_insert=True)
    return line


def record_in_each(
    *,
    verb: str,
    by: Hand | None,
    at: datetime,
    school_ids: Collection[int],
    subject_kind: str,
    subject_id: int | str = "",
    words: str,
    after: dict[str, Any] | None = None,
) -> None:
    """Write the same line into the trail of each of several schools: one statement, inside the action's transaction."""
    Entry.objects.bulk_create(
        _line(
            verb=verb,
            by=by,
            at=at,
            school_id=school_id,
            subject_kind=subject_kind,
            subject_id=subject_id,
            words=words,
            after=after,
        )
        for school_id in school_ids
    )


def _line(
    *,
    verb: str,
    by: Hand | None,
    at: datetime,
    school_id: int | None,
    subject_kind: str,
    subject_id: int | str,
    words: str,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
) -> Entry:
    return Entry(
        school_id=school_id,
        at=at,
        by_id=by.pk if by else None,
        by_name=by.signature[:150] if by else THE_OFFICE,
        by_role=by.role_in(school_id)[:60] if by else "scheduled job",
        verb=verb,
        subject_kind=subject_kind,
        subject_id=str(subject_id),
        words=words[:400],
        before=before,
        after=after,
        reason=reason[:400],
    )
