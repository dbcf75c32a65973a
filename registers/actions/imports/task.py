"""What each file's reader is given."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

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

    def is_there(self, file: str) -> bool:
        """Tell whether another file lies in the same folder."""
        return (self.path.parent / file).exists()

    def was_refused(self, file: str) -> bool:
        """Tell whether a file that is read earlier was refused."""
        return any(one.file == file and one.is_refused for one in self.folder.files)


def rows(path: Path, report: FileReport) -> Iterator[Row]:
    """Give a file's rows.

    Raises Unreadable where the file is no table of ours.
    """
    longest = {column.name: column.longest for column in FILES[path.name]}
    with opened(path, report) as sheet:
        for number, cells in sheet.rows(report):
            yield Row(number, cells, sheet, longest, report)
