"""Reading a school from a folder of files: all or nothing for each file, and nothing new from the same file twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Final

import pghistory
from django.db import DataError, IntegrityError, OperationalError, connection, transaction
from psycopg import errors

from attendance_office.audit import trail
from attendance_office.staff.models import School, User

from . import columns
from .calendar import read_non_school_days, read_session_times, read_terms, set_default_times
from .contacts import read_contacts
from .marks import read_marks
from .pupils import read_pupils
from .reading import Unreadable
from .report import Fault, FileReport, Report
from .schools import read_school
from .seats import read_seats
from .staff import read_groups, read_staff
from .task import Task, wait_for_turn
from .timetable import read_lessons, read_periods, read_weeks

__all__ = ["Fault", "FileReport", "Report", "import_school"]

# In the order they are read: each file may name what an earlier one brought.
_READERS: Final[tuple[tuple[str, Callable[[Task], None]], ...]] = (
    (columns.TERMS, read_terms),
    (columns.NON_SCHOOL_DAYS, read_non_school_days),
    (columns.SESSION_TIMES, read_session_times),
    (columns.GROUPS, read_groups),
    (columns.STAFF, read_staff),
    (columns.PUPILS, read_pupils),
    (columns.CONTACTS, read_contacts),
    (columns.MARKS, read_marks),
    (columns.PERIODS, read_periods),
    (columns.WEEKS, read_weeks),
    (columns.LESSONS, read_lessons),
    (columns.SEATS, read_seats),
)
_BUSY: Final = (errors.LockNotAvailable, errors.DeadlockDetected, errors.SerializationFailure)


def import_school(*, folder: Path, by: User | None, at: datetime, on: date, dry_run: bool = False) -> Report:
    """Read a folder of files into the record and give a report, file by file.

    The school is found or made by the URN of school.csv. A file with a fault writes nothing; the others are read all
    the same. `on` is the day of the import: a pupil whose group is another one now sits there from that day. A dry run
    does everything and takes it all back.
    """
    report = Report(dry_run=dry_run)
    if not dry_run:
        _read_folder(folder, report, by, at, on)
        return report
    with transaction.atomic():
        _read_folder(folder, report, by, at, on)
        transaction.set_rollback(True)
    return report


def _read_folder(folder: Path, report: Report, by: User | None, at: datetime, on: date) -> None:
    first = FileReport(columns.SCHOOL)
    report.files.append(first)
    if not (folder / columns.SCHOOL).exists():
        first.is_there = False
        first.refuse(f"There is no {columns.SCHOOL} in the folder: it says which school the other files are of.")
        return
    found: list[School] = []

    def read(file: FileReport) -> int | None:
        school = read_school(folder / columns.SCHOOL, file)
        if school is None:
            return None
        found.append(school)
        return school.pk

    _in_one_go(first, read, by=by, at=at, school=None)
    if strange := sorted(one.name for one in folder.iterdir() if _looks_like_ours(one)):
        first.note(f"Not read, because the name is not one of ours: {', '.join(strange)}.")
    if first.is_refused:
        return
    school = found[0]
    report.school, report.urn = school.name, school.urn
    for name, reader in _READERS:
        file = FileReport(name, is_there=(folder / name).exists())
        task = Task(folder / name, school, by, at, on, file, report)
        report.files.append(file)
        if file.is_there:
            _in_one_go(file, _reading(task, reader), by=by, at=at, school=school)
        elif name == columns.SESSION_TIMES:
            _in_one_go(file, _reading(task, set_default_times), by=by, at=at, school=school)


def _looks_like_ours(path: Path) -> bool:
    return path.suffix.lower() in {".csv", ".xlsx", ".xls"} and path.name not in columns.FILES


def _reading(task: Task, reader: Callable[[Task], None]) -> Callable[[FileReport], int | None]:
    def read(_file: FileReport) -> int | None:
        reader(task)
        return task.school.pk

    return read


def _in_one_go(
    file: FileReport, read: Callable[[FileReport], int | None], *, by: User | None, at: datetime, school: School | None
) -> None:
    """Read one file in one transaction, which stands whole or not at all, and write its line into the trail."""
    reason = f"Imported from {file.file}"
    school_id = school.pk if school else None
    try:
        with trail.signed(by=by, at=at, school_id=school_id, reason=reason):
            _make_room(school)
            with pghistory.context(by=by.signature if by else trail.THE_OFFICE, at=at.isoformat(), reason=reason):
                read_id = read(file)
            if file.is_refused:
                transaction.set_rollback(True)
            elif file.is_there or file.added:
                _record(file, by, at, read_id)
    except Unreadable as unread:
        file.refuse(str(unread), row=unread.row, column=unread.column, value=unread.value)
    except (IntegrityError, DataError) as refused:
        file.refuse(f"The record does not take it: {_plainly(refused)}.")
    except OperationalError as error:
        if not isinstance(error.__cause__, _BUSY):
            raise
        file.refuse("Somebody else was changing the same rows. Import the folder again.")
    if file.is_refused:
        file.close_refused()


def _make_room(school: School | None) -> None:
    """Let a long import run, and two imports of one school wait for each other."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SET LOCAL lock_timeout = '60s'")
    if school is not None:
        wait_for_turn(school.urn)


def _record(file: FileReport, by: User | None, at: datetime, school_id: int | None) -> None:
    trail.record(
        verb="imported a file",
        by=by,
        at=at,
        school_id=school_id,
        subject_kind="import",
        subject_id=file.file,
        words=file.in_words(),
        after={"rows": file.rows, "added": file.added, "changed": file.changed, "same": file.same},
    )


def _plainly(error: Exception) -> str:
    """Give the first line of what Postgres said, without the values it names."""
    return (str(error).splitlines() or ["no reason given"])[0].rstrip(".")
