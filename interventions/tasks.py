"""What the clock starts: the tick that asks the rows what is due, and the trawls that people asked for."""

from __future__ import annotations

from celery import shared_task

from attendance_office import clock
from attendance_office.jobs import actions as jobs
from interventions.actions import due, trawl_asks


@shared_task(name="interventions.run_due")
def run_due() -> int:
    """Run what is due in every school; give how many runs there were."""
    return len(due.run_due(at=clock.now()))


@shared_task(name="interventions.run_asked_trawls")
def run_asked_trawls() -> int:
    """Make the trawls that people asked for; give how many ended."""
    ended = trawl_asks.run_asked(at=clock.now())
    jobs.beat(name="interventions.run_asked_trawls", at=clock.now())
    return ended
