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


def tables(kind: Kind, environment: Mapping[str, str], *, data: Path | None) -> None:
    """Bring the database's tables up to date. `data` is the embedded server's directory, None for another's.

    Raises Halt when a migration fails.
    """
    migrations = [path for path in ROOT.glob("*/**/migrations/*.py") if ".venv" not in path.parts]
    stamp = kind.folder / "migrated"
    # A data directory made anew is a new file, so that an old stamp never speaks for it.
    now = fingerprint([*migrations, LOCK_FILE, *([data / "PG_VERSION"] if data else [])])
    with Lock(kind.folder / "migrating.door"):
        if data and stamp.exists() and stamp.read_text() == now:
            return
        say("Bringing the tables up to date.")
        for command in (("migrate", "--no-input", "--verbosity", "0"), ("createcachetable",)):
            if in_front((*MANAGE, *command), environment, quiet=True):
                raise Halt(f"manage.py {command[0]} failed; its words are above.")
        stamp.write_text(now)


def static_files(environment: Mapping[str, str]) -> None:
    """Collect style sheets, scripts and pictures for the web server.

    Raises Halt when that fails.
    """
    sources = [
        path for top in (ROOT / "static", *ROOT.glob("*/static")) for path in top.rglob("*") if path.is_file()
    ]
    stamp = VAR / "static.stamp"
    now = fingerprint([*sources, LOCK_FILE])
    with Lock(VAR / "static.door"):
        if STATIC_ROOT.is_dir() and stamp.exists() and stamp.read_text() == now:
            return
        if in_front(
            (*MANAGE, "collectstatic", "--no-input", "--clear", "--verbosity", "0"), environment, quiet=True
        ):
            raise Halt("manage.py collectstatic failed; its words are above.")
        stamp.write_text(now)


def browser() -> str | None:
    """Give the path of a Chromium for the tests, or None for the one that Playwright looks after itself."""
    if named := os.environ.get("OFFICE_TEST_BROWSER"):
        return named
    # Not the snap that some systems put in its place: it cannot be driven from here.
    names = ("chromium-headless-shell", "chromium", "google-chrome")
    folders = [
        *os.environ.get("PATH", "").split(os.pathsep),
        os.environ.get("AO_SYSROOT", "") + "/usr/lib/chromium",
    ]
    for name in names:
        for folder in folders:
            path = Path(folder or ".") / name
            if path.is_file() and os.access(path, os.X_OK):
                return str(path)
    return None
