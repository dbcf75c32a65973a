"""Files as people send them: any encoding, any mistake, never a traceback."""

import codecs
import csv
import io

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from registers.actions.imports import columns, reading
from registers.actions.imports.fields import read_date, year_group
from registers.actions.imports.reading import Unreadable, opened
from registers.actions.imports.report import FileReport
from registers.models import Mark, Pupil

from .conftest import MARKS, SAMPLES, TOBI, read, words_of

TEXT = (SAMPLES / "school" / "pupils.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("encode", "named"),
    [
        (lambda text: text.encode(), "UTF-8"),
        (lambda text: codecs.BOM_UTF8 + text.encode(), "UTF-8 with BOM"),
        (lambda text: text.encode("utf-16"), "UTF-16"),
        (lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"), "UTF-16"),
        (lambda text: text.encode("utf-16-le"), "UTF-16"),
        (lambda text: text.encode("utf-16-be"), "UTF-16"),
        (lambda text: text.replace("Ł", "L").encode("cp1252"), "Windows-1252"),
        (lambda text: text.replace("\n", "\r\n").encode(), "UTF-8"),
        (lambda text: text.replace("\n", "\r").encode(), "UTF-8"),
    ],
    ids=["utf-8", "bom", "utf-16", "utf-16-be", "le-bare", "be-bare", "cp1252", "crlf", "cr"],
)
def test_a_file_is_read_in_every_usual_encoding(db, folder, encode, named):
    (folder / "pupils.csv").write_bytes(encode(TEXT))
    report = read(folder)
    assert not report.is_refused, report.of("pupils.csv").faults
    assert report.of("pupils.csv").encoding == named
    assert Pupil.objects.get(upn="M302400124002").legal_forename == "Sinéad"


def look(path):
    """Read a file's rows as every reader does, and give the words it is refused with."""
    report = FileReport(path.name)
    try:
        with opened(path, report) as sheet:
            for _ in sheet.rows(report):
                pass
    except Unreadable as unread:
        return f"{unread.row or ''} {unread}".strip()
    return " ".join(fault.words for fault in report.faults)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "The file is empty"),
        (b"\n\n  \n", "The file has no row"),
        (codecs.BOM_UTF32_LE + "upn".encode("utf-32-le"), "UTF-32"),
        (MARKS.encode() + b"a,b,c,d,e,\x00\n", "2 There is a zero byte"),
        (MARKS.encode() + b"a,b,c,d,e,caf\xe9 \x81\n", "2 Near row 2 there is a byte that no letter of Windows-1252"),
        (codecs.BOM_UTF8 + b"upn\xff", "no letter of UTF-8"),
        (codecs.BOM_UTF16_LE + b"u\x00p", "no letter of UTF-16"),
        (b"upn,on,session,code,minutes_late,comment,on\n", "1 The column on is named twice."),
        (b"upn,on,session,comment\n", "1 The columns code, minutes_late are missing."),
        (b"upn,on,session,code,comment\n", "1 The column minutes_late is missing."),
        (b"upn;on;session;code;minutes_late;comment\n", "separated by semicolons"),
        (b"upn\ton\tsession\tcode\tminutes_late\tcomment\n", "separated by tabs"),
        (MARKS.encode() + b'a,b,c,d,e,"open\n', "quotation marks of the row do not match"),
        (MARKS.encode() + b'a,b,c,d,e,"in "the" middle"\n', "2 The quotation marks of the row do not match"),
        (MARKS.encode() + b'a,b,c,d,e,"' + b"x" * 200_000 + b'"\n', "2 A value is far too long"),
        (MARKS.encode() + b"a,b\n", "The row has 2 values, the first line names 6 columns."),
        (",".join(f"c{n}" for n in range(300)).encode() + b"\n", "at most 200 are read"),
    ],
)
def test_a_file_that_is_no_table_is_refused_with_what_would_be_right(tmp_path, data, words):
    path = tmp_path / "marks.csv"
    path.write_bytes(data)
    assert words in look(path)


def test_blank_lines_are_passed_over_and_rows_keep_the_numbers_of_their_lines(sample, only):
    row = f"{TOBI},2026-11-23,AM"
    text = f'\n{MARKS}\n,,,,,\n{row},I,,"two\nlines"\n\n{row[:-2]}PM,?,,\n'
    found = words_of(read(only(marks=text)), "marks.csv")
    assert [row for row, _, _ in found] == [8]


def test_a_column_that_is_not_ours_is_passed_over_and_named(sample, only):
    text = f"house,{MARKS.strip()},\nRed,{TOBI},2026-11-23,AM,I,,,\n"
    report = read(only(marks=text))
    assert report.of("marks.csv").added == 1
    assert report.of("marks.csv").notes == ["Not read, because the column is not one of ours: house, (column 8)."]


def test_names_of_columns_may_be_written_with_capitals_and_spaces(sample, only):
    text = f"UPN, On ,Session,CODE,Minutes Late,Comment\n{TOBI},2026-11-23,AM,L,4,\n"
    assert read(only(marks=text)).of("marks.csv").added == 1


def test_a_file_with_another_name_is_named_and_not_read(db, folder):
    (folder / "pupils.csv").rename(folder / "Pupils.csv")
    assert "Pupils.csv" in read(folder).of("school.csv").notes[0]


def test_a_file_over_the_limits_is_refused(sample, only, monkeypatch):
    folder = only(marks=MARKS + f"{TOBI},2026-11-23,AM,I,,\n{TOBI},2026-11-23,PM,I,,\n")
    monkeypatch.setattr(reading, "MOST_ROWS", 1)
    assert words_of(read(folder), "marks.csv") == [(3, "", "The file has more than 1 rows. Split it by school year.")]
    monkeypatch.setattr(reading, "LARGEST_FILE", 20)
    assert "at most" in read(folder).of("school.csv").faults[0].words


def test_a_folder_in_place_of_a_file_is_refused(sample, only):
    folder = only()
    (folder / "marks.csv").mkdir()
    assert words_of(read(folder), "marks.csv") == [(None, "", "This is not a file.")]


def test_a_value_that_is_too_long_or_cannot_be_printed_is_refused(db, only):
    head = "name,year_group,room\n"
    found = words_of(read(only(groups=head + f"9A,9,{'x' * 41}\n9B,9,a\x07b\n")), "groups.csv")
    assert found[0][2] == "It has 41 characters; at most 40 are kept."
    assert "cannot be printed" in found[1][2]


def test_every_fault_is_counted_and_the_words_of_so_many_kept(sample, only, monkeypatch):
    monkeypatch.setattr("registers.actions.imports.report.MOST_FAULTS_KEPT", 3)
    report = read(only(marks=MARKS + f"{TOBI},never,AM,/,,\n" * 10))
    assert (report.of("marks.csv").fault_count, len(report.of("marks.csv").faults)) == (10, 3)


@pytest.mark.parametrize(
    ("text", "weekday", "right"),
    [
        ("2026-01-05", "", "2026-01-05"),
        (" Mon 5 Jan 2026 ", "", "2026-01-05"),
        ("Monday, 5 January 2026", "mon", "2026-01-05"),
        ("2026-01-05 (Mon)", "Monday", "2026-01-05"),
        ("5 jan 2026", "", "2026-01-05"),
        ("Thurs 8 Jan 2026", "", "2026-01-08"),
    ],
)
def test_a_date_is_read_with_or_without_its_weekday(text, weekday, right):
    assert read_date(text, weekday).isoformat() == right


@pytest.mark.parametrize(
    ("text", "weekday", "words"),
    [
        ("Tue 5 Jan 2026", "", "2026-01-05 is a Monday, not a Tuesday"),
        ("2026-01-05", "Friday", "2026-01-05 is a Monday, not a Friday"),
        ("2026-01-05", "someday", "'someday' is not a weekday"),
        ("05/01/2026", "", "2026-01-05 if the day comes first"),
        ("2026-02-29", "", "no such day"),
        ("0026-01-05", "", "Is the year right"),
        ("5 Foo 2026", "", "There is no such day"),
        ("46027", "", "This is not a date"),
        ("２０２６-01-05", "", "This is not a date"),
    ],
)
def test_a_date_that_cannot_be_or_contradicts_its_weekday_is_refused(text, weekday, words):
    with pytest.raises(ValueError, match=words):
        read_date(text, weekday)


def test_a_year_group_is_read_as_schools_write_it():
    assert [year_group(text) for text in ("9", "Year 9", "Y9", "y10", "R", "N1", "N2")] == [9, 9, 9, 10, 0, -2, -1]
    assert [year_group(text) for text in ("", "nine", "15", "-3", "9.0", "²")] == [None] * 6


bits = st.sampled_from(
    [*MARKS.strip().split(","), TOBI, "2026-11-23", "Mon", "AM", "/", "\\", "L", "#", "Z", "12", "-1", "9" * 30, '"',
     ",", ",", "\n", "\r\n", "\r", "\0", "é", "\ud7ff", "\\N", "\\.", "\t", ";", "'", " ", "=1+1", "٣", "\x1a", "\u2028"]
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tail=st.one_of(st.binary(max_size=120), st.lists(bits, max_size=40).map(lambda some: "".join(some).encode())))
@example(tail=f"{TOBI},2026-11-23,AM,\\,,\\N\n".encode())
@example(tail=f'{TOBI},2026-11-23,AM,/,,"a\tb\\.\n\\."\n'.encode())
def test_no_bytes_after_the_first_line_end_in_a_traceback(sample, tmp_path, tail):
    (tmp_path / "school.csv").write_bytes((SAMPLES / "school" / "school.csv").read_bytes())
    (tmp_path / "marks.csv").write_bytes(MARKS.encode() + tail)
    report = read(tmp_path, dry_run=True).of("marks.csv")
    assert report.is_refused or report.added + report.changed + report.same == report.rows
    assert Mark.objects.count() == 250


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_values_in_any_file_end_in_a_traceback(sample, tmp_path, data):
    name = data.draw(st.sampled_from(sorted(columns.FILES)))
    names = [column.name for column in columns.FILES[name]]
    cell = st.one_of(
        st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
        st.sampled_from(
            ["", "9", "9A", "yes", TOBI, "2026-11-23", "a@b.invalid", "AM", "tutor", "2026/27", "08:40", "M"]
        ),
    )
    rows = data.draw(st.lists(st.lists(cell, min_size=len(names), max_size=len(names)), max_size=3))
    out = io.StringIO()
    csv.writer(out).writerows([names, *rows])
    (tmp_path / "school.csv").write_bytes((SAMPLES / "school" / "school.csv").read_bytes())
    (tmp_path / name).write_bytes(out.getvalue().encode())
    report = read(tmp_path, dry_run=True)
    assert all(fault.words for file in report.files for fault in file.faults)
    for left in tmp_path.iterdir():
        left.unlink()
