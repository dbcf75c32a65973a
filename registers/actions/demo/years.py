"""School years of the demo: the calendar, everybody one year up, the children who start, and the eldest who leave.

As in a school that is not made up, a hand moves everybody up and takes the leavers off: the data manager's, or in
a small school the officer's.
"""

# ruff: noqa: S311 - the same seed makes the same school; nothing here keeps a secret

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from random import Random
from typing import Final

from django.db.models import QuerySet

from attendance_office import clock
from attendance_office.staff.models import Post, School, TutorGroup, User
from attendance_office.staff.roles import Role
from registers.actions.hand import in_history
from registers.models import Contact, Enrolment, Group, Membership, NonSchoolDay, Parent, Placement, Pupil, Term
from registers.rules.ages import compulsory_until
from registers.rules.names import sort_name

from .people import Child, Plan, cohort
from .terms import school_year

# The year group after which everybody leaves, and the shape of a plan's admission numbers: the cohort and the place.
OLDEST: Final = 11
PLANNED_NUMBER: Final = r"^\d{6}$"
_DAY: Final = timedelta(days=1)
_OFFICE_HOUR: Final = time(7, 40)
_ETHNICITIES: Final = ("WBRI", "WOTH", "MWAS", "MOTH", "BCRB", "CHNE", "OOTH")
_FLAGS: Final = ("is_looked_after", "has_protection_plan", "is_in_need", "is_young_carer", "is_vulnerable")
_GROUPS: Final = (
    ("Breakfast club", "Open from 8:00 in the canteen", 0.03),
    ("Football academy", "Wednesday fixtures", 0.035),
)


def begin(plan: Plan, seed: int, school: School, year: int, on: date) -> int:
    """Add a school year and give how many pupils came with it."""
    dates = school_year(year)
    starts_on = dates.terms[0].starts_on
    Term.objects.bulk_create(
        Term(school=school, school_year=dates.name, name=term.name, starts_on=term.starts_on, ends_on=term.ends_on)
        for term in dates.terms
    )
    NonSchoolDay.objects.bulk_create(
        [NonSchoolDay(school=school, on=day, kind=kind, name=name) for day, (kind, name) in dates.closed.items()],
        ignore_conflicts=True,
    )
    with in_history(f"New school year {dates.name}", by=_keeper(school), at=_at(starts_on)):
        _move_up(plan, school, starts_on)
    there = set(Pupil.objects.filter(school=school).values_list("admission_number", flat=True))
    children = [
        child
        for starts in plan.cohorts(year)
        for child in cohort(plan, seed, starts)
        if child.admission_number not in there
    ]
    _add(plan, school, year, children, on)
    return len(children)


def starting_day(child: Child, plan: Plan) -> date:
    """Give the day a child comes onto the roll: of the first term of the cohort, or later for a few."""
    dates = school_year(child.cohort)
    first = dates.terms[0].starts_on
    days = dates.calendar.days(first, dates.terms[-1].ends_on)
    return days[child.starts_late_by] if child.starts_late_by else days[0]


def leaving_day(plan: Plan, starts: int) -> date | None:
    """Give a cohort's last day on roll: the end of compulsory school age, or of its last year in a smaller school."""
    last = starts + len(plan.years) - 1
    if plan.years[-1] == OLDEST:
        return compulsory_until(date(last - 16, 9, 2))
    return school_year(last).terms[-1].ends_on


def send_off_leavers(plan: Plan, school: School, first_year: int, on: date) -> None:
    """Take off the roll every cohort whose last day has gone, and with it whoever joined one of its groups."""
    for starts in range(first_year - len(plan.years) + 1, on.year + 1):
        leaves_on = leaving_day(plan, starts)
        if leaves_on is not None and leaves_on < on:
            leavers = Pupil.objects.filter(school=school, admission_number__regex=rf"^{starts % 100:02d}\d{{4}}$")
            _send_off(school, leavers, leaves_on)
    if plan.years[-1] == OLDEST:
        others = Pupil.objects.filter(school=school, enrolments__ends_on=None)
        for pupil in others.exclude(admission_number__regex=PLANNED_NUMBER):
            leaves_on = compulsory_until(pupil.date_of_birth)
            if leaves_on < on:
                _send_off(school, Pupil.objects.filter(pk=pupil.pk), leaves_on)


def _send_off(school: School, leavers: QuerySet[Pupil], leaves_on: date) -> None:
    pupils = list(leavers.filter(enrolments__ends_on=None).values_list("pk", flat=True))
    if not pupils:
        return
    with in_history("End of the last school year", by=_keeper(school), at=_at(leaves_on)):
        Enrolment.objects.filter(school=school, pupil__in=pupils, ends_on=None).update(
            ends_on=leaves_on, destination="Peak Sixth Form College"
        )
        Placement.objects.filter(school=school, pupil__in=pupils, to_on=None).update(to_on=leaves_on)
        Pupil.objects.filter(pk__in=pupils).update(tutor_group=None)


def _keeper(school: School) -> User | None:
    """Give who keeps the school's data, or in a small school its officer; None where nobody has that post."""
    posts = Post.objects.filter(school=school, role__in=[Role.DATA_MANAGER, Role.OFFICER]).select_related("user")
    # "data_manager" comes before "officer".
    post = posts.order_by("role", "pk").first()
    return post.user if post else None


def _at(on: date) -> datetime:
    return datetime.combine(on, _OFFICE_HOUR, tzinfo=clock.LONDON)


def _move_up(plan: Plan, school: School, starts_on: date) -> None:
    """Move everybody who sits in a group to the same letter one year up."""
    groups = {group.name: group for group in TutorGroup.objects.filter(school=school)}
    new = []
    for year in sorted(plan.years[:-1], reverse=True):
        for letter in plan.letters:
            old, following = groups[f"{year}{letter}"], groups[f"{year + 1}{letter}"]
            placed = Placement.objects.filter(school=school, tutor_group=old, to_on=None, from_on__lt=starts_on)
            pupils = list(placed.values_list("pupil_id", flat=True))
            if not pupils:
                continue
            placed.update(to_on=starts_on - _DAY)
            new += [
                Placement(school=school, pupil_id=pupil, tutor_group=following, year_group=year + 1, from_on=starts_on)
                for pupil in pupils
            ]
            Pupil.objects.filter(pk__in=pupils).update(tutor_group=following, year_group=year + 1)
    Placement.objects.bulk_create(new)


def _add(plan: Plan, school: School, year: int, children: list[Child], on: date) -> None:
    """Put children on the roll in their groups, with their families."""
    dates = school_year(year)
    groups = {group.name: group for group in TutorGroup.objects.filter(school=school)}
    year_of = {starts: plan.year_group(starts, year) for starts in plan.cohorts(year)}
    pupils = Pupil.objects.bulk_create(
        _pupil(school, child, year_of[child.cohort] or plan.years[0], groups) for child in children
    )
    Enrolment.objects.bulk_create(
        Enrolment(school=school, pupil=pupil, starts_on=starting_day(child, plan))
        for pupil, child in zip(pupils, children, strict=True)
    )
    Placement.objects.bulk_create(
        Placement(
            school=school,
            pupil=pupil,
            tutor_group=pupil.tutor_group,
            year_group=pupil.year_group,
            from_on=max(dates.terms[0].starts_on, starting_day(child, plan)),
        )
        for pupil, child in zip(pupils, children, strict=True)
    )
    _families(school, dict(zip([pupil.pk for pupil in pupils], children, strict=True)), on)
    _memberships(school, pupils, dates.terms[0].starts_on)


def _pupil(school: School, child: Child, year_group: int, groups: dict[str, TutorGroup]) -> Pupil:
    forename = child.known_as or child.forename
    background = child.family.heritage
    rng = Random(child.upn)
    return Pupil(
        school=school,
        upn=child.upn,
        legal_surname=child.surname,
        legal_forename=child.forename,
        known_as=child.known_as,
        sort_name=sort_name(child.surname, forename),
        date_of_birth=child.born_on,
        sex=child.sex,
        admission_number=child.admission_number,
        address=child.family.address,
        postcode=child.family.postcode,
        last_school=f"{rng.choice(('Stanton', 'Brookside', 'St Anne', 'Holme Lane', 'Quarry Bank'))} Primary School",
        year_group=year_group,
        tutor_group=groups[f"{year_group}{child.letter}"],
        ethnicity=background.ethnicity if rng.random() < 0.9 else rng.choice(_ETHNICITIES),
        first_language=child.family.language,
        sen=child.sen,
        is_eal=child.is_eal,
        is_pp=child.is_pp,
        is_fsm=child.is_fsm,
        **{flag: flag in child.flags for flag in _FLAGS},
    )


def _families(school: School, children: dict[int, Child], on: date) -> None:
    """Make the contacts that are not there yet, one person for all of their children, and link them."""
    references = {adult.reference for child in children.values() for adult in child.family.adults}
    known = dict(Contact.objects.filter(school=school, reference__in=references).values_list("reference", "pk"))
    new = {}
    for child in children.values():
        family = child.family
        for adult in family.adults:
            if adult.reference in known or adult.reference in new:
                continue
            new[adult.reference] = Contact(
                school=school,
                reference=adult.reference,
                title=adult.title,
                forename=adult.forename,
                surname=adult.surname,
                mobile=adult.mobile,
                home_phone=family.home_phone if adult.lives_with else "",
                email=adult.email,
                address=family.address if adult.lives_with else "",
                postcode=family.postcode if adult.lives_with else "",
                language=family.language,
                last_confirmed_on=on - family.confirmed_days_ago * _DAY,
            )
    made = Contact.objects.bulk_create(new.values())
    known |= {contact.reference: contact.pk for contact in made}
    Parent.objects.bulk_create(
        Parent(
            school=school,
            pupil_id=pupil_id,
            contact_id=known[adult.reference],
            relationship=adult.relationship,
            has_responsibility=adult.relationship != "Grandmother",
            lives_with=adult.lives_with,
            priority=priority,
            gets_letters=adult.lives_with or priority == 1,
        )
        for pupil_id, child in children.items()
        for priority, adult in enumerate(child.family.adults, 1)
    )


def _memberships(school: School, pupils: list[Pupil], from_on: date) -> None:
    """Put some of the pupils into the school's own groups."""
    for name, purpose, share in _GROUPS:
        group, _ = Group.objects.get_or_create(school=school, name=name, defaults={"purpose": purpose})
        Membership.objects.bulk_create(
            Membership(school=school, group=group, pupil=pupil, from_on=from_on)
            for pupil in pupils
            if Random(f"{name}/{pupil.upn}").random() < share
        )
