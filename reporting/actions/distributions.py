"""What is done to distributions: subscriptions supplied and changed, a week sent once, and again by hand."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

from django.db.models import Q

from attendance_office.audit import trail
from attendance_office.refusals import Refused
from attendance_office.staff.models import Post, School, TutorGroup, User
from attendance_office.staff.roles import Role
from letters.models import Message
from reporting.models import Report, Sending, Subscription, Turn
from reporting.models.distributions import scope_words
from reporting.queries.distributions import is_last_of_week, reaches
from reporting.queries.kinds import KINDS

from .turns import AT_A_STRETCH, dispatch, take_turn

Work = tuple[dict[str, Any], dict[str, Any], str]
# What becomes of a turn, as the job's words say it.
_OUTCOMES: Final = {
    "sent": "",
    "without_post": "no longer hold the post.",
    "held": "held back.",
    "broken": "could not be made, and are begun again.",
}


def supply_subscriptions(*, school: School, by: User | None, at: datetime) -> int:
    """Give a school its usual subscriptions, each report once: heads of year their year, others the whole school.

    Gives how many were made. A report that has any subscription in the school, on or off, is left as it is.
    """
    with trail.signed(by=by, at=at, school_id=school.pk):
        School.objects.select_for_update(no_key=True).get(pk=school.pk)
        there = set(Subscription.objects.filter(school=school).values_list("report", flat=True).distinct())
        lacking = [report for report in KINDS if report not in there]
        if not lacking:
            return 0
        posts = list(Post.objects.filter(school=school, ended_on=None, user__is_active=True).order_by("pk"))
        wanted = {
            (report, post.user_id, post.year_group if post.role == Role.HEAD_OF_YEAR else None)
            for report in lacking
            for post in posts
            if post.role in (Role.HEAD_OF_YEAR, *KINDS[report].whole)
        }
        made = Subscription.objects.bulk_create(
            Subscription(school=school, user_id=user, report=report, year_group=year)
            for report, user, year in sorted(wanted, key=lambda one: (one[0], one[1], one[2] or 0))
        )
        if made:
            trail.record(
                verb="supplied distributions", by=by, at=at, school_id=school.pk, subject_kind="school",
                subject_id=school.pk, words=f"{len(made)} subscriptions from the posts.",
            )  # fmt: skip
    return len(made)


def subscribe(
    *, school: School, user: User, year_group: int | None, by_mail: bool, by: User, at: datetime,
    report: str = Report.FRIDAY, form: TutorGroup | None = None,
) -> Subscription:  # fmt: skip
    """Have a person sent a report; a subscription that was off is turned on again.

    Raises Refused for a person whose posts do not reach all that the report is about, or do not let them read it.
    """
    if form is not None and KINDS[report].of_form is None:
        raise Refused(f"{Report(report).label} is not made of one form.")
    if not reaches(user, school, year_group, report=report, form=form):
        scope = scope_words(year_group, form)
        raise Refused(f"{user.signature} may not see all of {scope}: choose what their post reaches.")
    with trail.signed(by=by, at=at, school_id=school.pk):
        row, _ = Subscription.objects.get_or_create(
            school=school, user=user, report=report, year_group=year_group, tutor_group=form,
            defaults={"by_mail": by_mail, "is_on": False},
        )  # fmt: skip
        return _set(row, by_mail=by_mail, is_on=True, by=by, at=at)


def subscribe_tutors(*, school: School, by: User, at: datetime) -> int:
    """Have every tutor sent the week of their form by mail; give how many are so now who were not subscribed at all.

    A subscription that was taken off stays off: a person turns it on again.
    """
    with trail.signed(by=by, at=at, school_id=school.pk):
        School.objects.select_for_update(no_key=True).get(pk=school.pk)
        posts = Post.objects.filter(school=school, role=Role.TUTOR, ended_on=None, user__is_active=True)
        wanted = posts.exclude(tutor_group=None).order_by("pk").values_list("user", "tutor_group").distinct()
        there = Subscription.objects.filter(school=school, report=Report.FRIDAY).exclude(tutor_group=None)
        lacking = set(wanted) - set(there.values_list("user", "tutor_group"))
        made = Subscription.objects.bulk_create(
            Subscription(school=school, user_id=user, report=Report.FRIDAY, tutor_group_id=form)
            for user, form in sorted(lacking)
        )
        if made:
            trail.record(
                verb="supplied distributions", by=by, at=at, school_id=school.pk, subject_kind="school",
                subject_id=school.pk, words=f"{len(made)} tutors are sent the week of their form.",
            )  # fmt: skip
    return len(made)


def set_subscription(*, subscription: Subscription, by_mail: bool, is_on: bool, by: User, at: datetime) -> Subscription:
    """Change how a person is sent a report, or take it off; it stays on record."""
    with trail.signed(by=by, at=at, school_id=subscription.school_id):
        return _set(subscription, by_mail=by_mail, is_on=is_on, by=by, at=at)


def _set(subscription: Subscription, *, by_mail: bool, is_on: bool, by: User, at: datetime) -> Subscription:
    row = (
        Subscription.objects.select_for_update(of=("self",))
        .select_related("user", "tutor_group")
        .get(pk=subscription.pk)
    )
    before = {"by_mail": row.by_mail, "is_on": row.is_on}
    after = {"by_mail": by_mail, "is_on": is_on}
    if before == after:
        return row
    row.by_mail, row.is_on = by_mail, is_on
    row.save(update_fields=["by_mail", "is_on"])
    trail.record(
        verb="changed a subscription", by=by, at=at, school_id=row.school_id, subject_kind="subscription",
        subject_id=row.pk, words=str(row), before=before, after=after,
    )  # fmt: skip
    return row


def friday_job(*, school: School, on: date, by: User | None, at: datetime) -> Work:
    """Send the week on the last school day of the week; on any other day say so and send nothing."""
    if not is_last_of_week(school, on):
        return {}, {"sent": 0}, "Not the last school day of the week: nothing is sent."
    return send_week(school=school, on=on, by=by, at=at)


def send_week(*, school: School, on: date, by: User | None, at: datetime) -> Work:
    """Make and send the week to everybody subscribed: what `send_report` does of it."""
    return send_report(school=school, report=Report.FRIDAY, on=on, by=by, at=at)


def send_report(
    *, school: School, report: Report, on: date, by: User | None, at: datetime, to: Q | None = None
) -> Work:
    """Give everybody subscribed their turn at a report, once for the date, and take it; give what was seen and done.

    `to` narrows it to some of the subscriptions, where a day concerns no others.
    A report that breaks for one person does not stop the others and is begun again later, for that person alone. What
    is held waits until it is released. Who lost the post gets none. The first thirty are made here, the others within
    minutes by the tick that makes what waits: a run is one transaction, and a worker's time is short.
    """
    supply_subscriptions(school=school, by=by, at=at)
    rows = Subscription.objects.filter(to or Q(), school=school, report=report, is_on=True)
    turns = [Turn(school=school, subscription_id=pk, on=on, next_at=at) for pk in rows.values_list("pk", flat=True)]
    Turn.objects.bulk_create(turns, ignore_conflicts=True)
    todo = Turn.objects.filter(school=school, subscription__report=report, on=on, state=Turn.State.WAITING)
    counts = dict.fromkeys(_OUTCOMES, 0)
    waits = list(todo.order_by("subscription").values_list("pk", flat=True))
    for pk in waits[:AT_A_STRETCH]:
        outcome = take_turn(turn_id=pk, by=by, at=at)
        if outcome in counts:
            counts[outcome] += 1
    words = f"{counts['sent']} made: {report.label.lower()}."
    if len(waits) > AT_A_STRETCH:
        words += f" {len(waits) - AT_A_STRETCH} follow within minutes."
    words += "".join(f" {counts[key]} {said}" for key, said in _OUTCOMES.items() if said and counts[key])
    return {"subscriptions": len(turns)}, counts, words


def send_again(*, sending: Sending, by: User, at: datetime) -> Message:
    """Send a frozen report once more to the person it was made for, as a message of its own.

    Raises Refused where their post no longer reaches it, and while a message of it still waits.
    """
    with trail.signed(by=by, at=at, school_id=sending.school_id):
        kept = (
            Sending.objects.select_for_update(of=("self",))
            .select_related("school", "user", "tutor_group")
            .get(pk=sending.pk)
        )
        if not reaches(kept.user, kept.school, kept.year_group, report=kept.report, form=kept.tutor_group):
            raise Refused(f"{kept.user.signature} no longer holds a post that may read this report.")
        open_states = [Message.State.WAITING, Message.State.CLAIMED]
        if kept.dispatches.filter(message__state__in=open_states).exists():
            raise Refused("A message of this report is still on its way.")
        message = dispatch(kept, by=by, at=at)
        trail.record(
            verb="sent a report again", by=by, at=at, school_id=kept.school_id, subject_kind="sending",
            subject_id=kept.pk, words=f"{kept} to {kept.user.signature}",
        )  # fmt: skip
    return message
