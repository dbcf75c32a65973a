"""What lies in the post room: what waits, what went, what is in doubt."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db.models import Count, QuerySet

from attendance_office.staff.models import School, User
from attendance_office.staff.roles import Can
from letters.models import Message, MessageQuerySet
from letters.post.parcels import OUTBOX


def waiting(at: datetime, limit: int = 500) -> list[int]:
    """Give the messages that are due, the longest waiting first."""
    rows = Message.objects.filter(state=Message.State.WAITING, due_at__lte=at).order_by("due_at", "pk")
    return list(rows.values_list("pk", flat=True)[:limit])


def messages_for(user: User, school: School) -> MessageQuerySet:
    """Give the messages of a school that a person may read: those about the safety of a pupil only if entitled."""
    rows = Message.objects.visible_to(user).filter(school=school)
    if not user.standing.may(Can.SEE_SAFEGUARDING, school.pk):
        rows = rows.exclude(kind__in=[Message.Kind.VULNERABLE, Message.Kind.SAFEGUARDING])
    return rows


def counts_by_state(messages: MessageQuerySet) -> dict[str, int]:
    """Give how many messages are in each state, in one query."""
    rows = messages.order_by().values("state").annotate(n=Count("pk"))
    return {row["state"]: row["n"] for row in rows}


def to_look_at(messages: QuerySet[Message]) -> QuerySet[Message]:
    """Narrow messages to those that a person has to settle: uncertain or failed."""
    return messages.filter(state__in=[Message.State.UNCERTAIN, Message.State.FAILED])


def in_doubt(school: School) -> int:
    """Give how many messages a person has to settle."""
    return to_look_at(Message.objects.filter(school=school)).count()


def oldest_waiting(at: datetime) -> datetime | None:
    """Give since when the message that is due longest has waited, in any school; None where none waits."""
    rows = Message.objects.filter(state=Message.State.WAITING, due_at__lte=at).order_by("due_at")
    return rows.values_list("due_at", flat=True).first()


def leaves_the_building() -> bool:
    """Tell whether messages go to a mail server; in a demo they stay in the outbox."""
    return bool(settings.OFFICE_POST != OUTBOX)


def notify_posts_letters() -> bool:
    """Tell whether letters can be handed to GOV.UK Notify here."""
    return bool(settings.OFFICE_NOTIFY_KEY)
