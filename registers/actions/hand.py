"""Whose hand it is: kept beside every row of the register's history that an action changes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import pghistory
from django.db import connection, transaction

from attendance_office.audit import trail
from attendance_office.staff.models import User


@contextmanager
def by_hand(school_id: int, reason: str, *, by: User | None, at: datetime) -> Iterator[None]:
    """Open a transaction in which the register's history keeps whose hand it is, when and why."""
    # The transaction goes first: inside the context each statement carries the reason, and BEGIN can carry none.
    with (
        transaction.atomic(),
        trail.signed(by=by, at=at, school_id=school_id, reason=reason.strip()),
        in_history(reason, by=by, at=at),
    ):
        yield


@contextmanager
def in_history(reason: str, *, by: User | None, at: datetime) -> Iterator[None]:
    """Name the hand, the time and the reason in the register's history, within a transaction that is open.

    What the same transaction changes afterwards does not carry them on.
    """
    hand = {"by": by.signature if by else trail.THE_OFFICE, "at": at.isoformat(), "reason": reason.strip()}
    with pghistory.context(**hand):
        yield
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('pghistory.context_id', '', true)")
