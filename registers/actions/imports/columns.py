"""The files of a school's folder and the columns of each, in the order they are read. docs/import.md says the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name in the first line, whether it must be there, and how long a value may be."""

    name: str
    is_required: bool
    longest: int


def _columns(required: str, optional: str, **longest: int) -> tuple[Column, ...]:
    """Give columns from two lists of names; a value without a length of its own has at most 200 characters."""
    return tuple(
        Column(name, is_required, longest.get(name, 200))
        for names, is_required in ((required, True), (optional, False))
        for name in names.split()
    )


SCHOOL: Final = "school.csv"
TERMS: Final = "terms.csv"
NON_SCHOOL_DAYS: Final = "non_school_days.csv"
SESSION_TIMES: Final = "session_times.csv"
GROUPS: Final = "groups.csv"
STAFF: Final = "staff.csv"
PUPILS: Final = "pupils.csv"
CONTACTS: Final = "contacts.csv"
MARKS: Final = "marks.csv"
PERIODS: Final = "periods.csv"
WEEKS: Final = "timetable_weeks.csv"
LESSONS: Final = "lessons.csv"
SEATS: Final = "seats.csv"

FILES: Final[Mapping[str, tuple[Column, ...]]] = MappingProxyType(
    {
        SCHOOL: _columns(
            "urn name la_code estab_number phase",
            "trust address postcode phone email headteacher",
            phase=40, address=400, postcode=10, phone=40, email=254, headteacher=150,
        ),
        TERMS: _columns("school_year term starts_on ends_on", "starts_weekday ends_weekday", term=40),
        NON_SCHOOL_DAYS: _columns("on kind name", "session weekday", name=100),
        SESSION_TIMES: _columns("half from_on opens_at closes_at", "weekday"),
        GROUPS: _columns("name year_group", "room building", name=20, room=40, building=60),
        STAFF: _columns(
            "email surname role",
            "title forename year_group tutor_group phone staff_code",
            email=254, surname=150, title=20, forename=150, tutor_group=20, phone=40, staff_code=20,
        ),
        PUPILS: _columns(
            "upn legal_surname legal_forename date_of_birth sex year_group tutor_group starts_on",
            "ends_on enrolment leaving_ground destination known_as middle_names former_surname admission_number"
            " address postcode last_school ethnicity first_language sen eal pp fsm looked_after child_protection"
            " in_need young_carer vulnerable",
            legal_surname=100, legal_forename=100, known_as=100, middle_names=150, former_surname=100,
            admission_number=20, address=400, postcode=10, ethnicity=4, first_language=40, tutor_group=20,
        ),
        CONTACTS: _columns(
            "upn surname relationship",
            "reference title forename mobile home_phone work_phone email address postcode language"
            " has_responsibility lives_with priority gets_letters do_not_contact why_not last_confirmed_on",
            surname=100, relationship=40, reference=40, title=20, forename=100, mobile=40, home_phone=40,
            work_phone=40, email=254, address=400, postcode=10, language=40,
        ),
        MARKS: _columns("upn on session code minutes_late comment", "weekday"),
        PERIODS: _columns("name half starts_at ends_at", "", name=10),
        WEEKS: _columns("monday letter", ""),
        LESSONS: _columns(
            "class day period",
            "week subject year_group teacher room from_on to_on",
            subject=60, room=40, period=10, teacher=254, **{"class": 20},
        ),
        SEATS: _columns("class upn", "from_on to_on", **{"class": 20}),
    }
)  # fmt: skip
