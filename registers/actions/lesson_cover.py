"""Saying who takes a lesson in place of its teacher on one day, and in which room."""

from __future__ import annotations

from datetime import date, datetime
from typing import cast

from attendance_office.audit import trail
from attendance_office.refusals import Refused
from attendance_office.staff.models import User
from attendance_office.staff.roles import Can
from registers.models import Lesson, LessonCover
from registers.queries.calendar import calendar_of
from registers.queries.timetable import busy_teachers, place_of, weeks_of
from registers.rules.codes import Half
from registers.rules.dates import spoken_date
from registers.rules.sessions import Session


def set_lesson_cover(
    *,
    lesson: Lesson,
    on: date,
    user: User | None = None,
    name: str = "",
    room: str = "",
    why: str = "",
    by: User | None,
    at: datetime,
) -> LessonCover:
    """Say who covers a lesson on a day, a colleague or by name somebody without an account, and where.

    A room alone is a change of room. Raises Refused where nothing is said, or both a colleague and a name; where the
    lesson is not held that day; and for a colleague who takes no lessons in the school, is its teacher, or has a
    lesson of their own at that hour.
    """
    name, room, why = name.strip(), room.strip(), why.strip()
    school = lesson.school
    if user is not None and name:
        raise Refused("Choose a colleague, or write a name: not both.")
    if user is None and not name and not room:
        raise Refused("Choose a colleague, write the name of a supply teacher, or name another room.")
    with trail.signed(by=by, at=at, school_id=school.pk, reason=why):
        Lesson.objects.select_for_update(of=("self",)).get(pk=lesson.pk)
        calendar = calendar_of(school.pk)
        letter = weeks_of(school.pk, calendar).letter(on)
        session = Session(on, cast("Half", lesson.period.half))
        if not (calendar.has_session(session) and place_of(lesson).is_on(on, letter)):
            raise Refused(f"{lesson.teaching_group.name}, {lesson.period.name} is not held on {spoken_date(on)}.")
        before = LessonCover.objects.filter(lesson=lesson, on=on).select_related("user").first()
        if user is not None and (before is None or before.user_id != user.pk):
            _check_colleague(lesson, user, busy_teachers(school, on, letter, lesson.period))
        cover, _ = LessonCover.objects.update_or_create(
            school=school, lesson=lesson, on=on, defaults={"user": user, "name": name, "room": room, "why": why}
        )
        who = user.signature if user else name
        words = f"{who} covers" if who else "moved"
        _say(cover, "arranged lesson cover", f"{words}{f', room {room}' if room else ''}", before, by=by, at=at)
    return cover


def end_lesson_cover(*, lesson: Lesson, on: date, by: User | None, at: datetime) -> None:
    """Take the cover of a lesson back: its teacher takes it, in its own room. Raises Refused where there is none."""
    with trail.signed(by=by, at=at, school_id=lesson.school_id):
        cover = LessonCover.objects.select_related("user").filter(lesson=lesson, on=on).first()
        if cover is None:
            raise Refused("No cover is set for this lesson.")
        _say(cover, "ended lesson cover", "the teacher takes it", cover, by=by, at=at)
        cover.delete()


def _check_colleague(lesson: Lesson, user: User, busy: set[int]) -> None:
    if not user.standing.may(Can.TAKE_OWN_LESSON, lesson.school_id):
        raise Refused(f"{user.signature} takes no lessons in this school.")
    if lesson.teacher_id == user.pk:
        raise Refused(f"{user.signature} teaches this lesson: there is nothing to cover.")
    if user.pk in busy:
        raise Refused(f"{user.signature} has a lesson in {lesson.period.name} already: choose somebody who is free.")


def _say(
    cover: LessonCover, verb: str, words: str, before: LessonCover | None, *, by: User | None, at: datetime
) -> None:
    lesson = cover.lesson
    trail.record(
        verb=verb,
        by=by,
        at=at,
        school_id=cover.school_id,
        subject_kind="lesson",
        subject_id=lesson.pk,
        words=f"{lesson.teaching_group.name}, {spoken_date(cover.on)} {lesson.period.name}: {words}",
        before=_as_kept(before),
        after=_as_kept(cover),
        reason=cover.why,
    )


def _as_kept(cover: LessonCover | None) -> dict[str, str] | None:
    if cover is None:
        return None
    return {"cover": cover.user.signature if cover.user else cover.name, "room": cover.room, "why": cover.why}
