"""Alerts under faults: two people at once, a stop racing the sending, an attempt to alert a pupil twice."""

from threading import Barrier, Thread

import pytest
from django.db import IntegrityError, connection, transaction

from interventions.actions.first_day import open_families, stop
from interventions.actions.safeguarding import raise_item
from interventions.models import FirstDay, FirstDayPupil, SafeguardingItem
from letters.actions.outbox import deliver
from letters.models import Message
from tests.conftest import MONDAY, MORNING

from .conftest import AM, LATER, family_of, prepare

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*doings):
    """Do these at the same time, each on a connection of its own; give what each gave."""
    gate, found = Barrier(len(doings)), [None] * len(doings)

    def run(place, doing):
        try:
            gate.wait()
            found[place] = doing()
        finally:
            connection.close()

    threads = [Thread(target=run, args=one) for one in enumerate(doings)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_two_people_who_prepare_the_same_alerts_prepare_one_for_each_family(away):
    done = at_once(lambda: prepare(away), lambda: prepare(away, by=away.bea))
    assert sorted(one.alerts for one in done) == [0, 2]
    assert (FirstDay.objects.count(), Message.objects.filter(kind="alert").count()) == (2, 2)


def test_a_stop_that_races_the_sending_stops_it_or_is_told_that_it_is_too_late(away):
    prepare(away, away.callum)
    message, day = Message.objects.get(kind="alert"), family_of(away.callum)
    sent, (stopped, late) = at_once(
        lambda: deliver(message_id=message.pk, at=LATER),
        lambda: stop(school=away.thornbridge, days=[day], why="", by=away.sandra, at=LATER),
    )
    message.refresh_from_db()
    if stopped:
        assert (sent, late, message.state, message.handed_at) == (None, 0, "cancelled", None)
    else:
        assert (sent, late, message.state) == ("sent", 1, "sent")


def test_two_workers_send_an_alert_once(away):
    prepare(away, away.callum)
    message = Message.objects.get(kind="alert")
    sent = at_once(*(lambda: deliver(message_id=message.pk, at=LATER) for _ in range(4)))
    assert sorted(sent, key=str) == [None, None, None, "sent"]


def test_an_item_raised_by_two_at_once_is_one_and_told_once(away):
    open_families(school=away.thornbridge, session=AM, pupil_ids=None, by=away.sandra, at=MORNING)
    day = family_of(away.callum)
    found = at_once(*(lambda: raise_item(day=day, why="x", by=away.sandra, at=MORNING) for _ in range(3)))
    assert len({one.pk for one in found}) == 1
    assert SafeguardingItem.objects.count() == 1
    assert Message.objects.filter(kind="safeguarding").count() == 2


def test_a_pupil_is_of_one_family_in_a_session_says_the_database(away):
    open_families(school=away.thornbridge, session=AM, pupil_ids=None, by=away.sandra, at=MORNING)
    other = FirstDay.objects.create(school=away.thornbridge, on=MONDAY, half="AM", opened_at=MORNING)
    with pytest.raises(IntegrityError), transaction.atomic():
        FirstDayPupil.objects.create(
            school=away.thornbridge, first_day=other, pupil=away.callum, on=MONDAY, half="AM", since_at=MORNING,
            joined_at=MORNING,
        )  # fmt: skip
