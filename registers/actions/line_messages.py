"""What is done with messages left on the absence line: taking them in, and setting one aside."""

from __future__ import annotations

import hashlib
from datetime import datetime

from attendance_office.audit import trail
from attendance_office.refusals import Refused
from attendance_office.staff.models import School, User
from registers.feeds.mailbox import NotAMailbox, read_mailbox, read_pasted
from registers.models import Channel, LineMessage, StoredFile

from .absences import claim_message


def type_message(
    *, school: School, channel: str, sender: str, text: str, received_at: datetime, by: User, at: datetime
) -> LineMessage:
    """Put a typed or pasted message into the queue; lines like "From:" at its head are read.

    Raises Refused where it says nothing.
    """
    mail = read_pasted(text)
    if not mail.body and not mail.subject:
        raise Refused("The message says nothing: type or paste what was said.")
    with trail.signed(by=by, at=at, school_id=school.pk):
        row = LineMessage.objects.create(
            school=school,
            channel=Channel(channel),
            received_at=min(received_at, at),
            sender=(sender.strip() or mail.sender)[:200],
            subject=mail.subject,
            body=mail.body,
            logged_at=at,
            logged_by=by,
        )
        trail.record(
            verb="took in a message",
            by=by,
            at=at,
            school_id=school.pk,
            subject_kind="line message",
            subject_id=row.pk,
            words=f"Message taken in: {row.get_channel_display().lower()}",
        )
    return row


def take_in_text(
    *,
    school: School,
    sender: str,
    text: str,
    reference: str,
    received_at: datetime,
    by: User | None,
    at: datetime,
) -> LineMessage:
    """Put a text message that a service brought into the queue; told again with its number it is the same one."""
    with trail.signed(by=by, at=at, school_id=school.pk):
        fields = {
            "channel": Channel.TEXT,
            "received_at": received_at,
            "sender": sender.strip()[:200],
            "body": text.strip(),
            "logged_at": at,
            "logged_by": by,
        }
        if not reference:
            row, is_new = LineMessage.objects.create(school=school, **fields), True
        else:
            row, is_new = LineMessage.objects.get_or_create(
                school=school, reference=f"text:{reference}"[:250], defaults=fields
            )
        if is_new:
            trail.record(
                verb="took in a message",
                by=by,
                at=at,
                school_id=school.pk,
                subject_kind="line message",
                subject_id=row.pk,
                words="Message taken in: text message",
            )
    return row


def take_in_mailbox(*, school: School, name: str, content: bytes, by: User, at: datetime) -> tuple[int, int]:
    """Put the messages of a mailbox file into the queue, each once ever; give how many were new, and how many known.

    The file is kept whole. Raises Refused where it holds no message that can be read.
    """
    try:
        mails = read_mailbox(content)
    except NotAMailbox as wrong:
        raise Refused(f"{name}: {wrong}") from wrong
    with trail.signed(by=by, at=at, school_id=school.pk):
        known = set(
            LineMessage.objects.filter(school=school, reference__in=[mail.reference for mail in mails]).values_list(
                "reference", flat=True
            )
        )
        new = [mail for mail in mails if mail.reference not in known]
        if new:
            file = StoredFile.objects.create(
                school=school,
                purpose=StoredFile.Purpose.MAILBOX,
                name=name[:200],
                kind="message/rfc822",
                size=len(content),
                sha256=hashlib.sha256(content).hexdigest(),
                content=content,
                added_at=at,
                added_by=by,
            )
            LineMessage.objects.bulk_create(
                [
                    LineMessage(
                        school=school,
                        channel=Channel.EMAIL,
                        received_at=min(mail.sent_at or at, at),
                        sender=mail.sender,
                        subject=mail.subject,
                        body=mail.body,
                        file=file,
                        reference=mail.reference,
                        logged_at=at,
                        logged_by=by,
                    )
                    for mail in new
                ],
                ignore_conflicts=True,
            )
            trail.record(
                verb="took in a mailbox",
                by=by,
                at=at,
                school_id=school.pk,
                subject_kind="line message",
                words=f"{len(new)} messages taken in from {name}"[:400],
                after={"file": file.pk, "new": len(new), "known": len(known)},
            )
    return len(new), len(known)


def set_aside(*, message: LineMessage, why: str, by: User | None, at: datetime) -> None:
    """Take a message out of the queue without logging an absence, with the reason.

    Raises Refused without a reason, and where somebody has worked it meanwhile.
    """
    if not why.strip():
        raise Refused("Say why it is set aside, as \u201cnot about attendance\u201d.")
    with trail.signed(by=by, at=at, school_id=message.school_id):
        claim_message(message=message, state=LineMessage.State.SET_ASIDE, why=why.strip()[:400], by=by, at=at)
        trail.record(
            verb="set a message aside",
            by=by,
            at=at,
            school_id=message.school_id,
            subject_kind="line message",
            subject_id=message.pk,
            words="Message set aside",
            reason=why,
        )


def put_back(*, message: LineMessage, by: User, at: datetime) -> None:
    """Put a message that was set aside back into the queue, in its old place.

    Raises Refused where it is not set aside.
    """
    with trail.signed(by=by, at=at, school_id=message.school_id):
        done = LineMessage.objects.filter(pk=message.pk, state=LineMessage.State.SET_ASIDE).update(
            state=LineMessage.State.WAITING, settled_at=None, settled_by=None, why=""
        )
        if done != 1:
            raise Refused("It is not set aside: look again. A message that was worked is undone with its note.")
        trail.record(
            verb="put a message back",
            by=by,
            at=at,
            school_id=message.school_id,
            subject_kind="line message",
            subject_id=message.pk,
            words="Message put back into the queue",
            before={"why": message.why},
        )
