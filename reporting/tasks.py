"""What the clock starts in the reading room: reports whose turn waits."""

from __future__ import annotations

from celery import shared_task

from attendance_office import clock
from attendance_office.jobs import actions as jobs
from reporting.actions.papers import print_issued
from reporting.actions.turns import make_waiting


@shared_task(name="reporting.make_waiting")
def make_waiting_reports() -> int:
    """Make the reports that were held, and those that broke off before; give how many were made."""
    made = make_waiting(at=clock.now())
    jobs.beat(name="reporting.make_waiting", at=clock.now())
    return made


@shared_task(name="reporting.print_papers")
def print_papers() -> int:
    """Print the papers that were issued and are not printed yet; give how many were printed."""
    made = print_issued(at=clock.now())
    jobs.beat(name="reporting.print_papers", at=clock.now())
    return made
