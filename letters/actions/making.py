"""A letter made: claimed, read again, put together, printed once and kept, or held back with the reason.

Each letter is claimed by itself, so that one that stops its worker takes no other with it. Nothing has left the house
while a letter is being made: what a dead worker left goes back to wait.
"""

from __future__ import annotations

import hashlib
import logging
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from django.db import transaction
from django.db.models import Q

from attendance_office import clock
from attendance_office.audit import trail
from letters import pdf
from letters.models import Letter, Message
from letters.pdf import NotPrinted
from letters.queries.composing import CERTIFICATES, composed
from letters.queries.earning import still_earned
from letters.queries.letter_values import receipts
from letters.queries.still_due import still_due
from letters.rules.notify_page import unread_file
from letters.rules.placeholders import BadTemplate, NoValue
from registers.models import StoredFile

logger = logging.getLogger(__name__)

LEASE: Final = timedelta(minutes=3)
MOST_ATTEMPTS: Final = 3
AGAIN_AFTER: Final = timedelta(minutes=1)
State = Letter.State
# Letters that nobody carries: the post room hands them over by itself.
_TRAVELS: Final = {
    Letter.Channel.EMAIL: Message.Channel.EMAIL,
    Letter.Channel.NOTIFY: Message.Channel.LETTER,
}


def make_next(*, at: datetime, school_id: int | None = None) -> Letter | None:
    """Make the letter that has waited longest; give it as it is then, None where none waits.

    However many workers call this, each letter is made by one of them.
    """
    letter = _claim(at=at, school_id=school_id)
    if letter is None:
        return None
    if letter.attempts > MOST_ATTEMPTS:
        _end(
            letter,
            State.FAILED,
            at=at,
            words="could not be made",
            why="Its worker stopped three times while making it.",
        )
        return letter
    try:
        _make(letter, at)
    except (NoValue, BadTemplate, NotPrinted) as fault:
        _end(letter, State.FAILED, at=at, words="could not be made", why=str(fault))
    except Exception as error:  # one bad letter must not stop those behind it
        logger.exception("Letter %s could not be made.", letter.pk)
        _put_off(letter, f"It could not be made ({type(error).__name__}).", at=at)
    return letter


def settle_claimed(*, at: datetime) -> int:
    """Let letters whose worker died wait again; give how many."""
    stuck = Letter.objects.filter(state=State.CLAIMED, claimed_at__lte=at - LEASE).order_by("pk")
    return sum(_put_off(letter, "Its worker stopped while making it.", at=at) for letter in stuck)


def leave_to_post(letter: Letter, subject: str, *, at: datetime) -> Message:
    """Leave a made letter that travels by itself in the outbox, once: the boundary to the post room.

    A letter that was held back or brought back and is made again goes in a message of its own.
    """
    over = [Message.State.CANCELLED, Message.State.FAILED]
    turn = Message.objects.filter(letter=letter, state__in=over).count()
    first = letter.addressees.select_related("contact").order_by("pk").first()
    message, _ = Message.objects.get_or_create(
        school_id=letter.school_id,
        key=f"letter:{letter.pk}:{turn}" if turn else f"letter:{letter.pk}",
        defaults={
            "kind": Message.Kind.LETTER,
            "channel": _TRAVELS[Letter.Channel(letter.channel)],
            "contact": first.contact if first else None,
            "letter": letter,
            "pupil_id": letter.pupil_id,
            "recipient_name": letter.to_name[:150],
            "address": letter.to_email,
            "subject": subject[:200],
            "body": letter.words,
            "attachment_id": letter.file_id,
            "on": clock.local(at).date(),
            "written_at": at,
            "written_by": letter.approved_by.signature if letter.approved_by else "",
            "due_at": at,
        },
    )
    return message


def _claim(*, at: datetime, school_id: int | None) -> Letter | None:
    with transaction.atomic():
        waiting = Letter.objects.filter(Q(due_at=None) | Q(due_at__lte=at), state=State.WAITING)
        if school_id is not None:
            waiting = waiting.filter(school=school_id)
        # Its key alone, by the index of those that wait: the row is wide, and hundreds may be waiting behind it.
        free = waiting.select_for_update(skip_locked=True).order_by("due_at", "pk").values_list("pk", flat=True).first()
        if free is None:
            return None
        rows = Letter.objects.select_related(
            "school", "pupil__tutor_group", "policy", "episode", "approved_by", "version__template", "version__school"
        )
        letter = rows.get(pk=free)
        letter.state, letter.claim, letter.claimed_at = State.CLAIMED, uuid4(), at
        letter.attempts += 1
        letter.save(update_fields=["state", "claim", "claimed_at", "attempts"])
    return letter


def _make(letter: Letter, at: datetime) -> None:
    verdict = still_due(letter, at=at)
    if not verdict.is_due:
        _end(letter, State.HELD_BACK, at=at, words="was held back", why=verdict.why_not)
        return
    facts = verdict.facts if letter.policy_id else _read_again(letter)
    if letter.kind in CERTIFICATES and (why_not := still_earned(letter.kind, facts)):
        _end(letter, State.HELD_BACK, at=at, words="was held back", why=why_not)
        return
    page = composed(letter, facts, on=clock.local(at).date())
    content = page.printed()
    if letter.channel == Letter.Channel.NOTIFY and (why_not := unread_file(pdf.pages(content), len(content))):
        raise NotPrinted(why_not)
    with transaction.atomic():
        letter.file = StoredFile.objects.create(
            school_id=letter.school_id,
            purpose=StoredFile.Purpose.LETTER,
            name=f"letter-{letter.pk}.pdf",
            kind="application/pdf",
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            content=content,
            added_at=at,
        )
        letter.words = page.words
        kept = _end(
            letter, State.READY, at=at, words="was made", file=letter.file, words_kept=page.words,
            facts_sent=dict(facts), made_at=at,
        )  # fmt: skip
        if not kept:
            transaction.set_rollback(True)
        elif letter.channel in _TRAVELS:
            leave_to_post(letter, page.page.title, at=at)


def _read_again(letter: Letter) -> dict[str, Any]:
    """Give the receipt of a letter of no level as the register now stands, over the days it was written about."""
    facts: dict[str, Any] = letter.facts
    if not facts.get("from_on"):
        return facts
    before = facts.get("earlier") or {}
    earlier = (_day(before["from_on"]), _day(before["to_on"])) if before else None
    fresh = receipts(
        letter.school_id,
        [letter.pupil_id],
        from_on=_day(facts["from_on"]),
        to_on=_day(facts["to_on"]),
        earlier=earlier,
    )
    return {**facts, **fresh[letter.pupil_id]}


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _put_off(letter: Letter, why: str, *, at: datetime) -> bool:
    """Let it wait for another try; after the third it has failed."""
    if letter.attempts >= MOST_ATTEMPTS:
        return _end(letter, State.FAILED, at=at, words="could not be made", why=why)
    ours = Letter.objects.filter(pk=letter.pk, state=State.CLAIMED, claim=letter.claim)
    return bool(
        ours.update(state=State.WAITING, claim=None, claimed_at=None, due_at=at + AGAIN_AFTER, ended_why=why[:300])
    )


def _end(
    letter: Letter, state: Letter.State, *, at: datetime, words: str, why: str = "", words_kept: str = "", **fields: Any
) -> bool:
    """Bring the making to its end with a line in the trail; False where another hand holds the letter by now."""
    if words_kept:
        fields["words"] = words_kept
    with trail.signed(by=None, at=at, school_id=letter.school_id):
        ours = Letter.objects.filter(pk=letter.pk, state=State.CLAIMED, claim=letter.claim)
        if not ours.update(state=state, claim=None, claimed_at=None, ended_why=why[:300], **fields):
            return False
        trail.record(
            verb="letter", by=None, at=at, school_id=letter.school_id, subject_kind="letter", subject_id=letter.pk,
            words=f"{letter}: {words}{'. ' + why if why else ''}", before={"state": str(State.CLAIMED)},
            after={"state": str(state)},
        )  # fmt: skip
    letter.state, letter.ended_why = state, why[:300]
    return True
