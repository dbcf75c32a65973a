"""DfE's published percentages, from DfE's own numbers of marks by code, through the figures that a school is given."""

import csv
import gzip
import io
import json
from datetime import date
from pathlib import Path

import pytest

from registers.rules.figures import Figures

FOLDER = Path(__file__).parents[2] / "data" / "dfe"
COLUMN_OF = json.loads((FOLDER / "code_to_column.json").read_text())
WITHIN = 1e-9
ON = date(2025, 9, 8)
BEFORE = date(2024, 8, 18)
F_AT_MOST = 1000  # of 1.4 thousand million sessions
RATES = {
    "attendance_perc": "attendance_percent",
    "overall_absence_perc": "absence_percent",
    "authorised_absence_perc": "authorised_percent",
    "unauthorised_absence_perc": "unauthorised_percent",
}
REASONS = {
    "illness_perc": "I", "appointments_perc": "M", "unauth_hol_perc": "G", "unauth_oth_perc": "O",
    "unauth_late_registers_closed_perc": "U", "unauth_not_yet_perc": "N", "auth_religious_perc": "R",
    "auth_study_perc": "S", "auth_mob_perc": "T", "auth_excluded_perc": "E", "auth_performance_perc": "C1",
    "auth_interview_perc": "J1", "auth_part_time_perc": "C2", "auth_other_perc": "C",
}  # fmt: skip
COUNTS = {
    "possible_sessions": "possible", "overall_attendance": "attended", "authorised_absence": "authorised",
    "unauthorised_absence": "unauthorised", "late_sessions": "late",
}  # fmt: skip


def rows(year):
    with gzip.open(FOLDER / f"ytd_{year}.csv.gz", "rt") as file:
        return list(csv.DictReader(io.StringIO(file.read())))


def is_published(row):
    return row["attendance_perc"] not in {"c", "z", "", "NA"}


def figures_of(row):
    """Read a row's marks. Some schools' systems still sent F, H and J, which ended in August 2024: by their own set.

    These files have no column for F. It is what the authorised total holds beyond the named reasons; the Department's
    weekly file, which has the column, has exactly that number in it.
    """
    found = {code: int(row[column]) for code, column in COLUMN_OF.items() if column in row}
    old = {code: found.pop(code) for code in ("H", "J")}
    new = Figures.of_codes(found, ON)
    old["F"] = int(row["authorised_absence"]) - new.tally.authorised - old["H"]
    assert 0 <= old["F"] <= F_AT_MOST
    ended = Figures.of_codes(old, BEFORE)
    return Figures(tally=new.tally + ended.tally, codes={**new.codes, **ended.codes})


def plain(year):
    """Give the rows whose percentages are plain ratios: until 2024/25 DfE weighted "Total" rows by enrolments."""
    return [row for row in rows(year) if is_published(row) and (year != "2024-25" or row["education_phase"] != "Total")]


@pytest.mark.parametrize(("year", "expected"), [("2024-25", 481), ("2025-26", 643)])
def test_every_published_percentage_comes_out_of_the_published_counts(year, expected):
    found = plain(year)
    assert len(found) == expected
    worst = 0.0
    for row in found:
        figures = figures_of(row)
        numbers = figures.as_numbers()
        for column, name in RATES.items():
            worst = max(worst, abs(numbers[name] - float(row[column])))
        for column, code in REASONS.items():
            worst = max(worst, abs(figures.percent_of_possible(code) - float(row[column])))
    assert worst < WITHIN


@pytest.mark.parametrize("year", ["2024-25", "2025-26"])
def test_every_published_total_is_the_sum_of_its_codes(year):
    for row in rows(year):
        if is_published(row):
            numbers = figures_of(row).as_numbers()
            assert {column: numbers[name] for column, name in COUNTS.items()} == {
                column: int(row[column]) for column in COUNTS
            }


def test_total_rows_until_2024_25_are_weighted_by_enrolments_and_so_are_not_plain_ratios():
    year = rows("2024-25")
    total = next(row for row in year if (row["geographic_level"], row["education_phase"]) == ("National", "Total"))
    phases = [row for row in year if row["geographic_level"] == "National" and row["education_phase"] != "Total"]
    rate = {row["education_phase"]: figures_of(row).as_numbers()["absence_percent"] for row in phases}
    weight = {row["education_phase"]: int(row["total_enrolments"]) for row in phases}
    weighted = sum(rate[phase] * weight[phase] for phase in rate) / sum(weight.values())
    assert abs(weighted - float(total["overall_absence_perc"])) < WITHIN
    plain_ratio = figures_of(total).as_numbers()["absence_percent"]
    assert abs(plain_ratio - float(total["overall_absence_perc"])) > 0.005


def test_suppressed_rows_are_there_and_are_left_out():
    assert sum(not is_published(row) for row in rows("2024-25")) == 3
    assert sum(not is_published(row) for row in rows("2025-26")) == 4
