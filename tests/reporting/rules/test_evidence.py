"""Plain names of files, and what a document is by its content."""

from datetime import date

import pytest

from reporting.rules.evidence import kind_of, plain_name

ON = date(2026, 11, 23)
PDF = "application/pdf"


@pytest.mark.parametrize(
    ("number", "words", "name"),
    [
        (3, "Governors' paper", "03 Governors' paper 23 Nov 2026.pdf"),
        (12, "The week, Year 9/10: <all>", "12 The week, Year 9 10 all 23 Nov 2026.pdf"),
        (1, "Plan of 23 Nov 2026", "01 Plan of 23 Nov 2026.pdf"),
        (1, "../../etc/passwd", "01 etc passwd 23 Nov 2026.pdf"),
        (1, " . ", "01 Document 23 Nov 2026.pdf"),
        (99, "x" * 200, f"99 {'x' * 80} 23 Nov 2026.pdf"),
    ],
)
def test_a_file_has_a_name_that_every_system_takes(number, words, name):
    assert plain_name(number, words, ON, PDF) == name


WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.mark.parametrize(
    ("content", "members", "kind"),
    [
        (b"%PDF-1.7", (), PDF),
        (b"\x89PNG\r\n\x1a\n..", (), "image/png"),
        (b"PK\x03\x04", ("word/document.xml", "docProps/core.xml"), WORD),
        (b"PK\x03\x04", ("xl/workbook.xml",), EXCEL),
        (b"PK\x03\x04", ("xl/workbook.xml", "xl/vbaProject.bin"), ""),
        (b"PK\x03\x04", ("holiday.exe",), ""),
        (b"PK\x03\x04", (), ""),
        (b"MZ\x90", (), ""),
        (b"<html>", (), ""),
        (b"", (), ""),
    ],
)
def test_a_document_is_known_by_what_is_in_it(content, members, kind):
    assert kind_of(content, members) == kind
