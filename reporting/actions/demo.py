"""The demo's last Friday, as the clock would have sent it, and the paper that leadership issued to governors."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from attendance_office import clock
from attendance_office.jobs.actions import DEFAULTS
from attendance_office.jobs.due import instant
from attendance_office.jobs.models import Job
from attendance_office.staff.models import Post, School
from attendance_office.staff.roles import Role
from interventions.actions.due import run_job
from letters.actions.outbox import deliver
from letters.models import Message
from registers.queries.calendar import calendar_of
from registers.rules.ages import school_year_starts
from registers.rules.sessions import monday
from reporting.actions.papers import draft_paper, issue_paper, print_paper, set_baseline, write_paper
from reporting.models import Paper, Sending
from reporting.queries.distributions import is_last_of_week

EXPECTED: Final = Decimal("93.40")
HEADLINE: Final = (
    "The first paper of this school year. Leadership will speak to the meeting about Fridays, and about years 10 and "
    "11; the figures are those of the whole school."
)


def send_last_week(*, school: School, at: datetime) -> int:
    """Send the last school week that has ended and has not been sent, as it would have gone; give to how many."""
    today = clock.local(at).date()
    due = DEFAULTS[Job.FRIDAY]
    days = calendar_of(school.pk).days(today - timedelta(weeks=3), today)
    ended = [on for on in days if instant(on, due) <= at and is_last_of_week(school, on)]
    if not ended or Sending.objects.filter(school=school, on=ended[-1]).exists():
        return 0
    on = ended[-1]
    went = instant(on, due)
    run_job(school=school, job=Job.FRIDAY, on=on, by=None, at=went)
    reports = Message.objects.filter(school=school, kind=Message.Kind.REPORT, on=on, state=Message.State.WAITING)
    for message_id in reports.order_by("pk").values_list("pk", flat=True):
        deliver(message_id=message_id, at=went + timedelta(minutes=1))
    return Sending.objects.filter(school=school, on=on).count()


def issue_first_paper(*, school: School, at: datetime) -> Paper | None:
    """Have leadership enter what is expected of the school and issue a paper up to the last whole week; None where
    the school has any paper, or no leadership, or no week is over yet.
    """
    author = Post.objects.filter(school=school, role=Role.SLT, ended_on=None).select_related("user").first()
    to_on = monday(clock.local(at).date()) - timedelta(days=3)
    from_on = school_year_starts(to_on)
    if author is None or Paper.objects.filter(school=school).exists():
        return None
    if not calendar_of(school.pk).days(from_on, to_on):
        return None
    by = author.user
    set_baseline(school=school, on=to_on, attendance=EXPECTED, note="DfE, autumn term", by=by, at=at)
    paper = draft_paper(school=school, from_on=from_on, to_on=to_on, by=by, at=at)
    paper = write_paper(paper=paper, title=paper.title, headline=HEADLINE, asks=paper.asks, by=by, at=at)
    paper = issue_paper(paper=paper, by=by, at=at)
    print_paper(paper_id=paper.pk, by=None, at=at)
    return paper
