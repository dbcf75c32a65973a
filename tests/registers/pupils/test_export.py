"""What leaves the office as a file: no formula, readable numbers, and a line in the trail."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import date
from fractions import Fraction

import pytest
from django.urls import reverse

from attendance_office.audit.models import Entry
from attendance_office.web import export
from attendance_office.web.export import Column, plain, safe
from registers.models import Pupil
from registers.rules.names import sort_name

HOSTILE = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "\tplain",
    "\rplain",
    "\nplain",
    " =1+1",
    "   @x",
    "\u00a0=1+1",
    "\u00a0 \u2003=1+1",
    "\u200b=1+1",
    "\ufeff=1+1",
    " \t1",
    '=HYPERLINK("http://x")',
    "=cmd|' /C calc'!A0",
    "\uff1d1+1",
    "'=1+1",
    "''=1+1",
]
HARMLESS = ["O'Brien", "'t Hooft", "Smith-Jones", "a=b", "", "9A", "Łukasz", "3 - 4"]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_that_a_spreadsheet_would_run_is_led_by_an_apostrophe(text):
    assert safe(text) == f"'{text}"


@pytest.mark.parametrize("text", HARMLESS)
def test_a_harmless_text_stays_what_it_is(text):
    assert safe(text) == text


@pytest.mark.parametrize("text", [*HOSTILE, *HARMLESS, "+44 7700 900418"])
def test_what_went_out_can_be_read_back_unchanged(text):
    assert plain(safe(text)) == text


def test_a_telephone_number_stays_whole_and_readable():
    assert safe("+44 7700 900418") == "'+44 7700 900418"
    answer = export.as_csv([Column("Mobile")], [["+44 7700 900418"]], name="x")
    assert "'+44 7700 900418" in answer.content.decode("utf-8-sig")


def test_a_csv_quotes_every_cell_and_writes_dates_and_shares_plainly():
    columns = [Column("Name"), Column("On"), Column("%", is_share=True), Column("n")]
    answer = export.as_csv(
        columns, [["=x", date(2026, 11, 23), Fraction(346, 371), 3], [None, None, None, True]], name="x"
    )
    text = answer.content.decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(text))) == [
        ["Name", "On", "%", "n"],
        ["'=x", "2026-11-23", "93.3", "3"],
        ["", "", "", "Yes"],
    ]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Disposition"] == 'attachment; filename="x.csv"'


def test_a_workbook_holds_numbers_as_numbers_a_frozen_head_filters_and_no_formula():
    answer = export.as_xlsx(
        [Column("Name"), Column("n"), Column("%", is_share=True)],
        [[text, 7, Fraction(1, 2)] for text in [*HOSTILE, "http://x.invalid"]],
        name="x",
    )
    book = zipfile.ZipFile(io.BytesIO(answer.content))
    sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert "<hyperlink" not in sheet
    assert '<c r="B2"><v>7</v></c>' in sheet
    assert "<v>0.5</v>" in sheet
    assert 'state="frozen"' in sheet
    assert "<autoFilter" in sheet
    strings = book.read("xl/sharedStrings.xml").decode()
    assert ">=1+1<" not in strings
    assert "&#39;=1+1" in strings or "'=1+1" in strings


def _export(client, form="csv", query=""):
    return client.post(reverse("registers:pupil_export", args=[form]), {"query": query})


def _rows(answer):
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_the_export_is_exactly_the_list_narrowed_and_sorted_as_shown(year, sign_in, at_morning):
    Pupil.objects.filter(pk=year.freya.pk).update(legal_surname="=1+1", sort_name=sort_name("=1+1", "Freya"))
    rows = _rows(_export(sign_in(year.sandra), query="form=" + str(year.nine_a.pk) + "&sort=-rate"))
    # Freya has no sessions, so no rate: she stands before the best where the best come first.
    assert [row["Surname"] for row in rows] == ["'=1+1", "Begum", "Ashworth"]
    callum = next(row for row in rows if row["Surname"] == "Ashworth")
    assert (callum["Attended"], callum["Possible"], callum["Late"]) == ("91", "101", "3")
    assert callum["Attendance %"] == "90.1"


def test_every_export_is_written_down_with_its_rows_and_columns(year, sign_in, at_morning):
    client = sign_in(year.sandra)
    assert _export(client, "xlsx", "below=95").status_code == 200
    entry = Entry.objects.get(verb="list exported")
    assert entry.by_name == "Mrs S. Pugh"
    assert entry.after["rows"] == 1
    assert "Attended" in entry.after["columns"]
    assert entry.after["filters"] == "Attendance below 95 %"
    assert entry.words == f"Pupils exported as XLSX: 1 rows, {len(entry.after['columns'])} columns"


def test_who_may_not_export_is_refused_and_a_get_exports_nothing(year, sign_in, at_morning):
    assert _export(sign_in(year.pat)).status_code == 403
    client = sign_in(year.sandra)
    assert client.get(reverse("registers:pupil_export", args=["csv"])).status_code == 405
    assert not Entry.objects.filter(verb="list exported").exists()
