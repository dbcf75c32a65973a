"""What the clock starts: one tick, which asks the rows what is due."""

from __future__ import annotations

from celery import shared_task

from attendance_office import clock
from interventions.actions import due


@shared_task(name="interventions.run_due")
def run_due() -> int:
    """Run what is due in every school; give how many runs there were."""
    return len(due.run_due(at=clock.now()))
