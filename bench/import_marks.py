"""Reading 468,000 marks from marks.csv beside a raw COPY of the same rows into the same table.

Both are taken back, for marks are never deleted; the table keeps its indexes, constraints and triggers for both.
"""

from __future__ import annotations

import csv
import random
import statistics
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from django.db import connection, transaction

from attendance_office.staff.models import School
from registers.actions.imports import import_school
from registers.models import Enrolment, Mark, Pupil, Term
from registers.rules.sessions import Session, monday

from .ground import FIRST, bare_school, row

URN = "999007"
BEGINS = date(2025, 9, 3)
DAYS = 195
AT = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)
TIMES = 3
AWAY = ["I", "I", "I", "M", "O", "N", "L", "U", "V", "G", "C"]


def run() -> list[dict]:
    """Give the seconds of an import, of the raw COPY, of the same file once more, and of one mark in ten changed."""
    school = _school()
    pupils = list(Pupil.objects.filter(school=school).order_by("pk").values_list("upn", "pk"))
    marks = _marks(pupils, seed=1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write_school(folder, school)
        _write_marks(folder, marks)
        copied = _copy_lines(school, dict(pupils), marks)
        floors, imports, again, amended = [], [], [], []
        for _ in range(TIMES):
            _vacuum()
            floors.append(_copy(copied))
            _vacuum()
            imports.append(_import(folder, added=len(marks)))
        _vacuum()
        changed = _changed(marks)
        with transaction.atomic():
            _stage(copied)
            again.append(_import(folder, added=0))
            _write_marks(folder, changed)
            amended.append(_import(folder, added=0, changed=len(marks) // 10))
            transaction.set_rollback(True)
        _vacuum()
    floor = statistics.median(floors)
    figure = statistics.median(imports)
    count = f"{len(marks):,}"
    return [
        row(
            f"import {count} marks",
            figure,
            "s",
            floor=floor,
            goal=3.0,
            note="floor: COPY of the same rows into the table",
        ),
        row(f"import the same {count} marks again", again[0], "s", floor=floor, note="nothing is written"),
        row(
            f"import {count} marks, one in ten amended", amended[0], "s", floor=floor, note="each leaves its amendment"
        ),
    ]


def _school() -> School:
    school = bare_school(URN)
    Term.objects.update_or_create(
        school=school,
        school_year="2025/26",
        name="Autumn",
        defaults={"starts_on": BEGINS, "ends_on": FIRST - timedelta(days=1)},
    )
    Enrolment.objects.filter(school=school).exclude(starts_on=BEGINS).update(starts_on=BEGINS)
    if Mark.objects.filter(school=school).exists():
        raise RuntimeError("The bench's school has marks already; begin with a database of its own.")
    return school


def _marks(pupils: list[tuple[str, int]], *, seed: int) -> list[tuple[str, date, str, str, str, str]]:
    chance = random.Random(seed)
    days = []
    day = BEGINS
    while len(days) < DAYS:
        if day.weekday() < 5:
            days.append(day)
        day += timedelta(days=1)
    found = []
    for on in days:
        for half, present in (("AM", "/"), ("PM", "\\")):
            for upn, _pk in pupils:
                code = present if chance.random() < 0.92 else chance.choice(AWAY)
                minutes = str(chance.randint(1, 40)) if code in {"L", "U"} else ""
                found.append((upn, on, half, code, minutes, "Rang in" if code == "M" else ""))
    return found


def _changed(marks: list[tuple[str, date, str, str, str, str]]) -> list[tuple[str, date, str, str, str, str]]:
    return [
        (upn, on, half, "T" if number % 10 == 0 else code, "" if number % 10 == 0 else minutes, comment)
        for number, (upn, on, half, code, minutes, comment) in enumerate(marks)
    ]


def _write_school(folder: Path, school: School) -> None:
    with (folder / "school.csv").open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["urn", "name", "la_code", "estab_number", "phase"])
        out.writerow([school.urn, school.name, school.la_code, school.estab_number, school.phase])


def _write_marks(folder: Path, marks: list[tuple[str, date, str, str, str, str]]) -> None:
    with (folder / "marks.csv").open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["upn", "on", "session", "code", "minutes_late", "comment"])
        out.writerows(marks)


def _copy_lines(school: School, pks: dict[str, int], marks: list[tuple[str, date, str, str, str, str]]) -> bytes:
    lines = []
    for upn, on, half, code, minutes, comment in marks:
        session = Session(on, "AM" if half == "AM" else "PM")
        escaped = code.replace("\\", "\\\\")
        lines.append(
            f"{school.pk}\t{pks[upn]}\t{on}\t{session.half}\t{escaped}\t{minutes or chr(92) + 'N'}\t{comment}"
            f"\t{monday(on)}\timport\t{AT.isoformat()}\t\\N\n"
        )
    return "".join(lines).encode()


def _stage(lines: bytes) -> None:
    with (
        connection.cursor() as cursor,
        cursor.copy(
            'COPY registers_mark (school_id, pupil_id, "on", half, code, minutes_late, comment, school_week, origin,'
            " recorded_at, recorded_by_id) FROM STDIN"
        ) as copy,
    ):
        copy.write(lines)


def _copy(lines: bytes) -> float:
    began = time.perf_counter()
    with transaction.atomic():
        _stage(lines)
        transaction.set_rollback(True)
    return time.perf_counter() - began


def _import(folder: Path, *, added: int, changed: int = 0) -> float:
    began = time.perf_counter()
    report = import_school(folder=folder, by=None, at=AT, on=AT.date(), dry_run=True)
    taken = time.perf_counter() - began
    marks = report.of("marks.csv")
    if report.is_refused or (marks.added, marks.changed) != (added, changed):
        raise RuntimeError(f"The import did not do what it was to: {marks.in_words()} {marks.faults[:3]}")
    return taken


def _vacuum() -> None:
    """Clear away what was taken back, so that each run finds the table as the first one did."""
    with connection.cursor() as cursor:
        for table in ("registers_mark", "registers_weektotal", "registers_amendment"):
            cursor.execute(f"VACUUM ANALYZE {table}")
