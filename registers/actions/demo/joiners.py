"""The demo's joiners: two children who come onto the roll on the morning that the demo lays out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from attendance_office.staff.models import School, TutorGroup
from registers.models import Contact, Enrolment, Parent, Placement, Pupil
from registers.rules.ages import school_year_starts
from registers.rules.names import sort_name
from registers.rules.upn import check_letter

# The shape of their admission numbers.
JOINERS_NUMBER: Final = r"^J\d{5}$"
_JOINERS: Final = (
    ("F", "Ottilie", "Marchbank", "Cowling"),
    ("M", "Rafael", "Santos-Hill", "Santos"),
)


def add_joiners(*, school: School, day: date, groups: Sequence[str]) -> int:
    """Put two children on the roll from a day on, each in one of the groups that are there; give how many were new."""
    rooms = list(TutorGroup.objects.filter(school=school, name__in=groups).order_by("year_group", "name"))
    made = 0
    for place, (sex, forename, surname, parent) in enumerate(_JOINERS if rooms else ()):
        group = rooms[place % len(rooms)]
        number = f"J{day:%y%m}{place}"
        if Pupil.objects.filter(school=school, legal_surname=surname, legal_forename=forename).exists():
            continue
        body = f"{school.la_code}{school.estab_number}{day:%y}{990 + place:03d}"
        pupil = Pupil.objects.create(
            school=school,
            upn=check_letter(body) + body,
            legal_surname=surname,
            legal_forename=forename,
            sort_name=sort_name(surname, forename),
            date_of_birth=date(school_year_starts(day).year - group.year_group - 5, 11, 14 + place),
            sex=sex,
            admission_number=number,
            address=f"{12 + place} Weir Lane",
            postcode="ZZ1 4TT",
            last_school="Coldharbour High School",
            year_group=group.year_group,
            tutor_group=group,
        )
        Enrolment.objects.create(school=school, pupil=pupil, starts_on=day)
        Placement.objects.create(
            school=school, pupil=pupil, tutor_group=group, year_group=group.year_group, from_on=day
        )
        contact = Contact.objects.create(
            school=school,
            reference=f"{number}-1",
            title="Ms",
            forename="Dana",
            surname=parent,
            mobile=f"07700 900{870 + place}",
            email=f"dana.{parent.lower()}@home.example",
            address=pupil.address,
            postcode=pupil.postcode,
            last_confirmed_on=day,
        )
        Parent.objects.create(school=school, pupil=pupil, contact=contact, relationship="Mother")
        made += 1
    return made
