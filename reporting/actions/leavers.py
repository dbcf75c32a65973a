"""The leaver sheet, as the clock starts it."""

from __future__ import annotations

from datetime import date, datetime

from attendance_office.staff.models import School, User
from reporting.models import Report

from .distributions import Work, send_report


def leavers_job(*, school: School, on: date, by: User | None, at: datetime) -> Work:
    """Send who left and joined since the sheet before, and the returns owed; a week with nobody too."""
    return send_report(school=school, report=Report.LEAVERS, on=on, by=by, at=at)
