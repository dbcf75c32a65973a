"""What is handed over, and what may become of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

OUTBOX: Final = "outbox"


@dataclass(frozen=True)
class Attachment:
    """A file that goes with a message."""

    name: str
    kind: str
    content: bytes


@dataclass(frozen=True)
class Parcel:
    """What is handed over: to one recipient, with a reference that stays the same however often it is sent.

    `html` is the same as `body`, laid out. A text message is its body alone; a posted letter its attachment alone.
    """

    to: str
    subject: str
    body: str
    reference: str
    reply_to: str = ""
    html: str = ""
    attachment: Attachment | None = None


class NotSent(Exception):
    """It certainly did not go. `is_for_good` when trying again would not help, `is_address` when the address is why."""

    def __init__(self, words: str, *, is_for_good: bool = False, is_address: bool = False) -> None:
        super().__init__(words)
        self.is_for_good = is_for_good
        self.is_address = is_address


class Unknown(Exception):
    """The line broke while the message was on it: it may have gone and it may not."""


class Line(Protocol):
    """An open line to whoever carries the message on."""

    def send(self, parcel: Parcel) -> str:
        """Hand one message over; give the number it has there, empty where it has none.

        Raises NotSent where it was refused, and Unknown where nobody can tell.
        """


class OutboxLine:
    """The line of a demo and of tests: nothing leaves, the outbox page shows what would have gone."""

    def send(self, parcel: Parcel) -> str:
        """Keep it here."""
        return ""
