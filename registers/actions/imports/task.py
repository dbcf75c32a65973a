"""What each file's reader is given."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Final

from django.db import connection

from attendance_office.staff.models import School, User

from .columns import FILES
from .fields import Row
from .reading import opened
from .report import FileReport, Report


@dataclass(frozen=True)
class Task:
    """One file to read into one school, whose hand it is, when, and on which day of the school."""

    path: Path
    school: School
    by: User | None
    at: datetime
    on: date
    report: FileReport
    folder: Report
    unsaid: frozenset[str] = frozenset()  # columns the file has for its form alone: the record keeps what it has
    touched: dict[tuple[str, int], int] = field(default_factory=dict)  # rows of the timetable by kind and key: its line

    def is_there(self, file: str) -> bool:
        """Tell whether another file lies in the same folder."""
        return (self.path.parent / file).exists()

    def was_refused(self, file: str) -> bool:
        """Tell whether a file that is read earlier was refused."""
        return any(one.file == file and one.is_refused for one in self.folder.files)


# Two imports of one school wait for each other; nothing else does. The first number is this lock's alone.
_LOCK: Final = "SELECT pg_advisory_xact_lock(1096040772, %s)"
_LONGEST_WAIT: Final = "10min"


def wait_for_turn(urn: str) -> None:
    """Wait until no other import is writing to the school, to the end of this transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('lock_timeout')")
        (usual,) = cursor.fetchone()
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [_LONGEST_WAIT])
        cursor.execute(_LOCK, [int(urn)])
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [usual])


def rows(path: Path, report: FileReport) -> Iterator[Row]:
    """Give a file's rows.

    Raises Unreadable where the file is no table of ours.
    """
    longest = {column.name: column.longest for column in FILES[path.name]}
    with opened(path, report) as sheet:
        for number, cells in sheet.rows(report):
            yield Row(number, cells, sheet, longest, report)
