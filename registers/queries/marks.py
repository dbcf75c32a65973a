"""Marks as they are, as they were, and what a save must know before it writes."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from attendance_office import clock
from attendance_office.audit.trail import THE_OFFICE
from attendance_office.staff.models import User
from attendance_office.staff.roles import Role
from registers.models import Amendment, Mark
from registers.rules.sessions import Session

_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Moment:
    """One session of one school: whether it is held, when its register opens and closes, and an earlier answer.

    `opens_at` and `closes_at` are None where the school has set no times. `answer` is what the office answered
    to a save under the same key. `knows` tells whether a note, agreement or closure says something of that day.
    """

    is_held: bool
    opens_at: datetime | None
    closes_at: datetime | None
    answer: dict[str, Any] | None = None
    knows: bool = False


_MOMENT = """
    SELECT t.opens_at, t.closes_at,
           EXISTS (SELECT 1 FROM registers_term
                   WHERE school_id = %(school)s AND %(on)s BETWEEN starts_on AND ends_on),
           EXISTS (SELECT 1 FROM registers_nonschoolday
                   WHERE school_id = %(school)s AND "on" = %(on)s AND half IN ('', %(half)s)),
           (SELECT answer::text FROM registers_receipt WHERE school_id = %(school)s AND key = %(key)s),
           EXISTS (SELECT 1 FROM registers_absencenote WHERE school_id = %(school)s AND state <> 'withdrawn'
                     AND from_on <= %(on)s AND (to_on IS NULL OR to_on >= %(on)s))
           OR EXISTS (SELECT 1 FROM registers_agreement
                      WHERE school_id = %(school)s AND from_on <= %(on)s AND ends_on >= %(on)s)
           OR EXISTS (SELECT 1 FROM registers_closure
                      WHERE school_id = %(school)s AND is_standing AND from_on <= %(on)s AND to_on >= %(on)s)
    FROM (SELECT 1) AS one
    LEFT JOIN (SELECT opens_at, closes_at FROM registers_sessiontimes
               WHERE school_id = %(school)s AND half = %(half)s AND from_on <= %(on)s
               ORDER BY from_on DESC LIMIT 1) t ON true
"""


def moment(school_id: int, session: Session, key: UUID | None = None) -> Moment:
    """Give what a save must know of its session, in one query; the calendar itself is not read whole."""
    on = session.on
    asked: dict[str, Any] = {"school": school_id, "on": on, "half": session.half, "key": key}
    with connection.cursor() as cursor:
        cursor.execute(_MOMENT, asked)
        opens, closes, in_term, closed, answer, knows = cursor.fetchone()
    return Moment(
        is_held=in_term and not closed and on.weekday() < _SATURDAY,
        opens_at=datetime.combine(on, opens, tzinfo=clock.LONDON) if opens else None,
        closes_at=datetime.combine(on, closes, tzinfo=clock.LONDON) if closes else None,
        answer=json.loads(answer) if answer else None,
        knows=knows,
    )


_OWNER = """
    SELECT u.id, c.name, coalesce(u.title, ''), coalesce(u.first_name, ''), coalesce(u.last_name, ''),
           coalesce(u.email, ''), 0
    FROM registers_cover c LEFT JOIN staff_user u ON u.id = c.user_id
    WHERE c.school_id = %(school)s AND c.tutor_group_id = %(group)s AND c."on" = %(on)s AND c.half = %(half)s
    UNION ALL
    (SELECT u.id, '', u.title, u.first_name, u.last_name, u.email, 1
     FROM staff_post p JOIN staff_user u ON u.id = p.user_id
     WHERE p.school_id = %(school)s AND p.tutor_group_id = %(group)s AND p.role = %(tutor)s AND u.is_active
       AND (p.ended_on IS NULL OR p.ended_on > %(on)s)
     ORDER BY p.ended_on NULLS LAST, p.id LIMIT 1)
    ORDER BY 7 LIMIT 1
"""


def owner_of(school_id: int, tutor_group_id: int, session: Session) -> tuple[int | None, str]:
    """Give who takes a register, the account if there is one and the name: cover, else tutor, else nobody.

    One query; `registers_of` says the same of a whole school.
    """
    asked: dict[str, Any] = {
        "school": school_id,
        "group": tutor_group_id,
        "on": session.on,
        "half": session.half,
        "tutor": Role.TUTOR.value,
    }
    with connection.cursor() as cursor:
        cursor.execute(_OWNER, asked)
        row = cursor.fetchone()
    if row is None:
        return None, ""
    user_id, name, title, first, last, email, _ = row
    if user_id is None:
        return None, name
    return user_id, User(title=title, first_name=first, last_name=last, email=email).signature


@dataclass(frozen=True, slots=True)
class Present:
    """The mark a pupil has in a register, empty where there is none."""

    pupil_id: int
    name: str
    date_of_birth: date
    mark_id: int | None = None
    code: str = ""
    minutes_late: int | None = None
    comment: str = ""
    origin: str = ""


# The marks are locked in the order of pupils, as every writer of them does, so that what was compared is what
# is changed.
_HELD = """
    WITH sitting AS MATERIALIZED (
        SELECT p.pupil_id FROM registers_placement p
        JOIN registers_enrolment e
          ON e.pupil_id = p.pupil_id AND e.starts_on <= %(on)s AND (e.ends_on IS NULL OR e.ends_on >= %(on)s)
        WHERE p.school_id = %(school)s AND p.tutor_group_id = %(group)s
          AND p.from_on <= %(on)s AND (p.to_on IS NULL OR p.to_on >= %(on)s)
    ), held AS MATERIALIZED (
        SELECT m.pupil_id, m.id, m.code, m.minutes_late, m.comment, m.origin FROM registers_mark m
        WHERE m.school_id = %(school)s AND m.pupil_id = ANY (ARRAY(SELECT pupil_id FROM sitting))
          AND m."on" = %(on)s AND m.half = %(half)s
        ORDER BY m.pupil_id FOR UPDATE OF m
    )
    SELECT s.pupil_id, u.legal_surname || ', ' || coalesce(nullif(u.known_as, ''), u.legal_forename),
           u.date_of_birth, h.id, coalesce(h.code, ''), h.minutes_late, coalesce(h.comment, ''),
           coalesce(h.origin, '')
    FROM sitting s JOIN registers_pupil u ON u.id = s.pupil_id LEFT JOIN held h ON h.pupil_id = s.pupil_id
    ORDER BY u.sort_name, u.id
"""


def held_for_saving(school_id: int, tutor_group_id: int, session: Session) -> dict[int, Present]:
    """Give the pupils expected in a register with their marks, the marks locked until the transaction ends."""
    asked: dict[str, Any] = {"school": school_id, "group": tutor_group_id, "on": session.on, "half": session.half}
    with connection.cursor() as cursor:
        cursor.execute(_HELD, asked)
        return {row[0]: Present(*row) for row in cursor.fetchall()}


@dataclass(frozen=True, slots=True)
class Standing:
    """What a mark said from one instant on, who wrote it, in which role, and why."""

    code: str
    minutes_late: int | None
    comment: str
    at: datetime
    by_name: str
    by_role: str
    reason: str


@dataclass(frozen=True, slots=True)
class AsAt:
    """A mark as it stood at an instant."""

    on: date
    half: str
    code: str
    minutes_late: int | None
    comment: str
    amended: bool = field(default=False)


def history_of(mark: Mark) -> list[Standing]:
    """Give all that a mark has said, the first entry first: two queries.

    Source: SI 2024/208 reg 6 (original, amended entry, reason, date, name and title).
    """
    amendments = list(Amendment.objects.filter(mark_id=mark.pk).order_by("at", "pk"))
    first = amendments[0] if amendments else None
    by = mark.recorded_by
    said = [
        Standing(
            code=first.from_code if first else mark.code,
            minutes_late=first.from_minutes if first else mark.minutes_late,
            comment=first.from_comment if first else mark.comment,
            at=mark.recorded_at,
            by_name=by.signature if by else THE_OFFICE,
            by_role=by.role_in(mark.school_id) if by else "",
            reason="",
        )
    ]
    said += [
        Standing(
            code=one.to_code,
            minutes_late=one.to_minutes,
            comment=one.to_comment,
            at=one.at,
            by_name=one.by_name,
            by_role=one.by_role,
            reason=one.reason,
        )
        for one in amendments
    ]
    return said


_AS_AT = """
    SELECT m."on", m.half,
           coalesce(later.from_code, m.code),
           CASE WHEN later.id IS NULL THEN m.minutes_late ELSE later.from_minutes END,
           coalesce(later.from_comment, m.comment),
           EXISTS (SELECT 1 FROM registers_amendment e WHERE e.mark_id = m.id AND e.at <= %(instant)s)
    FROM registers_mark m
    LEFT JOIN LATERAL (
        SELECT a.id, a.from_code, a.from_minutes, a.from_comment FROM registers_amendment a
        WHERE a.mark_id = m.id AND a.at > %(instant)s ORDER BY a.at, a.id LIMIT 1
    ) later ON true
    WHERE m.school_id = %(school)s AND m.pupil_id = %(pupil)s AND m."on" BETWEEN %(from_on)s AND %(to_on)s
      AND m.recorded_at <= %(instant)s
    ORDER BY m."on", m.half
"""


def marks_as_at(*, school_id: int, pupil_id: int, from_on: date, to_on: date, instant: datetime) -> list[AsAt]:
    """Give a pupil's marks from one day to another as they stood at an instant, in order: one query.

    A mark entered later is not among them; an amendment made later is taken back.
    """
    asked: dict[str, Any] = {
        "school": school_id,
        "pupil": pupil_id,
        "from_on": from_on,
        "to_on": to_on,
        "instant": instant,
    }
    with connection.cursor() as cursor:
        cursor.execute(_AS_AT, asked)
        return [AsAt(*row) for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class Clash:
    """One pupil whose mark somebody else changed meanwhile."""

    pupil_id: int
    name: str
    yours: str
    theirs: str
    who: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Hand:
    """Who last wrote a mark, and when."""

    name: str
    at: datetime


def last_hands(marks: list[Mark]) -> dict[int, Hand]:
    """Give, for each mark, who wrote what it says now: its last amendment, else its first entry. One query.

    The marks bring their `recorded_by` with them.
    """
    hands = {
        mark.pk: Hand(mark.recorded_by.signature if mark.recorded_by else THE_OFFICE, mark.recorded_at)
        for mark in marks
    }
    for one in Amendment.objects.filter(mark_id__in=list(hands)).order_by("at", "pk"):
        hands[one.mark_id] = Hand(one.by_name, one.at)
    return hands
