"""Real programs for a test: a Redis, a mail server that counts, workers."""

import pytest

from tests.services.programs import MORNING, Redis, Sink, Worker, free_port, shift_to_morning, until

__all__ = ["MORNING", "free_port", "until"]


@pytest.fixture
def redis(tmp_path):
    """Give an empty Redis of this test's own."""
    server = Redis(tmp_path)
    yield server
    server.stop()


@pytest.fixture
def sink():
    """Give a mail server that counts."""
    server = Sink()
    yield server
    server.stop()


@pytest.fixture
def worker(redis, sink, tmp_path):
    """Give a function that starts a worker; all are killed at the end.

    They share one clock that begins at the morning, so that an heir never lives before the worker whose work it takes
    over; one that is to live later says by how many minutes.
    """
    started, shift = [], shift_to_morning()

    def _worker(name="one", minutes_later=0):
        started.append(Worker(redis, sink, tmp_path, name, shift + 60 * minutes_later))
        return started[-1]

    yield _worker
    for one in started:
        one.kill()


@pytest.fixture
def send(redis):
    """Give a function that publishes a task by its name, as beat does."""
    from celery import Celery

    app = Celery(broker=redis.url)

    def _send(name, times=1):
        for _ in range(times):
            app.send_task(name)

    yield _send
    app.close()
