"""The machines that hand messages over: SMTP, GOV.UK Notify, or the outbox where nothing may leave the building."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from letters.models import Message

from .mail import open_mail
from .notify import open_notify
from .parcels import OUTBOX, Attachment, Line, NotSent, OutboxLine, Parcel, Unknown

__all__ = ["OUTBOX", "Attachment", "Line", "NotSent", "Parcel", "Unknown", "open_line", "open_notify"]

_BY_NOTIFY = frozenset({Message.Channel.SMS, Message.Channel.LETTER})


@contextmanager
def open_line(channel: str) -> Iterator[Line]:
    """Open the line for a channel and close it after use. Nothing is handed over by opening it.

    Raises NotSent where whoever carries it cannot be reached.
    """
    if settings.OFFICE_POST == OUTBOX or channel == Message.Channel.SCREEN:
        yield OutboxLine()
    elif channel in _BY_NOTIFY:
        with open_notify() as texts:
            yield texts
    else:
        with open_mail() as line:
            yield line
