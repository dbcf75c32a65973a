"""Files of other systems: read by what they hold, within limits, and in our own columns."""

import io
import time
import zipfile
from pathlib import Path

import pytest
import xlsxwriter

from registers.feeds.systems import date_order, guess
from registers.feeds.table import Unreadable, read_table
from registers.feeds.translate import Problem, translate

SAMPLES = Path(__file__).parents[3] / "docs" / "samples" / "systems"


def table(name):
    return read_table((SAMPLES / name).read_bytes(), name)


def translated(name):
    read = table(name)
    seen = guess(read)
    return seen, list(translate(read, seen.feeds, seen.mapping, date_order=seen.date_order))


@pytest.mark.parametrize(
    ("name", "system", "feeds", "rows"),
    [
        ("sims_pupils.csv", "sims_csv", "pupils", 6),
        ("sims_pupils.xml", "sims_xml", "pupils", 6),
        ("sims_marks.csv", "sims_csv", "marks", 59),
        ("arbor_pupils.csv", "arbor", "pupils", 6),
        ("arbor_marks.csv", "arbor", "marks", 24),
        ("bromcom_pupils.csv", "bromcom", "pupils", 6),
        ("go4schools_marks.csv", "go4schools", "marks", 3),
        ("wonde_students.json", "wonde", "pupils", 6),
        ("sds_uk_student.csv", "sds_uk", "pupils", 86),
    ],
)
def test_each_systems_file_is_known_and_read_without_a_word(name, system, feeds, rows):
    seen, found = translated(name)
    assert (seen.system, seen.feeds) == (system, feeds)
    assert [one for one in found if isinstance(one, Problem)] == []
    assert len(found) == rows


def test_the_traps_are_read_as_they_are_meant():
    _, sims = translated("sims_pupils.xml")
    assert sims[3].values["known_as"] == "Lukas"
    assert sims[0].values["year_group"] == "8"
    _, report = translated("sims_pupils.csv")
    assert (report[2].values["legal_surname"], report[2].values["legal_forename"]) == ("O'Hara", "Siân")
    assert report[0].values["admission_number"] == "004100"
    _, wonde = translated("wonde_students.json")
    assert wonde[0].values["date_of_birth"] == "2013-10-04"
    assert wonde[0].values["upn"].endswith("830410124010")
    seen, sds = translated("sds_uk_student.csv")
    assert seen.date_order == "mdy"
    assert sds[0].values["date_of_birth"] == "2000-04-02"
    assert "P@ssword" not in str(sds)
    _, marks = translated("sims_marks.csv")
    assert {one.values["code"] for one in marks} == {"/", "\\", "I", "L"}


def test_a_date_that_settles_the_order_decides_and_none_is_said():
    assert date_order(read_table(b"UPN,DOB\nA,4/5/2013\n", "a.csv")) == ("dmy", False)
    assert date_order(read_table(b"UPN,DOB\nA,4/25/2013\n", "a.csv")) == ("mdy", True)
    read = read_table(b"UPN,Surname,Forename,DOB\nA,Ash,Cal,31/02/2013\n", "a.csv")
    (wrong,) = translate(read, "pupils", guess(read).mapping)
    assert (wrong.row, wrong.column, wrong.value) == (2, "DOB", "31/02/2013")
    assert "day comes first" in wrong.words


BOMB = b"""<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><SuperStarReport><Record><x>&b;</x></Record></SuperStarReport>"""
OUTSIDE = b"""<!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/passwd">]><SuperStarReport><Record><x>&x;</x></Record></SuperStarReport>"""


def archive(name, content):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"UPN,Surname\n", "no row"),
        (b"%PDF-1.7", "picture or PDF"),
        (b"\xd0\xcf\x11\xe0", "old spreadsheet"),
        (b"UPN,Surname\n\x00\x01", "zero bytes"),
        (b"UPN,Surname\nA,B,C,D\n", "more values than the 2 columns"),
        (b'UPN,Surname\n"' + b"x" * 1_000_000 + b'",B\n', "longer than 100,000"),
        (BOMB, "entities"),
        (OUTSIDE, "entities"),
        (b"<SuperStarReport><Record></SuperStarReport>", "well-formed XML: line 1"),
        (b"<SuperStarReport></SuperStarReport>", "no Record"),
        (b'{"data": 4}', "no list of records"),
        (b'{"data": [', "well-formed JSON"),
        (archive("xl/workbook.xml", b"0" * 30_000_000), "unpacks to far more"),
        (archive("../../etc/cron", b"x"), "paths of their own"),
        (archive("a.txt", b"x"), "no spreadsheet"),
    ],
)
def test_what_is_no_table_or_built_to_harm_is_refused_in_words_and_at_once(content, words):
    began = time.monotonic()
    with pytest.raises(Unreadable, match=words):
        read_table(content, "file")
    assert time.monotonic() - began < 1


def test_a_spreadsheet_is_read_with_its_dates_and_numbers():
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["UPN", "Surname", "Forename", "Year", "Year"])
        sheet.write_row(1, 0, ["H801200001001", "Ash", "Cal", 9, "x"])
    read = read_table(out.getvalue(), "pupils.xlsx")
    assert read.columns == ("UPN", "Surname", "Forename", "Year", "Year (2)")
    assert read.rows[0][1][3] == "9"
