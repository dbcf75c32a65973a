"""Taking back what was coded: one's own act within ten minutes, and marks that were only known beforehand."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import connection

from attendance_office import clock
from attendance_office.audit import trail
from attendance_office.audit.models import Entry
from attendance_office.refusals import Refused
from attendance_office.staff.models import School, User
from registers.rules.sessions import Session

UNDO_FOR: Final = timedelta(minutes=10)


@dataclass(frozen=True)
class Undone:
    """What an undo took back, and how many marks it left because they were changed since."""

    taken_back: int
    amended_back: int
    left: int


def undo_coding(*, school: School, entry_id: int, by: User, at: datetime) -> Undone:
    """Take back one's own act of `code_sessions` within ten minutes; marks that were changed since stay.

    A mark that the act wrote is taken back whole, and kept among the marks taken back; one that it amended is amended
    back.

    Raises Refused where it is another's, longer ago, or taken back already.
    """
    entry = Entry.objects.filter(pk=entry_id, school_id=school.pk, subject_kind="marks", by_id=by.pk).first()
    if entry is None or not entry.after or "written" not in entry.after:
        raise Refused("There is nothing of yours to take back here.")
    if at - entry.at > UNDO_FOR:
        raise Refused("That was more than ten minutes ago: amend the marks, with the reason.")
    reason = f"Undone: {entry.reason}"[:400]
    with trail.signed(by=by, at=at, school_id=school.pk, reason=reason):
        written = {int(pk): code for pk, code in entry.after["written"]}
        amended = entry.after["amended"]
        gone = _take_back(school, written, f"undo:{entry.pk}")
        back = amend_back(school, amended, entry.at)
        if not gone and not back:
            raise Refused("That was taken back already, or every mark has been changed since.")
        undone = Undone(gone, back, len(written) + len(amended) - gone - back)
        trail.record(
            verb="undid the coding of marks",
            by=by,
            at=at,
            school_id=school.pk,
            subject_kind="marks",
            subject_id=entry.pk,
            words=f"Undone: {entry.words}"[:400],
            after={"taken_back": gone, "amended_back": back, "left": undone.left},
            reason=reason,
        )
    return undone


def take_back_planned(
    *,
    school: School,
    pupil_sessions: Iterable[tuple[int, Session]],
    what: str,
    reason: str,
    by: User | None,
    at: datetime,
) -> int:
    """Take back marks that were only known beforehand, from today on and as nobody has amended them; give how many.

    `what` names that with which they go, like "note 12". They are kept among the marks taken back.

    Raises Refused without a reason.
    """
    if not reason.strip():
        raise Refused("Say why: the record keeps the reason.")
    keys = list(pupil_sessions)
    with trail.signed(by=by, at=at, school_id=school.pk, reason=reason.strip()):
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('office.taking_back', %s, true)", [f"plan:{what}"[:60]])
            cursor.execute(
                _TAKE_PLANNED,
                {
                    "school": school.pk,
                    "today": clock.local(at).date(),
                    "pupils": [pupil for pupil, _ in keys],
                    "days": [session.on for _, session in keys],
                    "halves": [session.half for _, session in keys],
                },
            )
            gone: int = cursor.rowcount
            cursor.execute("SELECT set_config('office.taking_back', '', true)")
        if gone:
            trail.record(
                verb="took back codes known beforehand",
                by=by,
                at=at,
                school_id=school.pk,
                subject_kind="marks",
                words=f"{gone} {'mark' if gone == 1 else 'marks'} known beforehand taken back with {what}",
                reason=reason.strip(),
            )
    return gone


_TAKE_BACK: Final = """
    DELETE FROM registers_mark m
    USING unnest(%(ids)s::bigint[], %(codes)s::text[]) AS w (id, code)
    WHERE m.school_id = %(school)s AND m.id = w.id AND m.code = w.code
      AND NOT EXISTS (SELECT FROM registers_amendment a WHERE a.mark_id = m.id)
"""
_AMEND_BACK: Final = """
    UPDATE registers_mark m SET code = w.code, minutes_late = w.minutes_late, comment = w.comment
    FROM json_to_recordset(%(rows)s::json) AS w (id bigint, code text, minutes_late smallint, comment text, is_now text)
    WHERE m.school_id = %(school)s AND m.id = w.id AND m.code = w.is_now
      AND m."on" >= coalesce(%(from_on)s::date, m."on")
      AND NOT EXISTS (SELECT FROM registers_amendment a WHERE a.mark_id = m.id AND a.at > %(since)s)
"""
_TAKE_PLANNED: Final = """
    DELETE FROM registers_mark m
    USING unnest(%(pupils)s::bigint[], %(days)s::date[], %(halves)s::text[]) AS w (pupil_id, "on", half)
    WHERE m.school_id = %(school)s AND m.pupil_id = w.pupil_id AND m."on" = w."on" AND m.half = w.half
      AND m.origin = 'planned' AND m."on" >= %(today)s
      AND NOT EXISTS (SELECT FROM registers_amendment a WHERE a.mark_id = m.id)
"""


def _take_back(school: School, written: Mapping[int, str], what: str) -> int:
    if not written:
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('office.taking_back', %s, true)", [what])
        cursor.execute(_TAKE_BACK, {"school": school.pk, "ids": list(written), "codes": list(written.values())})
        gone = cursor.rowcount
        cursor.execute("SELECT set_config('office.taking_back', '', true)")
    return int(gone)


def amend_back(
    school: School, amended: Sequence[Sequence[Any]], since: datetime, *, from_on: date | None = None
) -> int:
    """Let amended marks say again what they said, as a line of the trail keeps them; give how many.

    Those amended once more after `since`, and those before `from_on`, stay. Within the caller's transaction.
    """
    if not amended:
        return 0
    rows = [
        {"id": pk, "code": code, "minutes_late": minutes, "comment": comment, "is_now": now}
        for pk, code, minutes, comment, now in amended
    ]
    with connection.cursor() as cursor:
        cursor.execute(_AMEND_BACK, {"school": school.pk, "rows": json.dumps(rows), "since": since, "from_on": from_on})
        return int(cursor.rowcount)
