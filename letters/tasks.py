"""What the clock starts in the post room. Each tick reads the rows; a tick lost or doubled changes nothing."""

from __future__ import annotations

from celery import shared_task

from attendance_office import clock
from attendance_office.jobs import actions as jobs
from letters.actions import outbox
from letters.queries.outbox import waiting


@shared_task(name="letters.deliver_waiting")
def deliver_waiting() -> int:
    """Deliver what waits; give how many messages this tick took."""
    found = [outbox.deliver(message_id=pk, at=clock.now()) for pk in waiting(clock.now())]
    jobs.beat(name="letters.deliver_waiting", at=clock.now())
    return sum(state is not None for state in found)


@shared_task(name="letters.settle_stuck")
def settle_stuck() -> dict[str, int]:
    """Put right what a dead worker left behind."""
    counts = outbox.settle_stuck(at=clock.now())
    jobs.beat(name="letters.settle_stuck", at=clock.now())
    return counts
