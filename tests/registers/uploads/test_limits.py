"""Files built to harm, too large, of another kind or in another encoding: refused in words, at once, and cheaply."""

import io
import time
import tracemalloc
import zipfile

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from registers.feeds import table
from registers.feeds.systems import guess
from registers.feeds.table import Unreadable, read_table
from registers.models import Import, StoredFile


def workbook(*cells):
    """Give a spreadsheet with these cells: (row, column, value)."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for cell in cells:
            sheet.write(*cell)
    return out.getvalue()


def refusal(content, name="file"):
    with pytest.raises(Unreadable) as told:
        read_table(content, name)
    return str(told.value)


def test_five_kilobytes_that_name_a_cell_a_million_rows_down_end_nothing_but_their_own_reading():
    content = workbook((0, 0, "UPN"), (1, 0, "A"), (1_048_575, 16_383, "far away"))
    assert len(content) < 10_000
    began = time.monotonic()
    assert "far more than it holds" in refusal(content)
    assert time.monotonic() - began < 5


def test_one_long_text_that_a_hundred_thousand_cells_name_is_not_written_out():
    cells = [(0, 0, "UPN"), *((row, column, "x" * 30_000) for row in range(1, 2_001) for column in range(50))]
    content = workbook(*cells)
    assert len(content) < 1_000_000
    assert "far more than it holds" in refusal(content)


def test_other_workbooks_than_xlsx_are_not_opened():
    for inside in ("content.xml", "xl/workbook.bin", "word/document.xml"):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as file:
            file.writestr(inside, "x")
        assert "Save it as .xlsx or CSV" in refusal(out.getvalue())


def test_a_spreadsheets_rows_are_numbered_as_it_numbers_them_and_may_begin_further_down():
    read = read_table(workbook((3, 1, "UPN"), (3, 2, "Surname"), (5, 1, "A"), (5, 2, "Ash"), (8, 1, "B")), "file.xlsx")
    assert [number for number, _ in read.rows] == [6, 9]
    assert read.rows[0][1][-2:] == ("A", "Ash")


def test_xml_of_a_million_elements_builds_no_tree():
    # The parser's own work, without the reader's: no element is a record.
    content = b"<SuperStarReport>" + b"<a><b/></a>" * 200_000 + b"</SuperStarReport>"
    tracemalloc.start()
    assert "no Record" in refusal(content)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 15_000_000


def test_records_are_found_however_deep_they_lie():
    content = b"<R><Set><Record><UPN>A</UPN><Surname>Ash</Surname></Record></Set><Record><UPN>B</UPN></Record></R>"
    assert [cells for _, cells in read_table(content, "x.xml").rows] == [("A", "Ash"), ("B", "")]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"data": [{"upn": ' + b"9" * 5_000 + b"}]}", "well-formed JSON"),
        (b"[" * 200_000, "well-formed JSON"),
        (b"UPN,Surname\n" + b"," * 3_000_000 + b"\n", "3,000,000 separators"),
        (b",".join(b"c%d" % number for number in range(500)) + b"\nx\n", "has 500 columns"),
        (b"<!doctype html><html><body>Please sign in</body></html>", "is a web page"),
        (b"\n<HTML><body><p>Please sign in</p></body></HTML>", "is a web page"),
        ("UPN,Surname\nA,Ash\n".encode("utf-32"), "zero bytes"),
        (b"\xff\xfe" + "UPN,Surname\nA,Ash\n".encode("utf-16-le") + b"\x00", "cannot be read as text"),
        (b"UPN,Surname\nA,\x81sh\n", "cannot be read as text at byte"),
        (b"\xff\xd8\xff\xe0 a picture", "picture or PDF"),
    ],
)
def test_a_file_of_another_kind_is_refused_in_words(content, words):
    began = time.monotonic()
    assert words in refusal(content)
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_list_is_read_in_every_encoding_that_offices_write(encoding, newline):
    text = newline.join(["UPN,Surname,Forename", "A,O'Hara,Siân", '"B","Núñez, Jr",José']) + newline
    read = read_table(text.encode(encoding), "x.csv")
    assert [cells for _, cells in read.rows] == [("A", "O'Hara", "Siân"), ("B", "Núñez, Jr", "José")]


def test_xml_says_its_own_encoding():
    text = '<?xml version="1.0" encoding="{}"?><R><Record><UPN>A</UPN><Surname>Núñez</Surname></Record></R>'
    for encoding in ("utf-16", "windows-1252", "iso-8859-1"):
        read = read_table(text.format(encoding).encode(encoding), "x.xml")
        assert read.rows[0][1] == ("A", "Núñez")


def test_a_heading_that_is_there_twice_keeps_both_columns_and_the_first_is_matched():
    read = read_table(b"UPN,Surname,Forename,Surname\nA,Ash,Cal,Oak\n", "x.csv")
    assert read.columns == ("UPN", "Surname", "Forename", "Surname (2)")
    assert guess(read).mapping["legal_surname"] == "Surname"


def test_more_rows_than_are_read_are_told_with_the_row(monkeypatch):
    monkeypatch.setattr(table, "MOST_ROWS", 3)
    with pytest.raises(Unreadable, match="more than 3 rows") as told:
        read_table(b"UPN\nA\nB\nC\nD\n", "x.csv")
    assert told.value.row == 5


# ---------- the door ----------


@pytest.mark.django_db
def test_a_hundred_megabytes_are_let_run_by_and_nothing_of_them_is_kept(cast, sign_in, at_morning, settings, tmp_path):
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    client = sign_in(cast.sandra)
    path = reverse("registers:import_list")
    large = SimpleUploadedFile("large.csv", b"UPN,Surname\n" + b"A,Ash\n" * 17_000_000)
    assert large.size > 100_000_000
    body = client.post(path, {"file": large})
    assert body.status_code == 422
    assert "The file is larger than 25 MB" in body.content.decode()
    assert list(tmp_path.iterdir()) == []
    assert not StoredFile.objects.exists()
    # One that lies about its length is read to the limit's end by the server itself, and refused by its size.
    nearly = SimpleUploadedFile("nearly.csv", b"x" * (table.LARGEST + 10))
    assert "at most 25 MB are read" in client.post(path, {"file": nearly}).content.decode()
    assert not Import.objects.exists()


@pytest.mark.django_db
def test_a_name_built_to_harm_is_a_name(cast, sign_in, at_morning):
    client = sign_in(cast.sandra)
    file = SimpleUploadedFile("../../<b>x</b>=1+1.csv", b"UPN,Surname,Forename\nH801200001001,Ash,Cal\n")
    page = client.post(reverse("registers:import_list"), {"file": file}, follow=True).content.decode()
    assert "<b>x</b>" not in page
    answer = client.get(reverse("registers:import_file", args=[Import.objects.get().pk]))
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "/" not in answer["Content-Disposition"].partition("filename=")[2]
