"""Opening and saving registers, entering and amending marks."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from django.db import connection

from attendance_office import clock
from attendance_office.audit import trail as audit
from attendance_office.refusals import Conflict, Refused
from attendance_office.staff.models import School, TutorGroup, User
from attendance_office.staff.roles import Can, Role
from registers.models import Mark, Register
from registers.queries.marks import Clash, Moment, Present, held_for_saving, last_hands, moment, owner_of
from registers.rules.dates import spoken_date
from registers.rules.sessions import Session

from .amendments import amend_mark, record_mark
from .entries import Change, EntriesRefused, Entry, Reading, counts_of, may_use_office_codes, read_entries
from .known import fill_known

__all__ = ["EntriesRefused", "Entry", "Saved", "amend_mark", "open_register", "record_mark", "save_marks"]

SAVED_AGAIN = "Register saved again"
NAMES_IN_A_REFUSAL = 5


@dataclass(frozen=True)
class Saved:
    """The answer to a save. The same save twice has the same answer.

    `version` counts the saves of a session's register; a lesson's keeps none.
    """

    saved_at: datetime
    counts: dict[str, int]
    changed: tuple[int, ...]
    version: int = 0
    completed_at: datetime | None = None
    marks: dict[int, tuple[str, int | None]] = field(default_factory=dict)
    notes: dict[int, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Give the answer as the receipt keeps it and the page's script reads it."""
        return {
            "version": self.version,
            "saved_at": self.saved_at.isoformat(),
            "counts": self.counts,
            "changed": list(self.changed),
            "completed_at": self.completed_at.isoformat() if self.completed_at else None,
            "marks": {str(pupil): list(mark) for pupil, mark in self.marks.items()},
            "notes": {str(pupil): note for pupil, note in self.notes.items()},
        }

    @classmethod
    def from_json(cls, answer: dict[str, Any]) -> Saved:
        """Read an answer that a receipt kept."""
        done = answer["completed_at"]
        return cls(
            version=answer["version"],
            saved_at=datetime.fromisoformat(answer["saved_at"]),
            counts=answer["counts"],
            changed=tuple(answer["changed"]),
            completed_at=datetime.fromisoformat(done) if done else None,
            marks={int(pupil): (code, minutes) for pupil, (code, minutes) in answer["marks"].items()},
            notes={int(pupil): note for pupil, note in answer["notes"].items()},
        )


def check_session(session: Session, found: Moment, at: datetime) -> None:
    """Refuse a session that the school does not hold, has no times for, or that has not begun."""
    if not found.is_held:
        raise Refused(f"The school does not meet on {session.spoken()}: see the school's calendar.")
    if found.opens_at is None:
        raise Refused(f"No times are set for the {session.half} session: set them in the school's calendar.")
    if at < found.opens_at:
        raise Refused(f"The register of {session.spoken()} opens at {found.opens_at:%H:%M}.")


_LOCK = """
    INSERT INTO registers_register AS r (school_id, tutor_group_id, "on", half, version, taken_for)
    VALUES (%(school)s, %(group)s, %(on)s, %(half)s, 0, '')
    ON CONFLICT (school_id, tutor_group_id, "on", half) DO UPDATE SET version = r.version
    RETURNING r.id, r.completed_at, r.version
"""


def open_register(
    *, school: School, tutor_group: TutorGroup, session: Session, by: User | None, at: datetime
) -> Register:
    """Open a group's register for a session and remember who did and when. Opening it again changes nothing.

    Raises Refused outside the school's calendar and before the register opens.
    """
    found = moment(school.pk, session)
    check_session(session, found, at)
    with audit.signed(by=by, at=at, school_id=school.pk):
        register, _ = Register.objects.select_for_update().get_or_create(
            school=school, tutor_group=tutor_group, on=session.on, half=session.half
        )
        if register.opened_at is not None:
            return register
        if found.knows:
            held = held_for_saving(school.pk, tutor_group.pk, session)
            fill_known(school_id=school.pk, session=session, held=held, by=None, at=at)
        Register.objects.filter(pk=register.pk).update(opened_at=at, opened_by=by)
        register.opened_at, register.opened_by = at, by
        audit.record(
            verb="opened a register",
            by=by,
            at=at,
            school_id=school.pk,
            subject_kind="register",
            subject_id=register.pk,
            words=f"{tutor_group.name}, {session.spoken()}: register opened",
        )
    return register


def save_marks(
    *,
    school: School,
    tutor_group: TutorGroup,
    session: Session,
    entries: Sequence[Entry],
    key: UUID,
    finish: bool,
    by: User | None,
    at: datetime,
) -> Saved:
    """Save entries of a register, all or none, once for each key; with `finish` the register is taken.

    A mark that says so already is not written again; a changed one leaves an amendment.

    Raises Conflict, with its clashes as details, where somebody changed a mark since the page saw it; Refused
    for a session that is not held or not begun, a pupil who does not sit in the group that day, a code not in
    force or not the person's to enter, a mark of the office or of a closed register, and a finish with pupils
    unmarked.

    Source: SI 2024/208 reg 10 (taking the register), reg 6 (amendments).
    """
    with audit.signed(by=by, at=at, school_id=school.pk, reason=SAVED_AGAIN):
        register_id, completed_at, version = _lock(school, tutor_group, session)
        found = moment(school.pk, session, key)
        if found.answer is not None:
            return _answered(found.answer, register_id)
        check_session(session, found, at)
        held = held_for_saving(school.pk, tutor_group.pk, session)
        if found.knows and (version == 0 or finish):
            held = fill_known(school_id=school.pk, session=session, held=held, by=None, at=at)
        _check_pupils(entries, held, tutor_group, session)
        reading = read_entries(
            list(entries),
            held,
            session=session,
            moment=found,
            may_change=_may_change(found, completed_at, session, school, by, at),
            office=may_use_office_codes(by, school.pk),
            at=at,
        )
        _raise_what_stands_against(reading, held)
        now = {pupil: (one.code, one.minutes_late) for pupil, one in held.items()}
        now |= {change.pupil_id: (change.code, change.minutes_late) for change in reading.changes}
        if finish:
            check_all_marked(now, held)
        if reading.changes:
            _upsert(school, session, reading.changes, held, by, at)
        saved = Saved(
            version=version + 1,
            saved_at=at,
            counts=counts_of([code for code, _ in now.values()], session),
            changed=tuple(sorted(change.pupil_id for change in reading.changes)),
            completed_at=completed_at or (at if finish else None),
            marks={entry.pupil_id: now[entry.pupil_id] for entry in entries},
            notes=reading.notes,
        )
        _stamp(register_id, school, saved, key, _taken_for(school, tutor_group, session, by), by, at)
        _record_save(register_id, tutor_group, session, reading.changes, held, saved, school, by, at, finish=finish)
    return saved


def _lock(school: School, group: TutorGroup, session: Session) -> tuple[int, datetime | None, int]:
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, {"school": school.pk, "group": group.pk, "on": session.on, "half": session.half})
        register_id, completed_at, version = cursor.fetchone()
    return register_id, completed_at, version


def _answered(answer: dict[str, Any], register_id: int) -> Saved:
    if answer["register"] != register_id:
        raise Refused("This save was already sent for another register. Load the page again.")
    return Saved.from_json(answer)


def _may_change(
    found: Moment, completed_at: datetime | None, session: Session, school: School, by: User | None, at: datetime
) -> bool:
    """Tell whether a mark that stands may be changed here: while it is being taken, or by the office."""
    if by is None or by.standing.may(Can.AMEND_MARKS, school.pk):
        return True
    if completed_at is None:
        return clock.local(at).date() == session.on
    return found.closes_at is not None and at < found.closes_at


def _check_pupils(entries: Sequence[Entry], held: dict[int, Present], group: TutorGroup, session: Session) -> None:
    asked = [entry.pupil_id for entry in entries]
    if len(set(asked)) != len(asked):
        raise Refused("A pupil is there twice. Load the page again.")
    strangers = len(set(asked) - held.keys())
    if strangers:
        who = "1 pupil is" if strangers == 1 else f"{strangers} pupils are"
        raise Refused(f"{who} not in {group.name} on {spoken_date(session.on)}. Load the page again.")


def _raise_what_stands_against(reading: Reading, held: dict[int, Present]) -> None:
    if reading.clashes:
        marks = list(
            Mark.objects.filter(pk__in=[held[pupil].mark_id for pupil in reading.clashes]).select_related("recorded_by")
        )
        hands = last_hands(marks)
        clashes = [
            Clash(pupil, held[pupil].name, yours, held[pupil].code, hands[mark].name, hands[mark].at)
            for pupil, yours in reading.clashes.items()
            if (mark := held[pupil].mark_id) is not None
        ]
        raise Conflict("Somebody changed this register meanwhile. Nothing was saved.", clashes)
    if reading.refusals:
        raise EntriesRefused(reading.refusals, {pupil: held[pupil].name for pupil in reading.refusals})


class _Named(Protocol):
    @property
    def name(self) -> str: ...


def check_all_marked(now: Mapping[int, tuple[str, int | None]], held: Mapping[int, _Named]) -> None:
    """Refuse to finish a register with pupils unmarked, and name the first of them."""
    blank = [held[pupil].name for pupil, (code, _) in now.items() if not code]
    if blank:
        who = "; ".join(blank[:NAMES_IN_A_REFUSAL])
        more = f" and {len(blank) - NAMES_IN_A_REFUSAL} more" if len(blank) > NAMES_IN_A_REFUSAL else ""
        pupils = "1 pupil is" if len(blank) == 1 else f"{len(blank)} pupils are"
        raise Refused(f"{pupils} not marked: {who}{more}.")


_UPSERT = """
    INSERT INTO registers_mark AS m (school_id, pupil_id, "on", half, code, minutes_late, comment, school_week,
                                     origin, recorded_at, recorded_by_id)
    SELECT %(school)s, e.pupil_id, %(on)s, %(half)s, e.code, e.minutes_late, e.comment, %(week)s,
           'register', %(at)s, %(by)s
    FROM unnest(%(pupils)s::bigint[], %(codes)s::text[], %(minutes)s::smallint[], %(comments)s::text[])
         AS e (pupil_id, code, minutes_late, comment)
    ORDER BY e.pupil_id
    ON CONFLICT (school_id, pupil_id, "on", half) DO UPDATE
    SET code = excluded.code, minutes_late = excluded.minutes_late, comment = excluded.comment,
        origin = excluded.origin
    WHERE (m.code, m.minutes_late, m.comment)
          IS DISTINCT FROM (excluded.code, excluded.minutes_late, excluded.comment)
    RETURNING m.pupil_id, m.xmax = 0
"""


def _upsert(
    school: School,
    session: Session,
    changes: list[Change],
    held: dict[int, Present],
    by: User | None,
    at: datetime,
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            _UPSERT,
            {
                "school": school.pk,
                "on": session.on,
                "half": session.half,
                "week": session.monday,
                "at": at,
                "by": by.pk if by else None,
                "pupils": [change.pupil_id for change in changes],
                "codes": [change.code for change in changes],
                "minutes": [change.minutes_late for change in changes],
                "comments": [change.comment for change in changes],
            },
        )
        # A mark that came in from elsewhere between looking and writing is nobody's to overwrite unseen.
        if any(not is_new and held[pupil].mark_id is None for pupil, is_new in cursor.fetchall()):
            raise Conflict("Somebody marked the same pupil this moment. Load the page again.", [])


_STAMP = """
    WITH kept AS (
        INSERT INTO registers_receipt (school_id, key, at, answer)
        VALUES (%(school)s, %(key)s, %(at)s, %(answer)s::jsonb)
    )
    UPDATE registers_register SET
        version = %(version)s, saved_at = %(at)s, saved_by_id = %(by)s, taken_for = %(taken_for)s,
        opened_at = coalesce(opened_at, %(at)s),
        opened_by_id = CASE WHEN opened_at IS NULL THEN %(by)s ELSE opened_by_id END,
        completed_at = coalesce(completed_at, %(completed_at)s),
        completed_by_id = CASE WHEN completed_at IS NULL AND %(completed_at)s::timestamptz IS NOT NULL
                               THEN %(by)s ELSE completed_by_id END
    WHERE id = %(register)s
"""


def _stamp(
    register_id: int,
    school: School,
    saved: Saved,
    key: UUID,
    taken_for: str,
    by: User | None,
    at: datetime,
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            _STAMP,
            {
                "school": school.pk,
                "key": key,
                "at": at,
                "answer": json.dumps(saved.as_json() | {"register": register_id}),
                "version": saved.version,
                "by": by.pk if by else None,
                "taken_for": taken_for,
                "completed_at": saved.completed_at,
                "register": register_id,
            },
        )


def _taken_for(school: School, group: TutorGroup, session: Session, by: User | None) -> str:
    """Give whose register it is where another person saves it; a group's own tutor saves for nobody else."""
    if by is not None and any(
        post.role == Role.TUTOR and post.tutor_group_id == group.pk for post in by.standing.posts_in(school.pk)
    ):
        return ""
    owner_id, name = owner_of(school.pk, group.pk, session)
    return "" if by is not None and owner_id == by.pk else name


def _record_save(
    register_id: int,
    group: TutorGroup,
    session: Session,
    changes: list[Change],
    held: dict[int, Present],
    saved: Saved,
    school: School,
    by: User | None,
    at: datetime,
    *,
    finish: bool,
) -> None:
    marks = "1 mark" if len(changes) == 1 else f"{len(changes)} marks"
    done = "register taken" if finish else "register saved"
    audit.record(
        verb="took a register" if finish else "saved a register",
        by=by,
        at=at,
        school_id=school.pk,
        subject_kind="register",
        subject_id=register_id,
        words=f"{group.name}, {session.spoken()}: {done}, {marks} written",
        before={str(one.pupil_id): held[one.pupil_id].code for one in changes},
        after={str(one.pupil_id): one.code for one in changes} | {"version": saved.version},
    )
