"""Do-not-send stops: kept with an owner and a reason, lifted with one. While one stands no bulk act writes home."""

from __future__ import annotations

from datetime import date, datetime

from attendance_office import clock
from attendance_office.audit import trail
from attendance_office.refusals import Refused
from attendance_office.staff.models import User
from letters.models import Stop
from registers.models import Pupil


def keep_stop(
    *,
    pupil: Pupil,
    covers: str,
    reason: str,
    is_private: bool,
    owner: User,
    to_on: date | None,
    by: User,
    at: datetime,
) -> Stop:
    """Stop what goes home about a pupil, from today until a day, or until it is lifted.

    Raises Refused without a reason, and for an end that is over.
    """
    on = clock.local(at).date()
    if not reason.strip():
        raise Refused("Say why nothing is to be sent.")
    if to_on is not None and to_on < on:
        raise Refused("The last day of a stop is today or later.")
    with trail.signed(by=by, at=at, school_id=pupil.school_id):
        stop = Stop.objects.create(
            school_id=pupil.school_id, pupil=pupil, covers=covers, reason=reason.strip()[:300], is_private=is_private,
            owner=owner, from_on=on, to_on=to_on, made_at=at, made_by=by,
        )  # fmt: skip
        trail.record(
            verb="kept a stop", by=by, at=at, school_id=pupil.school_id, subject_kind="stop", subject_id=stop.pk,
            words=f"Nothing is sent home about {pupil}: {stop.get_covers_display().lower()}.",
            reason="" if is_private else stop.reason,
        )  # fmt: skip
    return stop


def lift_stop(*, stop: Stop, why: str, by: User, at: datetime) -> Stop:
    """End a stop before its day; it stays on record.

    Raises Refused without a reason, and where it is lifted already.
    """
    if not why.strip():
        raise Refused("Say why the stop is lifted.")
    with trail.signed(by=by, at=at, school_id=stop.school_id):
        kept = Stop.objects.select_for_update(of=("self",)).select_related("pupil").get(pk=stop.pk)
        if kept.lifted_at is not None:
            raise Refused("This stop is lifted already.")
        kept.lifted_at, kept.lifted_by, kept.why_lifted = at, by, why.strip()[:300]
        kept.save(update_fields=["lifted_at", "lifted_by", "why_lifted"])
        trail.record(
            verb="lifted a stop", by=by, at=at, school_id=kept.school_id, subject_kind="stop", subject_id=kept.pk,
            words=f"Letters and messages may go home about {kept.pupil} again.",
            reason="" if kept.is_private else why,
        )  # fmt: skip
    return kept
