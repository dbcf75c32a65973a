"""What the clock starts in this wing: reading the files that wait."""

from __future__ import annotations

from celery import shared_task

from attendance_office import clock
from registers.actions.imports.running import run_waiting


@shared_task(name="registers.read_waiting_files")
def read_waiting_files() -> int:
    """Read the files that wait; give how many."""
    return run_waiting(at=clock.now())
