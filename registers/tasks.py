"""What the clock starts in this wing: reading the files that wait, and the links to other systems."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Final

from celery import shared_task

from attendance_office import clock
from registers.actions.imports.running import run_waiting
from registers.actions.links.keeping import refresh_codes
from registers.actions.links.pulling import pull_due
from registers.actions.links.writing_back import write_back

# Less than the worker's soft limit by more than one answer may take.
_SECONDS_OF_A_LINK: Final = 120.0


@shared_task(name="registers.read_waiting_files")
def read_waiting_files() -> int:
    """Read the files that wait; give how many."""
    return run_waiting(at=clock.now())


@shared_task(name="registers.pull_from_links")
def pull_from_links() -> int:
    """Read the codes of links that have none, and bring in what changed there; give how many runs were taken on."""
    refresh_codes(at=clock.now())
    return pull_due(at=clock.now(), in_time=_within(_SECONDS_OF_A_LINK))


@shared_task(name="registers.write_back")
def write_back_to_links() -> int:
    """Write coded marks back to links; give how many arrived."""
    return write_back(at=clock.now(), in_time=_within(_SECONDS_OF_A_LINK))


def _within(seconds: float) -> Callable[[], bool]:
    ends = monotonic() + seconds
    return lambda: monotonic() < ends
