"""Whose hand it is: kept beside every row of the register's history that an action changes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import pghistory
from django.db import transaction

from attendance_office.audit import trail
from attendance_office.staff.models import User


@contextmanager
def by_hand(school_id: int, reason: str, *, by: User | None, at: datetime) -> Iterator[None]:
    """Open a transaction in which the register's history keeps whose hand it is, when and why."""
    hand = {"by": by.signature if by else trail.THE_OFFICE, "at": at.isoformat(), "reason": reason.strip()}
    # The transaction goes first: inside the context each statement carries the reason, and BEGIN can carry none.
    with (
        transaction.atomic(),
        trail.signed(by=by, at=at, school_id=school_id, reason=reason.strip()),
        pghistory.context(**hand),
    ):
        yield
