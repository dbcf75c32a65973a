"""Making the demo school and keeping it up to date: the school, its calendar, staff, pupils and families."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password

from attendance_office.audit import trail
from attendance_office.jobs.actions import ensure_schedules
from attendance_office.staff.models import Post, School, Trust, TutorGroup, User
from attendance_office.staff.roles import OF_THE_TRUST
from registers.models import SessionTimes, Term
from registers.queries.calendar import calendar_of
from registers.rules.ages import school_year_starts

from . import lessons as lesson_registers
from . import marks, timetable, years
from .cast import NO_TRUST, PASSWORD, TRUST, staff_of
from .people import Plan
from .terms import school_year

Say = Callable[[str], None]
_HEADS: Final = {"199001": "Dr Sol Abara", "199002": "Mrs June Tarrant"}
_ROOMS: Final = {7: "North", 8: "North", 9: "East", 10: "West", 11: "West"}


@dataclass(frozen=True)
class Made:
    """What one run made."""

    school: School
    is_new: bool
    pupils: int
    marks: int
    registers: int
    settled: int
    lesson_marks: int = 0


def make_school(
    *, plan: Plan, seed: int, on: date, by: User | None, at: datetime, say: Say = lambda words: None
) -> Made:
    """Make a demo school up to the morning of a day, or bring one that is there up to it.

    What exists stays as people left it: only years, pupils, registers and marks that are not there yet are added, and
    an N that outlived its five school days is settled.
    """
    with trail.signed(by=by, at=at, school_id=None, reason="Reason given by the parent"):
        found = School.objects.filter(urn=plan.urn).first()
        is_new = found is None
        school = found or add_school(plan)
        if is_new:
            add_staff(plan, school)
            ensure_schedules(school=school, by=by, at=at)
            say(f"{school.name}: the school, {len(plan.years) * len(plan.letters)} tutor groups and the staff")
        this_year = school_year_starts(on).year
        first = this_year - 1 if is_new else _first_year(school)
        added = 0
        for year in range(first, this_year + 1):
            if not Term.objects.filter(school=school, school_year=school_year(year).name).exists():
                added += years.begin(plan, seed, school, year, on)
        years.send_off_leavers(plan, school, first, on)
        if added:
            say(f"{school.name}: {added} pupils with their families")
        filled = marks.fill(plan=plan, seed=seed, school=school, first_year=first, on=on, is_new=is_new)
        lessons = timetable.add_timetable(school=school, seed=seed, on=on)
        if lessons:
            say(f"{school.name}: a timetable of {lessons:,} lessons in two weeks")
        lesson_marks = _fill_lessons(school, seed, on)
        if lesson_marks:
            say(f"{school.name}: lesson registers with {lesson_marks:,} marks")
        made = Made(school, is_new, added, filled.marks, filled.registers, filled.settled, lesson_marks)
        if is_new or added or filled.marks:
            trail.record(
                verb="made the demo school" if is_new else "brought the demo school up to date",
                by=by,
                at=at,
                school_id=school.pk,
                subject_kind="school",
                subject_id=school.pk,
                words=f"{school.name}: {added} pupils, {filled.registers} registers, {filled.marks} marks",
            )
    return made


def _fill_lessons(school: School, seed: int, on: date) -> int:
    """Fill the lesson registers up to the day before the latest school day, and cover some lessons of that day."""
    day = calendar_of(school.pk).latest_day(on)
    if day is None:
        return 0
    written = lesson_registers.fill_lessons(school=school, seed=seed, day=day)
    lesson_registers.cover_lessons(school=school, day=day)
    return written


def add_school(plan: Plan) -> School:
    """Make the school with its groups and session times."""
    trust = None
    if plan.urn not in NO_TRUST:
        trust, _ = Trust.objects.get_or_create(name=TRUST)
    school = School.objects.create(
        trust=trust,
        urn=plan.urn,
        name=plan.name,
        la_code=plan.la_code,
        estab_number=plan.estab_number,
        phase="Secondary",
        address=f"School Road, {plan.name.split()[0]}",
        postcode="ZZ1 1AA",
        phone="01632 960100",
        email=f"office@{plan.domain}",
        headteacher=_HEADS.get(plan.urn, "Ms Head Teacher"),
    )
    TutorGroup.objects.bulk_create(
        TutorGroup(
            school=school,
            name=f"{year}{letter}",
            year_group=year,
            room=f"{_ROOMS[year][0]}{year - 6}{place:02d}",
            building=f"{_ROOMS[year]} building",
        )
        for year in plan.years
        for place, letter in enumerate(plan.letters, 1)
    )
    from_on = date(2000, 9, 1)
    SessionTimes.objects.bulk_create(
        [
            SessionTimes(school=school, half="AM", from_on=from_on, opens_at=time(8, 40), closes_at=time(9, 10)),
            SessionTimes(school=school, half="PM", from_on=from_on, opens_at=time(13, 20), closes_at=time(13, 50)),
        ]
    )
    return school


def add_staff(plan: Plan, school: School) -> None:
    """Make the accounts, all with the demo's password, and their posts."""
    groups = {group.name: group for group in TutorGroup.objects.filter(school=school)}
    people = staff_of(plan)
    secret = make_password(PASSWORD)
    used: dict[str, int] = {}
    users = []
    for person in people:
        stem = (person.first[0] + person.last[:2]).upper()
        used[stem] = used.get(stem, 0) + 1
        users.append(
            User(
                email=person.email(plan.domain),
                password=secret,
                title=person.title,
                first_name=person.first,
                last_name=person.last,
                staff_code=stem if used[stem] == 1 else f"{stem}{used[stem]}",
            )
        )
    made = User.objects.bulk_create(users)
    EmailAddress.objects.bulk_create(
        EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in made
    )
    Post.objects.bulk_create(
        Post(
            user=user,
            school=None if person.role in OF_THE_TRUST else school,
            trust=school.trust if person.role in OF_THE_TRUST else None,
            role=person.role,
            year_group=person.year_group,
            tutor_group=groups.get(person.group),
        )
        for user, person in zip(made, people, strict=True)
    )


def _first_year(school: School) -> int:
    """Give the first school year that the demo made."""
    first = Term.objects.filter(school=school).order_by("starts_on").values_list("starts_on", flat=True).first()
    return school_year_starts(first).year if first else 0
