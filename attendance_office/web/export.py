"""Lists out as CSV and XLSX, so that a spreadsheet shows what was written and runs none of it.

A text that a spreadsheet would take for a formula is led by an apostrophe, the sign by which spreadsheets
themselves mark "this is text": `=1+1` goes out as `'=1+1` and a number like +44 7700 900418 as
`'+44 7700 900418`, whole and readable. `plain` takes the apostrophe off again, so that what was exported can be
read back unchanged.

Source: OWASP, CSV injection (= + - @ tab, carriage return, line feed).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Final

import xlsxwriter
from django.http import HttpResponse
from xlsxwriter.format import Format

from attendance_office import clock

Cell = str | int | float | Decimal | Fraction | date | bool | None

# Spaces that a spreadsheet skips before it looks for a formula: all that Unicode calls white, and those of no width.
_SKIPPED: Final = r"[\s\u200b\u200c\u200d\u2060\ufeff\x00]*"
_DANGER: Final = re.compile(rf"'*(?:{_SKIPPED}[=+\-@\uff1d\uff0b\uff0d\uff20]|[^\S\t\r\n]*[\t\r\n])")
_WIDEST: Final = 46
FORMATS: Final = ("csv", "xlsx")


@dataclass(frozen=True)
class Column:
    """One column of an export: its heading, and whether it holds a share shown as per cent, or a difference of two.

    A difference is shown in percentage points with its sign.
    """

    heading: str
    is_share: bool = False
    is_points: bool = False


@dataclass(frozen=True)
class Leaf:
    """One sheet of a workbook: its name, its columns and its rows."""

    name: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[Cell]]


def safe(text: str) -> str:
    """Give a text that no spreadsheet runs: unchanged, or led by an apostrophe."""
    return f"'{text}" if _DANGER.match(text) else text


def plain(text: str) -> str:
    """Give back the text that `safe` was given."""
    return text[1:] if text.startswith("'") and _DANGER.match(text[1:]) else text


def as_csv(columns: Sequence[Column], rows: Iterable[Sequence[Cell]], *, name: str) -> HttpResponse:
    """Give the rows as a file for spreadsheets: UTF-8 with its mark, every text quoted."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    writer.writerow([safe(column.heading) for column in columns])
    for row in rows:
        writer.writerow([_written(value, column) for value, column in zip(row, columns, strict=True)])
    answer = HttpResponse("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8")
    return _named(answer, f"{name}.csv")


def as_xlsx(
    columns: Sequence[Column], rows: Iterable[Sequence[Cell]], *, name: str, sheet: str = "Pupils"
) -> HttpResponse:
    """Give the rows as a workbook of one sheet."""
    return as_workbook([Leaf(sheet, columns, rows)], name=name)


def as_workbook(leaves: Sequence[Leaf], *, name: str) -> HttpResponse:
    """Give a workbook: numbers as numbers, dates as dates, each sheet's head frozen and with filters, no formula."""
    out = io.BytesIO()
    rules = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "default_date_format": "ddd d mmm yyyy",
    }
    with xlsxwriter.Workbook(out, rules) as book:
        looks = (
            {"bold": True, "bottom": 1},
            {"num_format": "ddd d mmm yyyy", "align": "left"},
            {"num_format": "0.0%"},
            {"num_format": "+0.0;-0.0;0.0"},
        )
        formats = [book.add_format(look) for look in looks]
        for leaf in leaves:
            _add_leaf(book, leaf, *formats)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return _named(HttpResponse(out.getvalue(), content_type=kind), f"{name}.xlsx")


def _add_leaf(book: xlsxwriter.Workbook, leaf: Leaf, head: Format, day: Format, share: Format, points: Format) -> None:
    page = book.add_worksheet(leaf.name)
    widths = [len(column.heading) for column in leaf.columns]
    for at, column in enumerate(leaf.columns):
        page.write_string(0, at, safe(column.heading), head)
    last = 0
    for last, row in enumerate(leaf.rows, start=1):
        for at, (value, column) in enumerate(zip(row, leaf.columns, strict=True)):
            if isinstance(value, date):
                page.write_datetime(last, at, _wall(value), day)
            elif isinstance(value, (int, float, Decimal, Fraction)) and not isinstance(value, bool):
                look = share if column.is_share else points if column.is_points else None
                page.write_number(last, at, float(value * 100 if column.is_points else value), look)
            elif (words := _written(value, column)) != "":
                page.write_string(last, at, words)
            widths[at] = max(widths[at], len(_written(value, column)))
    for at, width in enumerate(widths):
        page.set_column(at, at, min(width, _WIDEST) + 2)
    page.freeze_panes(1, 0)
    page.autofilter(0, 0, max(last, 1), len(leaf.columns) - 1)


def _written(value: Cell, column: Column) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "Yes" if value else ""
    if isinstance(value, str):
        return safe(value)
    if (column.is_share or column.is_points) and isinstance(value, (Fraction, Decimal, int)):
        tenths = (abs(Fraction(value)) * 1000 + Fraction(1, 2)).__floor__()
        sign = "-" if value < 0 and tenths else ""
        return f"{sign}{tenths // 10}.{tenths % 10}"
    if isinstance(value, Fraction):
        return str(float(value))
    if isinstance(value, datetime):
        return f"{clock.local(value):%Y-%m-%d %H:%M}"
    return value.isoformat() if isinstance(value, date) else str(value)


def _wall(value: date) -> date:
    return clock.local(value).replace(tzinfo=None) if isinstance(value, datetime) else value


def _named(answer: HttpResponse, name: str) -> HttpResponse:
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
