"""Reading a file that waits: translated row by row, read by the same readers as a folder, whole or not at all."""

from __future__ import annotations

import csv
import logging
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pghistory
from django.db import DataError, IntegrityError, transaction

from attendance_office import clock
from attendance_office.audit import trail
from attendance_office.refusals import Refused
from attendance_office.staff.models import School
from registers.feeds.translate import Problem, translate
from registers.models import Import, Pupil, Term
from registers.rules.ages import school_year_starts
from registers.rules.names import folded
from registers.rules.upn import temporary_upn

from . import columns
from .contacts import read_contacts
from .marks import read_marks
from .pupils import read_pupils
from .reading import Unreadable
from .report import Fault, FileReport, Report
from .task import Task, wait_for_turn
from .tracing import Trace
from .uploads import table_of

logger = logging.getLogger(__name__)

LEASE: Final = timedelta(minutes=10)
MOST_ATTEMPTS: Final = 3
FAULTS_KEPT: Final = 1000
_STEP: Final = 1000
_READERS: Final[Mapping[str, tuple[str, Callable[[Task], None]]]] = {
    "pupils": (columns.PUPILS, read_pupils),
    "contacts": (columns.CONTACTS, read_contacts),
    "marks": (columns.MARKS, read_marks),
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
    report = FileReport(name)
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            lines, passed_over = _write(reading, path, report)
            _read(reading, path, reader, report, lines, passed_over, at)
    except Exception as error:  # a broken file must not stop the files behind it
        logger.exception("Import %s broke off.", reading.pk)
        Import.objects.filter(pk=reading.pk).update(
            state=Import.State.FAILED, finished_at=at, error=f"{type(error).__name__}: it broke off and kept nothing."
        )
    reading.refresh_from_db()
    return reading


def _write(reading: Import, path: Path, report: FileReport) -> tuple[list[int], int]:
    """Write the rows as one of our own files; give the line of the source for each, and how many said nothing."""
    try:
        table = table_of(reading)
    except Refused as refused:
        report.refuse(str(refused))
        return [], 0
    mapping = reading.mapping
    keys = _Keys(reading) if reading.feeds != "pupils" else None
    names = _Names(reading) if reading.feeds == "pupils" else None
    heads = [column.name for column in columns.FILES[path.name]]
    lines: list[int] = []
    read = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(heads)
        for one in translate(table, reading.feeds, mapping["columns"], date_order=mapping.get("date_order") or "dmy"):
            read += 1
            if isinstance(one, Problem):
                report.refuse(one.words, row=one.row, column=one.column, value=one.value)
                continue
            values = dict(one.values)
            wrong = keys.resolve(values) if keys else names.complete(values) if names else ""
            if wrong:
                report.refuse(wrong, row=one.row, value=values.get("full_name") or values.get("admission_number", ""))
                continue
            lines.append(one.row)
            out.writerow([values.get(head, "") for head in heads])
            if read % _STEP == 0:
                Import.objects.filter(pk=reading.pk).update(rows_done=one.row)
    return lines, max(0, len(table.rows) - len(set(lines))) if not report.is_refused else 0


def _read(
    reading: Import,
    path: Path,
    reader: Callable[[Task], None],
    report: FileReport,
    lines: list[int],
    passed_over: int,
    at: datetime,
) -> None:
    school, by = reading.school, reading.made_by
    reason = f"Imported from {reading.file.name}"
    hand = {"by": by.signature if by else trail.THE_OFFICE, "at": at.isoformat(), "reason": reason}
    task = Task(path, school, by, at, clock.local(at).date(), report, Report())
    with transaction.atomic():
        with trail.signed(by=by, at=at, school_id=school.pk, reason=reason[:400]), pghistory.context(**hand):
            if not report.is_refused and lines:
                wait_for_turn(school.urn)
                trace = Trace(reading, path)
                try:
                    with transaction.atomic():
                        reader(task)
                        if not report.is_refused:
                            trace.keep(lines)
                        if report.is_refused or reading.is_dry_run:
                            transaction.set_rollback(True)
                except Unreadable as unread:
                    report.refuse(str(unread), row=unread.row, column=unread.column, value=unread.value)
                except (IntegrityError, DataError) as refused:
                    words = (str(refused).splitlines() or ["no reason given"])[0]
                    report.refuse(f"The record does not take it: {words}")
        _finish(reading, report, lines, passed_over, at)


def _finish(reading: Import, report: FileReport, lines: list[int], passed_over: int, at: datetime) -> None:
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
        passed_over=passed_over,
        fault_count=report.fault_count,
        faults=[_told(fault, lines, theirs) for fault in report.faults[:FAULTS_KEPT]],
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


class _Keys:
    """Pupils of the school by UPN, admission number and name, for files that know no UPN."""

    def __init__(self, reading: Import) -> None:
        self.upns: set[str] = set()
        self.by_number: dict[str, str] = {}
        self.by_name: dict[str, list[tuple[str, str]]] = {}
        for pupil in Pupil.objects.filter(school=reading.school).select_related("tutor_group"):
            self.upns.add(pupil.upn)
            if pupil.admission_number:
                self.by_number[pupil.admission_number.lstrip("0")] = pupil.upn
            group = folded(pupil.tutor_group.name) if pupil.tutor_group else ""
            for forename in {pupil.legal_forename, pupil.forename}:
                self.by_name.setdefault(folded(f"{pupil.legal_surname} {forename}"), []).append((pupil.upn, group))

    def resolve(self, values: dict[str, str]) -> str:
        """Write the UPN into a row; give in words why it cannot be."""
        if values.get("upn"):
            return ""
        number = values.get("admission_number", "").lstrip("0")
        if number in self.by_number:
            values["upn"] = self.by_number[number]
            return ""
        name = folded(values.get("full_name", "").replace(",", " "))
        named = self.by_name.get(name, [])
        form = folded(values.get("form", ""))
        if form:
            named = [one for one in named if one[1] == form] or named
        if len({upn for upn, _ in named}) == 1:
            values["upn"] = named[0][0]
            return ""
        if named:
            return f"{len(named)} pupils are called so: the file needs their form, admission number or UPN."
        return "No pupil of the school has this admission number or name: import the pupils first."


class _Names:
    """What a row of pupils lacks: the UPN of a pupil who is known, or a temporary one; what the school said once."""

    def __init__(self, reading: Import) -> None:
        self.school: School = reading.school
        self.options = reading.mapping
        at = reading.started_at or reading.made_at
        self.today = clock.local(at).date()
        self.first = self._first_day()
        self.known: dict[str, str] = {}
        self.taken: set[str] = set()
        for pupil in Pupil.objects.filter(school=self.school):
            self.taken.add(pupil.upn)
            if pupil.admission_number:
                self.known[pupil.admission_number.lstrip("0")] = pupil.upn
            self.known[self._key(pupil.legal_surname, pupil.legal_forename, pupil.date_of_birth.isoformat())] = (
                pupil.upn
            )
        self.serial = 0

    def _first_day(self) -> str:
        begins = school_year_starts(self.today)
        first = Term.objects.filter(school=self.school, starts_on__gte=begins).order_by("starts_on").first()
        said = str(self.options.get("starts_on") or "")
        return said or (first.starts_on if first and first.starts_on <= self.today else self.today).isoformat()

    def _key(self, surname: str, forename: str, born: str) -> str:
        return f"{folded(surname)}|{folded(forename)}|{born}"

    def complete(self, values: dict[str, str]) -> str:
        """Fill in what is missing; give in words why a row cannot be."""
        values["starts_on"] = values.get("starts_on") or self.first
        values["sex"] = values.get("sex") or "U"
        born = values.get("date_of_birth", "")
        if not values.get("year_group") and born:
            turn = self.today.year - (self.today.month < 8)
            year = date.fromisoformat(born)
            values["year_group"] = str(max(0, turn - (year.year - (year.month < 9)) - 5))
        if values.get("upn"):
            return ""
        number = values.get("admission_number", "").lstrip("0")
        key = self._key(values.get("legal_surname", ""), values.get("legal_forename", ""), born)
        upn = self.known.get(number) if number else None
        upn = upn or self.known.get(key)
        if upn is None and not self.options.get("temporary_upns"):
            return "The row has no UPN, and no pupil of the school has its number or name and birthday."
        if upn is None:
            upn = self._temporary()
            self.known[number or key] = upn
        values["upn"] = upn
        return ""

    def _temporary(self) -> str:
        while True:
            upn = temporary_upn(self.school.la_code, self.school.estab_number, self.today.year, self.serial)
            self.serial += 1
            if upn not in self.taken:
                self.taken.add(upn)
                return upn
