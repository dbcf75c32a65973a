"""What parents answer to messages: taken into the queue of the absence line, of the school that wrote to them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from attendance_office.staff.models import School
from letters.models import Message
from registers.actions.line_messages import take_in_text
from registers.models import LineMessage

# Whom a text message answers is whoever wrote to that number last, within this time.
ANSWERS_WITHIN: Final = timedelta(days=14)


def take_reply(*, number: str, text: str, reference: str, received_at: datetime, at: datetime) -> LineMessage | None:
    """Put a text message into the queue of the school it answers, once however often it is told.

    None where nobody wrote to that number lately and there is more than one school, or where it says nothing: such a
    message has no school to read it.
    """
    school = school_of(number, at=at)
    if school is None or not text.strip():
        return None
    return take_in_text(
        school=school, sender=number, text=text, reference=reference, received_at=min(received_at, at), by=None, at=at
    )


def school_of(number: str, *, at: datetime) -> School | None:
    """Give the school that a text message from a number is for: the last that wrote to it, or the only one."""
    digits = "".join(one for one in number if one.isdigit())[-9:]
    if digits:
        wrote = Message.objects.filter(channel=Message.Channel.SMS, handed_at__gte=at - ANSWERS_WITHIN)
        pattern = r"\D*".join(digits) + r"\D*$"
        last = wrote.filter(address__regex=pattern).select_related("school").order_by("-handed_at").first()
        if last is not None:
            return last.school
    schools = list(School.objects.order_by("pk")[:2])
    return schools[0] if len(schools) == 1 else None
