"""The demo's last days: the reports of a day, the leaver sheet and two weeks of illness, as the clock would have."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

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

_FRIDAY: Final = 4
_WATCHED: Final = 10


def send_last_days(*, school: School, at: datetime) -> int:
    """Send the reports of the last school day that has ended, the last leaver sheet, and two weeks of illness.

    Those sent already stay; give how many were made.
    """
    today = clock.local(at).date()
    days = calendar_of(school.pk).days(today - timedelta(weeks=4), today - timedelta(days=1))
    before = Sending.objects.filter(school=school).count()
    for on in days[-_WATCHED:]:
        _send(school, Job.ILLNESS, on)
    for job in (Job.LATES_MORNING, Job.DAILY_SUMMARY, Job.LATES_LESSONS):
        for on in days[-1:]:
            _send(school, job, on)
    for on in [day for day in days if day.weekday() == _FRIDAY][-1:]:
        _send(school, Job.LEAVERS, on)
    return Sending.objects.filter(school=school).count() - before


def _send(school: School, job: Job, on: date) -> None:
    """Run a job of a day at its usual time, and deliver what it leaves waiting; a day that has run stays as it is."""
    went = instant(on, DEFAULTS[job])
    run_job(school=school, job=job, on=on, by=None, at=went)
    reports = Message.objects.filter(school=school, kind=Message.Kind.REPORT, on=on, state=Message.State.WAITING)
    for message_id in reports.order_by("pk").values_list("pk", flat=True):
        deliver(message_id=message_id, at=went + timedelta(minutes=1))
