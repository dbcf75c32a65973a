"""The demo's timetable: periods, a fortnight of lessons without a clash, and who sits in which class.

Every form is taught as one class in each subject. Which teacher has which class is dealt out by subject; the hours are
found by colouring the edges between forms and teachers, so that nobody is ever in two places (König: a bipartite graph
needs no more colours than its busiest node has edges).
"""

# ruff: noqa: S311 - the same seed makes the same school; nothing here keeps a secret

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time
from random import Random
from typing import Final

from django.db import connection

from attendance_office.staff.models import Post, School, TutorGroup
from attendance_office.staff.roles import Role
from registers.models import Lesson, Period, TeachingGroup, Term, TimetableWeek
from registers.rules.ages import school_year_starts
from registers.rules.sessions import monday

PERIODS: Final = (
    ("P1", "AM", time(9, 10), time(10, 10)),
    ("P2", "AM", time(10, 10), time(11, 10)),
    ("P3", "AM", time(11, 30), time(12, 30)),
    ("P4", "PM", time(13, 40), time(14, 40)),
    ("P5", "PM", time(14, 40), time(15, 40)),
)
# What a form is taught in a fortnight of fifty periods, with the short name of its classes.
SUBJECTS: Final = (
    ("English", "En", 8), ("Mathematics", "Ma", 8), ("Science", "Sc", 9), ("French", "Fr", 4), ("History", "Hi", 4),
    ("Geography", "Gg", 4), ("Physical education", "Pe", 4), ("Religious education", "Re", 3), ("Art", "Ar", 2),
    ("Music", "Mu", 2), ("Computing", "Co", 2),
)  # fmt: skip
SLOTS: Final = 50
MOST_LESSONS: Final = 41


@dataclass(frozen=True)
class Taught:
    """A class to be: a form, a subject, how often in a fortnight, and by which teacher of a list."""

    form: int
    subject: int
    many: int
    teacher: int


def deal(forms: int, teachers: int) -> list[Taught]:
    """Deal the classes of a school out to its teachers, subject by subject, each up to a fair load.

    Raises ValueError where there are too few teachers for the lessons.
    """
    fair = -(-forms * SLOTS // teachers)
    if fair > MOST_LESSONS:
        raise ValueError(f"{teachers} teachers are too few for {forms} forms.")
    load = [0] * teachers
    found = []
    for subject, (_, _, many) in enumerate(SUBJECTS):
        for form in range(forms):
            # The first who still has room for the whole class keeps to one subject as long as may be.
            teacher = next((n for n in range(teachers) if load[n] + many <= fair), None)
            if teacher is None:
                teacher = min(range(teachers), key=lambda n: (load[n], n))
            load[teacher] += many
            found.append(Taught(form, subject, many, teacher))
    return found


def hours(taught: Sequence[Taught], forms: int, teachers: int, seed: str) -> list[list[int]]:
    """Give each class its slots of the fortnight, so that no form and no teacher has two lessons at once."""
    by_form: list[dict[int, int]] = [{} for _ in range(forms)]
    by_teacher: list[dict[int, int]] = [{} for _ in range(teachers)]
    edges = [number for number, one in enumerate(taught) for _ in range(one.many)]
    Random(seed).shuffle(edges)
    for number in edges:
        one = taught[number]
        form, teacher = by_form[one.form], by_teacher[one.teacher]
        here = next(slot for slot in range(SLOTS) if slot not in form)
        there = next(slot for slot in range(SLOTS) if slot not in teacher)
        if here not in teacher:
            there = here
        else:
            _swap(taught, by_form, by_teacher, one.teacher, here, there)
        form[here] = teacher[here] = number
    slots = list(range(SLOTS))
    Random(f"{seed}/slots").shuffle(slots)
    found: list[list[int]] = [[] for _ in taught]
    for held in by_form:
        for slot, number in held.items():
            found[number].append(slots[slot])
    return [sorted(one) for one in found]


def _swap(
    taught: Sequence[Taught],
    by_form: list[dict[int, int]],
    by_teacher: list[dict[int, int]],
    teacher: int,
    here: int,
    there: int,
) -> None:
    """Free a teacher in slot `here` by changing it for `there` along the path of lessons that hangs on it."""
    path, slot, other = [], here, there
    at_teacher, place = True, teacher
    while (number := (by_teacher if at_teacher else by_form)[place].get(slot)) is not None:
        path.append((number, slot, other))
        place = taught[number].form if at_teacher else taught[number].teacher
        at_teacher, slot, other = not at_teacher, other, slot
    for number, was, _ in path:
        del by_form[taught[number].form][was], by_teacher[taught[number].teacher][was]
    for number, _, now in path:
        by_form[taught[number].form][now] = by_teacher[taught[number].teacher][now] = number


def add_timetable(*, school: School, seed: int, on: date) -> int:
    """Give a school its periods, its week letters and a timetable for the school year of a day, where it has none.

    Gives how many lessons there are in a fortnight, 0 where it has a timetable or no teachers for one.
    """
    if Period.objects.filter(school=school).exists():
        return 0
    year = school_year_starts(on)
    forms = list(TutorGroup.objects.filter(school=school, is_used=True).order_by("year_group", "name"))
    teachers = list(
        Post.objects.filter(school=school, role__in=[Role.TUTOR, Role.HEAD_OF_YEAR], ended_on=None)
        .order_by("user_id")
        .values_list("user_id", flat=True)
        .distinct()
    )
    first = Term.objects.filter(school=school, starts_on__gte=year).order_by("starts_on").first()
    if not forms or first is None or len(teachers) * MOST_LESSONS < len(forms) * SLOTS:
        return 0
    periods = Period.objects.bulk_create(
        Period(school=school, name=name, half=half, starts_at=starts, ends_at=ends)
        for name, half, starts, ends in PERIODS
    )
    TimetableWeek.objects.create(school=school, monday=monday(first.starts_on), letter="A")
    taught = deal(len(forms), len(teachers))
    classes = TeachingGroup.objects.bulk_create(
        TeachingGroup(
            school=school,
            name=f"{forms[one.form].name}/{SUBJECTS[one.subject][1]}",
            subject=SUBJECTS[one.subject][0],
            year_group=forms[one.form].year_group,
        )
        for one in taught
    )
    slots = hours(taught, len(forms), len(teachers), f"{seed}/{school.urn}/timetable")
    lessons = Lesson.objects.bulk_create(
        Lesson(
            school=school,
            teaching_group=group,
            week="AB"[slot // 25],
            weekday=slot % 25 // 5 + 1,
            period=periods[slot % 5],
            teacher_id=teachers[one.teacher],
            room=f"{SUBJECTS[one.subject][1].upper()}{one.teacher + 1}",
            from_on=first.starts_on,
        )
        for one, group, held in zip(taught, classes, slots, strict=True)
        for slot in held
    )
    with connection.cursor() as cursor:
        cursor.execute(_SEATS, {"school": school.pk, "year": first.starts_on})
        cursor.execute("ANALYZE registers_lesson, registers_seat, registers_teachinggroup")
    return len(lessons)


# Whoever sits in a form sits in each of its classes, for as long.
_SEATS: Final = """
    INSERT INTO registers_seat (school_id, teaching_group_id, pupil_id, from_on, to_on)
    SELECT p.school_id, t.id, p.pupil_id, greatest(p.from_on, %(year)s), p.to_on
    FROM registers_placement p
    JOIN staff_tutorgroup g ON g.id = p.tutor_group_id
    JOIN registers_teachinggroup t ON t.school_id = p.school_id AND split_part(t.name, '/', 1) = g.name
    WHERE p.school_id = %(school)s AND (p.to_on IS NULL OR p.to_on >= %(year)s)
    ORDER BY p.pupil_id, t.id
"""
