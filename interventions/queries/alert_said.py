"""What became of a family's alert, as the pages and the files say it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from attendance_office import clock
from interventions.models import FirstDay
from letters.models import Message


@dataclass(frozen=True)
class Said:
    """A state in words: its class and icon, and what is said beside it, kept from a projector where `is_private`."""

    css: str
    icon: str
    words: str
    more: str = ""
    is_private: bool = False

    def __str__(self) -> str:
        return f"{self.words}. {self.more}" if self.more else self.words


def alert_said(alert: Message, *, is_counting: bool) -> Said:
    """Say where an alert is: counting down, on its way, there, or why not."""
    if is_counting:
        return Said("hold", "hold", f"Goes at {_at(alert.due_at)} to {alert.recipient_name}")
    match alert.state:
        case Message.State.SENT:
            return Said("part", "letter", f"Sent {_at(alert.sent_at)} to {alert.recipient_name}")
        case Message.State.DELIVERED:
            return Said("done", "done", f"Arrived {_at(alert.delivered_at)}, {alert.recipient_name}")
        case Message.State.CANCELLED:
            return Said("stop", "stop", "Not sent", alert.ended_why, is_private=True)
        case Message.State.FAILED:
            return Said("none", "alert", "Did not arrive", alert.ended_why)
        case Message.State.UNCERTAIN:
            return Said("none", "alert", "May or may not have gone")
        case _:
            return Said("idle", "wait", f"On its way to {alert.recipient_name}")


def no_alert_said(day: FirstDay | None, *, sees_private: bool) -> Said:
    """Say why a family has no alert: to be rung, and why, or nothing yet."""
    if day is None:
        return Said("idle", "wait", "Nothing yet")
    why = (day.why_private if sees_private else "") or day.why_no_alert
    return Said("hold", "call", "To ring", why if day.why_no_alert else "", is_private=True)


def _at(instant: datetime | None) -> str:
    return f"{clock.local(instant):%H:%M}" if instant else ""
