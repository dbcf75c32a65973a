"""How a cell of a table reads on a page."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from attendance_office.web.export import Cell, Column
from attendance_office.web.templatetags.office import day, per_cent, points, thousands


def in_cell(cell: Cell, column: Column) -> str:
    """Give one cell as the page shows it: a share in per cent, points with their sign, a day in words."""
    if isinstance(cell, date):
        return day(cell)
    if column.is_share and isinstance(cell, (int, Fraction)):
        return per_cent(cell)
    if column.is_points and isinstance(cell, (int, Fraction)):
        return points(cell)
    if isinstance(cell, int) and column.heading != "Year":
        return thousands(cell)
    return "" if cell is None else str(cell)
