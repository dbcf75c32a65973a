"""What became of messages after they were handed over: what the service that took them says when it is asked or not."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import F, Q

from attendance_office.audit import trail
from letters import post
from letters.models import Message
from letters.post.notify import NotifyLine

from .addresses import note_dead_address
from .outbox import follow_letter, reference_of, say

logger = logging.getLogger(__name__)

State = Message.State
# Notify is asked about what it has not told of by itself for this long, and not for ever: a letter is printed on a
# working day, and Notify never tells of letters by itself.
ASK_AFTER: Final = timedelta(minutes=10)
ASK_LETTERS_AGAIN: Final = timedelta(hours=1)
ASK_FOR: Final = {Message.Channel.SMS: timedelta(days=3), Message.Channel.LETTER: timedelta(days=10)}
ASKED_AT_ONCE: Final = 200
_ARRIVED: Final = frozenset({"delivered", "received"})
_WENT: Final = frozenset({"created", "sending", "sent", "pending", "accepted", "pending-virus-check"})
_FAILED: Final = {
    "permanent-failure": "There is no such number or address.",
    "temporary-failure": "The telephone was off or full for days, or the address took no mail.",
    "technical-failure": "The service could not carry it.",
    "cancelled": "It was cancelled at the service.",
    "validation-failed": "The letter does not fit the service's page.",
    "virus-scan-failed": "The service's scan refused the letter.",
}
# Of a letter the same word means another thing.
_LETTER_FAILED: Final = {"permanent-failure": "The service's printer could not print it, and it was not posted."}
_NUMBER_IS_DEAD: Final = "permanent-failure"


def note_delivery(*, number: str, reference: str, status: str, at: datetime) -> str | None:
    """Take down what the service says of a message; give its state after, None where it is none of ours.

    Said twice it is one thing. A message in doubt that the service has is in doubt no longer. A number that does not
    exist is told to the contact's health.
    """
    message = _found(number, reference)
    if message is None:
        return None
    if status in _ARRIVED:
        words = "was printed and posted by GOV.UK Notify" if message.channel == Message.Channel.LETTER else "arrived"
        return _move(message, State.DELIVERED, [State.SENT, State.UNCERTAIN], words, number, at, delivered_at=at)
    if status in _WENT:
        return _move(message, State.SENT, [State.UNCERTAIN], "went after all", number, at, sent_at=at)
    why = (_LETTER_FAILED.get(status) if message.channel == Message.Channel.LETTER else None) or _FAILED.get(status)
    if why is None:
        logger.warning("Notify says %r of message %s, which the office does not know.", status, message.pk)
        return message.state
    after = _move(message, State.FAILED, [State.SENT, State.UNCERTAIN], "did not arrive", number, at, ended_why=why)
    if status == _NUMBER_IS_DEAD and message.channel != Message.Channel.LETTER and after == State.FAILED:
        note_dead_address(message=message, at=at)
    return after


def ask_notify(*, at: datetime) -> dict[str, int]:
    """Ask Notify about messages it has said nothing of, and about those in doubt; give how many of each came to what.

    Nothing is sent by asking. Those asked longest ago come first, so that however many there are each has its turn.
    Raises post.NotSent where Notify is not set up or does not answer.
    """
    in_time = Q()
    for channel, long in ASK_FOR.items():
        in_time |= Q(channel=channel, handed_at__range=(at - long, at - ASK_AFTER))
    open_ones = Message.objects.filter(in_time, state__in=[State.SENT, State.UNCERTAIN])
    asked_lately = Q(channel=Message.Channel.LETTER, state=State.SENT, asked_at__gt=at - ASK_LETTERS_AGAIN)
    rows = list(open_ones.exclude(asked_lately).order_by(F("asked_at").asc(nulls_first=True), "pk")[:ASKED_AT_ONCE])
    counts: dict[str, int] = {}
    if not rows:
        return counts
    with post.open_notify() as line:
        for message in rows:
            Message.objects.filter(pk=message.pk).update(asked_at=at)
            found = _ask(line, message)
            if found is None:
                continue
            state = note_delivery(number=found[0], reference=reference_of(message), status=found[1], at=at)
            if state is not None and state != message.state:
                counts[state] = counts.get(state, 0) + 1
    return counts


def _ask(line: NotifyLine, message: Message) -> tuple[str, str] | None:
    if message.reference:
        return message.reference, line.state_of(message.reference)
    return line.find(reference_of(message))


def _found(number: str, reference: str) -> Message | None:
    rows = Message.objects.select_related("contact", "school")
    if number and (message := rows.filter(reference=number).first()):
        return message
    parts = reference.partition("@")[0].split("-")
    if len(parts) != 3 or parts[0] != "office" or not (parts[1].isdecimal() and parts[2].isdecimal()):
        return None
    return rows.filter(pk=int(parts[2]), school_id=int(parts[1])).first()


def _move(
    message: Message, state: Message.State, from_states: list[Message.State], words: str, number: str, at: datetime,
    **fields: Any,
) -> str:  # fmt: skip
    """Bring a message on, where it is still in one of some states; give the state it is in after."""
    with trail.signed(by=None, at=at, school_id=message.school_id):
        rows = Message.objects.filter(pk=message.pk, state__in=from_states)
        fields.setdefault("ended_why", "")
        if rows.update(state=state, reference=number or message.reference, **fields) != 1:
            return Message.objects.values_list("state", flat=True).get(pk=message.pk)
        follow_letter(message, state, at=at, why=fields["ended_why"])
        say(message, words, by=None, at=at, before=message.state, after=state)
    return state
