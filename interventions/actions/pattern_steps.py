"""What is done about a pattern goes on record: a call home, a letter, a talk. What was put down in error is struck."""

from __future__ import annotations

from datetime import date, datetime
from typing import Final

from attendance_office import clock
from attendance_office.audit import trail
from attendance_office.refusals import Refused
from attendance_office.staff.models import User
from interventions.models import PatternFlag, PatternStep, StruckStep
from interventions.queries.pattern_steps import identity_words
from registers.models import Contact, Parent
from registers.rules.dates import spoken_date

Kind = PatternStep.Kind
_WITH_HOME: Final = (Kind.RANG, Kind.EMAILED, Kind.WROTE, Kind.MET)
LONGEST: Final = 1000


def record_step(
    *,
    flag: PatternFlag,
    kind: str,
    words: str,
    done_on: date,
    contact: Contact | None = None,
    look_again_on: date | None = None,
    by: User,
    at: datetime,
) -> PatternStep:
    """Put on record what was done about a pattern, with whom, what was said, and when to look again.

    Raises Refused for a doing that is none; without words; without a contact where home was reached; for a contact of
    another family or one who is not to be contacted; for a day to come or before the school year of the pattern; and
    for a day to look again that is not after today.
    """
    if kind not in Kind.values:
        raise Refused("Choose what was done.")
    said = words.strip()[:LONGEST]
    if not said:
        raise Refused("Write down what was said, or what was found.")
    on = clock.local(at).date()
    if done_on > on:
        raise Refused("That day has not come yet: what was done lies behind us.")
    if done_on < flag.trawl.year_from:
        raise Refused(
            f"That day lies before the school year of the pattern, which began {spoken_date(flag.trawl.year_from)}."
        )
    if look_again_on is not None and look_again_on <= on:
        raise Refused("Look again on a day after today, or on none.")
    if kind in _WITH_HOME:
        _judge_contact(flag, contact)
    with trail.signed(by=by, at=at, school_id=flag.school_id):
        step = PatternStep.objects.create(
            school_id=flag.school_id, pupil_id=flag.pupil_id, flag=flag, kind=kind, done_on=done_on,
            contact=contact if kind in _WITH_HOME else None, words=said, look_again_on=look_again_on, at=at, by=by,
        )  # fmt: skip
        trail.record(
            verb="did something about a pattern", by=by, at=at, school_id=flag.school_id, subject_kind="pupil",
            subject_id=flag.pupil_id, words=f"{identity_words(flag)}: {step.get_kind_display().lower()}",
            after={
                "step": step.pk,
                "flag": flag.pk,
                "done_on": done_on.isoformat(),
                "look_again_on": look_again_on.isoformat() if look_again_on else None,
            },
        )  # fmt: skip
    return step


def strike_step(*, step: PatternStep, why: str, by: User, at: datetime) -> StruckStep:
    """Strike out a step that was put down in error; it stays to be read, and counts no more.

    Raises Refused without a reason, and where it is struck already.
    """
    said = why.strip()[:400]
    if not said:
        raise Refused("Say why it is struck out.")
    with trail.signed(by=by, at=at, school_id=step.school_id, reason=said):
        PatternStep.objects.select_for_update(of=("self",), no_key=True).get(pk=step.pk)
        if StruckStep.objects.filter(step=step).exists():
            raise Refused("It is struck out already: load the page again.")
        struck = StruckStep.objects.create(step=step, why=said, at=at, by=by)
        trail.record(
            verb="struck out a step about a pattern", by=by, at=at, school_id=step.school_id, subject_kind="pupil",
            subject_id=step.pupil_id, words=f"{identity_words(step.flag)}: {step.get_kind_display().lower()}",
            after={"step": step.pk}, reason=said,
        )  # fmt: skip
    return struck


def _judge_contact(flag: PatternFlag, contact: Contact | None) -> None:
    """Raise Refused unless somebody of the pupil's home is named, and may be contacted."""
    if contact is None:
        raise Refused("Say with whom of the family.")
    link = Parent.objects.filter(contact=contact, pupil=flag.pupil_id, school=flag.school_id).first()
    if link is None:
        raise Refused("That is nobody of this pupil's home: load the page again.")
    if link.do_not_contact:
        raise Refused(f"{contact} is not to be contacted.")
