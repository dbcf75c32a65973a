"""Real programs of a test's own: a Redis, a mail server that can stall, a worker."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime

from aiosmtpd.smtp import SMTP
from django.db import connection
from django.utils import timezone

from attendance_office.launcher.broker import program

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))  # noqa: PTH100, PTH120
MORNING = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def free_port():
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        return place.getsockname()[1]


def shift_to_morning():
    """Give the seconds that set a clock started now to the cast's morning."""
    return int((MORNING - timezone.now()).total_seconds())


def until(what, seconds=40.0):
    """Wait until something is so; tell whether it came to be."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.05)
    return False


class Redis:
    """A Redis server on a port of its own, without any file."""

    def __init__(self, folder):
        self.port, self.folder = free_port(), folder
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.process = None
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [program(), "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
             "--dir", str(self.folder), "--logfile", str(self.folder / "redis.log")],
        )  # fmt: skip
        assert until(self.answers), "Redis did not start"

    def answers(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as line:
                line.sendall(b"PING\r\n")
                return line.recv(16).startswith(b"+PONG")
        except OSError:
            return False

    def hang(self):
        self.process.send_signal(signal.SIGSTOP)

    def stop(self):
        self.process.send_signal(signal.SIGCONT)
        self.process.kill()
        self.process.wait()


class Silent(asyncio.Protocol):
    """Somebody who takes the line and never says a word."""

    def __init__(self, reached):
        self.reached = reached

    def connection_made(self, transport):
        self.reached.set()


class Sink:
    """A mail server that counts what it was given; told to, it stalls after a message's end, or never greets."""

    def __init__(self):
        self.port = free_port()
        self.letters, self.begun = [], threading.Event()
        self.stalls, self.greets, self.reached = False, True, threading.Event()
        self.loop = asyncio.new_event_loop()
        ready = threading.Event()
        self.thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self.thread.start()
        ready.wait(10)

    def _run(self, ready):
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self.loop.create_server(self._answer, "127.0.0.1", self.port))
        ready.set()
        self.loop.run_forever()

    def _answer(self):
        return SMTP(self) if self.greets else Silent(self.reached)

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - the name aiosmtpd calls
        self.letters.append((envelope.rcpt_tos[0], envelope.content))
        self.begun.set()
        if self.stalls:
            await asyncio.sleep(60)
        return "250 taken"

    def stop(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)


class Worker:
    """A Celery worker in processes of its own, on the tests' database, its clock set by a shift in whole seconds."""

    def __init__(self, redis, sink, folder, name, shift=None):
        shift = shift_to_morning() if shift is None else shift
        test_name = connection.settings_dict["NAME"]
        base, _, options = os.environ["DATABASE_URL"].partition("?")
        url = f"{base.rpartition('/')[0]}/{test_name}" + (f"?{options}" if options else "")
        environment = os.environ | {
            "DATABASE_URL": url,
            "REDIS_URL": redis.url,
            "OFFICE_CLOCK_SHIFT": str(shift),
            "OFFICE_POST": "smtp",
            "EMAIL_URL": f"smtp://127.0.0.1:{sink.port}",
        }
        self.log = (folder / f"{name}.log").open("wb")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "attendance_office", "worker", "--pool", "prefork",
             "--concurrency", "1", "--without-gossip", "--without-mingle", "--loglevel", "INFO", "-n", f"{name}@test"],
            cwd=ROOT, env=environment, stdout=self.log, stderr=self.log, start_new_session=True,
        )  # fmt: skip
        self.path = folder / f"{name}.log"

    def ready(self):
        return until(lambda: b" ready." in self.path.read_bytes(), 60)

    def kill(self):
        """Kill the whole worker, parent and children, as a power cut would."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.log.close()
