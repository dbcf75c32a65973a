"""A turn taken: the report made for one person and frozen, its message left in the outbox; begun again if it broke."""

from __future__ import annotations

import hashlib
import logging
from datetime import date, datetime, timedelta
from typing import Final

from django.db import transaction
from django.template.loader import render_to_string
from django.utils.text import slugify

from attendance_office.audit import trail
from attendance_office.refusals import Refused
from attendance_office.staff.models import School, User
from attendance_office.web.export import Leaf, as_workbook
from letters.models import Message
from letters.pdf import print_html
from registers.models import StoredFile
from reporting.models import Dispatch, Sending, Subscription, Turn
from reporting.queries.distributions import reaches
from reporting.queries.kinds import KINDS
from reporting.queries.report_page import Page
from reporting.queries.rounds import held, waiting
from reporting.queries.sent_mail import mail_of

logger = logging.getLogger(__name__)
# How long after each break it is begun again; after the last it is given up.
AGAIN_AFTER: Final = (timedelta(minutes=2), timedelta(minutes=10), timedelta(minutes=30), timedelta(hours=2))
AT_A_STRETCH: Final = 30
_FORMS: Final = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
State = Turn.State


def make_waiting(*, at: datetime) -> int:
    """Make the reports whose turn waits and that nobody holds, in every school; give how many were made."""
    outcomes = [take_turn(turn_id=pk, by=None, at=at) for pk in waiting(at).values_list("pk", flat=True)[:AT_A_STRETCH]]
    return outcomes.count("sent")


def take_turn(*, turn_id: int, by: User | None, at: datetime) -> str:
    """Make one person's report and leave its message in the outbox; give what became of the turn.

    That is "sent", "held", "without_post", "off", "broken", or "" where it is over or in another worker's hands.
    However many call this, one makes it. What breaks is begun again later, and given up after the fifth time.
    """
    with transaction.atomic():
        rows = Turn.objects.filter(pk=turn_id, state=State.WAITING, next_at__lte=at)
        locked = rows.select_for_update(skip_locked=True, of=("self",))
        turn = locked.select_related("subscription__user", "subscription__tutor_group", "school").first()
        if turn is None:
            return ""
        row = turn.subscription
        if held(Turn.objects.filter(pk=turn.pk)).exists():
            return "held"
        if not row.is_on:
            return _end(turn, State.NOT_SENT, "off", "No longer subscribed", at=at)
        if not reaches(row.user, turn.school, row.year_group, report=row.report, form=row.tutor_group):
            return _end(turn, State.NOT_SENT, "without_post", "No longer holds a post that may read it", at=at)
        try:
            turn.sending = _send(row, turn.school, on=turn.on, by=by, at=at)
        except Exception as error:  # the others' reports go on
            logger.exception("Report %s could not be made for subscription %s.", row.report, row.pk)
            return _broke(turn, error, by=by, at=at)
        return _end(turn, State.MADE, "sent", "", at=at)


def begin_again(*, turn: Turn, by: User, at: datetime) -> Turn:
    """Have a report that was given up begun again, within the minute.

    Raises Refused for one that was not given up.
    """
    with trail.signed(by=by, at=at, school_id=turn.school_id):
        rows = Turn.objects.select_for_update(of=("self",)).select_related("subscription__user")
        row = rows.get(pk=turn.pk)
        if row.state != State.GIVEN_UP:
            raise Refused("It was not given up.")
        row.state, row.attempts, row.next_at, row.ended_at, row.why = State.WAITING, 0, at, None, ""
        row.save()
        trail.record(
            verb="had a report begun again", by=by, at=at, school_id=row.school_id, subject_kind="turn",
            subject_id=row.pk, words=str(row.subscription), before={"state": State.GIVEN_UP.value},
        )  # fmt: skip
    return row


def _end(turn: Turn, state: Turn.State, outcome: str, why: str, *, at: datetime) -> str:
    turn.state, turn.why, turn.ended_at = state, why, at
    turn.save()
    return outcome


def _broke(turn: Turn, error: Exception, *, by: User | None, at: datetime) -> str:
    turn.sending = None
    turn.attempts += 1
    turn.why = f"It could not be made ({type(error).__name__})."[:200]
    if turn.attempts <= len(AGAIN_AFTER):
        turn.next_at = at + AGAIN_AFTER[turn.attempts - 1]
    else:
        turn.state, turn.ended_at = State.GIVEN_UP, at
        trail.record(
            verb="gave up a report", by=by, at=at, school_id=turn.school_id, subject_kind="turn", subject_id=turn.pk,
            words=f"{turn.subscription.get_report_display()}, {turn.subscription.scope}, to"
            f" {turn.subscription.user.signature}: it broke off {turn.attempts} times.",
        )  # fmt: skip
    turn.save()
    return "broken"


def _send(row: Subscription, school: School, *, on: date, by: User | None, at: datetime) -> Sending:
    """Make one person's report and its message, whole or not at all; the one that the date has where it has one."""
    with transaction.atomic():
        made = {"school": school, "user": row.user, "report": row.report, "on": on}
        made |= {"year_group": row.year_group, "tutor_group": row.tutor_group}
        there = Sending.objects.filter(**made).first()
        if there is not None:
            return there
        page = page_for(row, school, on=on, at=at)
        made_of = _files(page, row.report).items()
        files = {form: _kept(school, row, form, content, on=on, at=at) for form, content in made_of}
        sending = Sending.objects.create(
            **made, content=page.content, pdf=files["pdf"], sheet=files["xlsx"], made_at=at
        )  # fmt: skip
        if row.by_mail:
            dispatch(sending, by=by, at=at)
        trail.record(
            verb="sent a report", by=by, at=at, school_id=school.pk, subject_kind="sending", subject_id=sending.pk,
            words=f"{sending} to {row.user.signature}", after={"by_mail": row.by_mail, "sha256": files["pdf"].sha256},
        )  # fmt: skip
    return sending


def page_for(row: Subscription, school: School, *, on: date, at: datetime) -> Page:
    """Give what a subscription brings for a day; nothing is kept."""
    kind = KINDS[row.report]
    if row.tutor_group is not None and kind.of_form is not None:
        return kind.of_form(school, row.user, form=row.tutor_group, on=on, at=at)
    return kind.make(school, row.user, year_group=row.year_group, on=on, at=at)


def dispatch(sending: Sending, *, by: User | None, at: datetime) -> Message:
    """Leave a message that leads to a report in the outbox: the first, or one more by hand."""
    times, mail = sending.dispatches.count() + 1, mail_of(sending)
    message = Message.objects.create(
        school=sending.school, key=f"report:{sending.pk}:{times}", kind=Message.Kind.REPORT,
        channel=Message.Channel.EMAIL, recipient=sending.user, recipient_name=sending.user.signature,
        address=sending.user.email, subject=mail.subject, body=mail.body, html=mail.html,
        why="subscribed" if times == 1 else "sent again",
        on=sending.on, written_at=at, written_by=by.signature if by else trail.THE_OFFICE, due_at=at,
    )  # fmt: skip
    Dispatch.objects.create(school=sending.school, sending=sending, message=message)
    return message


def _files(page: Page, report: str) -> dict[str, bytes]:
    html = render_to_string("reporting/print/week.html", {"content": page.content, "report": report})
    first = Leaf(KINDS[report].sheet, page.columns, page.rows)
    sheet = as_workbook([first, *page.leaves], name=KINDS[report].file)
    return {"pdf": print_html(html, styles=["paper", "week"]), "xlsx": sheet.content}


def _kept(school: School, row: Subscription, form: str, content: bytes, *, on: date, at: datetime) -> StoredFile:
    scope = slugify(row.scope.lower().removeprefix("whole "))
    name = f"{KINDS[row.report].file}-{scope}-{on}.{form}"
    return StoredFile.objects.create(
        school=school, purpose=StoredFile.Purpose.REPORT, name=name, kind=_FORMS[form], size=len(content),
        sha256=hashlib.sha256(content).hexdigest(), content=content, added_at=at,
    )  # fmt: skip
