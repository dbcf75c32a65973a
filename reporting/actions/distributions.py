"""What is done to distributions: subscriptions supplied and changed, a week sent once, and again by hand."""

from __future__ import annotations

import hashlib
import logging
from datetime import date, datetime
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse

from attendance_office.audit import trail
from attendance_office.refusals import Refused
from attendance_office.staff.models import Post, School, User
from attendance_office.staff.roles import Role
from attendance_office.web.export import as_xlsx
from letters.models import Message
from letters.pdf import print_html
from registers.models import StoredFile
from reporting.models import Dispatch, Report, Sending, Subscription
from reporting.models.distributions import scope_words
from reporting.queries.distributions import is_last_of_week, reaches
from reporting.queries.kinds import KINDS
from reporting.queries.report_page import Page

logger = logging.getLogger(__name__)
Work = tuple[dict[str, Any], dict[str, Any], str]
_FORMS: Final = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
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
    report: str = Report.FRIDAY,
) -> Subscription:  # fmt: skip
    """Have a person sent a report; a subscription that was off is turned on again.

    Raises Refused for a person whose posts do not reach all that the report is about, or do not let them read it.
    """
    if not reaches(user, school, year_group, report=report):
        raise Refused(f"{user.signature} may not see all of {scope_words(year_group)}: choose what their post reaches.")
    with trail.signed(by=by, at=at, school_id=school.pk):
        row, _ = Subscription.objects.get_or_create(
            school=school, user=user, report=report, year_group=year_group,
            defaults={"by_mail": by_mail, "is_on": False},
        )  # fmt: skip
        return _set(row, by_mail=by_mail, is_on=True, by=by, at=at)


def set_subscription(*, subscription: Subscription, by_mail: bool, is_on: bool, by: User, at: datetime) -> Subscription:
    """Change how a person is sent a report, or take it off; it stays on record."""
    with trail.signed(by=by, at=at, school_id=subscription.school_id):
        return _set(subscription, by_mail=by_mail, is_on=is_on, by=by, at=at)


def _set(subscription: Subscription, *, by_mail: bool, is_on: bool, by: User, at: datetime) -> Subscription:
    row = Subscription.objects.select_for_update(of=("self",)).select_related("user").get(pk=subscription.pk)
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
    """Make and send a report to everybody subscribed, each once for the date, and give what was seen and done.

    `to` narrows it to some of the subscriptions, where a day concerns no others.
    A report that breaks for one person is counted, and does not stop the others. Who lost the post gets none.
    """
    supply_subscriptions(school=school, by=by, at=at)
    asked = Subscription.objects.filter(to or Q(), school=school, report=report, is_on=True)
    rows = asked.select_related("user")
    counts = {"sent": 0, "without_post": 0, "broken": 0}
    for row in rows.order_by("pk"):
        if not reaches(row.user, school, row.year_group, report=report):
            counts["without_post"] += 1
            continue
        try:
            counts["sent"] += _send(row, school, on=on, by=by, at=at) is not None
        except Exception:  # the others' reports go on
            logger.exception("%s could not be made for subscription %s.", report.label, row.pk)
            counts["broken"] += 1
    words = f"{counts['sent']} made: {report.label.lower()}."
    if counts["without_post"]:
        words += f" {counts['without_post']} people no longer hold the post."
    if counts["broken"]:
        words += f" {counts['broken']} could not be made."
    return {"subscriptions": len(rows)}, counts, words


def _send(row: Subscription, school: School, *, on: date, by: User | None, at: datetime) -> Sending | None:
    """Make one person's report and its message; None where the date has one already."""
    with transaction.atomic():
        Subscription.objects.select_for_update(of=("self",)).get(pk=row.pk)
        made = {"school": school, "user": row.user, "report": row.report, "year_group": row.year_group, "on": on}
        if Sending.objects.filter(**made).exists():
            return None
        page = KINDS[row.report].make(school, row.user, year_group=row.year_group, on=on, at=at)
        made_of = _files(page, row.report).items()
        files = {form: _kept(school, row, form, content, on=on, at=at) for form, content in made_of}
        sending = Sending.objects.create(
            **made, content=page.content, pdf=files["pdf"], sheet=files["xlsx"], made_at=at
        )  # fmt: skip
        if row.by_mail:
            _dispatch(sending, by=by, at=at)
        trail.record(
            verb="sent a report", by=by, at=at, school_id=school.pk, subject_kind="sending", subject_id=sending.pk,
            words=f"{sending} to {row.user.signature}", after={"by_mail": row.by_mail, "sha256": files["pdf"].sha256},
        )  # fmt: skip
    return sending


def send_again(*, sending: Sending, by: User, at: datetime) -> Message:
    """Send a frozen report once more to the person it was made for, as a message of its own.

    Raises Refused where their post no longer reaches it, and while a message of it still waits.
    """
    with trail.signed(by=by, at=at, school_id=sending.school_id):
        kept = Sending.objects.select_for_update(of=("self",)).select_related("school", "user").get(pk=sending.pk)
        if not reaches(kept.user, kept.school, kept.year_group, report=kept.report):
            raise Refused(f"{kept.user.signature} no longer holds a post that may read this report.")
        open_states = [Message.State.WAITING, Message.State.CLAIMED]
        if kept.dispatches.filter(message__state__in=open_states).exists():
            raise Refused("A message of this report is still on its way.")
        message = _dispatch(kept, by=by, at=at)
        trail.record(
            verb="sent a report again", by=by, at=at, school_id=kept.school_id, subject_kind="sending",
            subject_id=kept.pk, words=f"{kept} to {kept.user.signature}",
        )  # fmt: skip
    return message


def _dispatch(sending: Sending, *, by: User | None, at: datetime) -> Message:
    times = sending.dispatches.count() + 1
    url = f"{settings.OFFICE_URL}{reverse('reporting:sent_detail', args=[sending.pk])}"
    told = {"sending": sending, "content": sending.content, "url": url}
    message = Message.objects.create(
        school=sending.school, key=f"report:{sending.pk}:{times}", kind=Message.Kind.REPORT,
        channel=Message.Channel.EMAIL, recipient=sending.user, recipient_name=sending.user.signature,
        address=sending.user.email, subject=sending.content["title"],
        body=render_to_string("reporting/mail/report.txt", told),
        html=render_to_string("reporting/mail/report.html", told), why="subscribed" if times == 1 else "sent again",
        on=sending.on, written_at=at, written_by=by.signature if by else trail.THE_OFFICE, due_at=at,
    )  # fmt: skip
    Dispatch.objects.create(school=sending.school, sending=sending, message=message)
    return message


def _files(page: Page, report: str) -> dict[str, bytes]:
    html = render_to_string("reporting/print/week.html", {"content": page.content})
    sheet = as_xlsx(page.columns, page.rows, name=KINDS[report].file, sheet=KINDS[report].sheet)
    return {"pdf": print_html(html, styles=["paper", "week"]), "xlsx": sheet.content}


def _kept(school: School, row: Subscription, form: str, content: bytes, *, on: date, at: datetime) -> StoredFile:
    scope = "school" if row.year_group is None else f"year-{row.year_group}"
    name = f"{KINDS[row.report].file}-{scope}-{on}.{form}"
    return StoredFile.objects.create(
        school=school, purpose=StoredFile.Purpose.REPORT, name=name, kind=_FORMS[form], size=len(content),
        sha256=hashlib.sha256(content).hexdigest(), content=content, added_at=at,
    )  # fmt: skip
