"""What the post room learns of numbers and addresses: told to the health of the contact."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from attendance_office.refusals import Refused
from letters.models import Message
from registers.actions.contacts import report_fault
from registers.models import ContactFault


def note_dead_address(*, message: Message, at: datetime) -> None:
    """Say of a message's contact that the number or address it went to does not work; nothing, where it has changed."""
    if message.contact is None:
        return
    if message.channel == Message.Channel.EMAIL:
        way, fault, value = "email", ContactFault.Fault.BOUNCED, message.contact.email
    else:
        way, fault, value = "mobile", ContactFault.Fault.DEAD, message.contact.mobile
    if value == message.address:
        with suppress(Refused):
            report_fault(contact=message.contact, way=way, fault=fault, by=None, at=at)
