"""The demo's joiners and its leaver: two children who come onto the roll this morning, and one who left yesterday."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Final

from django.db.models import Exists, OuterRef

from attendance_office import clock
from attendance_office.staff.models import Post, School, TutorGroup
from attendance_office.staff.roles import Role
from registers.actions.roll import leave_roll
from registers.models import Contact, Enrolment, Mark, Parent, Placement, Pupil
from registers.queries.calendar import calendar_of
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


def send_off_one(*, school: School, day: date, groups: Sequence[str]) -> bool:
    """Take one child of the last of these groups off the roll after the last school day: moved house, another school.

    The school heard of it two days before. Once in a month; a group whose register of the day is taken loses nobody.
    """
    last_on = calendar_of(school.pk).latest_day(day - timedelta(days=1))
    since = day - timedelta(days=30)
    officer = Post.objects.filter(school=school, role=Role.OFFICER, ended_on=None).select_related("user").first()
    if last_on is None or officer is None or Enrolment.objects.filter(school=school, ends_on__gte=since).exists():
        return False
    rows = Pupil.objects.on_roll(day).filter(school=school, tutor_group__name__in=groups)
    plain = rows.exclude(admission_number__regex=JOINERS_NUMBER).filter(is_vulnerable=False, is_looked_after=False)
    unmarked = plain.exclude(Exists(Mark.objects.filter(school=school, pupil=OuterRef("pk"), on__gte=day)))
    pupil = unmarked.order_by("-tutor_group__year_group", "sort_name", "pk").first()
    if pupil is None:
        return False
    heard_at = datetime.combine(last_on - timedelta(days=1), time(14), tzinfo=clock.LONDON)
    leave_roll(
        pupil=pupil, last_on=last_on, ground="a", confirmed={0, 1, 2}, destination="Coldharbour High School",
        destination_from_on=day, by=officer.user, at=heard_at,
    )  # fmt: skip
    return True
