"""The reports of a school day, as the clock starts each of them."""

from __future__ import annotations

from datetime import date, datetime

from attendance_office.staff.models import School, User
from reporting.models import Report

from .distributions import Work, send_report


def daily_summary_job(*, school: School, on: date, by: User | None, at: datetime) -> Work:
    """Send the day so far to everybody subscribed."""
    return send_report(school=school, report=Report.DAILY_SUMMARY, on=on, by=by, at=at)
