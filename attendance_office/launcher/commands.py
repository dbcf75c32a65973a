"""The commands of `./run` beside the demo."""

import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from attendance_office.launcher import demo, readiness
from attendance_office.launcher.children import Troop, in_front
from attendance_office.launcher.ground import ROOT, Lock, say
from attendance_office.launcher.services import BENCH, DEMO, KINDS, SEATS, TEST, Services

BIN = ROOT / ".venv" / "bin"
# Pytest came to the tests: all passed, or some failed.
PYTEST_RAN = {0, 1}


def test(arguments: Sequence[str]) -> int:
    """Run the tests and give pytest's exit code."""
    with a_seat() as seat, Services(TEST, seat=seat) as services:
        environment = services.environment() | {"OFFICE_TESTING": "1", "DJANGO_ALLOW_ASYNC_UNSAFE": "true"}
        if seat > 1:
            environment["OFFICE_TEST_DATABASE"] = f"test_attendance_{seat}"
        if chromium := readiness.browser():
            environment["OFFICE_TEST_BROWSER"] = chromium
        # The test databases are kept from run to run, and made anew when a migration has been edited.
        stamp, schema = TEST.folder / f"schema-{seat}", readiness.schema(services.data)
        kept = services.data and stamp.exists() and stamp.read_text() == schema
        pytest = [readiness.PYTHON, "-m", "pytest", "-n", "2", *([] if kept else ["--create-db"])]
        code = in_front((*pytest, *(arguments or ["-q"])), environment, by_interrupt=True)
        if code in PYTEST_RAN:
            stamp.write_text(schema)
        return code


@contextmanager
def a_seat() -> Iterator[int]:
    """Hold one of the places for test runs side by side; waits when all are taken."""
    seats = [Lock(TEST.folder / f"seat-{number}") for number in range(1, SEATS + 1)]
    waiting = False
    while not (taken := next((n for n, seat in enumerate(seats, 1) if seat.take(wait=False)), None)):
        if not waiting:
            say(f"{SEATS} test runs are under way here; waiting for one to end.")
            waiting = True
        time.sleep(0.5)
    try:
        yield taken
    finally:
        seats[taken - 1].release()


def manage(arguments: Sequence[str]) -> int:
    """Run one of Django's commands against the demo's database, from the folder `./run` was called in."""
    beside = demo.running()
    with Services(DEMO) as services:
        environment = services.environment()
        if beside and "shift" in beside:
            environment |= {"OFFICE_DEMO": "1", "OFFICE_CLOCK_SHIFT": beside["shift"]}
        if services.data and arguments and arguments[0] not in readiness.LEAVE_TABLES_ALONE:
            readiness.tables(DEMO, environment, data=services.data)
        command = (readiness.PYTHON, str(ROOT / "manage.py"), *arguments)
        return in_front(command, environment, folder=Path(os.environ.get("AO_CALLED_FROM", ROOT)))


def bench(arguments: Sequence[str]) -> int:
    """Run the benchmarks on services set as in production, with data of their own."""
    with Services(BENCH) as services:
        environment = services.environment()
        readiness.tables(BENCH, environment, data=services.data)
        readiness.static_files(environment)
        return in_front((readiness.PYTHON, "-m", "bench", *arguments), environment)


def torture(arguments: Sequence[str]) -> int:
    """Put letters and registers under faults, on services that keep what they acknowledge."""
    with Services(BENCH) as services:
        environment = services.environment() | {"OFFICE_TESTING": "1"}
        return in_front((readiness.PYTHON, "-m", "tests.torture", *arguments), environment)


def check(arguments: Sequence[str]) -> int:
    """Run the checks, or those with one of the words in their name, and say of each whether it passed."""
    with Services(TEST) as services:
        environment = services.environment()
        deployed = environment | {
            "OFFICE_SECRET_KEY": environment["OFFICE_SECRET_KEY"] + "deployed",
            "OFFICE_ALLOWED_HOSTS": "attendance.example.org",
            "OFFICE_TRUSTED_ORIGINS": "https://attendance.example.org",
            "OFFICE_HTTP_ONLY": "0",
            "OFFICE_DEMO": "0",
            "EMAIL_URL": "smtp+tls://office:secret@mail.example.org:587",
        }
        manage_py = [readiness.PYTHON, "manage.py"]
        checks: list[tuple[str, list[str], dict[str, str]]] = [
            ("types (mypy)", [str(BIN / "mypy"), "."], environment),
            ("lint (ruff)", [str(BIN / "ruff"), "check", "."], environment),
            ("layout (ruff format)", [str(BIN / "ruff"), "format", "--check", "."], environment),
            ("imports (import-linter)", [str(BIN / "lint-imports")], environment),
            (
                "templates (djlint)",
                [str(BIN / "djlint"), "--lint", "--quiet", "templates"],
                environment,
            ),
            (
                "migrations (makemigrations)",
                [*manage_py, "makemigrations", "--check", "--dry-run"],
                environment,
            ),
            ("deployment (check)", [*manage_py, "check", "--deploy", "--fail-level", "WARNING"], deployed),
        ]
        wanted = [one for one in checks if not arguments or any(word in one[0] for word in arguments)]
        with ThreadPoolExecutor(max_workers=2) as workers:
            results = list(workers.map(lambda one: passed(*one), wanted))
        return 0 if results and all(results) else 1


def passed(name: str, command: list[str], environment: dict[str, str]) -> bool:
    """Run one check and print its result, with its words when it fails."""
    began = time.monotonic()
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    verdict = "FAIL" if done.returncode else "pass"
    line = f"{verdict}  {name}  {time.monotonic() - began:.1f} s"
    print(f"{line}\n{done.stdout.rstrip()}\n" if done.returncode else line, flush=True)
    return done.returncode == 0


def stop(_arguments: Sequence[str]) -> int:
    """Stop whatever runs here on our behalf, but for what a command still at work is using."""
    if demo.close_running():
        say("The demo is closed.")
    elif left := Troop(DEMO.folder).stop_left_behind():
        say(f"Stopped what a demo left behind: {', '.join(left)}.")
    for kind in KINDS:
        if not kind.folder.exists():
            continue
        for seat in range(1, (SEATS if kind is TEST else 1) + 1):
            services = Services(kind, seat=seat)
            if services.running():
                stopped = services.leave()
                say(
                    f"Stopped the {kind.name}'s services."
                    if stopped
                    else f"A {kind.name} command is still at work: left alone."
                )
    return 0
