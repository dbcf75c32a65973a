"""Absence alerts to homes: left waiting with a countdown, stopped in it, and the school's rule on them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any

from attendance_office.audit import trail
from attendance_office.refusals import Refused
from attendance_office.staff.models import School, User
from letters.models import AlertRule, Message, MessagePupil
from letters.queries.alerts import Planned, flag_choices, rule_of
from registers.models import Pupil
from registers.rules.sessions import Session

from .outbox import say

State = Message.State


def write_alerts(
    *, school: School, session: Session, plans: Mapping[int, Planned], rule: AlertRule, by: User, at: datetime
) -> dict[int, Message]:
    """Leave an alert waiting for each family that gets one, by the family's key; give those that are new.

    It goes when the countdown is over, and is read again then. A family's alert of a session is one message for ever.
    """
    due_at = at + timedelta(minutes=rule.countdown_minutes)
    with trail.signed(by=by, at=at, school_id=school.pk):
        School.objects.select_for_update(no_key=True).get(pk=school.pk)
        keys = {key: alert_key(session, key) for key, planned in plans.items() if planned.goes}
        there = set(Message.objects.filter(school=school, key__in=keys.values()).values_list("key", flat=True))
        rows = {
            key: _message(school, session, keys[key], plans[key], by, at, due_at)
            for key in keys
            if keys[key] not in there
        }
        Message.objects.bulk_create(rows.values())
        _about(school, [(rows[key], plans[key].family.pupils) for key in rows])
        if rows:
            trail.record(
                verb="prepared alerts", by=by, at=at, school_id=school.pk, subject_kind="session",
                subject_id=f"{session.on.isoformat()} {session.half}",
                words=f"Alerts to {len(rows)} {'family' if len(rows) == 1 else 'families'}, going in"
                f" {rule.countdown_minutes} minutes.",
                after={"messages": [row.pk for row in rows.values()]},
            )  # fmt: skip
    return rows


def alert_key(session: Session, family: int) -> str:
    """Give what makes it one message: the session and the family."""
    return f"alert:{session.on.isoformat()}:{session.half}:{family}"


def stop_alerts(*, school: School, messages: Collection[int], why: str, by: User, at: datetime) -> tuple[int, int]:
    """Stop alerts that still wait; give how many were stopped, and how many were on their way or gone already.

    Raises Refused where none is named.
    """
    if not messages:
        raise Refused("No alert is counting down any more.")
    reason = why.strip() or "Stopped in the countdown"
    with trail.signed(by=by, at=at, school_id=school.pk, reason=reason):
        rows = list(
            Message.objects.select_for_update()
            .filter(school=school, pk__in=messages, kind=Message.Kind.ALERT, state=State.WAITING)
            .order_by("pk")
        )
        for row in rows:
            row.state, row.ended_why = State.CANCELLED, f"{reason}, by {by.signature}."[:300]
            say(row, "was stopped", by=by, at=at, before=State.WAITING, after=State.CANCELLED)
        Message.objects.bulk_update(rows, ["state", "ended_why"])
    return len(rows), len(set(messages)) - len(rows)


def tell_safeguarding(
    *,
    school: School,
    session: Session,
    key: str,
    pupils: Sequence[Pupil],
    people: Sequence[User],
    subject: str,
    body: str,
    why: str,
    by: User | None,
    at: datetime,
) -> list[Message]:
    """Leave a message by e-mail and one on screen for each person who is to know; told once for each key."""
    with trail.signed(by=by, at=at, school_id=school.pk):
        rows = [
            Message(
                school=school,
                key=f"{key}:{user.pk}:{channel}",
                kind=Message.Kind.SAFEGUARDING,
                channel=channel,
                recipient=user,
                recipient_name=user.signature,
                address=user.email if channel == Message.Channel.EMAIL else "",
                subject=subject[:200],
                body=f"{user.signature},\n\n{body}",
                why=why,
                on=session.on,
                half=session.half,
                pupil=pupils[0] if len(pupils) == 1 else None,
                written_at=at,
                written_by=by.signature if by else trail.THE_OFFICE,
                due_at=at,
            )
            for user in people
            for channel in (Message.Channel.EMAIL, Message.Channel.SCREEN)
        ]
        there = set(
            Message.objects.filter(school=school, key__in=[row.key for row in rows]).values_list("key", flat=True)
        )
        new = Message.objects.bulk_create(row for row in rows if row.key not in there)
        _about(school, [(row, pupils) for row in new])
    return new


def keep_alert_rule(
    *,
    school: School,
    is_on: bool,
    countdown_minutes: int,
    quiet_from: time,
    quiet_to: time,
    flags: Collection[str],
    by: User,
    at: datetime,
) -> AlertRule:
    """Change the school's rule on alerts.

    Raises Refused for a countdown of none or over an hour, and for a flag or group that is none.
    """
    if not 1 <= countdown_minutes <= 60:
        raise Refused("The countdown is 1 to 60 minutes.")
    known = [name for name, _ in flag_choices(school)]
    if set(flags) - set(known):
        raise Refused("Choose whose homes are never alerted from the list.")
    with trail.signed(by=by, at=at, school_id=school.pk, reason="Alert settings"):
        School.objects.select_for_update(no_key=True).get(pk=school.pk)
        rule = rule_of(school)
        before = _as_kept(rule)
        rule.is_on, rule.countdown_minutes = is_on, countdown_minutes
        rule.quiet_from, rule.quiet_to = quiet_from, quiet_to
        rule.flags = [name for name in known if name in flags]
        after = _as_kept(rule)
        if rule.pk is not None and before == after:
            return rule
        rule.save()
        trail.record(
            verb="changed the alert settings", by=by, at=at, school_id=school.pk, subject_kind="school",
            subject_id=school.pk, words=f"Alerts {'on' if is_on else 'off'}, countdown {countdown_minutes} minutes.",
            before=before, after=after,
        )  # fmt: skip
    return rule


def _as_kept(rule: AlertRule) -> dict[str, Any]:
    return {
        "on": rule.is_on,
        "countdown": rule.countdown_minutes,
        "quiet": f"{rule.quiet_from:%H:%M} to {rule.quiet_to:%H:%M}",
        "flags": list(rule.flags),
    }


def _message(
    school: School, session: Session, key: str, planned: Planned, by: User, at: datetime, due_at: datetime
) -> Message:
    adult, words = planned.told.adult, planned.words
    assert adult is not None  # noqa: S101 - tells the type checker what `goes` says
    assert words is not None  # noqa: S101
    pupils = planned.family.pupils
    return Message(
        school=school,
        key=key,
        kind=Message.Kind.ALERT,
        channel=planned.told.channel,
        contact_id=adult.contact_id,
        recipient_name=adult.name,
        address=planned.told.address,
        subject=words.subject,
        body=words.body,
        why="marked N, and no reason known",
        on=session.on,
        half=session.half,
        pupil=pupils[0] if len(pupils) == 1 else None,
        written_at=at,
        written_by=by.signature,
        due_at=due_at,
    )


def _about(school: School, rows: Sequence[tuple[Message, Sequence[Pupil]]]) -> None:
    MessagePupil.objects.bulk_create(
        MessagePupil(school=school, message=message, pupil=pupil) for message, pupils in rows for pupil in pupils
    )
