"""The database as outbox: a waiting row is claimed, read again, handed over and stamped.

Each step is its own commit. What breaks before the hand-over is tried again; what breaks inside it is uncertain and a
person's to settle; nothing is sent a second time by itself.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from django.conf import settings
from django.db import transaction

from attendance_office.audit import trail
from attendance_office.refusals import Refused
from attendance_office.staff.models import User
from letters import post
from letters.models import Chase, Letter, Message
from letters.queries.reading import reading_of
from letters.queries.words import Reading

from .addresses import note_dead_address

logger = logging.getLogger(__name__)

LEASE: Final = timedelta(minutes=3)
_READ: Final = ("school", "recipient", "attachment", "contact", "letter__pupil", "letter__policy", "letter__episode")
LADDER: Final = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(minutes=60))
State = Message.State
# What a letter is when the message that takes it along is in some state.
LETTER_AFTER: Final[dict[Message.State, Letter.State]] = {
    State.WAITING: Letter.State.READY,
    State.CLAIMED: Letter.State.READY,
    State.SENT: Letter.State.SENT,
    State.DELIVERED: Letter.State.DELIVERED,
    State.CANCELLED: Letter.State.HELD_BACK,
    State.FAILED: Letter.State.FAILED,
    State.UNCERTAIN: Letter.State.UNCERTAIN,
}


def deliver(*, message_id: int, by: User | None = None, at: datetime) -> str | None:
    """Deliver one waiting message, or find that it is no longer needed; give its state after, None if not ours.

    However often and by however many workers this is called, one of them gets the row.
    """
    message = _claim(message_id, at=at)
    if message is None:
        return None
    try:
        reading = reading_of(message, at=at)
    except Exception as error:  # one bad row must not stop those behind it
        logger.exception("Message %s could not be written.", message.pk)
        return _put_off(message, f"It could not be written ({type(error).__name__}).", at=at)
    if reading.not_needed:
        return _end(
            message, State.CANCELLED, at=at, words="was not needed any more", ended_why=reading.not_needed,
            answered=reading.answered,
        )  # fmt: skip
    try:
        with post.open_line(message.channel) as line:
            if not _begin_hand_over(message, reading, at=at):
                return None
            number = line.send(_parcel(message, reading))
    except post.NotSent as refusal:
        if refusal.is_address:
            note_dead_address(message=message, at=at)
        return _put_off(message, str(refusal), at=at, is_for_good=refusal.is_for_good)
    except post.Unknown as doubt:
        return _end(message, State.UNCERTAIN, at=at, words="may or may not have gone", ended_why=str(doubt))
    return _end(
        message, State.SENT, at=at, words="was sent", sent_at=at, reference=number,
        answered=reading.answered,
    )  # fmt: skip


def settle_stuck(*, by: User | None = None, at: datetime) -> dict[str, int]:
    """Put right what a dead worker left: not yet handed over goes back to wait, else it is uncertain.

    Gives how many of each. The claim is three minutes long, counted from when it was made.
    """
    stuck = Message.objects.filter(state=State.CLAIMED, claimed_at__lte=at - LEASE).order_by("pk")
    counts = {"waiting": 0, "uncertain": 0, "failed": 0}
    for message in stuck.select_related("school"):
        if message.handed_at is None:
            state = _put_off(message, "Its worker stopped before the hand-over.", at=at, by=by)
        else:
            state = _end(
                message, State.UNCERTAIN, at=at, by=by, words="may or may not have gone",
                ended_why="Its worker stopped during the hand-over.",
            )  # fmt: skip
        if state:
            counts[state] += 1
    return counts


def settle(*, message: Message, went: bool, by: User | None, at: datetime) -> Message:
    """Settle by a person's word a message that may have gone: it went, or it is sent again.

    Raises Refused where it is not in doubt, or no longer.
    """
    after: dict[str, Any]
    if went:
        after = {"state": State.SENT, "sent_at": message.handed_at or at, "ended_why": ""}
    else:
        after = {
            "state": State.WAITING, "due_at": at, "handed_at": None, "claim": None, "claimed_at": None,
            "attempts": 0, "ended_why": "",
        }  # fmt: skip
    with trail.signed(by=by, at=at, school_id=message.school_id):
        open_states = [State.UNCERTAIN] if went else [State.UNCERTAIN, State.FAILED]
        if Message.objects.filter(pk=message.pk, state__in=open_states).update(**after) != 1:
            raise Refused("This message is not in doubt any more. Look at it again.")
        follow_letter(message, after["state"], at=at, why="")
        words = "went, as they say" if went else "is to be sent again"
        say(message, words, by=by, at=at, before=message.state, after=after["state"])
    message.refresh_from_db()
    return message


def stop_carrying(letter_ids: Collection[int], *, why: str) -> set[int]:
    """Take back the messages that would take letters along, within the caller's transaction; lock them first.

    Gives the letters whose message is on the line this moment: those are not to be touched.
    """
    list(Message.objects.select_for_update(of=("self",)).filter(letter__in=letter_ids).order_by("pk"))
    messages = Message.objects.filter(letter__in=letter_ids)
    messages.filter(state__in=[State.WAITING, State.CLAIMED], handed_at=None).update(
        state=State.CANCELLED, claim=None, claimed_at=None, ended_why=why
    )
    return {pk for pk in messages.filter(state=State.CLAIMED).values_list("letter", flat=True) if pk is not None}


def leave(*, message: Message, why: str, by: User, at: datetime) -> Message:
    """Leave a message that failed as not sent, by a person's word: what it was for was done another way.

    Raises Refused without a reason, where it has not failed, and for a letter: that is brought back to a print run or
    recalled, and its message follows.
    """
    if not why.strip():
        raise Refused("Say what was done instead.")
    if message.letter_id is not None:
        raise Refused("It takes a letter along: look at the letter, and have it posted or recall it.")
    with trail.signed(by=by, at=at, school_id=message.school_id):
        ended_why = f"{message.ended_why} {by.signature}: {why.strip()}".strip()[:300]
        failed = Message.objects.filter(pk=message.pk, state=State.FAILED)
        if failed.update(state=State.CANCELLED, ended_why=ended_why) != 1:
            raise Refused("This message has not failed, or somebody was quicker. Look at it again.")
        say(
            message, "is left as not sent", by=by, at=at, before=State.FAILED, after=State.CANCELLED,
            reason=why.strip(),
        )  # fmt: skip
    message.refresh_from_db()
    return message


def _claim(message_id: int, *, at: datetime) -> Message | None:
    """Take a waiting message that is due: a conditional update that changes one row or none."""
    claim = uuid4()
    got = Message.objects.filter(pk=message_id, state=State.WAITING, due_at__lte=at).update(
        state=State.CLAIMED, claim=claim, claimed_at=at, handed_at=None
    )
    if got != 1:
        return None
    return Message.objects.select_related(*_READ).get(pk=message_id)


def _ours(message: Message) -> Any:
    """Give the row as long as this claim still holds it."""
    return Message.objects.filter(pk=message.pk, state=State.CLAIMED, claim=message.claim)


def _begin_hand_over(message: Message, reading: Reading, *, at: datetime) -> bool:
    """Commit, before the first byte goes, that it is going and what it says. False where the claim was lost."""
    kept = _ours(message).update(handed_at=at, subject=reading.subject, body=reading.body, html=reading.html)
    return bool(kept == 1)


def _put_off(
    message: Message, why: str, *, at: datetime, by: User | None = None, is_for_good: bool = False
) -> str | None:
    """Wait for the next rung of the ladder: 1, 5, 15 and 60 minutes; after those, or for good, it has failed."""
    attempts = message.attempts + 1
    if is_for_good or attempts > len(LADDER):
        return _end(
            message, State.FAILED, at=at, by=by, words="could not be sent", ended_why=why, attempts=attempts
        )  # fmt: skip
    kept = _ours(message).update(
        state=State.WAITING,
        claim=None,
        claimed_at=None,
        handed_at=None,
        attempts=attempts,
        due_at=at + LADDER[attempts - 1],
        ended_why=why[:300],
    )
    return State.WAITING if kept else None


def _end(
    message: Message,
    state: Message.State,
    *,
    at: datetime,
    words: str,
    by: User | None = None,
    answered: tuple[int, ...] = (),
    **fields: Any,
) -> str | None:
    """Bring a message to its end, with one line in the trail. None where another hand holds it by now."""
    fields.setdefault("ended_why", "")
    with transaction.atomic():
        if _ours(message).update(state=state, **fields) != 1:
            return None
        follow_letter(message, state, at=at, why=fields["ended_why"])
        if answered:
            Chase.objects.filter(pk__in=answered, answered_at=None).update(answered_at=at)
        say(message, words, by=by, at=at, before=State.CLAIMED, after=state)
    return state


def reference_of(message: Message) -> str:
    """Give the reference under which a message goes, the same however often: it names nobody."""
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">")
    return f"office-{message.school_id}-{message.pk}@{domain}"


def _parcel(message: Message, reading: Reading) -> post.Parcel:
    file = message.attachment
    return post.Parcel(
        to=message.address,
        subject=reading.subject,
        body=reading.body,
        html=reading.html,
        reference=reference_of(message),
        reply_to=message.school.email,
        attachment=None if file is None else post.Attachment(file.name, file.kind, bytes(file.content)),
    )


def follow_letter(message: Message, state: str, *, at: datetime, why: str) -> None:
    """Carry what became of a message over to the letter it takes along; a recalled letter stays recalled."""
    if message.letter_id is None:
        return
    after: dict[str, Any] = {"state": LETTER_AFTER[Message.State(state)], "ended_why": why[:300]}
    if state == State.SENT:
        after["sent_at"] = at
    Letter.objects.filter(pk=message.letter_id).exclude(state=Letter.State.RECALLED).update(**after)


def say(
    message: Message, words: str, *, by: User | None, at: datetime, before: str, after: str, reason: str = ""
) -> None:
    """Write one line of the trail about a message."""
    trail.record(
        verb="message",
        by=by,
        at=at,
        school_id=message.school_id,
        subject_kind="message",
        subject_id=message.pk,
        words=f"{message.get_kind_display()}, to {message.recipient_name}: {words}.",
        reason=reason,
        before={"state": str(before)},
        after={"state": str(after)},
    )
