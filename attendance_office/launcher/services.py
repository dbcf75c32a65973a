"""The two services of a run, shared between the commands that use them and stopped by the last to leave."""

import os
import secrets
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from types import TracebackType
from typing import Protocol

from attendance_office.launcher.broker import Redis
from attendance_office.launcher.ground import VAR, Lock
from attendance_office.launcher.postgres import Postgres, Shape

MACHINE_FONTS = Path("/etc/fonts/fonts.conf")


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One of the lives a checkout leads: each has its own folder, data and servers."""

    name: str
    shape: Shape = field(default_factory=Shape)

    @property
    def folder(self) -> Path:
        """Give the folder that everything of this kind lies in."""
        return VAR / self.name


DEMO = Kind(name="demo")
TEST = Kind(name="test", shape=Shape(durable=False, connections=100))
BENCH = Kind(name="bench", shape=Shape(connections=100, shared_buffers="512MB"))
KINDS = (DEMO, TEST, BENCH)
# Test runs side by side share the PostgreSQL under database names of their own, and have a Redis each.
SEATS = 4


class Server(Protocol):
    """What a service is to its users."""

    @property
    def url(self) -> str:
        """Give its address."""

    def start(self) -> None:
        """Start it if it is not running."""

    def stop(self) -> None:
        """Stop it if it is running."""

    def running(self) -> bool:
        """Say whether it runs."""


class Shared:
    """A server that starts with its first user and stops with its last.

    Every user holds a shared lock; who can make it whole is alone. Locks end with their process, so a user
    that was killed is never counted.
    """

    def __init__(self, server: Server, *, folder: Path, name: str) -> None:
        """Take a server, and the folder its locks lie in."""
        self.server = server
        self._door = Lock(folder / f"{name}.door")
        self._users = Lock(folder / f"{name}.users")

    def enter(self) -> None:
        """Become a user: when this returns the server runs."""
        with self._door:
            self._users.take(shared=True)
            self.server.start()

    def leave(self) -> bool:
        """Stop being a user; the last one out stops the server. Says whether it is stopped."""
        with self._door:
            self._users.release()
            if alone := self._users.take(wait=False):
                self.server.stop()
            self._users.release()
            return alone


class Services:
    """The PostgreSQL and Redis of one kind of run, and the environment that Django finds them by.

    An address already in the environment (DATABASE_URL, REDIS_URL) is used as it is.
    """

    def __init__(self, kind: Kind, *, seat: int = 1) -> None:
        """Say whose they are; `seat` tells test runs side by side from one another."""
        self.kind = kind
        self.seat = seat
        self.data: Path | None = None
        self._shared: dict[str, Shared] = {}
        kind.folder.mkdir(parents=True, exist_ok=True)
        if "DATABASE_URL" not in os.environ:
            postgres = Postgres(kind.folder / "pg", kind.shape)
            self.data = postgres.data
            self._shared["DATABASE_URL"] = Shared(postgres, folder=kind.folder, name="pg")
        if "REDIS_URL" not in os.environ:
            name = "redis" if seat == 1 else f"redis-{seat}"
            redis = Redis(kind.folder / name, durable=kind.shape.durable)
            self._shared["REDIS_URL"] = Shared(redis, folder=kind.folder, name=name)

    def __enter__(self) -> "Services":
        """Start what is not running."""
        try:
            for shared in self._shared.values():
                shared.enter()
        except BaseException:
            self.leave()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Stop what nobody else uses."""
        self.leave()

    def leave(self) -> bool:
        """Stop what nobody else uses; says whether all of it is stopped."""
        stopped = [shared.leave() for shared in self._shared.values()]
        return all(stopped)

    def running(self) -> bool:
        """Say whether any of them runs."""
        return any(shared.server.running() for shared in self._shared.values())

    def environment(self) -> dict[str, str]:
        """Give the environment for Django's programs. What the caller's own says comes first."""
        ours = {name: shared.server.url for name, shared in self._shared.items()}
        return ours | plain_environment(self.kind)


def plain_environment(kind: Kind) -> dict[str, str]:
    """Give the settings of a run on one's own machine, without its services."""
    settings = {
        "OFFICE_SECRET_KEY": secret(kind.folder / "secret"),
        "OFFICE_DEBUG": "0",
        "OFFICE_ALLOWED_HOSTS": "127.0.0.1,localhost",
        "OFFICE_HTTP_ONLY": "1",
        "PYTHONUNBUFFERED": "1",
    }
    if fonts := fonts_file():
        settings["FONTCONFIG_FILE"] = str(fonts)
    return settings | dict(os.environ)


def fonts_file() -> Path | None:
    """Give a list of the fonts unpacked here for a machine that has none; None where it has its own.

    Letters bring theirs along; the tests' browser draws with these.
    """
    unpacked = Path(os.environ.get("AO_SYSROOT", "none")) / "usr" / "share" / "fonts"
    if MACHINE_FONTS.exists() or not unpacked.is_dir():
        return None
    VAR.mkdir(exist_ok=True)
    made = VAR / "fonts.conf"
    made.write_text(
        '<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">\n<fontconfig>'
        f"<dir>{escape(str(unpacked))}</dir><cachedir>{escape(str(VAR / 'fontcache'))}</cachedir>"
        "</fontconfig>\n"
    )
    return made


def secret(path: Path) -> str:
    """Give the secret kept in a file, making it at the first call."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.{os.getpid()}")
        part.touch(mode=0o600)
        part.write_text(secrets.token_urlsafe(50))
        part.replace(path)
    return path.read_text().strip()
