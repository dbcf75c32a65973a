"""Programs run on the office's behalf: one in front, or several beside one another."""

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType

from attendance_office.launcher.ground import ROOT, Halt, say, started_at

ASKED_TO_STOP = (signal.SIGTERM, signal.SIGHUP)
PR_SET_PDEATHSIG = 1
GRACE_SECONDS = 15.0


class Ended(SystemExit):
    """Somebody asked this program to stop."""


def stop_when_asked() -> None:
    """Turn a request to stop into an exception, so that whatever was started is stopped on the way out."""

    def ask(number: int, _frame: FrameType | None) -> None:
        raise Ended(128 + number)

    for number in ASKED_TO_STOP:
        signal.signal(number, ask)
    # A shell that puts us in the background has us ignore Ctrl-C; whoever sends it all the same means it.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def deaf() -> None:
    """Hear no more requests: stopping is under way, and half stopped is worse than late."""
    for number in (signal.SIGINT, *ASKED_TO_STOP):
        signal.signal(number, signal.SIG_IGN)


def in_front(
    command: Sequence[str],
    environment: Mapping[str, str],
    *,
    folder: Path = ROOT,
    quiet: bool = False,
    by_interrupt: bool = False,
) -> int:
    """Run one program with our terminal and give its exit code.

    Ctrl-C reaches it from the terminal itself; a request to stop is handed on, `by_interrupt` as a Ctrl-C, which
    is what a program that has helpers of its own cleans up after. With `quiet` its output goes to stderr.

    Raises Ended, once the program has ended, when we were asked to stop.
    """
    child: subprocess.Popen[bytes] | None = None
    asked: list[int] = []

    def hand_on(number: int, _frame: FrameType | None) -> None:
        asked.append(number)
        if child:
            with suppress(ProcessLookupError):
                child.send_signal(signal.SIGINT if by_interrupt else number)

    before = {number: signal.signal(number, hand_on) for number in ASKED_TO_STOP}
    before[signal.SIGINT] = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        child = subprocess.Popen(command, env=environment, cwd=folder, stdout=sys.stderr if quiet else None)
        code = child.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if asked:
        raise Ended(128 + asked[0])
    return code if code >= 0 else 128 - code


def answer(command: Sequence[str], environment: Mapping[str, str]) -> str:
    """Run one program and give the last line it printed.

    Raises Halt when it fails; its own words are on stderr by then.
    """
    done = subprocess.run(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    lines = done.stdout.split("\n") if not done.returncode else []
    said = [line for line in lines if line.strip()]
    if not said:
        raise Halt(f"{' '.join(command[1:])} ended with {done.returncode}.")
    return said[-1].strip()


def _die_with_parent() -> Callable[[], None] | None:
    """Give what makes a child end when we are killed outright; Linux only, elsewhere the record finds it."""
    if not sys.platform.startswith("linux"):
        return None
    set_signal = ctypes.CDLL(None).prctl
    return lambda: set_signal(PR_SET_PDEATHSIG, signal.SIGTERM)


class Troop:
    """Programs that work beside one another: when one ends, all end."""

    def __init__(self, folder: Path) -> None:
        """Take the folder for their logs and for the record of who they are."""
        self.logs = folder / "logs"
        self.record = folder / "children.json"
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        """Start one, in a process group of its own, its output in a log."""
        self.logs.mkdir(parents=True, exist_ok=True)
        with (self.logs / f"{name}.log").open("wb") as log:
            self._children[name] = subprocess.Popen(
                command, env=environment, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, preexec_fn=_die_with_parent(),  # noqa: PLW1509 - there are no threads
            )  # fmt: skip
        known = [[name, child.pid, started_at(child.pid)] for name, child in self._children.items()]
        self.record.write_text(json.dumps(known))

    def ended(self) -> str | None:
        """Say, with the end of its log, which one has ended; None while all are at work."""
        for name, child in self._children.items():
            if (code := child.poll()) is not None:
                log = self.logs / f"{name}.log"
                tail = "\n".join(f"    {line}" for line in log.read_text(errors="replace").splitlines()[-20:])
                return f"{name} ended with {code}. The end of {log.relative_to(ROOT)}:\n{tail}"
        return None

    def stop(self) -> None:
        """Stop them all and what they started themselves: asked first, made to after a while."""
        for child in self._children.values():
            if child.poll() is None:
                child.terminate()
        until = time.monotonic() + GRACE_SECONDS
        for name, child in self._children.items():
            try:
                child.wait(max(0.0, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                say(f"{name} does not stop; ending it.")
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        self._children.clear()
        self.record.unlink(missing_ok=True)

    def stop_left_behind(self) -> list[str]:
        """Stop those of an earlier run that was killed, and give their names."""
        try:
            known = json.loads(self.record.read_text())
        except (OSError, ValueError):
            return []
        alive = [(name, pid) for name, pid, began in known if began and started_at(pid) == began]
        for _, pid in alive:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        until = time.monotonic() + GRACE_SECONDS
        while any(started_at(pid) for _, pid in alive) and time.monotonic() < until:
            time.sleep(0.05)
        for _, pid in alive:
            with suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
        self.record.unlink(missing_ok=True)
        return [name for name, _ in alive]
