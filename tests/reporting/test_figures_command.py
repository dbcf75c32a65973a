"""./run manage figures: the same numbers for people and for programs."""

import csv
import gzip
import io
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from attendance_office import clock
from registers.models import Mark
from registers.rules.sessions import monday
from tests.factories.cast import make_pupil

DFE = Path(__file__).parents[1] / "data" / "dfe"
FRIDAY_EVENING = datetime(2026, 11, 20, 18, 0, tzinfo=UTC)
KEYS = [
    "possible", "attended", "authorised", "unauthorised", "late", "missing", "codes", "attendance_percent",
    "absence_percent", "authorised_percent", "unauthorised_percent", "persistently_absent", "severely_absent", "pupils",
]  # fmt: skip


@pytest.fixture(autouse=True)
def friday_evening(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: FRIDAY_EVENING)


def figures(*arguments, shape="json"):
    out = io.StringIO()
    call_command("figures", *arguments, "--format", shape, stdout=out)
    return json.loads(out.getvalue()) if shape == "json" else out.getvalue()


def put(school, pupil, symbols, first=date(2026, 9, 2)):
    """Give a pupil these marks, one session after the other on every school day."""
    on, rows = first, []
    for number, symbol in enumerate(symbols):
        while on.weekday() > 4 or date(2026, 10, 23) <= on <= date(2026, 10, 30):
            on += timedelta(days=1)
        rows.append(
            Mark(
                school=school, pupil=pupil, on=on, half=("AM", "PM")[number % 2], code=symbol, school_week=monday(on),
                origin="import", recorded_at=FRIDAY_EVENING,
            )
        )  # fmt: skip
        on += timedelta(days=number % 2)
    Mark.objects.bulk_create(rows)


def test_englands_secondary_schools_in_small(cast):
    """Some 2,000 marks in DfE's proportions by code come out at DfE's rates, as far as whole marks allow."""
    columns = json.loads((DFE / "code_to_column.json").read_text())
    with gzip.open(DFE / "ytd_2025-26.csv.gz", "rt") as file:
        england = next(
            row
            for row in csv.DictReader(file)
            if (row["geographic_level"], row["education_phase"]) == ("National", "Secondary")
        )
    possible = int(england["possible_sessions"])
    wanted = {
        code: round(2000 * int(england[column]) / possible)
        for code, column in columns.items()
        if column in england and code not in {"H", "J", "F"}
    }
    marks = [code for code, number in wanted.items() for _ in range(number)]
    pupils = [make_pupil(cast.nine_a, f"Small{n}", "England") for n in range(20)]
    for number, pupil in enumerate(pupils):
        put(cast.thornbridge, pupil, marks[number::20])
    numbers = figures("--school", "137001", "--from", "2026-09-01", "--to", "2026-12-18")
    assert list(numbers) == KEYS
    assert numbers["codes"] == {code: number for code, number in sorted(wanted.items()) if number}
    total = sum(wanted.values())
    absent = sum(wanted[code] for code in "IMRSTEGUON") + sum(wanted[code] for code in ("C", "C1", "C2", "J1"))
    assert numbers["possible"] == total
    assert numbers["absence_percent"] == 100 * absent / total
    assert abs(numbers["absence_percent"] - float(england["overall_absence_perc"])) < 0.15
    assert abs(numbers["attendance_percent"] + numbers["absence_percent"] - 100) < 1e-9
    assert numbers["late"] == wanted["L"] + wanted["U"]
    assert numbers["pupils"] == 20


def test_percentages_are_unrounded_and_null_where_nothing_was_possible(cast):
    put(cast.thornbridge, cast.callum, ["/", "\\", "I"])
    numbers = figures("--school", "137001", "--from", "2026-09-01", "--to", "2026-09-30")
    assert numbers["attendance_percent"] == 200 / 3
    nothing = figures("--school", "137001", "--from", "2020-09-01", "--to", "2020-09-30")
    assert nothing["attendance_percent"] is None
    assert (nothing["possible"], nothing["pupils"], nothing["missing"]) == (0, 0, 0)


def test_sessions_not_due_yet_are_not_missing(cast):
    week = figures("--school", "137001", "--from", "2026-11-20", "--to", "2026-11-27")
    assert week["missing"] == 5 * 2


def test_rows_by_year_group_pupil_and_code_add_up_to_the_total(cast):
    put(cast.thornbridge, cast.callum, ["/", "\\", "O", "O"])
    put(cast.thornbridge, cast.tyler, ["L", "\\", "D", "D"])
    asked = ("--school", "137001", "--from", "2026-09-02", "--to", "2026-09-03", "--by")
    years = figures(*asked, "year_group")
    assert [row["year_group"] for row in years["rows"]] == [8, 9]
    assert years["school"] == "137001"
    assert list(years["total"]) == KEYS
    for name in ("possible", "attended", "late", "missing", "pupils", "persistently_absent"):
        assert sum(row[name] for row in years["rows"]) == years["total"][name]
    pupils = {row["upn"]: row for row in figures(*asked, "pupil")["rows"]}
    assert pupils[cast.callum.upn]["absence_percent"] == 50
    assert pupils[cast.callum.upn]["severely_absent"] == 1
    assert pupils[cast.tyler.upn]["codes"] == {"D": 2, "L": 1, "\\": 1}
    assert pupils[cast.ikra.upn] | {"missing": 4, "possible": 0, "absence_percent": None} == pupils[cast.ikra.upn]
    codes = {row["code"]: row for row in figures(*asked, "code")["rows"]}
    assert codes["O"]["percent"] == 100 * 2 / 6
    assert (codes["D"]["counts_as"], codes["D"]["percent"], codes["D"]["sessions"]) == ("not_possible", None, 2)


def test_the_table_says_the_same_in_words(cast):
    put(cast.thornbridge, cast.callum, ["/", "\\", "O", "O"])
    asked = ("--school", "137001", "--from", "2026-09-02", "--to", "2026-09-03")
    plain = figures(*asked, shape="table")
    assert "Thornbridge Academy, Wed 2 Sep 2026 to Thu 3 Sep 2026" in plain
    assert "Absence %           50.00" in plain
    by_pupil = figures(*asked, "--by", "pupil", shape="table")
    assert "Ashworth, Callum" in by_pupil
    assert "no rate" in by_pupil
    assert "Absent, other or unknown reason" in figures(*asked, "--by", "code", shape="table")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--school", "999999", "--from", "2026-09-01", "--to", "2026-09-30"), "No school has the URN '999999'"),
        (("--school", "137001", "--from", "1.9.2026", "--to", "2026-09-30"), "--from '1.9.2026' is not a date"),
        (("--school", "137001", "--from", "2026-09-30", "--to", "2026-09-01"), "is before --from"),
    ],
)
def test_what_cannot_be_answered_is_said(cast, arguments, words):
    with pytest.raises(CommandError, match=words) as refused:
        figures(*arguments)
    assert refused.value.returncode == 1
