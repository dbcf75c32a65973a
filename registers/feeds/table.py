"""Any file that another system wrote, as one table: CSV, spreadsheet, report XML or JSON, within limits."""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from . import workbook

LARGEST: Final = 25 * 1024 * 1024
MOST_ROWS: Final = 500_000
MOST_COLUMNS: Final = 400
LONGEST_CELL: Final = 100_000
_MOST_UNPACKED: Final = 200 * 1024 * 1024
_MOST_RATIO: Final = 100
_MOST_MEMBERS: Final = 2_000
_FEWEST_PAIRS: Final = 8
_WEB_PAGE: Final = re.compile(r"\s*<(?:!doctype\s+)?html\b", re.IGNORECASE)
_ESCAPED: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")


class Unreadable(ValueError):
    """A file that is no table; its words say what would be right, and `row` where it went wrong."""

    def __init__(self, words: str, *, row: int | None = None, column: str = "", value: str = "") -> None:
        super().__init__(words)
        self.row, self.column, self.value = row, column, value


@dataclass(frozen=True)
class Table:
    """A file's columns and its rows, each with the line on which it begins. `shape` is csv, xlsx, xml or json."""

    columns: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    shape: str
    encoding: str = ""

    def column(self, name: str) -> int:
        """Give the place of a column. Raises ValueError where it is not there."""
        return self.columns.index(name)


def read_table(content: bytes, name: str) -> Table:
    """Read a file by what it holds, whatever it is called.

    Raises Unreadable where it is empty, too large, no table, or built to harm whoever opens it.
    """
    if not content.strip():
        raise Unreadable(f"{name} is empty.")
    if len(content) > LARGEST:
        raise Unreadable(
            f"{name} has {len(content) / 1024**2:,.0f} MB; at most 25 MB are read. Split it by year group."
        )
    if content.startswith(b"PK\x03\x04"):
        return _spreadsheet(content, name)
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unreadable(f"{name} is an old spreadsheet or protected by a password. Save it as .xlsx or CSV.")
    if content.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff")):
        raise Unreadable(f"{name} is a picture or PDF. Export the list as CSV or Excel.")
    text, encoding = _decoded(content, name)
    first = text.lstrip()[:1]
    if _WEB_PAGE.match(text):
        raise Unreadable(
            f"{name} is a web page, perhaps where the other system asks to sign in. Export the list as CSV."
        )
    if first == "<":
        return _xml(content, name)
    if first in {"{", "["}:
        return _json(text, name, encoding)
    return _csv(text, name, encoding)


def _decoded(content: bytes, name: str) -> tuple[str, str]:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _decode(content, "utf-16", name), "UTF-16"
    if content.startswith(codecs.BOM_UTF8):
        return _decode(content, "utf-8-sig", name), "UTF-8"
    if (guess := utf16_without_mark(content[:4096])) is not None:
        return _decode(content, guess, name), "UTF-16"
    if b"\x00" in content[:4096]:
        raise Unreadable(f"{name} holds zero bytes: it is no text. Save it as CSV in UTF-8.")
    try:
        return content.decode("utf-8"), "UTF-8"
    except UnicodeDecodeError:
        return _decode(content, "cp1252", name), "Windows-1252"


def utf16_without_mark(start: bytes) -> str | None:
    """Tell UTF-16 by the zeros beside plain letters: nearly every other byte of a table's first lines."""
    pairs = len(start) // 2
    if pairs < _FEWEST_PAIRS:
        return None
    if start[1::2].count(0) > pairs * 0.8 and not start[0::2].count(0):
        return "utf-16-le"
    if start[0::2].count(0) > pairs * 0.8 and not start[1::2].count(0):
        return "utf-16-be"
    return None


def _decode(content: bytes, encoding: str, name: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as wrong:
        raise Unreadable(f"{name} cannot be read as text at byte {wrong.start:,}. Save it as CSV in UTF-8.") from wrong


def _table(columns: list[str], rows: Iterator[tuple[int, list[str]]], shape: str, encoding: str, name: str) -> Table:
    heads = _heads(columns, name)
    found: list[tuple[int, tuple[str, ...]]] = []
    for number, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        if len(found) >= MOST_ROWS:
            raise Unreadable(f"{name} has more than {MOST_ROWS:,} rows. Split it by year group.", row=number)
        extra = [cell for cell in cells[len(heads) :] if cell.strip()]
        if extra:
            words = (
                f"The row has more values than the {len(heads)} columns. Put a value with a comma in quotation marks."
            )
            raise Unreadable(words, row=number, value=extra[0][:80])
        found.append((number, tuple([*cells, *[""] * len(heads)][: len(heads)])))
    if not found:
        raise Unreadable(f"{name} has column names and no row.")
    return Table(tuple(heads), tuple(found), shape, encoding)


def _heads(columns: list[str], name: str) -> list[str]:
    """Give the names of the columns; a name that is there twice gets its number."""
    heads = [" ".join(one.split()) for one in columns]
    while heads and not heads[-1]:
        heads.pop()
    if not heads:
        raise Unreadable(f"{name} has no line of column names.")
    if len(heads) > MOST_COLUMNS:
        raise Unreadable(f"{name} has {len(heads)} columns; at most {MOST_COLUMNS} are read.")
    seen: dict[str, int] = {}
    for place, head in enumerate(heads):
        seen[head] = seen.get(head, 0) + 1
        if seen[head] > 1:
            heads[place] = f"{head} ({seen[head]})"
    return heads


def _csv(text: str, name: str, encoding: str) -> Table:
    if "\x00" in text:
        raise Unreadable(f"{name} holds zero bytes: it is no text. Save it as CSV in UTF-8.")
    head = text[: text.find("\n")] if "\n" in text else text
    delimiter = max((",", ";", "\t", "|"), key=head.count)
    if not head.count(delimiter):
        delimiter = ","
    for number, line in enumerate(text.split("\n"), 1):
        if line.count(delimiter) > LONGEST_CELL:
            raise Unreadable(
                f"The line has {line.count(delimiter):,} separators: this is no list of pupils.", row=number
            )
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)

    def rows() -> Iterator[tuple[int, list[str]]]:
        while True:
            begins = reader.line_num + 1
            try:
                yield begins, next(reader)
            except StopIteration:
                return
            except csv.Error as wrong:
                long = "field larger" in str(wrong)
                words = "A value is longer than 100,000 characters" if long else "The quotation marks do not match"
                raise Unreadable(f"{words}.", row=begins) from wrong

    found = rows()
    try:
        _, columns = next(found)
    except StopIteration:
        raise Unreadable(f"{name} has no line of column names.") from None
    return _table(columns, found, "csv", encoding, name)


def _spreadsheet(content: bytes, name: str) -> Table:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
    except zipfile.BadZipFile as wrong:
        raise Unreadable(f"{name} is broken: save the spreadsheet again.") from wrong
    unpacked = sum(one.file_size for one in members)
    packed = max(1, sum(one.compress_size for one in members))
    if len(members) > _MOST_MEMBERS or unpacked > _MOST_UNPACKED or unpacked / packed > _MOST_RATIO:
        raise Unreadable(f"{name} unpacks to far more than it holds: it is not opened.")
    if any(one.filename.startswith(("/", "\\")) or ".." in one.filename.split("/") for one in members):
        raise Unreadable(f"{name} holds parts with paths of their own: it is not opened.")
    if not any(one.filename == "xl/workbook.xml" for one in members):
        raise Unreadable(f"{name} is no spreadsheet that can be read. Save it as .xlsx or CSV.")
    lines = enumerate(_rows_of_sheet(content, name), 1)
    columns = next((cells for _, cells in lines if any(one.strip() for one in cells)), [])
    return _table(columns, lines, "xlsx", "", name)


def _rows_of_sheet(content: bytes, name: str) -> list[list[str]]:
    """Give the rows of a workbook's first sheet, read by a program that has memory and time of its own."""
    try:
        done = subprocess.run(
            [sys.executable, "-I", workbook.__file__],
            input=content,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=workbook.SECONDS + 10,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        raise Unreadable(f"{name} takes far too long to open: save its rows as CSV.") from late
    if done.returncode == workbook.BROKEN:
        raise Unreadable(f"{name} is no spreadsheet that can be read. Save it as .xlsx or CSV.")
    if done.returncode:
        raise Unreadable(
            f"{name} unpacks to far more than it holds: copy its rows into a new sheet, or save it as CSV."
        )
    return [json.loads(line) for line in done.stdout.splitlines()]


def _xml(content: bytes, name: str) -> Table:
    columns: dict[str, int] = {}
    records: list[tuple[int, dict[str, str]]] = []
    try:
        for node in _record_nodes(content):
            record = {_plain(child.tag): "".join(child.itertext()).strip() for child in node}
            for key in record:
                columns.setdefault(key, len(columns))
            records.append((len(records) + 1, record))
            if len(records) > MOST_ROWS or len(columns) > MOST_COLUMNS:
                raise Unreadable(f"{name} has more rows or columns than are read. Split it by year group.")
    except DefusedXmlException as harm:
        raise Unreadable(f"{name} declares entities or a document type: such a file is not read.") from harm
    except ElementTree.ParseError as wrong:
        line, column = wrong.position
        raise Unreadable(f"{name} is no well-formed XML: line {line}, column {column}.", row=line) from wrong
    if not records:
        raise Unreadable(f"{name} holds no Record: export the report as XML, or save it as CSV.")
    heads = list(columns)
    # An element that is absent is a value that is not there.
    rows = ((number, [record.get(head, "") for head in heads]) for number, record in records)
    return _table(heads, rows, "xml", "XML", name)


def _record_nodes(content: bytes) -> Iterator[Any]:
    """Give the Record elements as they end; whatever was read is let go at once, so that no tree grows."""
    path: list[Any] = []
    within = 0
    for event, node in ElementTree.iterparse(io.BytesIO(content), events=("start", "end"), forbid_dtd=True):
        is_record = _plain(node.tag) == "Record"
        if event == "start":
            path.append(node)
            within += is_record
            continue
        path.pop()
        within -= is_record
        if is_record and not within:
            yield node
        if path and not within:
            path[-1].remove(node)


def _plain(tag: str) -> str:
    """Give a column's name as the report had it: "_x0020_" is a space."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), tag.rpartition("}")[2])


def _json(text: str, name: str, encoding: str) -> Table:
    try:
        said = json.loads(text)
    except (ValueError, RecursionError) as wrong:
        line = getattr(wrong, "lineno", None)
        raise Unreadable(f"{name} is no well-formed JSON{f': line {line}' if line else ''}.", row=line) from wrong
    rows = said.get("data") if isinstance(said, dict) else said
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise Unreadable(f"{name} holds no list of records under \u201cdata\u201d.")
    flat = [dict(_flat(row)) for row in rows]
    columns: dict[str, None] = {}
    for row in flat:
        columns |= dict.fromkeys(row)
    heads = list(columns)
    lines = ((number, [row.get(head, "") for head in heads]) for number, row in enumerate(flat, 1))
    return _table(heads, lines, "json", encoding, name)


def _flat(value: Any, path: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Give a record's values by dotted name; a wrapped date is its day, a wrapped list its items by number."""
    if isinstance(value, dict) and "date" in value and "timezone" in value:
        yield path, str(value["date"])[:10]
    elif isinstance(value, dict) and depth < 8:
        for key, inner in value.items():
            yield from _flat(inner, path if key == "data" else f"{path}.{key}".strip("."), depth + 1)
    elif isinstance(value, list) and depth < 8:
        for place, inner in enumerate(value[:20]):
            yield from _flat(inner, f"{path}.{place}".strip("."), depth + 1)
    elif value is not None:
        yield path, ("yes" if value else "no") if isinstance(value, bool) else str(value)
