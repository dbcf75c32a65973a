"""The demo's working day: agreements behind the codes that need one, and a morning's work for the office."""

# ruff: noqa: S311 - the same seed makes the same school; nothing here keeps a secret

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from random import Random
from typing import Final

from django.db import connection
from django.db.models import Q

from attendance_office import clock
from attendance_office.audit import trail
from attendance_office.staff.models import School, User
from registers.actions.doubts import leave, run_trawl
from registers.actions.line_messages import set_aside
from registers.models import (
    Agreement,
    AgreementPupil,
    Channel,
    Doubt,
    Enrolment,
    LineMessage,
    Mark,
    Parent,
    Pupil,
    Return,
)
from registers.queries.calendar import calendar_of
from registers.rules.ages import school_year_starts

from .cast import NOT_TAKEN
from .illness import add_illness_notes
from .joiners import JOINERS_NUMBER, add_joiners, send_off_one

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
    calendar = calendar_of(school.pk)
    latest = calendar.latest_day(day - _DAY) or day
    running = [spell for spell in spells if latest - spell[2] <= timedelta(days=3)]
    parents: dict[int, Parent] = {}
    for parent in Parent.objects.filter(school=school, lives_with=True).order_by("-priority", "-pk"):
        parents[parent.pupil_id] = parent
    rows = []
    for spell in spells:
        pupil, first, last, places = spell
        ends_on = last
        if spell in running:
            ends_on = calendar.latest_day(day + (ENDS_IN if spell is running[0] else GOES_ON)) or day
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
                review_on=calendar.latest_day(ends_on - ENDS_IN) if ends_on > day + ENDS_IN else None,
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
    """Lay out the worklists of a morning, once: agreements, voicemails, two joiners and the doubts of four weeks.

    What an earlier morning left lying is settled as the office would have settled it; what people did stays.
    """
    if LineMessage.objects.filter(school=school, reference__startswith=_voicemail(day)).exists():
        return
    reason = "The demo's working day"
    with trail.signed(by=by, at=at, school_id=school.pk, reason=reason):
        _settle_earlier_voicemails(school, day, by, at)
        add_agreements(school=school, day=day)
        add_illness_notes(school=school, day=day, seed=seed)
        add_voicemails(school=school, day=day, seed=seed)
        send_old_returns(school=school, day=day, at=at)
        add_joiners(school=school, day=day, groups=NOT_TAKEN.get(school.urn, ()))
        send_off_one(school=school, day=day, groups=NOT_TAKEN.get(school.urn, ())[-1:])
        trail.record(
            verb="laid out the demo's morning",
            by=by,
            at=at,
            school_id=school.pk,
            subject_kind="school",
            subject_id=school.pk,
            words=f"{school.name}: agreements, voicemails, joiners and returns",
        )
        run_trawl(school=school, from_on=day - _TRAWLED, to_on=day, by=by, at=at)
        _leave_looked_at(school, day, by, at)


# What the office made of doubts that are not this morning's work, by ground.
_LOOKED_AT: Final = {
    "left_at_noon": "Signed out at noon; asked at home, and no reason was given",
    "same_for_ten_days": "Long absence, known to the year office; evidence on file",
}
_BECAUSE: Final = _LOOKED_AT | {"skipped_lesson": "The head of year spoke with the pupil; home was told"}
_LOOKED_AT_ELSE: Final = "Looked at on the day: the paper is on file"


def _leave_looked_at(school: School, day: date, by: User | None, at: datetime) -> None:
    """Leave every doubt but those of the last whole day's morning, as a school does that looks at them each week."""
    latest = calendar_of(school.pk).latest_day(day - _DAY) or day
    old = Doubt.objects.filter(school=school, state=Doubt.State.OPEN).exclude(
        ~Q(ground__in=_LOOKED_AT), on=latest, half="AM"
    )
    by_reason: dict[str, list[Doubt]] = {}
    for row in old:
        by_reason.setdefault(_BECAUSE.get(row.ground, _LOOKED_AT_ELSE), []).append(row)
    for because, rows in by_reason.items():
        leave(school=school, doubts=rows, because=because, by=by, at=at)


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


def _voicemail(day: date) -> str:
    return f"voicemail {day} "


def _settle_earlier_voicemails(school: School, day: date, by: User | None, at: datetime) -> None:
    """Set aside what an earlier morning's demo left on the line."""
    begins = datetime.combine(day, time(0), tzinfo=clock.LONDON)
    for row in LineMessage.objects.filter(
        school=school, state=LineMessage.State.WAITING, reference__startswith="voicemail ", received_at__lt=begins
    ):
        set_aside(message=row, why="Of an earlier day: the register has the reason", by=by, at=at)


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
                reference=f"{_voicemail(day)}{place}",
                logged_at=begins + timedelta(minutes=11 * place + 10),
            )
        )
    return len(LineMessage.objects.bulk_create(rows, ignore_conflicts=True))


def _number(adult: Parent | None) -> str:
    return (adult.contact.mobile or adult.contact.home_phone) if adult else ""


def send_old_returns(*, school: School, day: date, at: datetime) -> int:
    """Mark as sent the new-pupil returns of everybody but the joiners who started before a day of this school year."""
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
        for stay in Enrolment.objects.filter(school=school, starts_on__gte=first, starts_on__lt=day).exclude(
            pupil__admission_number__regex=JOINERS_NUMBER
        )
    ]
    return len(Return.objects.bulk_create(rows, ignore_conflicts=True))
