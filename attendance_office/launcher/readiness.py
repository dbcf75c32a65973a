"""What has to be done before Django's programs can run; skipped when nothing has changed since."""

import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from attendance_office.launcher.children import in_front
from attendance_office.launcher.ground import ROOT, VAR, Halt, Lock, say
from attendance_office.launcher.services import Kind

PYTHON = str(ROOT / ".venv" / "bin" / "python")
MANAGE = (PYTHON, "manage.py")
LOCK_FILE = ROOT / ".requirements" / "run.lock"
STATIC_ROOT = ROOT / "staticfiles"
ENDED_BY_CTRL_C = 130
# Commands that look after the tables themselves, or need none.
LEAVE_TABLES_ALONE = {
    "migrate",
    "makemigrations",
    "showmigrations",
    "sqlmigrate",
    "check",
    "help",
    "collectstatic",
    "demo",
}


def fingerprint(files: Iterable[Path], *, more: str = "") -> str:
    """Give a text that changes when one of the files, or `more`, does."""
    digest = hashlib.sha256(more.encode())
    for path in sorted(files):
        found = path.stat()
        digest.update(f"{path} {found.st_size} {found.st_mtime_ns} {found.st_ino}\n".encode())
    return digest.hexdigest()


def schema(data: Path | None) -> str:
    """Give a text that changes when a migration does, or the data directory is made anew."""
    migrations = ROOT.glob("[!.]*/**/migrations/*.py")
    return fingerprint([*migrations, LOCK_FILE, *([data / "PG_VERSION"] if data else [])])


def tables(kind: Kind, environment: Mapping[str, str], *, data: Path | None) -> None:
    """Bring the database's tables up to date. `data` is the embedded server's directory, None for another's.

    Raises Halt when a migration fails.
    """
    stamp = kind.folder / "migrated"
    now = schema(data)
    with Lock(kind.folder / "migrating.door"):
        if data and stamp.exists() and stamp.read_text() == now:
            return
        say("Bringing the tables up to date.")
        step(("migrate", "--no-input", "--verbosity", "0"), environment)
        stamp.write_text(now)


def static_files(environment: Mapping[str, str]) -> None:
    """Collect style sheets, scripts and pictures for the web server.

    Raises Halt when that fails.
    """
    sources = [path for top in (ROOT / "static", *ROOT.glob("*/static")) for path in top.rglob("*") if path.is_file()]
    stamp = VAR / "static.stamp"
    now = fingerprint([*sources, LOCK_FILE])
    with Lock(VAR / "static.door"):
        if STATIC_ROOT.is_dir() and stamp.exists() and stamp.read_text() == now:
            return
        step(("collectstatic", "--no-input", "--clear", "--verbosity", "0"), environment)
        stamp.write_text(now)


def step(command: tuple[str, ...], environment: Mapping[str, str]) -> None:
    """Run one of Django's commands on the way to something else."""
    code = in_front((*MANAGE, *command), environment, quiet=True)
    if code == ENDED_BY_CTRL_C:
        raise KeyboardInterrupt
    if code:
        raise Halt(f"manage.py {command[0]} failed; its words are above.")


def browser() -> str | None:
    """Give the path of a Chromium for the tests, or None for the one that Playwright looks after itself."""
    if named := os.environ.get("OFFICE_TEST_BROWSER"):
        return named
    # Not the snap that some systems put in its place: it cannot be driven from here.
    names = ("chromium-headless-shell", "chromium", "google-chrome")
    # Of what was unpacked the program is in usr/lib; in usr/bin is a script that wants an installed one.
    unpacked = Path(os.environ.get("AO_SYSROOT", "none"))
    on_path = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    folders = [folder for folder in on_path if unpacked not in folder.parents]
    for name in names:
        for folder in [*folders, unpacked / "usr" / "lib" / "chromium"]:
            path = folder / name
            if path.is_file() and os.access(path, os.X_OK):
                return str(path)
    return None
