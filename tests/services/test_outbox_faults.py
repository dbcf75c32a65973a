"""The outbox under faults, counted at the mail server and not in our own tables."""

import os
import socket
import time
from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse

from interventions.actions import sweep
from letters.actions import outbox
from letters.models import Message
from registers.rules.sessions import Session
from tests.factories.marks import take
from tests.services.conftest import MORNING, free_port, until

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
    assert until(all_are(State.SENT))
    time.sleep(0.5)
    ours = [to for to, _ in sink.letters]
    assert len(ours) == Message.objects.count()
    references = {line for _, text in sink.letters for line in text.split(b"\r\n") if line.startswith(b"Message-ID")}
    assert len(references) == len(ours)


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


def cut_all_other_lines():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.mark.parametrize("fault", ["stopped", "hung", "nobody there"])
def test_registers_are_saved_whatever_redis_does_and_never_speak_to_it(cast, redis, fault, monkeypatch, settings):
    port = redis.port if fault != "nobody there" else free_port()
    settings.CELERY_BROKER_URL = f"redis://127.0.0.1:{port}/0"
    lines = []
    real = socket.socket.connect

    def connect(line, address):
        lines.append(address)
        return real(line, address)

    if fault == "stopped":
        redis.stop()
    elif fault == "hung":
        redis.hang()
    try:
        monkeypatch.setattr(socket.socket, "connect", connect)
        begun = time.monotonic()
        saved = take(cast.nine_a, Session(MORNING.date(), "AM"), by=cast.pat, at=MORNING)
        took = time.monotonic() - begun
    finally:
        monkeypatch.undo()
        if fault != "nobody there":
            redis.stop()
            redis.start()
    assert saved.completed_at == MORNING
    assert lines == []
    assert took < 2


def test_a_page_works_after_postgres_cut_every_line(cast, live_server, sign_in, at_morning):
    import http.client

    client = sign_in(cast.sandra)
    cookie = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    host, port = live_server.url.removeprefix("http://").split(":")

    def status():
        line = http.client.HTTPConnection(host, int(port), timeout=20)
        try:
            line.request("GET", reverse("letters:board"), headers={"Cookie": cookie})
            return line.getresponse().status
        finally:
            line.close()

    assert status() == 200
    cut_all_other_lines()
    assert [status(), status()] == [200, 200]


def test_the_worker_takes_its_own_line_to_redis_and_not_the_shared_one(redis):
    assert redis.answers()
    assert redis.url != os.environ.get("REDIS_URL")
