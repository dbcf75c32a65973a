"""What the clock starts in the reading room: reports whose turn waits."""

from __future__ import annotations

from celery import shared_task

from attendance_office import clock
from attendance_office.jobs import actions as jobs
from reporting.actions.turns import make_waiting


@shared_task(name="reporting.make_waiting")
def make_waiting_reports() -> int:
    """Make the reports that were held, and those that broke off before; give how many were made."""
    made = make_waiting(at=clock.now())
    jobs.beat(name="reporting.make_waiting", at=clock.now())
    return made
