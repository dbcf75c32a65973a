"""Saving the registers of lessons. Their marks stand beside the statutory ones and count in no figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, cast
from uuid import UUID

from django.db import connection

from attendance_office import clock
from attendance_office.audit import trail
from attendance_office.refusals import Conflict, Refused
from attendance_office.staff.models import User
from attendance_office.staff.roles import Can
from registers.models import Lesson, LessonMark, LessonRegister, Receipt
from registers.queries.calendar import calendar_of
from registers.queries.lessons import Seated, seated_for_saving
from registers.queries.marks import Clash
from registers.queries.timetable import place_of, weeks_of
from registers.rules import codes
from registers.rules.codes import Half
from registers.rules.dates import spoken_date
from registers.rules.sessions import Session
from registers.rules.timetable import longest_late, minutes_late

from .attendance import Saved, check_all_marked
from .entries import EntriesRefused, Entry, check_comment

PRESENT, LATE, ABSENT, ELSEWHERE = (one.value for one in LessonMark.Code)
_HALF_WORDS: Final = {"AM": "this morning", "PM": "this afternoon"}
_KINDS: Final = {PRESENT: "present", LATE: "late", ABSENT: "absent", ELSEWHERE: "not_possible", "": "unmarked"}


@dataclass(frozen=True, slots=True)
class _Change:
    pupil_id: int
    code: str
    minutes_late: int | None
    comment: str


@dataclass(slots=True)
class _Reading:
    changes: list[_Change] = field(default_factory=list)
    notes: dict[int, str] = field(default_factory=dict)
    refusals: dict[int, str] = field(default_factory=dict)
    clashes: list[Clash] = field(default_factory=list)


def lesson_counts(symbols: Sequence[str]) -> dict[str, int]:
    """Give the tally line of a lesson register; who is elsewhere and known stands under "not_possible"."""
    tally = {"present": 0, "late": 0, "absent": 0, "not_possible": 0, "unmarked": 0, "expected": len(symbols)}
    for symbol in symbols:
        tally[_KINDS[symbol]] += 1
    return tally


def is_away(session_code: str, on: date) -> bool:
    """Tell whether a session's mark says that the pupil was not in school; who came late (U) was."""
    code = codes.code_set(on).get(session_code)
    return code is not None and code.counts.is_absent and not code.late


def save_lesson_marks(
    *, lesson: Lesson, on: date, entries: Sequence[Entry], key: UUID, finish: bool, by: User | None, at: datetime
) -> Saved:
    """Save entries of a lesson's register, all or none, once for each key; with `finish` the register is taken.

    Raises Conflict, with its clashes as details, where somebody changed a mark since the page saw it; Refused for a
    lesson that is not held that day or has not begun, a pupil who does not sit in the class, a code that is no lesson
    mark, a mark of an earlier day that is not the office's hand, and a finish with pupils unmarked.
    """
    school = lesson.school
    with trail.signed(by=by, at=at, school_id=school.pk, reason="Lesson register saved again"):
        register = _lock(lesson, on)
        kept = Receipt.objects.filter(school=school, key=key).values_list("answer", flat=True).first()
        if kept is not None:
            if kept["register"] != _named(register):
                raise Refused("This save was already sent for another register. Load the page again.")
            return Saved.from_json(kept)
        _check_lesson(lesson, on, at)
        held = seated_for_saving(lesson, on)
        _check_pupils(entries, held, lesson, on)
        may_change = by is None or by.standing.may(Can.AMEND_MARKS, school.pk) or clock.local(at).date() == on
        reading = _read_all(entries, held, lesson, on, may_change=may_change, at=at)
        _raise_what_stands_against(reading, held)
        now = {pupil: (one.code, one.minutes_late) for pupil, one in held.items()}
        now |= {change.pupil_id: (change.code, change.minutes_late) for change in reading.changes}
        if finish:
            check_all_marked(now, held)
        if reading.changes:
            _upsert(lesson, on, reading.changes, held, by, at)
        done = register.completed_at or (at if finish else None)
        saved = Saved(
            saved_at=at,
            counts=lesson_counts([code for code, _ in now.values()]),
            changed=tuple(sorted(change.pupil_id for change in reading.changes)),
            completed_at=done,
            marks={entry.pupil_id: now[entry.pupil_id] for entry in entries},
            notes=reading.notes,
        )
        LessonRegister.objects.filter(pk=register.pk).update(saved_at=at, saved_by=by, completed_at=done)
        Receipt.objects.create(school=school, key=key, at=at, answer=saved.as_json() | {"register": _named(register)})
        _record(register, lesson, reading.changes, held, finish=finish, by=by, at=at)
    return saved


def _named(register: LessonRegister) -> str:
    return f"lesson {register.pk}"


_LOCK: Final = """
    INSERT INTO registers_lessonregister AS r (school_id, lesson_id, "on")
    VALUES (%(school)s, %(lesson)s, %(on)s)
    ON CONFLICT (lesson_id, "on") DO UPDATE SET school_id = r.school_id
    RETURNING r.id, r.completed_at
"""


def _lock(lesson: Lesson, on: date) -> LessonRegister:
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, {"school": lesson.school_id, "lesson": lesson.pk, "on": on})
        pk, completed_at = cursor.fetchone()
    return LessonRegister(pk=pk, school_id=lesson.school_id, lesson=lesson, on=on, completed_at=completed_at)


def _check_lesson(lesson: Lesson, on: date, at: datetime) -> None:
    named = f"{lesson.teaching_group.name}, {lesson.period.name}"
    calendar = calendar_of(lesson.school_id)
    session = Session(on, cast("Half", lesson.period.half))
    letter = weeks_of(lesson.school_id, calendar).letter(on)
    if not (calendar.has_session(session) and place_of(lesson).is_on(on, letter)):
        raise Refused(f"{named} is not held on {spoken_date(on)}: see the timetable and the school's calendar.")
    if at < datetime.combine(on, lesson.period.starts_at, tzinfo=clock.LONDON):
        raise Refused(f"{named} on {spoken_date(on)} begins at {lesson.period.starts_at:%H:%M}.")


def _check_pupils(entries: Sequence[Entry], held: dict[int, Seated], lesson: Lesson, on: date) -> None:
    asked = [entry.pupil_id for entry in entries]
    if len(set(asked)) != len(asked):
        raise Refused("A pupil is there twice. Load the page again.")
    strangers = len(set(asked) - held.keys())
    if strangers:
        who = "1 pupil is" if strangers == 1 else f"{strangers} pupils are"
        raise Refused(f"{who} not in {lesson.teaching_group.name} on {spoken_date(on)}. Load the page again.")


def _read_all(
    entries: Sequence[Entry], held: dict[int, Seated], lesson: Lesson, on: date, *, may_change: bool, at: datetime
) -> _Reading:
    reading = _Reading()
    for entry in entries:
        seat = held[entry.pupil_id]
        try:
            change = _read(entry, seat, lesson, on, at)
            if (change.code, change.minutes_late, change.comment) == (seat.code, seat.minutes_late, seat.comment):
                continue
            if entry.was is not None and seat.code not in {_same(entry.was), change.code} and seat.hand is not None:
                reading.clashes.append(
                    Clash(seat.pupil_id, seat.name, change.code, seat.code, seat.hand.name, seat.hand.at)
                )
                continue
            _check_changing(seat, may_change=may_change)
        except Refused as refused:
            reading.refusals[entry.pupil_id] = str(refused)
            continue
        reading.changes.append(change)
        if note := _against_the_session(change.code, seat.session_code, lesson, on):
            reading.notes[entry.pupil_id] = note
    return reading


def _check_changing(seat: Seated, *, may_change: bool) -> None:
    if seat.code and not may_change:
        raise Refused(f"the register of that day says {seat.code}. Ask the office to change it.")


def _same(symbol: str) -> str:
    return PRESENT if symbol == "\\" else symbol


def _read(entry: Entry, seat: Seated, lesson: Lesson, on: date, at: datetime) -> _Change:
    code, minutes = _same(entry.code.strip().upper()), entry.minutes_late
    if code not in LessonMark.Code.values:
        raise Refused(f"{code} is no mark of a lesson: write / there, L late, N not there, M elsewhere and known.")
    period = lesson.period
    if minutes is not None:
        longest = longest_late(period.starts_at, period.ends_at)
        if code != LATE:
            raise Refused(f"Minutes late belong to L, not to {code}.")
        if not 0 < minutes <= longest:
            raise Refused(f"{period.name} ends at {period.ends_at:%H:%M}: minutes late are from 1 to {longest}.")
    elif code == LATE:
        minutes = seat.minutes_late if seat.code == LATE else _just_now(lesson, on, at)
    check_comment(entry.comment)
    comment = entry.comment.strip() or (seat.comment if seat.code == code else "")
    if comment and code != ELSEWHERE:
        raise Refused(f"Where a pupil is belongs to M, not to {code}.")
    return _Change(entry.pupil_id, code, minutes, comment)


def _just_now(lesson: Lesson, on: date, at: datetime) -> int | None:
    """Give the minutes of who comes in as the entry is made, None where it is made at another time."""
    here = clock.local(at)
    if here.date() != on:
        return None
    try:
        return minutes_late(lesson.period.starts_at, lesson.period.ends_at, here.time())
    except ValueError:
        return None


def _against_the_session(code: str, session_code: str, lesson: Lesson, on: date) -> str:
    """Say where a lesson's mark and its session's contradict each other: the office's trawl finds both."""
    when = _HALF_WORDS[lesson.period.half]
    if code == ABSENT and session_code in {"/", "\\", "L"}:
        return f"{session_code} {when}: present in the session, not in the lesson."
    if code in {PRESENT, LATE} and is_away(session_code, on):
        return f"{session_code} {when}: absent in the session, in the lesson now."
    return ""


def _raise_what_stands_against(reading: _Reading, held: dict[int, Seated]) -> None:
    if reading.clashes:
        raise Conflict("Somebody changed this register meanwhile. Nothing was saved.", reading.clashes)
    if reading.refusals:
        raise EntriesRefused(reading.refusals, {pupil: held[pupil].name for pupil in reading.refusals})


_UPSERT: Final = """
    INSERT INTO registers_lessonmark AS m (school_id, pupil_id, lesson_id, "on", code, minutes_late, comment,
                                           recorded_at, recorded_by_id)
    SELECT %(school)s, e.pupil_id, %(lesson)s, %(on)s, e.code, e.minutes_late, e.comment, %(at)s, %(by)s
    FROM unnest(%(pupils)s::bigint[], %(codes)s::text[], %(minutes)s::smallint[], %(comments)s::text[])
         AS e (pupil_id, code, minutes_late, comment)
    ORDER BY e.pupil_id
    ON CONFLICT (school_id, pupil_id, "on", lesson_id) DO UPDATE
    SET code = excluded.code, minutes_late = excluded.minutes_late, comment = excluded.comment,
        recorded_at = excluded.recorded_at, recorded_by_id = excluded.recorded_by_id
    RETURNING m.pupil_id, m.xmax = 0
"""


def _upsert(
    lesson: Lesson, on: date, changes: list[_Change], held: dict[int, Seated], by: User | None, at: datetime
) -> None:
    asked: dict[str, Any] = {
        "school": lesson.school_id,
        "lesson": lesson.pk,
        "on": on,
        "at": at,
        "by": by.pk if by else None,
        "pupils": [change.pupil_id for change in changes],
        "codes": [change.code for change in changes],
        "minutes": [change.minutes_late for change in changes],
        "comments": [change.comment for change in changes],
    }
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT, asked)
        if any(not is_new and held[pupil].mark_id is None for pupil, is_new in cursor.fetchall()):
            raise Conflict("Somebody marked the same pupil this moment. Load the page again.", [])


def _record(
    register: LessonRegister,
    lesson: Lesson,
    changes: list[_Change],
    held: dict[int, Seated],
    *,
    finish: bool,
    by: User | None,
    at: datetime,
) -> None:
    marks = "1 mark" if len(changes) == 1 else f"{len(changes)} marks"
    done = "lesson register taken" if finish else "lesson register saved"
    trail.record(
        verb="took a lesson register" if finish else "saved a lesson register",
        by=by,
        at=at,
        school_id=lesson.school_id,
        subject_kind="lesson register",
        subject_id=register.pk,
        words=f"{lesson.teaching_group.name}, {spoken_date(register.on)} {lesson.period.name}: {done}, {marks} written",
        before={str(one.pupil_id): held[one.pupil_id].code for one in changes},
        after={str(one.pupil_id): one.code for one in changes},
    )
