"""school.csv: the school itself, found or made by its URN."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from attendance_office.staff.models import School, Trust

from .fields import Row
from .report import FileReport
from .task import rows, wait_for_turn
from .writing import reconcile

_DIGITS: Final = (
    ("urn", 6, "A URN has six digits, like 137001."),
    ("la_code", 3, "A local authority's code has three digits, like 302."),
    ("estab_number", 4, "An establishment number has four digits, like 4001."),
)
_TEXTS: Final = ("address", "postcode", "phone", "headteacher")


def read_school(path: Path, report: FileReport) -> School | None:
    """Give the school the file names, made or brought up to date; None where the file was refused.

    Raises Unreadable where the file is no table of ours.
    """
    found = list(rows(path, report))
    if report.is_refused:
        return None
    if len(found) != 1:
        say = "no school" if not found else f"{len(found)} schools"
        report.refuse(f"The file names {say}. A folder holds the files of one school.", row=2 if found else None)
        return None
    row = found[0]
    values = _values(row)
    if not report.is_refused:
        wait_for_turn(values["urn"])
    _refuse_another(row, values)
    trust = row.text("trust")
    if report.is_refused:
        return None
    if trust:
        values["trust"] = Trust.objects.get_or_create(name=trust)[0]
    urn = values["urn"]
    held = {one.urn: one for one in School.objects.select_related("trust").filter(urn=urn)}
    written = reconcile(School, {urn: values}, held)
    written.count_in(report, 1)
    return written.rows[urn]


def _values(row: Row) -> dict[str, Any]:
    values: dict[str, Any] = {"name": row.text("name", must=True), "phase": row.text("phase", must=True)}
    for column, places, words in _DIGITS:
        values[column] = row.raw(column).strip()
        if not re.fullmatch(rf"[0-9]{{{places}}}", values[column]):
            row.refuse(column, words)
    values |= {column: row.text(column) for column in _TEXTS if row.has(column)}
    if row.has("email"):
        values["email"] = row.email("email")
    return values


def _refuse_another(row: Row, values: dict[str, Any]) -> None:
    other = (
        School.objects.filter(la_code=values["la_code"], estab_number=values["estab_number"])
        .exclude(urn=values["urn"])
        .first()
    )
    if other is not None:
        row.refuse("estab_number", f"{other.name}, URN {other.urn}, has this number of the same local authority.")
