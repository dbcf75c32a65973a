"""Keeping the timetable: periods, which week is which, classes and their lessons. A change never alters the past."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Max, Q

from attendance_office.audit import trail
from attendance_office.refusals import Refused
from attendance_office.staff.models import School, User
from registers.models import Half, Lesson, LessonCover, LessonRegister, Period, TeachingGroup, TimetableWeek
from registers.queries.timetable import WEEKDAYS, Wanted, clashes_of
from registers.rules.dates import spoken_date
from registers.rules.sessions import monday

_DAY = timedelta(days=1)
_SHORT = {number: name[:3] for number, name in WEEKDAYS}


class InTwoPlaces(Refused):
    """Somebody or something would be in two places; `clashes` says each in words. It may be saved all the same."""

    def __init__(self, clashes: Sequence[str]) -> None:
        self.clashes = tuple(clashes)
        super().__init__(" ".join(clashes))


# ---------- periods ----------


def save_period(
    *,
    school: School,
    period: Period | None = None,
    name: str,
    half: str,
    starts_at: time,
    ends_at: time,
    by: User | None,
    at: datetime,
) -> Period:
    """Make a period of the school day, or change one.

    Raises Refused for a name that is taken, hours that end before they start or lie over another period's, and for
    another session where registers of the period's lessons were taken.
    """
    name = name.strip()
    with trail.signed(by=by, at=at, school_id=school.pk):
        School.objects.select_for_update().get(pk=school.pk)
        others = Period.objects.filter(school=school).exclude(pk=period.pk if period else 0)
        _check_period(name, starts_at, ends_at, others)
        taken = period is not None and LessonRegister.objects.filter(lesson__period=period).exists()
        if period is not None and taken and half != period.half:
            raise Refused(
                f"Registers were taken in {period.name}: it stays in the {Half(period.half).label.lower()} session."
                " Make another period."
            )
        before = _period_as_kept(period) if period else None
        row = period or Period(school=school)
        row.name, row.half, row.starts_at, row.ends_at = name, half, starts_at, ends_at
        row.save()
        after = _period_as_kept(row)
        if before != after:
            words = f"{row.name}: {starts_at:%H:%M} to {ends_at:%H:%M}, {Half(half).label.lower()}"
            _say("period changed" if before else "period added", school, "period", row.pk, words, by=by, at=at,
                 before=before, after=after)  # fmt: skip
    return row


def _check_period(name: str, starts_at: time, ends_at: time, others: Any) -> None:
    if not name:
        raise Refused("A period needs a name, like P1.")
    if ends_at <= starts_at:
        raise Refused(f"{name} ends at {ends_at:%H:%M}, before it starts at {starts_at:%H:%M}.")
    for other in others:
        if other.name.casefold() == name.casefold():
            raise Refused(f"There is a period called {other.name} already.")
        if starts_at < other.ends_at and other.starts_at < ends_at:
            raise Refused(
                f"{name} lies over {other.name}, which is from {other.starts_at:%H:%M} to {other.ends_at:%H:%M}."
            )


def remove_period(*, period: Period, by: User | None, at: datetime) -> None:
    """Take away a period in which no lesson is or was. Raises Refused where there is one."""
    school = period.school
    with trail.signed(by=by, at=at, school_id=school.pk):
        lessons = Lesson.objects.filter(period=period).count()
        if lessons:
            raise Refused(f"{period.name} stays: {lessons} lesson{'' if lessons == 1 else 's'} are or were held in it.")
        _say("period removed", school, "period", period.pk, f"{period.name} taken away", by=by, at=at,
             before=_period_as_kept(period))  # fmt: skip
        period.delete()


def _period_as_kept(period: Period) -> dict[str, str]:
    return {
        "name": period.name,
        "half": period.half,
        "starts_at": f"{period.starts_at:%H:%M}",
        "ends_at": f"{period.ends_at:%H:%M}",
    }


# ---------- weeks ----------


def set_week(*, school: School, on: date, letter: str, by: User | None, at: datetime) -> TimetableWeek:
    """Say which letter the week of a day has; from it on the weeks alternate anew.

    Raises Refused where registers of lessons were taken in that week or later: which lessons were held stays.
    """
    week = monday(on)
    with trail.signed(by=by, at=at, school_id=school.pk):
        School.objects.select_for_update().get(pk=school.pk)
        before = TimetableWeek.objects.filter(school=school, monday=week).first()
        if before is not None and before.letter == letter:
            return before
        _check_no_register(school, week)
        row, _ = TimetableWeek.objects.update_or_create(school=school, monday=week, defaults={"letter": letter})
        _say("timetable week set", school, "timetable week", row.pk, f"Week {letter} from {spoken_date(week)}", by=by,
             at=at, before={"letter": before.letter} if before else None, after={"letter": letter})  # fmt: skip
    return row


def remove_week(*, week: TimetableWeek, by: User | None, at: datetime) -> None:
    """Take a row away: the weeks go on alternating from the row before. Raises Refused as `set_week`."""
    school = week.school
    with trail.signed(by=by, at=at, school_id=school.pk):
        _check_no_register(school, week.monday)
        _say("timetable week removed", school, "timetable week", week.pk,
             f"Week {week.letter} from {spoken_date(week.monday)} taken away", by=by, at=at,
             before={"letter": week.letter})  # fmt: skip
        week.delete()


def _check_no_register(school: School, week: date) -> None:
    last = LessonRegister.objects.filter(school=school, on__gte=week).aggregate(last=Max("on"))["last"]
    if last is not None:
        after = monday(last) + timedelta(days=7)
        raise Refused(
            f"Registers of lessons were taken up to {spoken_date(last)}: change the weeks from {spoken_date(after)} on."
        )


# ---------- classes ----------


def save_class(
    *,
    school: School,
    teaching_group: TeachingGroup | None = None,
    name: str,
    subject: str = "",
    year_group: int | None = None,
    is_used: bool = True,
    by: User | None,
    at: datetime,
) -> TeachingGroup:
    """Make a class, or change its name, subject, year and use. Raises Refused for a name that is taken."""
    name, subject = name.strip(), subject.strip()
    with trail.signed(by=by, at=at, school_id=school.pk):
        if not name:
            raise Refused("A class needs a name, like 9A/En1.")
        others = TeachingGroup.objects.filter(school=school).exclude(pk=teaching_group.pk if teaching_group else 0)
        if others.filter(name__iexact=name).exists():
            raise Refused(f"There is a class called {name} already.")
        before = _class_as_kept(teaching_group) if teaching_group else None
        row = teaching_group or TeachingGroup(school=school)
        row.name, row.subject, row.year_group, row.is_used = name, subject, year_group, is_used
        row.save()
        after = _class_as_kept(row)
        if before != after:
            _say("class changed" if before else "class made", school, "class", row.pk, f"Class {row.name}", by=by,
                 at=at, before=before, after=after)  # fmt: skip
    return row


def _class_as_kept(row: TeachingGroup) -> dict[str, Any]:
    return {"name": row.name, "subject": row.subject, "year_group": row.year_group, "is_used": row.is_used}


# ---------- lessons ----------


def set_lessons(
    *,
    teaching_group: TeachingGroup,
    from_on: date,
    wanted: Sequence[Wanted],
    in_spite: bool = False,
    by: User | None,
    at: datetime,
) -> tuple[int, int]:
    """Give a class these lessons from a day on, and give how many begin and how many end.

    A lesson that stays as it is goes on; one that is not among `wanted` ends the day before, and what was to begin
    later does not come. Lessons before the day, and the registers taken of them, stay as they were.

    Raises Refused where a register of the class was taken on that day or later, and InTwoPlaces where a teacher, a room
    or a pupil would be in two places, unless it is to be saved `in_spite` of it.
    """
    school = teaching_group.school
    with trail.signed(by=by, at=at, school_id=school.pk):
        TeachingGroup.objects.select_for_update().get(pk=teaching_group.pk)
        check_nothing_taken(teaching_group, from_on)
        clashes = [] if in_spite else clashes_of(teaching_group, wanted, from_on)
        if clashes:
            raise InTwoPlaces(clashes)
        held = Lesson.objects.filter(Q(to_on=None) | Q(to_on__gte=from_on), teaching_group=teaching_group)
        there = {_key(one): one for one in held.select_related("period", "teacher") if one.from_on < from_on}
        asked = {(one.place.week, one.place.weekday, one.period_id, _pk(one.teacher), one.room): one for one in wanted}
        ends = [one for key, one in there.items() if key not in asked]
        stay = [one for key, one in there.items() if key in asked]
        coming = [one for one in held if one.from_on >= from_on]
        gone = [one.pk for one in (*ends, *coming)]
        LessonCover.objects.filter(lesson__in=gone, on__gte=from_on).delete()
        Lesson.objects.filter(pk__in=[one.pk for one in ends]).update(to_on=from_on - _DAY)
        Lesson.objects.filter(pk__in=[one.pk for one in stay]).exclude(to_on=None).update(to_on=None)
        Lesson.objects.filter(pk__in=[one.pk for one in coming]).delete()
        new = Lesson.objects.bulk_create(
            Lesson(
                school=school,
                teaching_group=teaching_group,
                week=week,
                weekday=weekday,
                period_id=period,
                teacher_id=teacher,
                room=room,
                from_on=from_on,
            )
            for (week, weekday, period, teacher, room) in asked
            if (week, weekday, period, teacher, room) not in there
        )
        words = f"{teaching_group.name} from {spoken_date(from_on)}: {len(new)} lessons begin, {len(gone)} end"
        _say("lessons of a class changed", school, "class", teaching_group.pk, words, by=by, at=at,
             before={"lessons": [_said(one) for one in (*ends, *coming)]},
             after={"lessons": [_said(one) for one in new], "in_spite": in_spite})  # fmt: skip
    return len(new), len(gone)


def check_nothing_taken(teaching_group: TeachingGroup, from_on: date) -> None:
    """Refuse to change a class from a day on which, or after which, one of its registers was taken."""
    last = LessonRegister.objects.filter(lesson__teaching_group=teaching_group, on__gte=from_on).aggregate(
        last=Max("on")
    )["last"]
    if last is not None:
        raise Refused(
            f"A register of {teaching_group.name} was taken on {spoken_date(last)}: change it from"
            f" {spoken_date(last + _DAY)} on."
        )


def _key(one: Lesson) -> tuple[str, int, int, int | None, str]:
    return one.week, one.weekday, one.period_id, one.teacher_id, one.room


def _pk(user: User | None) -> int | None:
    return user.pk if user else None


def _said(one: Lesson) -> str:
    return f"{one.week or 'A+B'} {_SHORT[one.weekday]} {one.period.name}, teacher {one.teacher_id or '-'}, {one.room}"


def _say(
    verb: str,
    school: School,
    kind: str,
    pk: int,
    words: str,
    *,
    by: User | None,
    at: datetime,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    trail.record(
        verb=verb, by=by, at=at, school_id=school.pk, subject_kind=kind, subject_id=pk, words=words, before=before,
        after=after,
    )  # fmt: skip
