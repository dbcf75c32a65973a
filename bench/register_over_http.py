"""Open and save a register over HTTP: alone against a bare page and a bare upsert, at 80 saves a second, and sixty at once.

The load is open-loop: each save has its time, and is measured from that time, so a stall shows. Load and server share the
machine's cores. BENCH_SECONDS sets how long (20), BENCH_RATE how many a second (80).
"""

from __future__ import annotations

import http.client
import json
import os
import queue
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from django.conf import settings
from django.db import connection
from django.test import Client

from attendance_office.staff.models import Post, School, TutorGroup, User
from registers.models import Pupil, Register

from .ground import bare_school, row, school_days

TOKEN = "b" * 32
SECONDS = int(os.environ.get("BENCH_SECONDS", "20"))
RATE = int(os.environ.get("BENCH_RATE", "80"))
PEOPLE = 60


@contextmanager
def server() -> Iterator[int]:
    """Serve the office with gunicorn as a deployment does; give its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "bench.settings",
        "OFFICE_STATEMENT_TIMEOUT_MS": "15000",
        "OFFICE_LOG_LEVEL": "ERROR",
    }
    command = [
        sys.executable, "-m", "gunicorn", "attendance_office.wsgi", "--bind", f"127.0.0.1:{port}", "--workers", os.environ.get("BENCH_WORKERS", "2"),
        "--worker-class", "gthread", "--threads", os.environ.get("BENCH_THREADS", "2"), "--keep-alive", "75", "--log-level", "error",
    ]  # fmt: skip
    process = subprocess.Popen(command, env=environment)
    try:
        for _ in range(100):
            try:
                probe = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
                probe.request("GET", "/healthz")
                if probe.getresponse().status == 200:
                    break
            except OSError:
                time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(20)


class Person:
    """A signed-in person's browser: one connection, kept alive."""

    def __init__(self, port: int, user: User) -> None:
        client = Client()
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        session = client.session
        session["second_factor"] = True
        session.save()
        self.cookie = f"{settings.SESSION_COOKIE_NAME}={session.session_key}; {settings.CSRF_COOKIE_NAME}={TOKEN}"
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def ask(self, method: str, path: str, body: dict | None = None) -> int:
        """Send one request, read the whole answer, give its status."""
        headers = {"Cookie": self.cookie, "X-CSRFToken": TOKEN, "Content-Type": "application/json"}
        self.connection.request(method, path, json.dumps(body) if body else None, headers)
        answer = self.connection.getresponse()
        answer.read()
        return answer.status


def people(school: School) -> list[User]:
    """Give sixty people of the school who may enter any register."""
    found = list(User.objects.filter(email__startswith="enterer", email__contains=school.urn))
    for number in range(len(found), PEOPLE):
        user = User.objects.create_user(
            f"enterer{number}@bench{school.urn}.invalid", None, last_name=f"Enterer{number}"
        )
        Post.objects.create(user=user, school=school, role="officer")
        found.append(user)
    return found


def fresh(school: School) -> Iterator[tuple[int, str, str, dict]]:
    """Give registers nobody has saved yet, with thirty marks to save in each."""
    taken = set(Register.objects.filter(school=school).values_list("tutor_group_id", "on", "half"))
    pupils: dict[int, list[int]] = {}
    for group, pk in Pupil.objects.filter(school=school).values_list("tutor_group_id", "pk"):
        pupils.setdefault(group, []).append(pk)
    groups = list(TutorGroup.objects.filter(school=school).values_list("pk", flat=True))
    for day in school_days():
        for half, present in (("AM", "/"), ("PM", "\\")):
            for group in groups:
                if (group, day, half) in taken:
                    continue
                entries = [{"pupil": pk, "code": present, "was": ""} for pk in pupils[group]]
                entries[3]["code"], entries[7]["code"], entries[11]["code"] = "I", "N", "M"
                yield group, day.isoformat(), half, {"key": str(uuid4()), "finish": True, "entries": entries}


def alone(person: Person, calls: list[tuple[str, str, dict | None]]) -> float:
    """Give the median milliseconds of calls made one after another; every one must answer 200."""
    taken = []
    for method, path, body in calls:
        began = time.perf_counter()
        status = person.ask(method, path, body)
        taken.append((time.perf_counter() - began) * 1000)
        assert status == 200, (status, path)
    return statistics.median(taken[5:])


def under_load(persons: list[Person], registers: Iterator[tuple[int, str, str, dict]]) -> tuple[list[float], int]:
    """Save at a fixed rate for a while; give each save's milliseconds from its due time, and how many failed."""
    due: queue.Queue[tuple[float, tuple[int, str, str, dict]] | None] = queue.Queue()
    taken: list[float] = []
    failed = [0]
    lock = threading.Lock()

    def work(person: Person) -> None:
        while (one := due.get()) is not None:
            at, (group, on, half, body) = one
            try:
                status = person.ask("POST", f"/registers/{group}/{on}/{half}/save/", body)
            except (OSError, http.client.HTTPException):
                status = 0
                person.connection.close()
            with lock:
                taken.append((time.perf_counter() - at) * 1000)
                failed[0] += status != 200

    threads = [threading.Thread(target=work, args=(person,)) for person in persons]
    for thread in threads:
        thread.start()
    start = time.perf_counter() + 0.2
    for number in range(RATE * SECONDS):
        at = start + number / RATE
        if (wait := at - time.perf_counter()) > 0:
            time.sleep(wait)
        due.put((at, next(registers)))
    for _ in threads:
        due.put(None)
    for thread in threads:
        thread.join()
    return taken, failed[0]


def percentile(values: list[float], share: float) -> float:
    """Give the value below which a share of the values lies."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def run() -> list[dict]:
    """Measure and give the rows."""
    school = bare_school()
    users = people(school)
    registers = fresh(school)
    rows = []
    with server() as port:
        first = Person(port, users[0])
        group, on, half, _ = next(registers)
        sheet, bare = f"/registers/{group}/{on}/{half}/", f"/bench/page/{group}/"
        floor = alone(first, [("GET", bare, None)] * 60)
        rows.append(row("open a register of 30, alone", alone(first, [("GET", sheet, None)] * 60), floor=floor, goal=1.5,
                        note="floor: a bare page of thirty rows with the same eight cells, same sign-in and base template, one query"))  # fmt: skip
        floor = alone(
            first, [("POST", f"/bench/upsert/{g}/{d}/{h}/", b) for g, d, h, b in (next(registers) for _ in range(60))]
        )
        saved = alone(
            first, [("POST", f"/registers/{g}/{d}/{h}/save/", b) for g, d, h, b in (next(registers) for _ in range(60))]
        )
        rows.append(row("save a register of 30, alone", saved, floor=floor, goal=2.0,
                        note="floor: one bare upsert of thirty marks behind the same sign-in, with the marks' triggers"))  # fmt: skip
        persons = [Person(port, user) for user in users]
        taken, failed = under_load(persons[:40], registers)
        note = f"{len(taken)} saves of 30 marks at {RATE}/s for {SECONDS} s, {failed} failed"
        rows.append(row(f"save at {RATE}/s, p50", percentile(taken, 0.50), note=note))
        rows.append(row(f"save at {RATE}/s, p95", percentile(taken, 0.95), goal=300))
        rows.append(row(f"save at {RATE}/s, p99", percentile(taken, 0.99), goal=1000))
        rows.append(row(f"save at {RATE}/s, failures", float(failed), "saves", goal=0))
        rows.append(row("sixty at once, the slowest open and save", at_once(persons, registers), goal=5000,
                        note="sixty people open a register and save it, all starting in the same instant"))  # fmt: skip
    connection.close()
    return rows


def at_once(persons: list[Person], registers: Iterator[tuple[int, str, str, dict]]) -> float:
    """Let everyone open and save at the same instant; give the milliseconds of the last to be done."""
    gate = threading.Barrier(len(persons))
    taken: list[float] = []

    def both(person: Person, one: tuple[int, str, str, dict]) -> None:
        group, on, half, body = one
        gate.wait()
        began = time.perf_counter()
        assert person.ask("GET", f"/registers/{group}/{on}/{half}/") == 200
        assert person.ask("POST", f"/registers/{group}/{on}/{half}/save/", body) == 200
        taken.append((time.perf_counter() - began) * 1000)

    threads = [threading.Thread(target=both, args=(person, next(registers))) for person in persons]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == len(persons)
    return max(taken)
