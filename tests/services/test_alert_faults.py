"""Alerts to homes when their worker is killed: counted at the mail server and not in our own tables."""

from datetime import timedelta

import pytest

from interventions.actions.first_day import prepare_alerts
from letters.actions import outbox
from letters.models import Message
from registers.actions.amendments import amend_mark
from registers.rules.sessions import Session
from tests.conftest import MONDAY
from tests.factories.cast import put_on_roll
from tests.factories.marks import take
from tests.services.programs import MORNING, until

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
AM = Session(MONDAY, "AM")
State = Message.State


@pytest.fixture(autouse=True)
def quiet(caplog):
    """Keep the mail server's talk, with its addresses, out of what a failure prints."""
    caplog.set_level("ERROR", logger="mail.log")


@pytest.fixture
def prepared(cast):
    """Give four pupils of 9A whose parents are alerted by e-mail, the alerts counting down from the morning's start."""
    names = ("Ada", "Bob", "Cas", "Dov")
    away = put_on_roll(*((cast.nine_a, f"Away{place}", name, {}) for place, name in enumerate(names)))
    for place, pupil in enumerate(away):
        contact = pupil.parents.get().contact
        contact.alerts_by, contact.email = "email", f"home{place}@parents.invalid"
        contact.save()
    take(cast.nine_a, AM, by=cast.pat, at=MORNING - timedelta(minutes=5), codes={one.pk: "N" for one in away})
    done = prepare_alerts(
        school=cast.thornbridge, session=AM, pupil_ids=[one.pk for one in away], by=cast.sandra, at=MORNING
    )
    assert (done.alerts, done.due_at) == (4, MORNING + timedelta(minutes=5))
    return away


def alerts(**fields):
    return Message.objects.filter(kind="alert", **fields)


def sent_to(sink):
    return sorted(to for to, _ in sink.letters)


def finished(worker, many):
    """Tell whether a worker says that it has brought so many tasks to their end."""
    return until(lambda: worker.path.read_bytes().count(b" succeeded in ") >= many)


def test_a_worker_killed_between_claim_and_sending_loses_no_alert_and_sends_none_twice(
    cast, prepared, sink, worker, send
):
    # In the countdown a worker takes none, however often it looks.
    early = worker("early")
    assert early.ready()
    send("letters.deliver_waiting", times=3)
    assert finished(early, 3)
    assert (alerts(state=State.WAITING).count(), sink.letters) == (4, [])
    early.kill()

    # The countdown is over; the worker has claimed one and waits for the mail server's greeting when it is killed.
    sink.greets = False
    doomed = worker("doomed", minutes_later=6)
    assert doomed.ready()
    send("letters.deliver_waiting")
    assert sink.reached.wait(40)
    doomed.kill()
    (in_hand,) = alerts(state=State.CLAIMED)
    assert (in_hand.handed_at, alerts(state=State.WAITING).count()) == (None, 3)

    # Meanwhile one of the four comes in: not the one in hand.
    came = next(one for one in reversed(prepared) if one.pk != in_hand.pupil_id)
    amend_mark(
        mark=came.marks.get(on=MONDAY, half="AM"), code="L", minutes_late=9, comment="", reason="Came in",
        by=cast.sandra, at=MORNING + timedelta(minutes=8),
    )  # fmt: skip

    # Nothing had been handed over, so that it is sure: it waits again, and goes once.
    assert outbox.settle_stuck(at=MORNING + timedelta(minutes=11)) == {"waiting": 1, "uncertain": 0, "failed": 0}
    sink.greets = True
    heir, second = worker("heir", minutes_later=13), worker("second", minutes_later=13)
    assert heir.ready()
    assert second.ready()
    send("letters.deliver_waiting", times=6)
    assert until(lambda: not alerts(state__in=[State.WAITING, State.CLAIMED]).exists())
    assert until(lambda: sum(one.path.read_bytes().count(b" succeeded in ") for one in (heir, second)) == 6)
    staying_away = [one for one in prepared if one != came]
    assert sent_to(sink) == sorted(one.parents.get().contact.email for one in staying_away)
    assert alerts(state=State.SENT).count() == 3
    assert alerts(pupil=came).get().state == State.CANCELLED
