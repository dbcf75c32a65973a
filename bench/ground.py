"""What several benchmarks stand on: a school of forty groups of thirty with no marks yet, and a way to time things."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from datetime import date, timedelta
from datetime import time as clock_time

from attendance_office.staff.models import Post, School, TutorGroup, User
from registers.models import Enrolment, Placement, Pupil, SessionTimes, Term

URN = "999001"
FIRST, LAST = date(2026, 1, 5), date(2026, 7, 22)


def median_ms(doing: Callable[[], object], times: int = 30) -> float:
    """Give the median time of one doing in milliseconds, after three for warmth."""
    for _ in range(3):
        doing()
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        doing()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


def row(
    name: str, figure: float, unit: str = "ms", *, floor: float | None = None, goal: float | None = None, note: str = ""
) -> dict:
    """Give one row of results; the ratio is derived."""
    ratio = figure / floor if floor else None
    return {"name": name, "figure": figure, "unit": unit, "floor": floor, "ratio": ratio, "goal": goal, "note": note}


def bare_school(urn: str = URN) -> School:
    """Give, made at the first call, a school with forty tutor groups of thirty pupils and no mark."""
    school = School.objects.filter(urn=urn).first()
    if school is not None:
        return school
    school = School.objects.create(
        urn=urn, name=f"Bench School {urn}", la_code="999", estab_number=urn[-4:], phase="Secondary"
    )
    Term.objects.create(school=school, school_year="2025/26", name="Spring and summer", starts_on=FIRST, ends_on=LAST)
    SessionTimes.objects.create(
        school=school, half="AM", from_on=FIRST, opens_at=clock_time(8, 40), closes_at=clock_time(9, 10)
    )
    SessionTimes.objects.create(
        school=school, half="PM", from_on=FIRST, opens_at=clock_time(13, 20), closes_at=clock_time(13, 50)
    )
    groups = [
        TutorGroup.objects.create(school=school, name=f"{year}{letter}", year_group=year)
        for year in range(7, 12)
        for letter in "ABCDEFGH"
    ]
    pupils = Pupil.objects.bulk_create(
        Pupil(
            school=school,
            upn=f"Z{urn}{number:06d}",
            legal_surname=f"Surname{number:04d}",
            legal_forename="Sam",
            sort_name=f"surname{number:04d}, sam",
            date_of_birth=date(2013, 1, 1),
            sex="F",
            year_group=group.year_group,
            tutor_group=group,
        )
        for number, group in enumerate(group for group in groups for _ in range(30))
    )
    Enrolment.objects.bulk_create(Enrolment(school=school, pupil=pupil, starts_on=FIRST) for pupil in pupils)
    Placement.objects.bulk_create(
        Placement(school=school, pupil=pupil, tutor_group=pupil.tutor_group, year_group=pupil.year_group, from_on=FIRST)
        for pupil in pupils
    )
    for number, group in enumerate(groups):
        tutor = User.objects.create_user(f"tutor{number}@bench{urn}.invalid", None, last_name=f"Tutor{number}")
        Post.objects.create(user=tutor, school=school, role="tutor", tutor_group=group)
    officer = User.objects.create_user(f"officer@bench{urn}.invalid", None, last_name="Officer")
    Post.objects.create(user=officer, school=school, role="officer")
    return school


def school_days() -> list[date]:
    """Give the bench school's days."""
    return [day for n in range((LAST - FIRST).days + 1) if (day := FIRST + timedelta(days=n)).weekday() < 5]
