"""What a paper is kept as: sections of words, charts and tables, in words from now on, for page and print alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

from attendance_office.web.charts import BarChart, HeatChart, LineChart
from attendance_office.web.export import Cell, Column
from attendance_office.web.templatetags.office import day, per_cent, thousands

from .sheets import NO_RATE, SUPPRESSED, Sheet


def of_sheets(
    key: str, title: str, words: list[str], sheets: Sequence[Sheet], *, is_new_page: bool = False
) -> dict[str, Any]:  # fmt: skip
    """Give a section made of tables of the explorer, their charts before them."""
    # The table of each chart is the sheet under it: it is not said twice.
    charts = [sheet.chart for sheet in sheets if sheet.chart is not None]
    return section(
        key, title, words, charts, [table_of(sheet) for sheet in sheets], has_tables=True, is_new_page=is_new_page
    )


def section(
    key: str,
    title: str,
    words: list[str],
    charts: Iterable[LineChart | BarChart | HeatChart],
    found: list[dict[str, Any]],
    *,
    has_tables: bool = False,
    is_new_page: bool = False,
) -> dict[str, Any]:
    """Give a section: its words, charts each with the table of its numbers under it, and tables.

    With `has_tables` the tables found say the charts' numbers, which are not said twice. In print one that
    `is_new_page` begins a page.
    """
    drawn = [
        {
            "title": one.title,
            "words": one.words,
            "svg": str(one.svg),
            "heads": list(one.heads),
            "rows": [] if has_tables else [[str(cell) for cell in row] for row in one.rows],
        }
        for one in charts
    ]
    return {
        "key": key,
        "title": title,
        "words": words,
        "charts": drawn,
        "tables": found,
        "is_new_page": is_new_page,
    }


def table_of(sheet: Sheet) -> dict[str, Any]:
    """Give a table of the explorer in words."""
    return table(
        sheet.title,
        sheet.columns,
        [row.cells for row in sheet.rows],
        total=sheet.total.cells if sheet.total else (),
        notes=sheet.notes,
    )


def table(
    title: str,
    columns: Sequence[Column],
    rows: Iterable[Sequence[Cell]],
    *,
    total: Sequence[Cell] = (),
    notes: Sequence[str] = (),
) -> dict[str, Any]:
    """Give a table in words. Its cells are kept as they are read, so that they stay whatever the code becomes."""
    given = [tuple(row) for row in rows]
    # Words stand to the left; what one column holds in any line is a number or what stands for one.
    worded = [at for at in range(1, len(columns)) if given and all(_is_words(row[at]) for row in given)]
    return {
        "title": title,
        "heads": [column.heading for column in columns],
        "worded": worded,
        "rows": [[_text(cell, column) for cell, column in zip(row, columns, strict=True)] for row in given],
        "total": [_text(cell, column) for cell, column in zip(total, columns, strict=True)] if total else [],
        "notes": list(notes),
    }


def _is_words(cell: Cell) -> bool:
    return isinstance(cell, str) and cell not in (SUPPRESSED, NO_RATE) and not cell[:1].isdigit()


def _text(cell: Cell, column: Column) -> str:
    if cell is None:
        return ""
    if isinstance(cell, Fraction):
        return str(per_cent(cell)) if "points" not in column.heading else f"{float(cell * 100):+.1f}"
    if isinstance(cell, (bool, str)):
        return str(cell)
    if isinstance(cell, int):
        return str(thousands(cell))
    return str(day(cell)) if isinstance(cell, date) else str(cell)
