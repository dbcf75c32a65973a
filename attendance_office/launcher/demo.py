"""The demo: the school's morning in the terminal, then the office at work on this machine's own address."""

import json
import os
import signal
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from attendance_office.launcher import readiness
from attendance_office.launcher.children import Ended, Troop, answer, deaf, in_front
from attendance_office.launcher.ground import Halt, Lock, say, started_at
from attendance_office.launcher.services import DEMO, Services

HOST = "127.0.0.1"
WAIT_FOR_WEB_SECONDS = 60.0
RECORD = DEMO.folder / "running.json"


def run(arguments: Sequence[str]) -> int:
    """Run the demo until it is asked to stop or one of its programs ends; 1 when one did."""
    port = chosen_port()
    address = f"http://{HOST}:{port}/"
    with only_one(address):
        troop = Troop(DEMO.folder)
        troop.stop_left_behind()
        must_be_free(port)
        with Services(DEMO) as services:
            environment = services.environment() | {"OFFICE_DEMO": "1", "OFFICE_URL": address.rstrip("/")}
            readiness.tables(DEMO, environment, data=services.data)
            readiness.static_files(environment)
            shift = answer((*readiness.MANAGE, "demo", "--clock-shift"), environment)
            environment["OFFICE_CLOCK_SHIFT"] = str(int(shift))
            if code := in_front((*readiness.MANAGE, "demo", "--prepare", *arguments), environment):
                return code
            note(address, environment)
            return serve(troop, environment, address)


def serve(troop: Troop, environment: dict[str, str], address: str) -> int:
    """Start the web server, the worker and the beat, and stay until something ends."""
    try:
        for name, command in programs(address).items():
            troop.start(name, command, environment)
        until = time.monotonic() + WAIT_FOR_WEB_SECONDS
        open_already = False
        while not (gone := troop.ended()):
            if not open_already and (open_already := answers(address)):
                print(f"\nThe office is open at {address}   (Ctrl-C closes it)", flush=True)
            if not open_already and time.monotonic() > until:
                gone = f"The web server does not answer. Its words are in {troop.logs / 'web.log'}."
                break
            time.sleep(0.2)
        say(f"\n{gone}\nThe office is closed.")
    except (KeyboardInterrupt, Ended):
        say("\nThe office is closed. ./run demo opens it again as it was left.")
        return 0
    finally:
        deaf()
        troop.stop()
    return 1


def programs(address: str) -> dict[str, list[str]]:
    """Give the demo's programs by the names people know them by."""
    celery = [readiness.PYTHON, "-m", "celery", "-A", "attendance_office"]
    schedule = str(DEMO.folder / "beat")
    # There is one worker, so it looks for no others.
    alone = ["--without-mingle", "--without-gossip"]
    informed = ["--loglevel", "INFO"]
    return {
        "web": [
            readiness.PYTHON, "-m", "gunicorn", "attendance_office.wsgi:application",
            "--bind", address.removeprefix("http://").rstrip("/"), "--workers", "2", "--threads", "2",
            "--preload", "--graceful-timeout", "5", "--no-control-socket",
        ],
        "worker": [*celery, "worker", "--concurrency", "2", *alone, *informed],
        "beat": [*celery, "beat", "--pidfile", "", "--schedule", schedule, *informed],
    }  # fmt: skip


def chosen_port() -> int:
    """Give the port from AO_PORT, else 8000."""
    asked = os.environ.get("AO_PORT", "8000")
    if not asked.isdecimal() or not 0 < int(asked) < 65536:
        raise Halt(f"AO_PORT is {asked!r}; it must be a number from 1 to 65535.")
    return int(asked)


def must_be_free(port: int) -> None:
    """Raise Halt, in words, when another program listens on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise Halt(
                f"Port {port} on {HOST}: {error.strerror}. Choose another: AO_PORT={port + 1} ./run demo"
            ) from None


@contextmanager
def only_one(address: str) -> Iterator[None]:
    """Hold this checkout's place for a demo; Halt when another has it."""
    place = Lock(DEMO.folder / "demo.lock")
    if not place.take(wait=False):
        other = running() or {}
        at, pid = other.get("address", address), other.get("pid", "another")
        raise Halt(f"The demo is already running here: {at} (process {pid}). ./run stop closes it.")
    try:
        RECORD.write_text(json.dumps({"pid": os.getpid(), "address": address}))
        yield
    finally:
        RECORD.unlink(missing_ok=True)
        place.release()


def note(address: str, environment: dict[str, str]) -> None:
    """Write down who runs the demo and by which clock, for the commands beside it."""
    shift = environment["OFFICE_CLOCK_SHIFT"]
    RECORD.write_text(json.dumps({"pid": os.getpid(), "address": address, "shift": shift}))


def running() -> dict[str, str] | None:
    """Give what is written about the demo that is running, or None when none is."""
    if not DEMO.folder.exists():
        return None
    place = Lock(DEMO.folder / "demo.lock")
    if place.take(wait=False):
        place.release()
        return None
    with suppress(OSError, ValueError):
        return {name: str(value) for name, value in json.loads(RECORD.read_text()).items()}
    return {}


def close_running() -> bool:
    """Ask the running demo to close and wait until it has; False when none was running."""
    other = running()
    if other is None:
        return False
    if (pid := int(other.get("pid", 0))) and started_at(pid):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    with Lock(DEMO.folder / "demo.lock"):
        return True


def answers(address: str) -> bool:
    """Say whether the web server answers, with whatever words."""
    try:
        with urllib.request.urlopen(f"{address}healthz", timeout=5) as page:  # noqa: S310 - our own address
            return bool(page.status)
    except urllib.error.HTTPError as error:
        return error.code < 500
    except OSError:
        return False
