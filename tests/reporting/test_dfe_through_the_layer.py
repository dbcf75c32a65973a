"""DfE's own counts, put into a school's week totals, come out of the query layer as DfE's published percentages."""

import csv
import gzip
import io
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.http import QueryDict

from registers.models import WeekTotal
from reporting.queries.asked import asked
from reporting.queries.explorer import Reader, answer
from reporting.queries.tables import sheet
from tests.conftest import MONDAY

FILE = Path(__file__).parents[1] / "data" / "dfe" / "ytd_2025-26.csv.gz"
WEEKS = [date(2026, 8, 31) + timedelta(weeks=n) for n in range(11)]
LARGEST = 30_000  # of one kind in a week of one pupil


def rows():
    with gzip.open(FILE, "rt") as file:
        found = [row for row in csv.DictReader(io.StringIO(file.read())) if row["attendance_perc"] not in ("c", "z")]
    fits = [row for row in found if int(row["possible_sessions"]) < LARGEST * len(WEEKS) * 5]
    fits.sort(key=lambda row: int(row["possible_sessions"]))
    return fits[:: len(fits) // 12]


def spread(number, places):
    """Cut a number of sessions into so many that add up to it."""
    return [number // places + (at < number % places) for at in range(places)]


def put_totals(cast, row):
    pupils = (cast.callum, cast.amina, cast.freya, cast.tyler, cast.ikra)
    kinds = {
        "present": int(row["present_sessions"]),
        "approved": int(row["approved_educational_activity"]),
        "authorised": int(row["authorised_absence"]),
        "unauthorised": int(row["unauthorised_absence"]),
        "late": int(row["late_sessions"]),
    }
    places = [(pupil, week) for pupil in pupils for week in WEEKS]
    cut = {kind: spread(number, len(places)) for kind, number in kinds.items()}
    assert max(max(some) for some in cut.values()) < LARGEST
    WeekTotal.objects.bulk_create(
        WeekTotal(
            school_id=cast.thornbridge.pk, pupil_id=pupil.pk, school_week=week,
            **{kind: cut[kind][at] for kind in kinds},
        )
        for at, (pupil, week) in enumerate(places)
    )  # fmt: skip


@pytest.mark.parametrize(
    "row", rows(), ids=lambda row: f"{row['la_name'] or row['region_name']} {row['education_phase']}"
)
def test_dfes_counts_give_dfes_percentages(cast, row):
    put_totals(cast, row)
    reader = Reader.of(cast.sandra, cast.thornbridge)
    found = answer(reader, asked(QueryDict(""), reader=reader, on=MONDAY).question)
    tally = found.figures.tally
    assert (tally.possible, tally.attended, tally.late) == tuple(
        int(row[name]) for name in ("possible_sessions", "overall_attendance", "late_sessions")
    )
    for rate, column in (
        (tally.attendance_rate, "attendance_perc"),
        (tally.absence_rate, "overall_absence_perc"),
        (tally.authorised_rate, "authorised_absence_perc"),
        (tally.unauthorised_rate, "unauthorised_absence_perc"),
    ):
        assert abs(float(rate * 100) - float(row[column])) < 1e-9
    whole = sheet(found, "table", by="year", school=cast.thornbridge).total
    assert whole.cells[4] == tally.attendance_rate
