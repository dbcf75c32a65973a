"""What DfE published, beside a school's own figures."""

import csv
import gzip
import io
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from attendance_office.staff.models import School
from registers.models import Mark
from reporting.queries.comparators import (
    EDITIONS,
    SHARES,
    Withheld,
    _published,
    bands_of,
    comparators,
    edition_for,
    phase_of,
)
from reporting.queries.periods import Period

DFE = Path(__file__).parents[1] / "data" / "dfe"


def school(la_code="830", phase="Secondary"):
    return School(la_code=la_code, phase=phase, urn="1", estab_number="4000")


def period(on):
    return Period("x", "", date(on.year, 9, 1), on)


def test_a_school_stands_beside_england_its_region_and_its_authority():
    found = comparators(school(), period(date(2026, 7, 1)))
    assert [one.words for one in found] == ["England, secondary", "East Midlands, secondary", "Derbyshire, secondary"]
    assert {one.edition.year for one in found} == {"2025/26"}


def test_a_period_after_the_last_publication_stands_beside_the_latest_with_its_dates():
    edition = edition_for(period(date(2026, 11, 23)))
    assert edition.year == "2025/26"
    assert edition.words == "2025/26, 8 Sep 2025 to 10 Jul 2026, published 23 Jul 2026" or "23" in edition.words
    assert edition_for(period(date(2025, 3, 1))).year == "2024/25"
    assert edition_for(period(date(2020, 3, 1))).year == "2024/25"


def test_what_dfe_suppressed_is_suppressed_and_never_a_number():
    (*_, authority) = comparators(school("420"), period(date(2026, 7, 1)))
    assert authority.name == "Isles of Scilly"
    assert set(authority.shares.values()) == {Withheld.SUPPRESSED}
    assert str(authority.shares["absence"]) == "suppressed"


def test_an_unknown_authority_leaves_england_alone():
    assert [one.name for one in comparators(school("999"), period(date(2026, 7, 1)))] == ["England"]


def test_a_school_of_several_phases_stands_beside_all_of_them_with_the_rule_of_that_year():
    assert phase_of(school(phase="All-through")) == "Total"
    weighted = comparators(school(phase="All-through"), period(date(2025, 7, 1)))[0]
    plain = comparators(school(phase="All-through"), period(date(2026, 7, 1)))[0]
    assert "weighted" in weighted.rule
    assert weighted.shares["attendance"] != pytest.approx(
        float(Fraction(weighted.attended, weighted.possible)), abs=1e-5
    )
    assert plain.rule == "sessions over possible sessions"
    assert float(plain.shares["attendance"]) == pytest.approx(plain.attended / plain.possible, abs=1e-8)


def test_every_published_row_is_here_with_its_percentages_to_six_places():
    kept = _published()
    compared = 0
    for year in EDITIONS:
        with gzip.open(DFE / f"ytd_{year.replace('/', '-')}.csv.gz", "rt") as file:
            for row in csv.DictReader(io.StringIO(file.read())):
                if row["geographic_level"] == "Local authority" or row["attendance_perc"] in ("c", "z"):
                    continue
                name = "England" if row["geographic_level"] == "National" else row["region_name"]
                level = row["geographic_level"].lower().replace("regional", "region")
                found = kept[year, level, name, row["education_phase"]]
                columns = ("attendance_perc", "overall_absence_perc", "authorised_absence_perc", "unauthorised_absence_perc",
                           "illness_perc", "pa_perc")  # fmt: skip
                for (key, _), column in zip(SHARES, columns, strict=True):
                    assert float(found.shares[key]) * 100 == pytest.approx(float(row[column]), abs=1e-6)
                    compared += 1
    assert compared == 2 * (4 + 36) * 6


def test_beside_dfe_is_a_look_of_its_own_with_date_and_rule_and_c_is_suppressed_in_the_file_too(
    term, sign_in, at_morning
):
    School.objects.filter(pk=term.thornbridge.pk).update(la_code="420", phase="Secondary")
    client = sign_in(term.sandra)
    text = client.get("/explorer/?view=beside&fsm=yes").content.decode()
    assert "DfE: 2025/26, Mon 8 Sep 2025 to Fri 10 Jul 2026, published Thu 23 Jul 2026; sessions over possible" in text
    assert "It is of an earlier school year than these days." in text
    assert "of all pupils, whatever these are narrowed to" in text
    sent = client.post("/explorer/export/csv/", {"query": "view=beside&fsm=yes"}).content.decode("utf-8-sig")
    heads, *rows = list(csv.reader(io.StringIO(sent)))
    assert heads[:2] == ["Share", "These pupils"]
    assert [head.split(",")[0] for head in heads[2:]] == ["England", "South West", "Isles of Scilly"]
    assert [row[0] for row in rows] == [words for _, words in SHARES]
    assert {row[-1] for row in rows} == {"suppressed"}
    some = Mark.objects.filter(school=term.thornbridge, pupil__is_fsm=True)
    ill, possible = some.filter(code="I").count(), some.exclude(code__in=["D", "#"]).count()
    assert rows[4][1] == f"{100 * ill / possible:.1f}"


def test_the_national_bands_are_those_of_2022_23():
    words, shares = bands_of(school())
    assert words == "England, secondary, 2022/23"
    assert sum(shares.values()) == 1
    assert round(float(shares["0"]) * 100, 1) == 46.3
    assert round(float(shares["50"]) * 100, 1) == 3.4
    assert round(float(1 - shares["0"] - shares["5"]) * 100, 2) == 26.52
    assert bands_of(school(phase="All-through")) is None
