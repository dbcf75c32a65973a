"""The reports of a school day, as the clock starts each of them."""

from __future__ import annotations

from datetime import date, datetime

from attendance_office.staff.models import School, User
from reporting.models import Report
from reporting.queries.lates_page import lesson_registers_of

from .distributions import Work, send_report


def daily_summary_job(*, school: School, on: date, by: User | None, at: datetime) -> Work:
    """Send the day so far to everybody subscribed."""
    return send_report(school=school, report=Report.DAILY_SUMMARY, on=on, by=by, at=at)


def lates_morning_job(*, school: School, on: date, by: User | None, at: datetime) -> Work:
    """Send who came late to the start of school, nobody too."""
    return send_report(school=school, report=Report.LATES_MORNING, on=on, by=by, at=at)


def lates_lessons_job(*, school: School, on: date, by: User | None, at: datetime) -> Work:
    """Send who came late to which lesson; on a day on which no lesson register was saved nothing is known to send."""
    if not lesson_registers_of(school, on):
        return {"lesson_registers": 0}, {"sent": 0}, "No lesson register was saved: nothing is sent."
    return send_report(school=school, report=Report.LATES_LESSONS, on=on, by=by, at=at)
