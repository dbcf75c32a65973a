"""The call sheet: each attempt to reach a family is a row, and what was said becomes the absence note."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import QuerySet

from attendance_office import clock
from attendance_office.audit import trail
from attendance_office.refusals import Refused
from attendance_office.staff.models import User
from interventions.models import Attempt, FirstDay
from letters.queries.alerts import PHONES
from registers.actions.absences import Report
from registers.actions.contacts import report_fault
from registers.models import Channel, Contact, ContactFault, Parent, Pupil

from .first_day import log_for
from .safeguarding import raise_item

Outcome = Attempt.Outcome
_NEEDS_WORDS = (Outcome.SPOKE, Outcome.EXPECTED, Outcome.REFUSED)


def record_attempt(
    *,
    day: FirstDay,
    contact: Contact,
    way: str,
    outcome: str,
    words: str = "",
    code: str = "",
    until: str = "",
    pupils: Sequence[Pupil] = (),
    by: User,
    at: datetime,
) -> Attempt:
    """Put an attempt to reach a family on record.

    What was said becomes the absence note of the pupils ticked, with the code the officer chose. A dead number goes to
    the contact's health. A parent who believed the child in school raises a safeguarding item at once.

    Raises Refused for an outcome or number that is none, for somebody who is not to be contacted, where it was spoken
    and nothing is written down, and as `log_absence` does.
    """
    if outcome not in Outcome.values:
        raise Refused("Choose what came of the call.")
    said = words.strip()[:400]
    if outcome in _NEEDS_WORDS and not said:
        raise Refused("Write down what was said, in their words.")
    if code and outcome != Outcome.SPOKE:
        raise Refused("A reason is logged only where somebody was spoken with.")
    number = _number(day, contact, way)
    with trail.signed(by=by, at=at, school_id=day.school_id):
        FirstDay.objects.select_for_update(no_key=True).get(pk=day.pk)
        if outcome == Outcome.DEAD:
            report_fault(
                contact=contact, way=way, fault=ContactFault.Fault.DEAD, note="Rung on the call sheet", by=by, at=at
            )
        if code:
            report = Report(channel=Channel.CALL, heard_at=at, contact=contact, words=said)
            log_for(day=day, pupils=pupils, code=code, until=until, reason=said, report=report, by=by, at=at)
        attempt = Attempt.objects.create(
            school_id=day.school_id, first_day=day, contact=contact, way=way, number=number, outcome=outcome,
            words=said, code=code.strip().upper(), at=at, by=by,
        )  # fmt: skip
        trail.record(
            verb="rang a family", by=by, at=at, school_id=day.school_id, subject_kind="first day", subject_id=day.pk,
            words=f"{contact}, {ContactFault.Way(way).label.lower()}: {attempt.get_outcome_display().lower()}.",
        )  # fmt: skip
        if outcome == Outcome.EXPECTED:
            raise_item(
                day=day, why=f"{contact} believed the child in school at {clock.local(at):%H:%M}: {said}", by=by, at=at
            )
    return attempt


def _number(day: FirstDay, contact: Contact, way: str) -> str:
    number = str(getattr(contact, way)) if way in PHONES else ""
    links = _links(day, contact)
    if not number or not links:
        raise Refused("That is no number of this family: load the page again.")
    if any(link.do_not_contact for link in links):
        raise Refused(f"{contact} is not to be contacted.")
    return number


def _links(day: FirstDay, contact: Contact) -> QuerySet[Parent]:
    return Parent.objects.filter(contact=contact, pupil__in=day.pupils.values("pupil"), school=day.school_id)
