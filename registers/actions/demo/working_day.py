"""The demo's working day: agreements behind the codes that need one, and a morning's work for the office."""

# ruff: noqa: S311 - the same seed makes the same school; nothing here keeps a secret

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Final

from django.db import connection

from attendance_office import clock
from attendance_office.audit import trail
from attendance_office.staff.models import School, TutorGroup, User
from registers.actions.doubts import run_trawl
from registers.models import (
    Agreement,
    AgreementPupil,
    Channel,
    Contact,
    Enrolment,
    LineMessage,
    Mark,
    Parent,
    Placement,
    Pupil,
    Return,
)
from registers.queries.calendar import calendar_of
from registers.rules.ages import school_year_starts
from registers.rules.names import sort_name
from registers.rules.upn import check_letter

# How long an agreement that still runs goes on, and in how many days the one that is about to end does.
GOES_ON: Final = timedelta(days=40)
ENDS_IN: Final = timedelta(days=4)
_DAY: Final = timedelta(days=1)
_TRAWLED: Final = timedelta(weeks=4)

# A pupil's C2 marks of a school year that no agreement covers yet. Each says that it has one; a doubtful one does not.
_SPELLS: Final = """
    SELECT m.pupil_id, min(m."on"), max(m."on"),
           array_agg(DISTINCT (extract(isodow FROM m."on")::int - 1) * 2 + (m.half = 'PM')::int)
    FROM registers_mark m
    WHERE m.school_id = %(school)s AND m.code = 'C2' AND m.comment <> ''
      AND NOT EXISTS (
          SELECT FROM registers_agreementpupil p JOIN registers_agreement a ON a.id = p.agreement_id
          WHERE p.school_id = m.school_id AND p.pupil_id = m.pupil_id AND a.code = 'C2'
            AND m."on" BETWEEN a.from_on AND a.ends_on
      )
    GROUP BY m.pupil_id, date_part('year', m."on" + interval '5 months')
    ORDER BY 2, 1
"""


def add_agreements(*, school: School, day: date) -> int:
    """Make the part-time agreements behind the demo's C2 marks that have none yet; give how many.

    One that reaches up to the last days goes on, and the eldest of those is about to end.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SPELLS, {"school": school.pk})
        spells = cursor.fetchall()
    latest = calendar_of(school.pk).latest_day(day - _DAY) or day
    running = [spell for spell in spells if latest - spell[2] <= timedelta(days=3)]
    parents: dict[int, Parent] = {}
    for parent in Parent.objects.filter(school=school, lives_with=True).order_by("-priority", "-pk"):
        parents[parent.pupil_id] = parent
    rows = []
    for spell in spells:
        pupil, first, last, places = spell
        ends_on = last
        if spell in running:
            ends_on = day + (ENDS_IN if spell is running[0] else GOES_ON)
        rows.append(
            Agreement(
                school=school,
                kind=Agreement.Kind.PART_TIME,
                code="C2",
                name="Part-time timetable, back to full time by steps",
                from_on=first,
                to_on=ends_on,
                ends_on=ends_on,
                weekly="".join("1" if place in places else "0" for place in range(10)),
                review_on=ends_on - ENDS_IN if ends_on > day + ENDS_IN else None,
                agreed_on=first - timedelta(days=3),
                agreed_by=school.headteacher,
                agreed_with_id=parents[pupil].contact_id if pupil in parents else None,
                made_at=datetime.combine(first - timedelta(days=3), time(12), tzinfo=clock.LONDON),
            )
        )
    made = Agreement.objects.bulk_create(rows)
    AgreementPupil.objects.bulk_create(
        AgreementPupil(school=school, agreement=row, pupil_id=spell[0]) for row, spell in zip(made, spells, strict=True)
    )
    return len(made)


# ---------- the whole of it ----------


def lay_out_morning(*, school: School, day: date, seed: int, by: User | None, at: datetime) -> None:
    """Lay out the worklists of a morning: agreements, voicemails, returns sent and the doubts of four weeks.

    What is there already stays, so that it may be asked for again.
    """
    reason = "The demo's working day"
    with trail.signed(by=by, at=at, school_id=school.pk, reason=reason):
        many = add_agreements(school=school, day=day)
        many += add_voicemails(school=school, day=day, seed=seed)
        many += send_old_returns(school=school, day=day, at=at)
        if many:
            trail.record(
                verb="laid out the demo's morning",
                by=by,
                at=at,
                school_id=school.pk,
                subject_kind="school",
                subject_id=school.pk,
                words=f"{school.name}: agreements, voicemails and returns",
            )
    run_trawl(school=school, from_on=day - _TRAWLED, to_on=day, by=by, at=at)


# ---------- the absence line ----------

# What parents say to the voicemail before the school opens: a code nobody has typed yet.
_SAID: Final = (
    "Hello, this is {adult}. {forename} {surname} in {form} has been sick in the night and won't be in today.",
    "Morning. {forename} {surname}, {form}. Temperature, sore throat, so off today and maybe tomorrow. {adult}.",
    "{adult} here, about {forename} {surname} of {form}. Dentist at half past nine, back for the afternoon.",
    "Hi, it's about {forename} {surname}, {form}. A migraine. I will ring again if it is no better. {adult}.",
    "Good morning, {adult} speaking. {forename} {surname} has chickenpox, the doctor says five days. Form {form}.",
    "{forename} {surname} will not be in, {form}. Stomach bug, the little one has it too. Thanks. {adult}.",
    "Message for attendance: {forename} {surname}, {form}, away today.",
    "Yes, hello. {forename} {surname} from {form} missed the bus and is too upset to come in. This is the neighbour.",
)
# Who of them rings from a number that nobody of the family has given.
_STRANGERS: Final = frozenset({6, 7})
_FIRST: Final = time(7, 12)


def add_voicemails(*, school: School, day: date, seed: int) -> int:
    """Leave the morning's voicemails: of pupils marked N this morning, and of some whose register nobody has taken."""
    taken = list(
        Mark.objects.filter(school=school, on=day, half="AM", code="N", pupil__is_vulnerable=False)
        .order_by("pupil__admission_number")
        .values_list("pupil", flat=True)
    )
    rng = Random(f"{seed}/{school.urn}/voicemail/{day}")
    about = rng.sample(taken, min(len(_SAID) - 2, len(taken)))
    waiting = (
        Pupil.objects.filter(school=school, is_vulnerable=False, tutor_group__isnull=False)
        .exclude(marks__on=day)
        .on_roll(day)
        .order_by("admission_number")
        .values_list("pk", flat=True)
    )
    others = [pk for pk in waiting if pk not in about]
    about += rng.sample(others, min(len(_SAID) - len(about), len(others)))
    pupils = Pupil.objects.select_related("tutor_group").in_bulk(about)
    adults: dict[int, Parent] = {}
    for parent in Parent.objects.filter(pupil__in=about).select_related("contact").order_by("-priority", "-pk"):
        adults[parent.pupil_id] = parent
    begins = datetime.combine(day, _FIRST, tzinfo=clock.LONDON)
    rows = []
    for place, pk in enumerate(about):
        pupil, adult = pupils[pk], adults.get(pk)
        group = pupil.tutor_group
        rows.append(
            LineMessage(
                school=school,
                channel=Channel.VOICEMAIL,
                received_at=begins + timedelta(minutes=11 * place + rng.randrange(9)),
                sender="07700 900" + f"{rng.randrange(1000):03d}" if place in _STRANGERS else _number(adult),
                body=_SAID[place].format(
                    adult=adult.contact if adult else "His aunt",
                    forename=pupil.forename,
                    surname=pupil.legal_surname,
                    form=group.name if group else "",
                ),
                reference=f"voicemail {day} {place}",
                logged_at=begins + timedelta(minutes=11 * place + 10),
            )
        )
    return len(LineMessage.objects.bulk_create(rows, ignore_conflicts=True))


def _number(adult: Parent | None) -> str:
    return (adult.contact.mobile or adult.contact.home_phone) if adult else ""


# ---------- joiners ----------

_JOINERS: Final = (
    ("F", "Ottilie", "Marchbank", "Cowling"),
    ("M", "Rafael", "Santos-Hill", "Santos"),
)


def add_joiners(*, school: School, day: date, groups: Sequence[str]) -> int:
    """Put two children on the roll from a day on, each in one of the groups; give how many were new."""
    made = 0
    for place, (sex, forename, surname, parent) in enumerate(_JOINERS):
        group = TutorGroup.objects.get(school=school, name=groups[place % len(groups)])
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


def send_old_returns(*, school: School, day: date, at: datetime) -> int:
    """Mark as sent the new-pupil returns of everybody who started before a day of this school year."""
    first = school_year_starts(day)
    rows = [
        Return(
            school=school,
            enrolment=stay,
            kind=Return.Kind.NEW_PUPIL,
            sent_on=min(stay.starts_on + timedelta(days=3), day),
            sent_how="Council's portal",
            marked_at=at,
        )
        for stay in Enrolment.objects.filter(school=school, starts_on__gte=first, starts_on__lt=day)
    ]
    return len(Return.objects.bulk_create(rows, ignore_conflicts=True))
