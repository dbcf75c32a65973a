"""The lessons of a day, who takes each, how far its register has come, and the sheet of one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, cast

from django.db import connection
from django.db.models import Q, QuerySet

from attendance_office import clock
from attendance_office.audit.trail import THE_OFFICE
from attendance_office.staff.models import Post, School, User
from attendance_office.staff.roles import MAY, REACH, Can, Reach, Role
from registers.models import Lesson, LessonCover, LessonMark, LessonRegister, Mark, Pupil
from registers.rules.sessions import HALVES, Calendar, Session

from .marks import Hand
from .registers import Status
from .timetable import valid, weeks_of

NO_TEACHER: Final = "No teacher set"

_COUNTS: Final = """
    SELECT l.id, count(*), count(m.id)
    FROM registers_lesson l
    JOIN registers_seat s ON s.teaching_group_id = l.teaching_group_id
      AND s.from_on <= %(on)s AND (s.to_on IS NULL OR s.to_on >= %(on)s)
    JOIN registers_enrolment e ON e.pupil_id = s.pupil_id
      AND e.starts_on <= %(on)s AND (e.ends_on IS NULL OR e.ends_on >= %(on)s)
    LEFT JOIN registers_lessonmark m
      ON m.school_id = l.school_id AND m.lesson_id = l.id AND m.pupil_id = s.pupil_id AND m."on" = %(on)s
    WHERE l.id = ANY (%(lessons)s)
    GROUP BY l.id
"""


@dataclass(frozen=True)
class LessonLine:
    """One lesson on one day: who takes it, where, and how far its register has come."""

    lesson: Lesson
    on: date
    cover: LessonCover | None
    register: LessonRegister | None
    expected: int
    marked: int

    @property
    def session(self) -> Session:
        """Give the session in which the lesson lies."""
        return Session(self.on, self.lesson.period.half)  # type: ignore[arg-type]

    @property
    def opens_at(self) -> datetime:
        """Give the instant at which the lesson begins."""
        return datetime.combine(self.on, self.lesson.period.starts_at, tzinfo=clock.LONDON)

    @property
    def owner(self) -> str:
        """Give the name of who takes it: whoever covers, else the teacher."""
        if self.cover is not None and self.is_covered:
            return self.cover.user.signature if self.cover.user else self.cover.name
        return self.lesson.teacher.signature if self.lesson.teacher else NO_TEACHER

    @property
    def is_covered(self) -> bool:
        """Tell whether somebody takes it in place of its teacher; a change of room alone is no cover."""
        return self.cover is not None and bool(self.cover.user_id or self.cover.name)

    @property
    def room(self) -> str:
        """Give the room: the day's own, else the lesson's."""
        return (self.cover.room if self.cover else "") or self.lesson.room

    @property
    def status(self) -> Status:
        """Say how far the register has come."""
        if self.register is not None and self.register.completed_at is not None and self.marked >= self.expected:
            return Status.COMPLETE
        return Status.PART if self.marked else Status.NOT_OPENED

    @property
    def is_owed(self) -> bool:
        """Tell whether somebody still has to take it; a class without a pupil owes nothing."""
        return self.expected > 0 and self.status is not Status.COMPLETE


def lessons_held(school: School, on: date, calendar: Calendar) -> QuerySet[Lesson]:
    """Give the lessons held on a day: of its week, in sessions that the school holds. One query before its own."""
    letter = weeks_of(school.pk, calendar).letter(on)
    halves = [half for half in HALVES if calendar.has_session(Session(on, half))]
    return (
        Lesson.objects.filter(valid(on), school=school, weekday=on.isoweekday())
        .filter(week__in=["", letter or ""], period__half__in=halves)
        .select_related("school", "period", "teaching_group", "teacher")
        .order_by("period__starts_at", "teaching_group__year_group", "teaching_group__name", "pk")
    )


def lines_of(school: School, on: date, rows: QuerySet[Lesson]) -> list[LessonLine]:
    """Give the lines of lessons that are held on a day, in the order of the hour: four queries."""
    lessons = list(rows)
    ids = [one.pk for one in lessons]
    covers = {row.lesson_id: row for row in LessonCover.objects.filter(lesson__in=ids, on=on).select_related("user")}
    registers = {
        row.lesson_id: row for row in LessonRegister.objects.filter(lesson__in=ids, on=on).select_related("saved_by")
    }
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, cast("dict[str, Any]", {"on": on, "lessons": ids}))
        counts = {pk: (expected, marked) for pk, expected, marked in cursor.fetchall()}
    return [
        LessonLine(one, on, covers.get(one.pk), registers.get(one.pk), *counts.get(one.pk, (0, 0))) for one in lessons
    ]


def lessons_of_day(school: School, on: date, calendar: Calendar) -> list[LessonLine]:
    """Give every lesson of a day: five queries beside the calendar's."""
    return lines_of(school, on, lessons_held(school, on, calendar))


def own_lessons(user: User, school: School, on: date, calendar: Calendar) -> list[LessonLine]:
    """Give the lessons a person takes on a day, own and covered; five queries beside the calendar's.

    A lesson that somebody else covers that day is there too, and says so.
    """
    covered = LessonCover.objects.filter(user=user, on=on).values("lesson")
    return lines_of(school, on, lessons_held(school, on, calendar).filter(Q(teacher=user) | Q(pk__in=covered)))


def lesson_to_take(
    user: User, school: School, lesson_pk: int, on: date, *, today: date, calendar: Calendar
) -> LessonLine | None:
    """Give one lesson of a day if its register is the person's to take, else None.

    Its teacher takes it, and whoever takes any register within a reach that holds the class; a colleague who covers
    it takes it on that one day, and does not see it on another.
    """
    lesson = Lesson.objects.filter(pk=lesson_pk, school=school).select_related("teaching_group").first()
    if lesson is None or not _is_theirs(user, lesson, on, today):
        return None
    lines = lines_of(school, on, lessons_held(school, on, calendar).filter(pk=lesson_pk))
    return lines[0] if lines else None


def _is_theirs(user: User, lesson: Lesson, on: date, today: date) -> bool:
    posts = user.standing.posts_in(lesson.school_id)
    if any(_takes_any(post, lesson.teaching_group.year_group) for post in posts):
        return True
    if not any(Can.TAKE_OWN_LESSON in MAY[Role(post.role)] for post in posts):
        return False
    if lesson.teacher_id == user.pk:
        return True
    return on == today and LessonCover.objects.filter(lesson=lesson, on=on, user=user).exists()


def _takes_any(post: Post, year_group: int | None) -> bool:
    if Can.TAKE_ANY_REGISTER not in MAY[Role(post.role)]:
        return False
    reach = REACH[Role(post.role)]
    return reach in {Reach.SCHOOL, Reach.TRUST} or (reach is Reach.YEAR and post.year_group == year_group)


# ---------- the sheet ----------


@dataclass(frozen=True, slots=True)
class LessonRow:
    """One pupil of a lesson: the mark, who wrote it, and the marks of the day's sessions beside it."""

    pupil: Pupil
    mark: LessonMark | None
    hand: Hand | None
    sessions: dict[str, Mark]
    within_reach: bool

    @property
    def code(self) -> str:
        """Give the lesson mark, "" where there is none."""
        return self.mark.code if self.mark else ""


def lesson_sheet(line: LessonLine, user: User) -> list[LessonRow]:
    """Give the pupils of a lesson in order, each with the day's session marks beside the lesson's: four queries."""
    on, school = line.on, line.lesson.school_id
    pupils = list(
        Pupil.objects.filter(
            Q(seats__to_on=None) | Q(seats__to_on__gte=on),
            school=school,
            seats__teaching_group=line.lesson.teaching_group_id,
            seats__from_on__lte=on,
        )
        .on_roll(on)
        .distinct()
        .in_order()
    )
    ids = [one.pk for one in pupils]
    entered = LessonMark.objects.filter(school=school, lesson=line.lesson.pk, on=on, pupil__in=ids)
    marks = {mark.pupil_id: mark for mark in entered.select_related("recorded_by")}
    sessions: dict[int, dict[str, Mark]] = {pk: {} for pk in ids}
    for mark in Mark.objects.filter(school=school, pupil__in=ids, on=on):
        sessions[mark.pupil_id][mark.half] = mark
    reach = _within(user, ids)
    return [
        LessonRow(
            pupil=pupil,
            mark=(mark_ := marks.get(pupil.pk)),
            hand=Hand(mark_.recorded_by.signature if mark_.recorded_by else THE_OFFICE, mark_.recorded_at)
            if mark_
            else None,
            sessions=sessions[pupil.pk],
            within_reach=pupil.pk in reach,
        )
        for pupil in pupils
    ]


def _within(user: User, ids: Collection[int]) -> set[int]:
    return set(Pupil.objects.visible_to(user).filter(pk__in=ids).values_list("pk", flat=True))


# ---------- what a save must know ----------


@dataclass(frozen=True, slots=True)
class Seated:
    """A pupil of a lesson as a save finds them: the lesson's mark, and the session's."""

    pupil_id: int
    name: str
    mark_id: int | None
    code: str
    minutes_late: int | None
    comment: str
    hand: Hand | None
    session_code: str


_SEATED: Final = """
    WITH sitting AS MATERIALIZED (
        SELECT DISTINCT s.pupil_id FROM registers_seat s
        JOIN registers_enrolment e
          ON e.pupil_id = s.pupil_id AND e.starts_on <= %(on)s AND (e.ends_on IS NULL OR e.ends_on >= %(on)s)
        WHERE s.teaching_group_id = %(group)s AND s.from_on <= %(on)s AND (s.to_on IS NULL OR s.to_on >= %(on)s)
    ), held AS MATERIALIZED (
        SELECT m.* FROM registers_lessonmark m
        WHERE m.school_id = %(school)s AND m.lesson_id = %(lesson)s AND m."on" = %(on)s
        ORDER BY m.pupil_id FOR UPDATE OF m
    )
    SELECT s.pupil_id, p.legal_surname || ', ' || coalesce(nullif(p.known_as, ''), p.legal_forename),
           h.id, coalesce(h.code, ''), h.minutes_late, coalesce(h.comment, ''), h.recorded_at,
           u.title, u.first_name, u.last_name, u.email, coalesce(m.code, '')
    FROM sitting s JOIN registers_pupil p ON p.id = s.pupil_id
    LEFT JOIN held h ON h.pupil_id = s.pupil_id LEFT JOIN staff_user u ON u.id = h.recorded_by_id
    LEFT JOIN registers_mark m
      ON m.school_id = %(school)s AND m.pupil_id = s.pupil_id AND m."on" = %(on)s AND m.half = %(half)s
    ORDER BY p.sort_name, p.id
"""


def seated_for_saving(lesson: Lesson, on: date) -> dict[int, Seated]:
    """Give the pupils of a lesson with their marks, locked until the transaction ends: one query."""
    asked: dict[str, Any] = {
        "on": on,
        "group": lesson.teaching_group_id,
        "school": lesson.school_id,
        "lesson": lesson.pk,
        "half": lesson.period.half,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SEATED, asked)
        return {row[0]: _seated(*row) for row in cursor.fetchall()}


def _seated(*row: Any) -> Seated:
    pupil, name, mark, code, minutes, comment, at, title, first, last, email, session_code = row
    who = User(title=title, first_name=first, last_name=last, email=email).signature if email else THE_OFFICE
    return Seated(pupil, name, mark, code, minutes, comment, Hand(who, at) if at else None, session_code)
