"""Amending one mark, and entering one where a session has none."""

from __future__ import annotations

from datetime import datetime, timedelta

from attendance_office.audit import trail as audit
from attendance_office.refusals import Conflict, Refused
from attendance_office.staff.models import User
from registers.models import Enrolment, Mark, Pupil
from registers.queries.marks import Clash, Present, last_hands, moment
from registers.rules.codes import Code, Counts
from registers.rules.lateness import arrival_code
from registers.rules.sessions import Session

from .entries import BETTER, check_age, check_comment, check_minutes, may_use_office_codes, read_code

LONGEST_REASON = 400


class AfterClose(Refused):
    """An L for a pupil who came after the register closed: another code is to be chosen."""


def amend_mark(
    *,
    mark: Mark,
    code: str,
    minutes_late: int | None,
    comment: str,
    reason: str,
    by: User | None,
    at: datetime,
    was: str | None = None,
) -> Mark:
    """Amend a mark; Postgres keeps original, new, reason, date, name and role. Gives the mark as it is now.

    Raises Refused without a reason, where nothing would change, and for a code not in force on the mark's day or
    not the person's to enter; AfterClose for an L whose minutes lie after the close; Conflict where the mark is no
    longer what the page saw (`was`).

    Source: SI 2024/208 reg 6.
    """
    why = reason.strip()
    if not why:
        raise Refused("Say why the mark is amended: the register must show the reason.")
    if len(why) > LONGEST_REASON:
        raise Refused(f"A reason has at most {LONGEST_REASON} characters; this one has {len(why)}.")
    with audit.signed(by=by, at=at, school_id=mark.school_id, reason=why):
        held = Mark.objects.select_for_update(of=("self",)).select_related("pupil", "recorded_by").get(pk=mark.pk)
        session = Session(held.on, "AM" if held.half == "AM" else "PM")
        if was is not None and was != held.code:
            hand = last_hands([held])[held.pk]
            clash = Clash(held.pupil_id, str(held.pupil), code, held.code, hand.name, hand.at)
            raise Conflict(f"{hand.name} changed this mark to {held.code} meanwhile. Nothing was amended.", [clash])
        read = _read(held.pupil, code, minutes_late, comment, session, by)
        if (read.symbol, minutes_late, comment) == (held.code, held.minutes_late, held.comment):
            raise Refused(f"The mark says {held.code} already: nothing was amended.")
        before = {"code": held.code, "minutes_late": held.minutes_late, "comment": held.comment}
        Mark.objects.filter(pk=held.pk).update(code=read.symbol, minutes_late=minutes_late, comment=comment)
        audit.record(
            verb="amended a mark",
            by=by,
            at=at,
            school_id=held.school_id,
            subject_kind="mark",
            subject_id=held.pk,
            words=f"{session.spoken()}: {before['code']} amended to {read.symbol}",
            before=before | {"pupil": held.pupil_id},
            after={"code": read.symbol, "minutes_late": minutes_late, "comment": comment},
            reason=why,
        )
    held.code, held.minutes_late, held.comment = read.symbol, minutes_late, comment
    return held


def record_mark(
    *,
    pupil: Pupil,
    session: Session,
    code: str,
    minutes_late: int | None = None,
    comment: str = "",
    by: User | None,
    at: datetime,
) -> Mark:
    """Enter a mark for a session that has none: by the office, or beforehand for a session still to come.

    Raises Refused where there is a mark already, where the school does not meet or the pupil is not on roll, for
    a code not in force or not the person's to enter, and for a code that only the session itself can earn.

    Source: SI 2024/208 regs 6 and 10.
    """
    found = moment(pupil.school_id, session)
    if not found.is_held:
        raise Refused(f"The school does not meet on {session.spoken()}: see the school's calendar.")
    read = _read(pupil, code, minutes_late, comment, session, by)
    ahead = found.opens_at is None or at < found.opens_at
    if ahead and (read.counts is Counts.PRESENT or read.symbol in {"N", "U"}):
        raise Refused(f"{read.symbol} cannot be known before the register of {session.spoken()} opens.")
    with audit.signed(by=by, at=at, school_id=pupil.school_id):
        _check_roll(pupil, read, session)
        mark, is_new = Mark.objects.get_or_create(
            school_id=pupil.school_id,
            pupil=pupil,
            on=session.on,
            half=session.half,
            defaults={
                "code": read.symbol,
                "minutes_late": minutes_late,
                "comment": comment,
                "school_week": session.monday,
                "origin": Mark.Origin.PLANNED if ahead else Mark.Origin.OFFICE,
                "recorded_at": at,
                "recorded_by": by,
            },
        )
        if not is_new:
            raise Refused(f"{session.spoken()} already has {mark.code}: amend it, with the reason.")
        audit.record(
            verb="entered a mark",
            by=by,
            at=at,
            school_id=pupil.school_id,
            subject_kind="mark",
            subject_id=mark.pk,
            words=f"{session.spoken()}: {read.symbol} entered",
            after={"code": read.symbol, "minutes_late": minutes_late, "comment": comment, "pupil": pupil.pk},
        )
    return mark


def _read(pupil: Pupil, symbol: str, minutes_late: int | None, comment: str, session: Session, by: User | None) -> Code:
    code = read_code(symbol, session, office=may_use_office_codes(by, pupil.school_id))
    check_minutes(code.symbol, minutes_late)
    if code.symbol == "L" and minutes_late:
        _check_close(session, minutes_late, pupil)
    check_comment(comment)
    check_age(code, Present(pupil.pk, str(pupil), pupil.date_of_birth), session)
    return code


def _check_roll(pupil: Pupil, code: Code, session: Session) -> None:
    """Refuse a mark for a pupil not on roll that day, unless it is the code that says so."""
    on_roll = Enrolment.objects.filter(pupil=pupil, starts_on__lte=session.on).exclude(ends_on__lt=session.on)
    if code.symbol != "Z" and not on_roll.exists():
        raise Refused(f"{pupil} is not on roll on {session.spoken()}.")


def _check_close(session: Session, minutes_late: int, pupil: Pupil) -> None:
    """Refuse an L for a pupil who came after the register closed, as `AfterClose`.

    Source: SI 2024/208 reg 10(2) Tables 1 (L) and 3 (U).
    """
    found = moment(pupil.school_id, session)
    if found.opens_at is None or found.closes_at is None:
        return
    arrived = found.opens_at + timedelta(minutes=minutes_late)
    if arrival_code(found.opens_at.time(), found.closes_at.time(), arrived.time()) == "U":
        came = f"{minutes_late} minutes late is {arrived:%H:%M}, and the register closed at {found.closes_at:%H:%M}"
        raise AfterClose(f"{came}: use U, unless {BETTER}.")
