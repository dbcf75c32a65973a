"""The demo's timetable and lesson registers: nobody in two places, and marks that agree with the session's."""

from collections import Counter
from datetime import date

import pytest

from registers.actions.demo.lessons import DAYS
from registers.actions.demo.timetable import SLOTS, deal, hours
from registers.models import Lesson, LessonCover, LessonMark, LessonRegister, Mark
from registers.queries.doubt_search import search

from .test_make_school import FRIDAY, make, small  # noqa: F401


@pytest.mark.parametrize(("forms", "teachers"), [(40, 59), (2, 5), (6, 11), (40, 50)])
def test_no_form_and_no_teacher_has_two_lessons_at_once(forms, teachers):
    taught = deal(forms, teachers)
    found = hours(taught, forms, teachers, "seed")
    assert [len(set(slots)) for slots in found] == [one.many for one in taught]
    at_once = Counter(
        key
        for one, slots in zip(taught, found, strict=True)
        for slot in slots
        for key in (("form", one.form, slot), ("teacher", one.teacher, slot))
    )
    assert set(at_once.values()) == {1}
    assert sum(one.many for one in taught) == forms * SLOTS
    assert found == hours(taught, forms, teachers, "seed")
    assert found != hours(taught, forms, teachers, "another")


def test_too_few_teachers_are_said_so():
    with pytest.raises(ValueError, match="2 teachers are too few for 40 forms"):
        deal(40, 2)


def test_the_last_ten_days_have_registers_that_agree_with_the_sessions(small):  # noqa: F811
    assert Lesson.objects.filter(school=small).count() == 6 * SLOTS
    marks = LessonMark.objects.filter(school=small)
    assert len(set(marks.values_list("on", flat=True))) == DAYS
    assert not marks.filter(on__gte=FRIDAY).exists()
    assert LessonRegister.objects.filter(school=small, completed_at=None).count() == 0
    sessions = {
        (pupil, on, half): code
        for pupil, on, half, code in Mark.objects.filter(school=small).values_list("pupil", "on", "half", "code")
    }
    for pupil, on, half, code in marks.values_list("pupil", "on", "lesson__period__half", "code"):
        if sessions[pupil, on, half] in {"I", "O", "N", "G", "C"}:
            assert code == "N"
    assert {"/", "L", "N"} <= set(marks.values_list("code", flat=True))
    assert not marks.filter(code="L", minutes_late=None).exists()
    assert not [one for one in search(small.pk, date(2026, 11, 1), FRIDAY) if one.ground == "seen_in_lesson"]


def test_cover_is_by_somebody_who_is_free_and_by_name(small):  # noqa: F811
    covers = LessonCover.objects.filter(school=small, on=FRIDAY).select_related("user", "lesson__teacher")
    assert covers.exclude(user=None).exists()
    assert covers.exclude(room="").exists()
    for cover in covers.exclude(user=None):
        same = Lesson.objects.filter(
            teacher=cover.user, weekday=5, period=cover.lesson.period_id, week=cover.lesson.week
        )
        assert not same.exists()


def test_coming_back_adds_the_days_between_and_no_second_timetable(small):  # noqa: F811
    before = LessonMark.objects.filter(school=small).count()
    assert make(FRIDAY).lesson_marks == 0
    made = make(date(2026, 11, 25))
    assert made.lesson_marks > 0
    assert LessonMark.objects.filter(school=small).count() == before + made.lesson_marks
    assert Lesson.objects.filter(school=small).count() == 6 * SLOTS


def test_a_school_with_too_few_teachers_has_no_timetable(db):
    from registers.actions.demo.timetable import add_timetable
    from tests.factories.staff import SchoolFactory

    assert add_timetable(school=SchoolFactory(), seed=1, on=FRIDAY) == 0
