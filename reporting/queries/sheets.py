"""A table that page, file and paper share: its columns, rows, total, notes and chart, and how it is sorted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from django.utils.text import slugify

from attendance_office.web.charts import BarChart, HeatChart, LineChart
from attendance_office.web.export import Cell, Column

SUPPRESSED: Final = "suppressed"
NO_RATE: Final = "no rate"


@dataclass(frozen=True)
class Row:
    """One line of a table. `narrows` is the value of an axis that asks for its pupils alone, `pupil_id` its pupil."""

    cells: tuple[Cell, ...]
    narrows: tuple[tuple[str, str], ...] = ()
    pupil_id: int | None = None


@dataclass(frozen=True)
class Sheet:
    """A table with its heads, its total and what is to be said of it; `chart` shows the same.

    `sums` are lines between the rows and the total that are sums of some rows: sorting leaves them where they are.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    total: Row | None = None
    notes: tuple[str, ...] = ()
    chart: LineChart | BarChart | HeatChart | None = None
    sort: str = ""
    sums: tuple[Row, ...] = ()

    @property
    def lines(self) -> tuple[Row, ...]:
        """Give every line of the table in its order: the rows, the sums of some of them, and the total."""
        return (*self.rows, *self.sums, *([self.total] if self.total else []))

    @property
    def file_rows(self) -> list[tuple[Cell, ...]]:
        """Give the rows as a file holds them: those of the page in their order, sums and the total last."""
        return [row.cells for row in self.lines]

    @property
    def heads(self) -> list[tuple[str, str, str, bool]]:
        """Give each heading, the `sort` that a press on it asks for, how it is sorted now, and if it holds numbers."""
        found = []
        for at, column in enumerate(self.columns):
            key = slugify(column.heading)
            now = {key: "ascending", f"-{key}": "descending"}.get(self.sort, "")
            found.append((column.heading, f"-{key}" if now == "ascending" else key, now, self.numbers[at]))
        return found

    @cached_property
    def numbers(self) -> tuple[bool, ...]:
        """Tell of each column whether it holds numbers."""
        found = []
        for at, column in enumerate(self.columns):
            first = next((row.cells[at] for row in self.lines if not _is_word_for_none(row.cells[at])), None)
            found.append(column.is_share or column.is_points or isinstance(first, int))
        return tuple(found)

    def sorted(self, sort: str) -> Sheet:
        """Give the table sorted by a column's heading as its address names it ("-" before it: downwards).

        What has no number stands last either way. An address that names no column changes nothing.
        """
        keys = [slugify(column.heading) for column in self.columns]
        name = sort.removeprefix("-")
        if name not in keys:
            return self
        at = keys.index(name)
        known = [row for row in self.rows if not _is_without(row.cells[at], number=self.numbers[at])]
        rest = [row for row in self.rows if _is_without(row.cells[at], number=self.numbers[at])]
        known.sort(key=lambda row: _ordered(row.cells[at]), reverse=sort.startswith("-"))
        return replace(self, rows=(*known, *rest), sort=sort)


def _is_word_for_none(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, str) and cell in (SUPPRESSED, NO_RATE))


def _is_without(cell: Cell, *, number: bool) -> bool:
    return _is_word_for_none(cell) or (number and isinstance(cell, str))


def _ordered(cell: Cell) -> tuple[int, object]:
    return (0, cell.casefold()) if isinstance(cell, str) else (1, cell)
