"""Reading a CSV file that anybody may have written: its encoding, its first line, its rows, and its limits."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

from registers.feeds.table import utf16_without_mark

from .columns import FILES
from .report import FileReport

LARGEST_FILE: Final = 200 * 1024 * 1024
MOST_ROWS: Final = 1_000_000
MOST_COLUMNS: Final = 200
_CHUNK: Final = 1024 * 1024
_LOOKED_AT: Final = 4096
_NAMES: Final = {
    "utf-8-sig": "UTF-8 with BOM",
    "utf-8": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "cp1252": "Windows-1252",
}


class Unreadable(Exception):
    """A file that cannot be read as a table; its words say what would be right."""

    def __init__(self, words: str, *, row: int | None = None, column: str = "", value: str = "") -> None:
        super().__init__(words)
        self.row, self.column, self.value = row, column, value


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file's first line, and its rows as they are read."""

    places: dict[str, int]
    width: int
    lines: Iterator[tuple[int, list[str]]]

    def rows(self, report: FileReport) -> Iterator[tuple[int, list[str]]]:
        """Give each row's number and cells; blank lines are passed over, a row of another width is a fault.

        Raises Unreadable past the limit of rows and where quotation marks do not match.
        """
        for number, cells in self.lines:
            if len(cells) != self.width:
                if not any(cell.strip() for cell in cells):
                    continue
                self._count(report, number)
                values = "1 value" if len(cells) == 1 else f"{len(cells)} values"
                report.refuse(
                    f"The row has {values}, the first line names {self.width} columns. A value with a comma in it"
                    " stands between quotation marks.",
                    row=number,
                    value=",".join(cells),
                )
                continue
            if not any(cells):
                continue
            self._count(report, number)
            yield number, cells

    def _count(self, report: FileReport, number: int) -> None:
        report.rows += 1
        if report.rows > MOST_ROWS:
            raise Unreadable(f"The file has more than {MOST_ROWS:,} rows. Split it by school year.", row=number)


@contextmanager
def opened(path: Path, report: FileReport) -> Iterator[Sheet]:
    """Open a file of the set by its name, judge its first line, and give its rows.

    Raises Unreadable where it is no table of ours: too large, in no encoding that is read, without its columns.
    """
    if not path.is_file():
        raise Unreadable("This is not a file.")
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE:
            raise Unreadable(
                f"The file has {size / 1024**2:,.0f} MB; at most {LARGEST_FILE // 1024**2} MB are read."
                " Split it by school year."
            )
        if not size:
            raise Unreadable("The file is empty. Its first line names the columns.")
        encoding = _encoding(path)
        report.encoding = _NAMES[encoding]
        with path.open(encoding=encoding, newline="") as text:
            yield _sheet(path.name, text, report)
    except OSError as unread:
        raise Unreadable(f"The file cannot be opened: {unread.strerror}.") from unread


def _encoding(path: Path) -> str:
    """Give the encoding a file is written in: by its mark, by its zero bytes, by what it is not."""
    with path.open("rb") as raw:
        start = raw.read(_LOOKED_AT)
    if start.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise Unreadable("The file is written in UTF-32. Save it as UTF-8.")
    if start.startswith(codecs.BOM_UTF8):
        return _checked(path, "utf-8-sig")
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _checked(path, "utf-16")
    if (guess := utf16_without_mark(start)) is not None:
        return _checked(path, guess)
    try:
        return _checked(path, "utf-8")
    except UnicodeDecodeError:
        return _checked(path, "cp1252")


def _checked(path: Path, encoding: str) -> str:
    """Read the file through once; every byte must be a letter of the encoding, and none of them zero.

    Raises UnicodeDecodeError where the file is not UTF-8 after all, Unreadable in every other case.
    """
    decoder = codecs.getincrementaldecoder(encoding)()
    row = 1
    with path.open("rb") as raw:
        while True:
            chunk = raw.read(_CHUNK)
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as wrong:
                if encoding == "utf-8":
                    raise
                row += chunk.count(b"\n", 0, wrong.start)
                raise Unreadable(
                    f"Near row {row} there is a byte that no letter of {_NAMES[encoding]} has. Save the file as UTF-8.",
                    row=row,
                ) from None
            if (place := text.find("\0")) >= 0:
                row += text.count("\n", 0, place)
                raise Unreadable("There is a zero byte in the row: this is not a text file.", row=row)
            row += text.count("\n")
            if not chunk:
                return encoding


def _sheet(file: str, text: TextIO, report: FileReport) -> Sheet:
    lines = _lines(text)
    for _number, cells in lines:
        if any(cell.strip() for cell in cells):
            break
    else:
        raise Unreadable("The file has no row. Its first line names the columns.")
    _check_separator(cells)
    names = ["_".join(cell.strip().lower().split()) for cell in cells]
    known = FILES[file]
    required = [column.name for column in known if column.is_required]
    if len(names) > MOST_COLUMNS:
        raise Unreadable(f"The first line names {len(names)} columns; at most {MOST_COLUMNS} are read.", row=1)
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise Unreadable(f"The column {twice[0]} is named twice.", row=1, column=twice[0], value=twice[0])
    if missing := [name for name in required if name not in names]:
        say = "The column" if len(missing) == 1 else "The columns"
        are = "is" if len(missing) == 1 else "are"
        raise Unreadable(
            f"{say} {', '.join(missing)} {are} missing. The first line names at least: {','.join(required)}.",
            row=1,
            column=missing[0],
            value=",".join(names),
        )
    ours = {column.name for column in known}
    if strange := [name or f"(column {place})" for place, name in enumerate(names, 1) if name not in ours]:
        report.note(f"Not read, because the column is not one of ours: {', '.join(strange)}.")
    places = {name: place for place, name in enumerate(names) if name in ours}
    return Sheet(places, len(names), lines)


def _check_separator(cells: list[str]) -> None:
    if len(cells) > 1:
        return
    for separator, called in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
        if separator in cells[0]:
            raise Unreadable(f"The columns are separated by {called}. Save the file as CSV with commas.", row=1)


def _lines(text: TextIO) -> Iterator[tuple[int, list[str]]]:
    """Give each row with the number of the line it begins on, as an editor counts."""
    reader = csv.reader(text, strict=True)
    begins = 1
    try:
        for cells in reader:
            yield begins, cells
            begins = reader.line_num + 1
    except csv.Error as error:
        long = "field larger" in str(error)
        raise Unreadable(
            "A value is far too long; a quotation mark may be open."
            if long
            else "The quotation marks of the row do not match. One within a value is written twice.",
            row=begins,
        ) from error
