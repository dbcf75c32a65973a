"""Telling staff of highly vulnerable pupils who are absent or not marked. Nothing goes to a home from here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from attendance_office.audit import trail
from attendance_office.staff.models import School, User
from letters.models import Message
from letters.queries import words
from letters.queries.vulnerable import Concern, alert_key
from registers.rules.sessions import Session


def alert_staff(
    *,
    school: School,
    session: Session,
    concerns: Sequence[Concern],
    told: Mapping[int, Sequence[User]],
    by: User | None,
    at: datetime,
) -> list[Message]:
    """Leave a message for each person who is to know of each pupil; give those that are new.

    Told once for each state: a pupil not marked and then marked absent is told of twice.
    """
    wanted = {
        alert_key(concern, user): (concern, user) for concern in concerns for user in told.get(concern.pupil.pk, ())
    }
    if not wanted:
        return []
    with trail.signed(by=by, at=at, school_id=school.pk):
        School.objects.select_for_update(no_key=True).get(pk=school.pk)
        there = set(Message.objects.filter(school=school, key__in=wanted).values_list("key", flat=True))
        rows = []
        for key, (concern, user) in wanted.items():
            if key in there:
                continue
            text = words.vulnerable(school, user, concern)
            rows.append(
                Message(
                    school=school,
                    key=key,
                    kind=Message.Kind.VULNERABLE,
                    channel=Message.Channel.EMAIL,
                    recipient=user,
                    recipient_name=user.signature,
                    address=user.email,
                    subject=text.subject,
                    body=text.body,
                    why="not marked" if concern.mark is None else "absent",
                    on=session.on,
                    half=session.half,
                    pupil=concern.pupil,
                    written_at=at,
                    written_by=by.signature if by else trail.THE_OFFICE,
                    due_at=at,
                )
            )
        messages = Message.objects.bulk_create(rows)
        if messages:
            people = ", ".join(dict.fromkeys(message.recipient_name for message in messages))
            trail.record(
                verb="told of vulnerable pupils",
                by=by,
                at=at,
                school_id=school.pk,
                subject_kind="session",
                subject_id=f"{session.on.isoformat()} {session.half}",
                words=f"Told {people} of highly vulnerable pupils absent or not marked.",
                after={"messages": [message.pk for message in messages]},
            )
    return messages
