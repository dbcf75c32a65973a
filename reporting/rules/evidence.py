"""The plain names of files in a folder, and what of the school's own documents may be kept in one."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date
from typing import Final

from registers.rules.dates import spoken_day

# The least that systems take in a name: what none of them refuses, and short enough for a path.
_NOT_IN_NAMES: Final = re.compile(r'[\\/:*?"<>|\x00-\x1f]+')
_LONGEST: Final = 80
_WORD: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_EXCEL: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ENDINGS: Final = {"application/pdf": "pdf", "image/png": "png", _WORD: "docx", _EXCEL: "xlsx"}
_OFFICE: Final = {"word/document.xml": _WORD, "xl/workbook.xml": _EXCEL}
_RUNS: Final = ("vbaproject.bin", ".exe", ".js", ".vbs")


def plain_name(number: int, words: str, on: date, kind: str) -> str:
    """Give a file's name in a folder, like "03 Governors' paper 23 Nov 2026.pdf"; kind is its content type.

    A name that tells its day already has it once.

    Source: house style.
    """
    said = " ".join(_NOT_IN_NAMES.sub(" ", words).split())[:_LONGEST].strip(" .") or "Document"
    day = spoken_day(on)
    dated = said if said.endswith(day) else f"{said} {day}"
    return f"{number:02d} {dated}.{ENDINGS.get(kind, 'bin')}"


def kind_of(content: bytes, members: Collection[str] = ()) -> str:
    """Give the content type of a document, told by its first bytes; of an office file by the names of its `members`.

    Empty for anything else, and for an office file that could run something.

    Source: the formats' own first bytes (ISO 32000, PNG, ECMA-376).
    """
    if content.startswith(b"%PDF-"):
        return "application/pdf"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if not content.startswith(b"PK\x03\x04") or any(name.lower().endswith(_RUNS) for name in members):
        return ""
    return next((kind for part, kind in _OFFICE.items() if part in members), "")
