"""Saying who takes a register in place of its tutor."""

from __future__ import annotations

from datetime import datetime

from attendance_office.audit import trail
from attendance_office.refusals import Refused
from attendance_office.staff.models import School, TutorGroup, User
from registers.models import Cover
from registers.rules.sessions import Session


def set_cover(
    *,
    school: School,
    tutor_group: TutorGroup,
    session: Session,
    user: User | None = None,
    name: str = "",
    why: str = "",
    by: User | None,
    at: datetime,
) -> Cover:
    """Say who covers a group's register in one session: a colleague, or by name somebody without an account.

    Raises Refused where nobody is named, or both, or the colleague does not work in the school.
    """
    name, why = name.strip(), why.strip()
    if tutor_group.school_id != school.pk:
        raise Refused("That group is in another school.")
    if user is not None and name:
        raise Refused("Choose a colleague, or write a name: not both.")
    if user is None and not name:
        raise Refused("Choose a colleague, or write the name of a supply teacher.")
    if user is not None and school.pk not in user.standing.school_ids:
        raise Refused(f"{user.signature} does not work in this school.")
    with trail.signed(by=by, at=at, school_id=school.pk, reason=why):
        before = _as_kept(_find(tutor_group, session))
        cover, _ = Cover.objects.update_or_create(
            school=school,
            tutor_group=tutor_group,
            on=session.on,
            half=session.half,
            defaults={"user": user, "name": name, "why": why},
        )
        _say(cover, "arranged cover", f"{user.signature if user else name} covers", before, by=by, at=at)
    return cover


def end_cover(*, school: School, tutor_group: TutorGroup, session: Session, by: User | None, at: datetime) -> None:
    """Take the cover of a register back: its tutor takes it.

    Raises Refused where there is none.
    """
    with trail.signed(by=by, at=at, school_id=school.pk):
        cover = _find(tutor_group, session)
        if cover is None or cover.school_id != school.pk:
            raise Refused("No cover is set for this register.")
        before = _as_kept(cover)
        _say(cover, "ended cover", "the tutor takes", before, by=by, at=at)
        cover.delete()


def _find(tutor_group: TutorGroup, session: Session) -> Cover | None:
    rows = Cover.objects.select_related("user", "tutor_group").filter(tutor_group=tutor_group)
    return rows.filter(on=session.on, half=session.half).first()


def _say(cover: Cover, verb: str, words: str, before: dict[str, str] | None, *, by: User | None, at: datetime) -> None:
    session = Session(cover.on, cover.half)  # type: ignore[arg-type]
    trail.record(
        verb=verb,
        by=by,
        at=at,
        school_id=cover.school_id,
        subject_kind="tutor group",
        subject_id=cover.tutor_group_id,
        words=f"{session.spoken()}: {words} {cover.tutor_group.name}.",
        before=before,
        after=_as_kept(cover),
        reason=cover.why,
    )


def _as_kept(cover: Cover | None) -> dict[str, str] | None:
    if cover is None:
        return None
    return {"cover": cover.user.signature if cover.user else cover.name, "why": cover.why}
