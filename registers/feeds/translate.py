"""Rows of another system's file in our own columns and forms: dates, sexes, years, sessions and codes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from .systems import wide_columns
from .table import Table

_SEXES: Final = {"m": "M", "male": "M", "boy": "M", "f": "F", "female": "F", "girl": "F"}
_SEN: Final = {
    "": "", "n": "N", "none": "N", "nospecialeducationalneed": "N", "k": "K", "sensupport": "K", "a": "K", "p": "K",
    "e": "E", "ehcp": "E", "educationhealthandcareplan": "E", "s": "E", "statement": "E",
}  # fmt: skip
_YES: Final = {"y": "yes", "yes": "yes", "true": "yes", "1": "yes", "t": "yes"}
_SESSIONS: Final = {"am": "AM", "morning": "AM", "1": "AM", "pm": "PM", "afternoon": "PM", "2": "PM"}
_DATE: Final = re.compile(r"^(\d{1,4})[/.-](\d{1,2})[/.-](\d{1,4})(?:[ T].*)?$")
_YEAR: Final = re.compile(r"(\d{1,2})")
_FLAGS: Final = frozenset({"eal", "pp", "fsm", "has_responsibility", "lives_with"})
_DATES: Final = frozenset({"date_of_birth", "starts_on", "ends_on", "on", "from_on", "to_on"})
_WEEKS: Final = {"": "", "both": "", "bothweeks": "", "a": "A", "weeka": "A", "1": "A", "week1": "A", "b": "B",
                 "weekb": "B", "2": "B", "week2": "B"}  # fmt: skip
_SLOT: Final = re.compile(r"^([12AB]?)\s*([A-Za-z]{3,9})\s*:\s*(\S+)$")
_NONE: Final = frozenset({"", "-", "."})
# Words in a Password column are read by nobody and kept nowhere.
SECRET: Final = re.compile(r"pass ?word|secret|token", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Translated:
    """One row in our columns, with the line of the file on which it begins."""

    row: int
    values: dict[str, str]


@dataclass(frozen=True, slots=True)
class Problem:
    """One value that could not be read: where it stands, and what would be right."""

    row: int
    column: str
    value: str
    words: str


def translate(
    table: Table, feeds: str, mapping: Mapping[str, str], *, date_order: str = "dmy"
) -> Iterator[Translated | Problem]:
    """Give a file's rows in our columns, in order; a value that cannot be read is a problem, and its row is left out.

    A wide file of marks gives a row for each session that has a code. Raises ValueError for a column that is not there.
    """
    places = {ours: table.column(theirs) for ours, theirs in mapping.items() if theirs in table.columns}
    wide = wide_columns(table) if feeds == "marks" and "code" not in places else {}
    for number, cells in table.rows:
        problems, values = [], {}
        for ours, place in places.items():
            try:
                values[ours] = _value(ours, cells[place], date_order)
            except ValueError as wrong:
                problems.append(Problem(number, table.columns[place], cells[place][:80], str(wrong)))
        if "slot" in values and not problems:
            try:
                values |= _slot(values.pop("slot"), values)
            except ValueError as wrong:
                place = places["slot"]
                problems.append(Problem(number, table.columns[place], cells[place][:80], str(wrong)))
        if problems:
            yield from problems
            continue
        if "full_name" in values and feeds != "seats":
            values |= _split(values["full_name"], values)
        if wide:
            yield from _unpivoted(number, cells, values, wide, table, date_order)
        elif feeds != "marks" or values.get("code", "") not in _NONE:
            yield Translated(number, values)


def _unpivoted(
    number: int,
    cells: tuple[str, ...],
    values: dict[str, str],
    wide: Mapping[str, tuple[str, str]],
    table: Table,
    date_order: str,
) -> Iterator[Translated | Problem]:
    for head, (on, half) in wide.items():
        code = cells[table.column(head)].strip()
        if code in _NONE:
            continue
        try:
            yield Translated(number, values | {"on": _day(on, date_order), "session": half, "code": code.upper()})
        except ValueError as wrong:
            yield Problem(number, head, on, str(wrong))


def _value(ours: str, text: str, order: str) -> str:
    said = " ".join(text.split())
    plain = re.sub(r"[^a-z0-9]", "", said.lower())
    if ours in _DATES:
        return _day(said, order) if said else ""
    if ours in _FLAGS:
        return _YES.get(plain, "no") if said else ""
    reader = _READ.get(ours)
    return reader(said, plain) if reader else said


def _sex(_said: str, plain: str) -> str:
    if plain and plain not in _SEXES:
        raise ValueError("Write F or M, Female or Male.")
    return _SEXES.get(plain, "")


def _year(said: str, plain: str) -> str:
    found = _YEAR.search(said)
    return str(int(found[1])) if found else ("0" if plain in {"r", "reception"} else "")


def _session(_said: str, plain: str) -> str:
    if plain not in _SESSIONS:
        raise ValueError("Write AM or PM.")
    return _SESSIONS[plain]


def _week(_said: str, plain: str) -> str:
    if plain not in _WEEKS:
        raise ValueError("Write A or B, or nothing for both weeks.")
    return _WEEKS[plain]


def _slot(said: str, values: Mapping[str, str]) -> dict[str, str]:
    """Give week, day and period of one column, as SIMS writes them: 1Fri:6 is week 1, Friday, period 6."""
    found = _SLOT.match(said)
    if not found:
        raise ValueError("Write week, day and period like 1Fri:6, or choose a column for each.")
    own = {"week": _WEEKS[found[1].lower()], "day": found[2], "period": found[3]}
    return {key: value for key, value in own.items() if not values.get(key)}


def _minutes(said: str, _plain: str) -> str:
    return said.split(".")[0] if said.replace(".", "", 1).isdigit() and said not in {"0", "0.0"} else ""


_READ: Final[Mapping[str, Callable[[str, str], str]]] = {
    "sex": _sex,
    "sen": lambda _said, plain: _SEN.get(plain, ""),
    "year_group": _year,
    "session": _session,
    "week": _week,
    "code": lambda said, _plain: said.upper(),
    "minutes_late": _minutes,
}


def _day(text: str, order: str) -> str:
    found = _DATE.match(text)
    if not found:
        raise ValueError("This is not a date. Write it like 2026-01-05.")
    parts = [int(part) for part in found.groups()[:3]]
    if len(found[1]) == 4:
        year, month, day = parts
    elif order == "mdy":
        month, day, year = parts
    else:
        day, month, year = parts
    year += 2000 if year < 50 else 1900 if year < 100 else 0
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        what = "month comes first" if order == "mdy" else "day comes first"
        raise ValueError(f"There is no such day if the {what}: choose how the file writes its dates.") from None


def _split(name: str, values: Mapping[str, Any]) -> dict[str, str]:
    """Give surname and forename of a name in one column: "Surname, Forename", else "Surname Forename"."""
    surname, comma, forename = name.partition(",")
    if not comma:
        surname, _, forename = name.partition(" ")
    own = {"legal_surname": surname.strip(), "legal_forename": forename.strip()}
    return {key: value for key, value in own.items() if not values.get(key)}
