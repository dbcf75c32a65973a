"""What the clock starts in the post room. Each tick reads the rows; a tick lost or doubled changes nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from celery import shared_task

from attendance_office import clock
from attendance_office.jobs import actions as jobs
from attendance_office.staff.models import School
from letters import post
from letters.actions import deliveries, making, outbox, runs
from letters.actions.doubts import find_doubted
from letters.actions.proving import prove_post
from letters.queries.outbox import waiting
from letters.queries.proof import PROVED

MAKING_AT_A_STRETCH: Final = timedelta(seconds=8)


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


@shared_task(name="letters.make_waiting")
def make_waiting() -> int:
    """Make letters that wait, until none does or this tick's time is up so that others get their turn."""
    began, many = clock.now(), 0
    making.settle_claimed(at=began)
    while clock.now() - began < MAKING_AT_A_STRETCH and making.make_next(at=clock.now()) is not None:
        many += 1
    while runs.join_next(at=clock.now()) is not None:
        pass
    jobs.beat(name="letters.make_waiting", at=clock.now())
    return many


@shared_task(name="letters.find_doubted")
def find_doubted_letters() -> int:
    """Flag the letters that the register supports no longer, in every school; give how many."""
    found = [find_doubted(school=school, by=None, at=clock.now()) for school in School.objects.order_by("pk")]
    jobs.beat(name="letters.find_doubted", at=clock.now())
    return sum(len(letters) for letters in found)


@shared_task(name="letters.ask_notify")
def ask_notify() -> dict[str, int]:
    """Ask Notify what became of messages it has said nothing of; nothing, where it is not set up or silent."""
    try:
        counts = deliveries.ask_notify(at=clock.now())
    except post.NotSent:
        counts = {}
    jobs.beat(name="letters.ask_notify", at=clock.now())
    return counts


@shared_task(name="letters.prove_post")
def prove_posts() -> int:
    """Prove every school's post room; give in how many the proof does not hold."""
    proofs = [prove_post(school=school, at=clock.now()) for school in School.objects.order_by("pk")]
    jobs.beat(name=PROVED, at=clock.now())
    return sum(not proof.fits for proof in proofs)
