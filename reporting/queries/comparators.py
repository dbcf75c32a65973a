"""What the Department for Education has published, beside a school's own figures: marked, dated, with its rule.

The files and their licence lie in reporting/data. What DfE suppressed is "suppressed" here and never a number.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Final

from attendance_office.staff.models import School
from registers.rules.ages import school_year
from registers.rules.dates import spoken_date

from .periods import Period

_DATA: Final = Path(__file__).parents[1] / "data"
PHASES: Final = ("Secondary", "Primary", "Special")
SHARES: Final = (
    ("attendance", "Attendance"),
    ("absence", "Absence"),
    ("authorised_share", "Authorised"),
    ("unauthorised_share", "Unauthorised"),
    ("illness_share", "Illness"),
    ("persistent_share", "Persistently absent"),
)
BANDS_YEAR: Final = "2022/23"
HOW_DFE_COUNTS: Final = (
    "DfE counts from the second week of September: a school's own year to date, with the first days, differs.",
    "Possible sessions are those attended and those missed; D, Q, X, Y1 to Y7, Z and # are left out, as here.",
    "A pupil is persistently absent who missed one tenth or more of the own possible sessions of the period.",
    "Over a year to date of a few weeks more pupils come out as persistently absent than over a whole year.",
)


class Withheld(StrEnum):
    """Why a published number is not there."""

    SUPPRESSED = "suppressed"
    NOT_APPLICABLE = "not applicable"


Published = Fraction | Withheld


@dataclass(frozen=True)
class Edition:
    """One publication: the school year, the days it covers, and when it came out."""

    year: str
    from_on: date
    to_on: date
    published_on: date
    is_weighted: bool

    @property
    def words(self) -> str:
        """Give what it covers, with its date."""
        return (
            f"{self.year}, {spoken_date(self.from_on)} to {spoken_date(self.to_on)},"
            f" published {spoken_date(self.published_on)}"
        )


@dataclass(frozen=True)
class Comparator:
    """The published shares of one place and phase, with the rule by which they were made."""

    edition: Edition
    level: str
    name: str
    phase: str
    shares: Mapping[str, Published]
    possible: int | None
    attended: int | None

    @property
    def words(self) -> str:
        """Give whose figures they are."""
        return f"{self.name}, {'all phases' if self.phase == 'Total' else self.phase.lower()}"

    @property
    def rule(self) -> str:
        """Give the rule in words. Source: DfE changed how it makes totals over phases in September 2025."""
        if self.phase == "Total" and self.edition.is_weighted:
            return "mean of the phases, weighted by enrolments"
        return "sessions over possible sessions"


EDITIONS: Final = {
    edition.year: edition
    for edition in (
        Edition("2024/25", date(2024, 9, 9), date(2025, 7, 25), date(2025, 8, 7), is_weighted=True),
        Edition("2025/26", date(2025, 9, 8), date(2026, 7, 10), date(2026, 7, 23), is_weighted=False),
    )
}


def edition_for(period: Period) -> Edition:
    """Give the publication nearest to a period: of its last day's school year, else the latest before."""
    year = school_year(period.to_on)
    before = [edition for edition in EDITIONS.values() if edition.year <= year]
    return before[-1] if before else next(iter(EDITIONS.values()))


def comparators(school: School, period: Period) -> list[Comparator]:
    """Give England, the school's region and its local authority, of the school's phase, where published."""
    edition, phase = edition_for(period), phase_of(school)
    found = _published()
    rows = [found[edition.year, "national", "England", phase]]
    region = _region_of(school.la_code)
    if region:
        rows.append(found[edition.year, "region", region, phase])
    authority = found.get((edition.year, "authority", school.la_code, phase))
    return [*rows, authority] if authority else rows


def bands_of(school: School) -> tuple[str, Mapping[str, Fraction]] | None:
    """Give the published distribution of pupils over bands of absence in England, with its name."""
    phase = phase_of(school)
    row = _bands().get(("England", phase))
    if row is None:
        return None
    whole = sum(row.values())
    return f"England, {phase.lower()}, {BANDS_YEAR}", {key: Fraction(number, whole) for key, number in row.items()}


def phase_of(school: School) -> str:
    """Give DfE's phase of a school: all phases together where it is none of the three."""
    return next((phase for phase in PHASES if phase.lower() in school.phase.lower()), "Total")


@cache
def _published() -> Mapping[tuple[str, str, str, str], Comparator]:
    """Read the file once: by year, level, name (of an authority its code) and phase."""
    found = {}
    with (_DATA / "dfe_attendance.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            key = row["la_code"] if row["level"] == "authority" else row["name"]
            found[row["year"], row["level"], key, row["phase"]] = Comparator(
                edition=EDITIONS[row["year"]],
                level=row["level"],
                name=row["name"],
                phase=row["phase"],
                shares={name: _share(row[name]) for name, _ in SHARES},
                possible=_count(row["possible"]),
                attended=_count(row["attended"]),
            )
    return found


@cache
def _region_of(la_code: str) -> str:
    with (_DATA / "dfe_attendance.csv").open(encoding="utf-8", newline="") as file:
        return next((row["region"] for row in csv.DictReader(file) if row["la_code"] == la_code), "")


@cache
def _bands() -> Mapping[tuple[str, str], Mapping[str, int]]:
    with (_DATA / "dfe_bands.csv").open(encoding="utf-8", newline="") as file:
        return {
            (row["name"], row["phase"]): {key: int(number) for key, number in row.items() if key.isdecimal()}
            for row in csv.DictReader(file)
        }


def _share(text: str) -> Published:
    if text == "c":
        return Withheld.SUPPRESSED
    if text == "z":
        return Withheld.NOT_APPLICABLE
    return Fraction(Decimal(text)) / 100


def _count(text: str) -> int | None:
    return int(text) if text.isdecimal() else None
