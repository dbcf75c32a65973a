"""Read a school from a folder of CSV files."""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from attendance_office import clock
from attendance_office.staff.models import User
from attendance_office.staff.roles import Can
from registers.actions.imports import Fault, Report, import_school

SHOWN = 20


class Command(BaseCommand):
    """`./run manage import_school FOLDER [--dry-run] [--report FILE.csv] [--by ADDRESS]`: exit code 1 where a file was
    refused.
    """

    help = "Read a school from a folder of CSV files. docs/import.md describes them."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the folder, and how to go about it."""
        parser.add_argument("folder", type=Path, metavar="FOLDER")
        parser.add_argument("--dry-run", action="store_true", help="do everything, say what would be, keep nothing")
        parser.add_argument("--report", type=Path, metavar="FILE.csv", help="write every fault into this file")
        parser.add_argument("--by", metavar="ADDRESS", help="the member of staff in whose name the files are read")

    def handle(self, *args: Any, **options: Any) -> None:
        """Read the folder now, print the report, and leave with 1 where a file was refused."""
        folder: Path = options["folder"]
        if not folder.is_dir():
            raise CommandError(f"{folder} is not a folder. Name the folder that holds school.csv.")
        by = self._by(options["by"])
        report = import_school(folder=folder, by=by, at=clock.now(), on=clock.today(), dry_run=options["dry_run"])
        self._print(report)
        if options["report"] is not None:
            self._write(report, options["report"])
        if report.is_refused:
            sys.exit(1)

    def _by(self, email: str | None) -> User | None:
        if email is None:
            return None
        person = User.objects.filter(email__iexact=email, is_active=True).first()
        if person is None:
            raise CommandError(f"Nobody here has the address {email}.")
        if not any(person.standing.may(Can.IMPORT, school.pk) for school in person.standing.schools):
            raise CommandError(f"{person.full_name} has no post that may import files.")
        return person

    def _print(self, report: Report) -> None:
        if report.dry_run:
            self.stdout.write("Dry run: nothing is kept.")
        if report.school:
            self.stdout.write(f"{report.school}, URN {report.urn}")
        for file in report.files:
            encoding = f" ({file.encoding})" if file.encoding else ""
            self.stdout.write(f"{file.in_words()}{encoding}")
            for note in file.notes:
                self.stdout.write(f"  note: {note}")
            for fault in file.faults[:SHOWN]:
                self.stdout.write(f"  {_in_words(fault)}")
            if file.fault_count > SHOWN:
                kept = "all" if len(file.faults) == file.fault_count else f"the first {len(file.faults):,}"
                self.stdout.write(f"  and {file.fault_count - SHOWN:,} more; --report FILE.csv writes {kept}")
        if not report.changed and not report.is_refused:
            self.stdout.write("Nothing had to change.")

    def _write(self, report: Report, path: Path) -> None:
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            out = csv.writer(file)
            out.writerow(["file", "row", "column", "value", "what would be right"])
            for one in report.files:
                for fault in one.faults:
                    out.writerow(_safe([one.file, str(fault.row or ""), fault.column, fault.value, fault.words]))
        self.stdout.write(f"The faults are in {path}.")


def _in_words(fault: Fault) -> str:
    where = [f"row {fault.row}" if fault.row else "", fault.column, repr(fault.value) if fault.value else ""]
    return f"{', '.join(part for part in where if part)}: {fault.words}".removeprefix(": ")


def _safe(values: list[str]) -> list[str]:
    """Keep a spreadsheet from running a value of the file as a formula."""
    return [f"'{value}" if value[:1] in {"=", "+", "-", "@", "\t", "\r"} else value for value in values]
