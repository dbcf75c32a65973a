"""A date's report is held back from everybody or from one, and released."""

from __future__ import annotations

from datetime import date, datetime

from attendance_office import clock
from attendance_office.audit import trail
from attendance_office.refusals import Refused
from attendance_office.staff.models import School, User
from registers.queries.calendar import calendar_of
from registers.rules.dates import spoken_date
from reporting.models import Hold, Report, Subscription, Turn
from reporting.queries.rounds import goes_on, schedule_of


def hold(
    *,
    school: School,
    report: Report,
    on: date,
    subscription: Subscription | None = None,
    why: str,
    by: User,
    at: datetime,
) -> Hold:
    """Hold a date's report back, from everybody or from one person, until it is released.

    Once this returns, nothing held is made or sent. Raises Refused without a reason, for a day on which the report does
    not go, where it has gone, and where it is held already.
    """
    why = why.strip()
    if not why:
        raise Refused("Say why it is held: the reason stays beside it.")
    with trail.signed(by=by, at=at, school_id=school.pk, reason=why):
        # The run takes the same lock before it looks for holds: it has ended, or finds this one.
        School.objects.select_for_update(no_key=True).get(pk=school.pk)
        _judge(school, report, on, subscription, at)
        rows = Hold.objects.filter(school=school, report=report, on=on, released_at=None, subscription=subscription)
        there = rows.select_related("held_by").first()
        if there is not None:
            raise Refused(f"{there.held_by.signature} holds it already.")
        made = Hold.objects.create(
            school=school, report=report, on=on, subscription=subscription, why=why[:400], held_at=at, held_by=by
        )
        trail.record(
            verb="held a report", by=by, at=at, school_id=school.pk, subject_kind="hold", subject_id=made.pk,
            words=_words(made), reason=why,
        )  # fmt: skip
    return made


def _judge(school: School, report: Report, on: date, subscription: Subscription | None, at: datetime) -> None:
    """Refuse where nothing is left to be held; waits for a report that is just being made."""
    turns = Turn.objects.select_for_update().filter(school=school, subscription__report=report, on=on)
    if subscription is not None:
        turns = turns.filter(subscription=subscription)
    states = list(turns.order_by("pk").values_list("state", flat=True))
    if states and Turn.State.WAITING not in states:
        raise Refused("It has gone already: what has gone cannot be held.")
    if states:
        return
    if on < clock.local(at).date() or not goes_on(schedule_of(school, report), calendar_of(school.pk), report, on):
        raise Refused(f"{report.label} does not go on {spoken_date(on)}.")
    if subscription is not None and not subscription.is_on:
        raise Refused(f"{subscription.user.signature} is not subscribed any more.")


def release(*, held: Hold, by: User, at: datetime) -> Hold:
    """Release what was held: reports whose time has come go within the minute, the others at their time.

    Raises Refused where it has been released.
    """
    with trail.signed(by=by, at=at, school_id=held.school_id):
        row = Hold.objects.select_for_update(of=("self",)).select_related("subscription__user").get(pk=held.pk)
        if row.released_at is not None:
            raise Refused("It has been released already.")
        row.released_at, row.released_by = at, by
        row.save(update_fields=["released_at", "released_by"])
        trail.record(
            verb="released a report", by=by, at=at, school_id=row.school_id, subject_kind="hold", subject_id=row.pk,
            words=_words(row), before={"why": row.why},
        )  # fmt: skip
    return row


def _words(row: Hold) -> str:
    whom = "everybody" if row.subscription is None else f"{row.subscription.user.signature}, {row.subscription.scope}"
    return f"{row.get_report_display()}, {spoken_date(row.on)}, to {whom}"
