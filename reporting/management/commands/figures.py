"""./run manage figures: a school's attendance figures over a period, for people and for programs."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from attendance_office import clock
from attendance_office.staff.models import School
from registers.models import Pupil
from registers.queries import figures
from registers.rules.codes import dated_codes
from registers.rules.dates import spoken_date
from registers.rules.figures import Figures
from registers.rules.sessions import Session

COLUMNS = (
    "possible", "attended", "authorised", "unauthorised", "late", "missing",
    "attendance_percent", "absence_percent", "authorised_percent", "unauthorised_percent",
    "pupils", "persistently_absent", "severely_absent",
)  # fmt: skip
NAMES = {
    "code": ("code", "meaning", "counts_as", "sessions", "percent"),
    "year_group": ("year_group", *COLUMNS),
    "pupil": ("upn", "pupil", "year_group", *COLUMNS),
}

Row = dict[str, Any]


class Command(BaseCommand):
    """Give a school's figures, whole or by code, year group or pupil."""

    help = "Give a school's attendance figures over a period, as JSON or as a table. See docs/figures.md."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say what may be asked."""
        parser.add_argument("--school", required=True, metavar="URN", help="the school, by its URN")
        parser.add_argument(
            "--from", required=True, dest="from_on", metavar="DATE", help="the first day, as 2026-09-01"
        )
        parser.add_argument("--to", required=True, dest="to_on", metavar="DATE", help="the last day, itself included")
        parser.add_argument("--by", choices=[*NAMES], help="also a row for each")
        parser.add_argument("--format", choices=["json", "table"], default="table", dest="shape")

    def handle(self, **options: Any) -> None:
        """Ask the record and print the answer."""
        from_on, to_on = _day("--from", options["from_on"]), _day("--to", options["to_on"])
        if to_on < from_on:
            raise CommandError(f"--to {to_on} is before --from {from_on}: give the first day, then the last.")
        school = School.objects.filter(urn=options["school"]).first()
        if school is None:
            known = ", ".join(School.objects.order_by("urn").values_list("urn", flat=True)[:10]) or "none yet"
            raise CommandError(f"No school has the URN {options['school']!r}. Schools here: {known}.")
        by, upto = options["by"], figures.latest_due(school.pk, clock.now())
        total = figures.school_counts(school.pk, from_on, to_on, upto=upto)
        rows = _rows(by, school, from_on, to_on, total, upto) if by else []
        if options["shape"] == "json":
            whole: Row = total.as_numbers()
            if by:
                whole = {
                    "school": school.urn,
                    "from": str(from_on),
                    "to": str(to_on),
                    "by": by,
                    "total": whole,
                    "rows": rows,
                }
            self.stdout.write(json.dumps(whole, ensure_ascii=False))
            return
        self.stdout.write(f"{school.name}, {spoken_date(from_on)} to {spoken_date(to_on)}\n\n")
        if by:
            self._table(by, rows)
        for name, value in total.as_numbers().items():
            shown = "  ".join(f"{code} {n}" for code, n in value.items()) if isinstance(value, dict) else _shown(value)
            self.stdout.write(f"{_heading(name):<20}{shown}")

    def _table(self, by: str, rows: list[Row]) -> None:
        """Print rows for people: counts as they are, percentages to two places."""
        lines = [[_heading(name) for name in NAMES[by]]]
        lines += [[_shown(row[name]) for name in NAMES[by]] for row in rows]
        widths = [max(len(line[column]) for line in lines) for column in range(len(NAMES[by]))]
        for line in lines:
            self.stdout.write("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
        self.stdout.write("\nAll")


def _rows(by: str, school: School, from_on: date, to_on: date, total: Figures, upto: Session) -> list[Row]:
    """Give the rows beside the total."""
    if by == "code":
        return [_code_row(symbol, total, to_on) for symbol in total.codes]
    if by == "year_group":
        years = figures.by_year_group(school.pk, from_on, to_on, upto=upto)
        return [{"year_group": year, **part.as_numbers()} for year, part in years.items()]
    found = figures.by_pupil(school.pk, from_on, to_on, upto=upto)
    year_of = figures.year_groups(school.pk, to_on)
    return [
        {"upn": pupil.upn, "pupil": str(pupil), "year_group": year_of[pupil.pk], **found[pupil.pk].as_numbers()}
        for pupil in Pupil.objects.filter(school=school).in_order()
        if pupil.pk in found
    ]


def _code_row(symbol: str, total: Figures, on: date) -> Row:
    """Give one code's row, in the words of the latest set up to the period's last day."""
    row = max((row for row in dated_codes() if row.symbol == symbol and row.from_on <= on), key=lambda row: row.from_on)
    return {
        "code": symbol,
        "meaning": row.meaning,
        "counts_as": row.counts.value,
        "sessions": total.codes[symbol],
        "percent": total.percent_of_possible(symbol) if row.counts.is_possible else None,
    }


def _day(option: str, text: str) -> date:
    """Read a date, or say what would be right."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CommandError(f"{option} {text!r} is not a date: write it like 2026-09-01.") from None


def _heading(name: str) -> str:
    return name.removesuffix("_percent").replace("_", " ").capitalize() + (" %" if name.endswith("percent") else "")


def _shown(value: object) -> str:
    if value is None:
        return "no rate"
    return f"{value:.2f}" if isinstance(value, float) else str(value)
