"""Where things lie, whose they are, and who may start or stop them."""

import fcntl
import hashlib
import os
import re
import stat
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).resolve().parents[2]
VAR = ROOT / "var"

# A unix socket's path holds 108 bytes on Linux and 104 on macOS, the file's own name among them.
LONGEST_SOCKET_FOLDER = 80


class Halt(Exception):
    """Words for the person at the terminal: the launcher prints them and ends with exit code 1."""


def say(words: str) -> None:
    """Print to stderr: stdout belongs to the program that was asked for."""
    print(words, file=sys.stderr, flush=True)


def mark(folder: Path) -> str:
    """Give a short name that tells this folder from every other on the machine."""
    return hashlib.sha256(os.fsencode(folder)).hexdigest()[:10]


def private_folder(folder: Path, *, owner: int, mode: int = 0o700) -> Path:
    """Make a folder in a place others can write to, and refuse one that somebody else put there first.

    Raises Halt when the name is taken by another account or is not a plain folder.
    """
    with suppress(FileExistsError):
        folder.mkdir(mode=mode)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {os.geteuid(), owner}:
        raise Halt(f"{folder} belongs to another account. Remove it, or move this checkout.")
    folder.chmod(mode)
    if os.geteuid() == 0:
        os.chown(folder, owner, -1)
    return folder


def socket_folder(wanted: Path, *, owner: int) -> Path:
    """Give a folder for a socket: the wanted one, or a short plain one where that path would not do."""
    if len(os.fsencode(wanted)) <= LONGEST_SOCKET_FOLDER and re.fullmatch(r"[\w./+-]+", str(wanted), re.ASCII):
        wanted.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.geteuid() == 0:
            os.chown(wanted, owner, -1)
        return wanted
    short = Path(tempfile.gettempdir()) / f"attendance-office-{os.getuid()}-{mark(wanted)}"
    return private_folder(short, owner=owner)


class Lock:
    """A lock that the kernel lets go of when its holder dies, however it dies."""

    def __init__(self, path: Path) -> None:
        """Name the file that the lock is on; nothing is taken yet."""
        self.path = path
        self._open: int | None = None

    def take(self, *, shared: bool = False, wait: bool = True) -> bool:
        """Take the lock, or make a shared one whole; False when others hold it and we do not wait."""
        if self._open is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._open = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        how = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        try:
            fcntl.flock(self._open, how if wait else how | fcntl.LOCK_NB)
        except BlockingIOError:
            self.release()
            return False
        return True

    def release(self) -> None:
        """Let go; nothing happens when it is not held."""
        if self._open is not None:
            os.close(self._open)
            self._open = None

    def __enter__(self) -> "Lock":
        """Hold it for a block."""
        self.take()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Let go at the end of the block."""
        self.release()


def started_at(pid: int) -> str | None:
    """Say when a process began, in the system's own words; None when it is gone, or dead and not yet reaped.

    With the number it names one process for good: the system gives numbers out again, and never both.
    """
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        if Path("/proc/self/stat").exists():
            return None
        shown = subprocess.run(
            ["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
        )
        state, _, began = shown.stdout.strip().partition(" ")
        return began.strip() if state and not state.startswith("Z") else None
    except OSError:
        return None
    return None if after_name[0] in {"Z", "X"} else after_name[19]


def program_of(pid: int) -> str:
    """Give the name of the program a process runs, or an empty text."""
    if started_at(pid) is None:
        return ""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().partition("(")[2].rpartition(")")[0]
    shown = subprocess.run(["ps", "-o", "comm=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return Path(shown.stdout.strip()).name
