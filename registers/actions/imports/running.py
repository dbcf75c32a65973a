"""Reading a file that waits: translated row by row, read by the same readers as a folder, whole or not at all."""

from __future__ import annotations

import csv
import logging
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pghistory
from django.db import DataError, IntegrityError, transaction

from attendance_office import clock
from attendance_office.audit import trail
from attendance_office.refusals import Refused
from registers.feeds.table import Table
from registers.feeds.translate import Problem, translate
from registers.models import Feeds, Import, Source

from . import columns
from .contacts import read_contacts
from .marks import read_marks
from .pupils import read_pupils
from .reading import Unreadable
from .report import Fault, FileReport, Report
from .seats import read_seats
from .task import Task, wait_for_turn
from .timetable import read_lessons
from .tracing import Trace
from .uploads import table_of
from .who import Keys, Names, name_pupils

logger = logging.getLogger(__name__)

LEASE: Final = timedelta(minutes=10)
MOST_ATTEMPTS: Final = 3
FAULTS_KEPT: Final = 1000
_STEP: Final = 1000
_READERS: Final[Mapping[str, tuple[str, Callable[[Task], None]]]] = {
    "pupils": (columns.PUPILS, read_pupils),
    "contacts": (columns.CONTACTS, read_contacts),
    "marks": (columns.MARKS, read_marks),
    "lessons": (columns.LESSONS, read_lessons),
    "seats": (columns.SEATS, read_seats),
}


def run_waiting(*, at: datetime) -> int:
    """Read every file that waits, the first asked first; give how many.

    A file whose worker died is taken over after ten minutes, three times at most.
    """
    done = 0
    while (reading := _claim(at)) is not None:
        run_import(reading=reading, at=at)
        done += 1
    return done


def _claim(at: datetime) -> Import | None:
    with transaction.atomic():
        stuck = Import.objects.filter(state=Import.State.RUNNING, alive_at__lt=at - LEASE)
        stuck.filter(attempts__gte=MOST_ATTEMPTS).update(
            state=Import.State.FAILED, error="Its worker died three times. Nothing was kept.", finished_at=at
        )
        waiting = Import.objects.filter(state=Import.State.WAITING) | stuck
        row = waiting.select_for_update(skip_locked=True, of=("self",)).order_by("asked_at", "pk").first()
        if row is None:
            return None
        row.state, row.started_at, row.alive_at = Import.State.RUNNING, at, at
        row.attempts += 1
        row.save()
        return row


def run_import(*, reading: Import, at: datetime) -> Import:
    """Read one file that was claimed, and write down what became of it. It stands whole or not at all.

    Rows that cannot be read are told with their line, column and value; one of them keeps the whole file out.
    """
    name, reader = _READERS[reading.feeds]
    report = FileReport(name, empty_is_unsaid=reading.system == Source.System.WONDE)
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            _read(reading, path, reader, report, _write(reading, path, report), at)
    except Exception as error:  # a broken file must not stop the files behind it
        logger.exception("Import %s broke off.", reading.pk)
        Import.objects.filter(pk=reading.pk).update(
            state=Import.State.FAILED, finished_at=at, error=f"{type(error).__name__}: it broke off and kept nothing."
        )
    reading.refresh_from_db()
    return reading


@dataclass
class _Written:
    """What was written for the reader: the source's line of each row, the rows passed over, and the columns unsaid.

    `remote_ids` are the pupils' ids in a linked system, by UPN.
    """

    lines: list[int] = field(default_factory=list)
    passed_over: int = 0
    unsaid: frozenset[str] = frozenset()
    remote_ids: dict[str, str] = field(default_factory=dict)


def _write(reading: Import, path: Path, report: FileReport) -> _Written:
    """Write the rows as one of our own files.

    A column that the source does not carry is left out, as an empty one would clear what the record has. Where our own
    files must have it, it is filled from the record, or named as unsaid.
    """
    try:
        table = table_of(reading)
    except Refused as refused:
        report.refuse(str(refused))
        return _Written()
    mapping = reading.mapping
    said = {ours for ours, theirs in mapping["columns"].items() if theirs in table.columns}
    said |= {"week", "day", "period"} if "slot" in said else set()
    ours = columns.FILES[path.name]
    heads = [one.name for one in ours if one.is_required or one.name in said]
    written = _Written(unsaid=frozenset(one.name for one in ours) - said)
    names = Names(reading) if reading.feeds == Feeds.PUPILS else None
    complete = names.complete if names else _nobody if reading.feeds == Feeds.LESSONS else Keys(reading).resolve
    earlier: set[tuple[str, ...]] = set()
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(heads)
        for row, values in _known(reading, table, complete, report):
            cells = tuple(values.get(head, "") for head in heads)
            if reading.feeds != Feeds.MARKS:
                if cells in earlier:
                    continue  # a report by class names a pupil once for each: what says the same again says nothing
                earlier.add(cells)
            written.lines.append(row)
            if values.get("remote_id"):
                written.remote_ids[values["upn"]] = values["remote_id"]
            out.writerow(cells)
    if names:
        names.say_who_stays_away(report)
    if not report.is_refused:
        written.passed_over = max(0, len(table.rows) - len(set(written.lines)))
    return written


def _nobody(_values: dict[str, str]) -> str:
    """Complete a row that is about no pupil: there is nothing to find."""
    return ""


def _known(
    reading: Import, table: Table, complete: Callable[[dict[str, str]], str], report: FileReport
) -> Iterator[tuple[int, dict[str, str]]]:
    """Give the rows, each with its line, whose pupil is known; of the others the report says why not."""
    mapping = reading.mapping
    rows = translate(table, reading.feeds, mapping["columns"], date_order=mapping.get("date_order") or "dmy")
    for place, one in enumerate(rows, 1):
        if place % _STEP == 0:
            Import.objects.filter(pk=reading.pk).update(rows_done=one.row)
        if isinstance(one, Problem):
            report.refuse(one.words, row=one.row, column=one.column, value=one.value)
            continue
        values = {key: said for key, said in one.values.items() if said or not report.empty_is_unsaid}
        if wrong := complete(values):
            report.refuse(wrong, row=one.row, value=values.get("full_name") or values.get("admission_number", ""))
            continue
        yield one.row, values


def _read(
    reading: Import,
    path: Path,
    reader: Callable[[Task], None],
    report: FileReport,
    written: _Written,
    at: datetime,
) -> None:
    school, by = reading.school, reading.made_by
    reason = f"Imported from {reading.file.name}"
    hand = {"by": by.signature if by else trail.THE_OFFICE, "at": at.isoformat(), "reason": reason}
    task = Task(path, school, by, at, clock.local(at).date(), report, Report(), written.unsaid)
    with transaction.atomic():
        with trail.signed(by=by, at=at, school_id=school.pk, reason=reason[:400]), pghistory.context(**hand):
            if not report.is_refused and written.lines:
                wait_for_turn(school.urn)
                trace = Trace(reading, path)
                try:
                    with transaction.atomic():
                        reader(task)
                        if not report.is_refused:
                            trace.keep(written.lines, task.touched)
                            if reading.feeds == Feeds.PUPILS:
                                name_pupils(school, written.remote_ids)
                        if report.is_refused or reading.is_dry_run:
                            transaction.set_rollback(True)
                except Unreadable as unread:
                    report.refuse(str(unread), row=unread.row, column=unread.column, value=unread.value)
                except (IntegrityError, DataError) as refused:
                    words = (str(refused).splitlines() or ["no reason given"])[0]
                    report.refuse(f"The record does not take it: {words}")
        _finish(reading, report, written, at)


def _finish(reading: Import, report: FileReport, written: _Written, at: datetime) -> None:
    theirs = reading.mapping["columns"]
    state = Import.State.CHECKED if reading.is_dry_run else Import.State.DONE
    if report.is_refused:
        report.close_refused()
        state = Import.State.REFUSED
    Import.objects.filter(pk=reading.pk).update(
        state=state,
        finished_at=at,
        rows_done=reading.rows,
        added=report.added,
        changed=report.changed,
        same=report.same,
        passed_over=written.passed_over,
        fault_count=report.fault_count,
        faults=[_told(fault, written.lines, theirs) for fault in report.faults[:FAULTS_KEPT]],
        notes=report.notes,
    )
    trail.record(
        verb="read a file" if state == Import.State.DONE else "looked at a file",
        by=reading.made_by,
        at=at,
        school_id=reading.school_id,
        subject_kind="import",
        subject_id=reading.pk,
        words=f"{reading.file.name}: {report.in_words().partition(': ')[2]}"[:400],
        after={"state": state.value, "added": report.added, "changed": report.changed, "faults": report.fault_count},
    )


def _told(fault: Fault, lines: list[int], theirs: Mapping[str, str]) -> dict[str, Any]:
    """Give a fault with the line and the column of the file it came from; ours begin with the line of the names."""
    said = asdict(fault)
    ours = fault.column in {column.name for file in columns.FILES.values() for column in file}
    if ours and fault.row and 0 <= fault.row - 2 < len(lines):
        said["row"] = lines[fault.row - 2]
        said["column"] = theirs.get(fault.column, fault.column)
    return said
