"""The demo's last Friday: the week on a page, as the clock would have sent it."""

from __future__ import annotations

from datetime import datetime, timedelta

from attendance_office import clock
from attendance_office.jobs.actions import DEFAULTS
from attendance_office.jobs.due import instant
from attendance_office.jobs.models import Job
from attendance_office.staff.models import School
from interventions.actions.due import run_job
from letters.actions.outbox import deliver
from letters.models import Message
from registers.queries.calendar import calendar_of
from reporting.models import Sending
from reporting.queries.distributions import is_last_of_week


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
