"""The outbox under faults, counted at the mail server and not in our own tables."""

import json
import os
import socket
import time
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.urls import reverse

from attendance_office.celery import app as celery
from interventions.actions import sweep
from letters.actions import outbox
from letters.models import Message
from registers.models import Mark, Register
from tests.services.programs import MORNING, free_port, until

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
State = Message.State


@pytest.fixture(autouse=True)
def quiet(caplog):
    """Keep the mail server's talk, with its addresses, out of what a failure prints."""
    caplog.set_level("ERROR", logger="mail.log")


@pytest.fixture
def swept(cast):
    """Thornbridge's sweep has run: messages wait."""
    sweep.run_sweep(school=cast.thornbridge, job="am_sweep", on=MORNING.date(), by=None, at=MORNING)
    return Message.objects.count()


def states():
    return dict(Message.objects.order_by("pk").values_list("pk", "state"))


def all_are(state):
    return lambda: set(states().values()) == {state}


def test_two_workers_and_ten_copies_of_each_task_deliver_every_message_once(swept, redis, sink, worker, send):
    first, second = worker("one"), worker("two")
    assert first.ready()
    assert second.ready()
    send("letters.deliver_waiting", times=10)
    send("interventions.run_due", times=10)
    assert until(lambda: done(first, second) == 20)
    # Ridgeway's sweep was due as well: what it wrote after the last delivery had looked goes with the next ten.
    assert Message.objects.count() > swept
    send("letters.deliver_waiting", times=10)
    assert until(lambda: done(first, second) == 30)
    assert all_are(State.SENT)()
    ours = [to for to, _ in sink.letters]
    assert len(ours) == Message.objects.count()
    references = {line for _, text in sink.letters for line in text.split(b"\r\n") if line.startswith(b"Message-ID")}
    assert len(references) == len(ours)


def done(*workers):
    """Count the tasks that workers say they have brought to their end."""
    return sum(one.path.read_bytes().count(b" succeeded in ") for one in workers)


def test_a_worker_killed_in_mid_send_leaves_one_message_in_doubt_and_nothing_goes_twice(swept, sink, worker, send):
    sink.stalls = True
    doomed = worker("doomed")
    assert doomed.ready()
    send("letters.deliver_waiting")
    assert sink.begun.wait(40)
    doomed.kill()
    (in_hand,) = Message.objects.filter(state=State.CLAIMED)
    assert in_hand.handed_at is not None

    later = MORNING + timedelta(minutes=4)
    assert outbox.settle_stuck(at=later) == {"waiting": 0, "uncertain": 1, "failed": 0}
    sink.stalls = False
    heir = worker("heir")
    assert heir.ready()
    send("letters.deliver_waiting", times=5)
    assert until(lambda: not Message.objects.filter(state__in=[State.WAITING, State.CLAIMED]).exists())
    found = list(states().values())
    assert (found.count(State.UNCERTAIN), found.count(State.SENT)) == (1, swept - 1)
    assert [to for to, _ in sink.letters].count(in_hand.address) == 1

    # Postgres cuts the worker's lines between two tasks: the next works on a new one.
    assert until(lambda: heir.path.read_bytes().count(b" succeeded in ") == 5)
    Message.objects.filter(state=State.SENT).update(state=State.WAITING, claim=None, sent_at=None)
    cut_all_other_lines()
    send("letters.deliver_waiting", times=2)
    assert until(lambda: not Message.objects.filter(state__in=[State.WAITING, State.CLAIMED]).exists())
    assert Message.objects.filter(state=State.SENT).count() == swept - 1
    # Tyler Maddox is in what was sent, and in no line of a worker's log.
    assert any(b"Maddox" in text for _, text in sink.letters)
    assert not [one for one in (doomed, heir) if b"Maddox" in one.path.read_bytes()]


def cut_all_other_lines():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def save_all(client, group):
    """Save a group's register as its page does, everyone present, and give the answer."""
    entries = [{"pupil": pupil.pk, "code": "/", "was": ""} for pupil in group.pupils.order_by("pk")]
    body = {"key": str(uuid4()), "finish": True, "entries": entries}
    address = reverse("registers:register_save", args=[group.pk, MORNING.date().isoformat(), "AM"])
    return client.post(address, json.dumps(body), content_type="application/json")


@pytest.mark.parametrize("fault", ["stopped", "hung", "nobody there"])
def test_registers_are_saved_whatever_redis_does_and_never_speak_to_it(
    cast, redis, fault, monkeypatch, sign_in, at_morning
):
    port = redis.port if fault != "nobody there" else free_port()
    monkeypatch.setattr(celery.conf, "broker_url", f"redis://127.0.0.1:{port}/0")
    client = sign_in(cast.pat)
    sheet = reverse("registers:register_take", args=[cast.nine_a.pk, MORNING.date().isoformat(), "AM"])
    lines = []
    real = socket.socket.connect

    def connect(line, address):
        lines.append(address)
        return real(line, address)

    if fault == "stopped":
        redis.stop()
    elif fault == "hung":
        redis.hang()
        assert not redis.answers()
    try:
        monkeypatch.setattr(socket.socket, "connect", connect)
        begun = time.monotonic()
        opened, saved = client.get(sheet), save_all(client, cast.nine_a)
        took = time.monotonic() - begun
    finally:
        monkeypatch.undo()
        if fault != "nobody there":
            redis.stop()
            redis.start()
    assert (opened.status_code, saved.status_code) == (200, 200)
    register = Register.objects.get(tutor_group=cast.nine_a, on=MORNING.date(), half="AM")
    assert register.completed_at == at_morning
    assert Mark.objects.filter(on=MORNING.date()).count() == cast.nine_a.pupils.count()
    assert lines == []
    assert took < 5


def test_the_worker_takes_its_own_line_to_redis_and_not_the_shared_one(redis):
    assert redis.answers()
    assert redis.url != os.environ.get("REDIS_URL")
