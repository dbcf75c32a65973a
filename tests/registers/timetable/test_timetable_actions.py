"""Keeping the timetable: what is refused, what ends and begins, and that the past stays as it was."""

from datetime import date, time, timedelta

import pytest

from attendance_office.audit.models import Entry
from attendance_office.refusals import Refused
from registers.actions.lesson_cover import end_lesson_cover, set_lesson_cover
from registers.actions.seats import end_seat, seat_pupils
from registers.actions.timetable import (
    InTwoPlaces,
    remove_period,
    remove_week,
    save_class,
    save_period,
    set_lessons,
    set_week,
)
from registers.models import Lesson, LessonCover, LessonMark, Seat, TimetableWeek
from registers.queries.calendar import calendar_of
from registers.queries.lessons import lesson_to_take
from registers.queries.timetable import Wanted, busy_teachers, letter_on
from registers.rules.timetable import Place
from tests.conftest import MONDAY
from tests.factories.timetable import SEPTEMBER, take_lesson

from .conftest import IN_P1, IN_P2, IN_P3

NEXT_MONDAY = MONDAY + timedelta(weeks=1)


def wanted(period, *, teacher=None, room="", week="", weekday=1, from_on=NEXT_MONDAY):
    return Wanted(Place(week, weekday, period.starts_at, period.ends_at, from_on), period.pk, teacher, room)


# ---------- periods and weeks ----------


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"name": " "}, "needs a name"),
        ({"name": "p2"}, "a period called P2 already"),
        ({"name": "P4", "starts_at": time(9), "ends_at": time(9, 11)}, "P4 lies over P1, which is from 09:10 to 10:10"),
        ({"name": "P4", "starts_at": time(9), "ends_at": time(9)}, "ends at 09:00, before it starts"),
    ],
)
def test_a_period_that_cannot_be_is_refused(timetable, cast, said, words):
    asked = {"name": "P4", "half": "PM", "starts_at": time(14, 40), "ends_at": time(15, 40)} | said
    with pytest.raises(Refused, match=words):
        save_period(school=timetable.school, by=cast.max, at=IN_P1, **asked)


def test_a_period_keeps_its_session_once_a_register_was_taken_in_it(timetable, cast):
    p1 = timetable.p1
    hours = {"name": "P1", "starts_at": time(9, 5), "ends_at": time(10, 5)}
    take_lesson(timetable.en_p1, {cast.callum: "/"}, by=cast.pat, at=IN_P1)
    with pytest.raises(Refused, match="stays in the morning session"):
        save_period(school=timetable.school, period=p1, half="PM", by=cast.max, at=IN_P1, **hours)
    p1.refresh_from_db()
    save_period(school=timetable.school, period=p1, half="AM", by=cast.max, at=IN_P1, **hours)
    entry = Entry.objects.get(verb="period changed")
    assert (entry.before["starts_at"], entry.after["starts_at"]) == ("09:10", "09:05")
    with pytest.raises(Refused, match="P1 stays: 1 lesson"):
        remove_period(period=p1, by=cast.max, at=IN_P1)


def test_a_new_row_starts_a_new_count_but_never_where_registers_were_taken(timetable, cast):
    take_lesson(timetable.en_p1, {cast.callum: "/"}, by=cast.pat, at=IN_P1)
    with pytest.raises(Refused, match=r"taken up to Mon 23 Nov 2026: change the weeks from Mon 30 Nov 2026 on"):
        set_week(school=timetable.school, on=MONDAY, letter="A", by=cast.max, at=IN_P1)
    assert letter_on(timetable.school.pk, NEXT_MONDAY) == "A"
    row = set_week(school=timetable.school, on=NEXT_MONDAY + timedelta(days=3), letter="B", by=cast.max, at=IN_P1)
    assert (row.monday, letter_on(timetable.school.pk, NEXT_MONDAY)) == (NEXT_MONDAY, "B")
    assert letter_on(timetable.school.pk, MONDAY) == "B"
    remove_week(week=row, by=cast.max, at=IN_P1)
    assert letter_on(timetable.school.pk, NEXT_MONDAY) == "A"
    with pytest.raises(Refused, match="taken up to"):
        remove_week(week=TimetableWeek.objects.get(), by=cast.max, at=IN_P1)


# ---------- lessons ----------


def test_lessons_change_from_a_day_on_and_the_past_stays(timetable, cast):
    take_lesson(timetable.en_p1, {cast.callum: "N"}, by=cast.pat, at=IN_P1)
    asked = [
        wanted(timetable.p1, teacher=cast.pat, room="E14"),
        wanted(timetable.p3, teacher=cast.pat, room="E15", week="B"),
    ]
    assert set_lessons(teaching_group=timetable.nine_en, from_on=NEXT_MONDAY, wanted=asked, by=cast.max, at=IN_P1) == (
        1,
        1,
    )
    timetable.en_p1.refresh_from_db()
    timetable.en_p3.refresh_from_db()
    assert timetable.en_p1.to_on is None
    assert timetable.en_p3.to_on == NEXT_MONDAY - timedelta(days=1)
    assert LessonMark.objects.get().lesson == timetable.en_p1
    new = Lesson.objects.get(room="E15")
    assert (new.from_on, new.week) == (NEXT_MONDAY, "B")
    set_lessons(teaching_group=timetable.nine_en, from_on=NEXT_MONDAY, wanted=[], by=cast.max, at=IN_P1)
    assert not Lesson.objects.filter(pk=new.pk).exists()
    assert Lesson.objects.filter(teaching_group=timetable.nine_en, to_on=None).count() == 0


def test_a_change_from_a_day_with_a_register_is_refused(timetable, cast):
    take_lesson(timetable.en_p1, {cast.callum: "N"}, by=cast.pat, at=IN_P1)
    for from_on in (MONDAY, SEPTEMBER):
        with pytest.raises(
            Refused, match="A register of 9A/En was taken on Mon 23 Nov 2026: change it from Tue 24 Nov"
        ):
            set_lessons(teaching_group=timetable.nine_en, from_on=from_on, wanted=[], by=cast.max, at=IN_P1)


def test_teacher_room_and_pupils_in_two_places_are_said_before_it_is_saved(timetable, cast):
    asked = [wanted(timetable.p2, teacher=cast.pat, room="s2")]
    with pytest.raises(InTwoPlaces) as two:
        set_lessons(teaching_group=timetable.nine_en, from_on=NEXT_MONDAY, wanted=asked, by=cast.max, at=IN_P1)
    assert two.value.clashes == (
        "Mrs P. Hargreave: Monday P2 from Mon 30 Nov 2026 also has 8C/En.",
        "Room s2: Monday P2 from Mon 30 Nov 2026 also has 9A/Sc.",
        "Callum Ashworth; Amina Begum; Freya Blackwood: Monday P2 from Mon 30 Nov 2026 in 9A/Sc as well.",
    )
    assert Lesson.objects.count() == 4
    set_lessons(
        teaching_group=timetable.nine_en, from_on=NEXT_MONDAY, wanted=asked, in_spite=True, by=cast.max, at=IN_P1
    )
    assert Entry.objects.get(verb="lessons of a class changed").after["in_spite"] is True


def test_a_class_with_two_lessons_at_once_is_said_too(timetable, cast):
    asked = [wanted(timetable.p3, week="A"), wanted(timetable.p3)]
    with pytest.raises(InTwoPlaces, match="two lessons at once on Monday at 13:40"):
        set_lessons(teaching_group=timetable.nine_en, from_on=NEXT_MONDAY, wanted=asked, by=cast.max, at=IN_P1)


def test_other_weeks_and_lessons_that_have_ended_do_not_clash(timetable, cast):
    Lesson.objects.filter(pk=timetable.sc_p2.pk).update(to_on=MONDAY)
    Lesson.objects.filter(pk=timetable.eight_p2.pk).update(week="B")
    asked = [wanted(timetable.p2, teacher=cast.pat, room="S2", week="A")]
    assert set_lessons(teaching_group=timetable.nine_en, from_on=NEXT_MONDAY, wanted=asked, by=cast.max, at=IN_P1) == (
        1,
        2,
    )


def test_cover_of_a_lesson_that_ends_goes_with_it(timetable, cast):
    on = NEXT_MONDAY
    set_lesson_cover(lesson=timetable.en_p1, on=on, user=cast.bea, by=cast.sandra, at=IN_P1)
    set_lessons(teaching_group=timetable.nine_en, from_on=on, wanted=[], by=cast.max, at=IN_P1)
    assert not LessonCover.objects.exists()


# ---------- classes and seats ----------


def test_a_class_is_made_and_changed_and_its_name_is_its_own(timetable, cast):
    row = save_class(school=timetable.school, name="9B/En", subject="English", year_group=9, by=cast.max, at=IN_P1)
    with pytest.raises(Refused, match="called 9a/en already"):
        save_class(school=timetable.school, teaching_group=row, name="9a/en", by=cast.max, at=IN_P1)
    with pytest.raises(Refused, match="needs a name"):
        save_class(school=timetable.school, name="", by=cast.max, at=IN_P1)


def test_pupils_are_seated_from_a_day_on_and_leave_after_one(timetable, cast):
    save = {"teaching_group": timetable.nine_en, "by": cast.max, "at": IN_P1}
    with pytest.raises(Refused, match="in 9A/En already"):
        seat_pupils(pupils=[cast.callum], from_on=NEXT_MONDAY, **save)
    with pytest.raises(Refused, match="own school only"):
        seat_pupils(pupils=[cast.canary], from_on=NEXT_MONDAY, **save)
    with pytest.raises(Refused, match="Nobody is named"):
        seat_pupils(pupils=[], from_on=NEXT_MONDAY, **save)
    assert seat_pupils(pupils=[cast.tyler, cast.callum], from_on=NEXT_MONDAY, **save) == 1
    seat = Seat.objects.get(teaching_group=timetable.nine_en, pupil=cast.callum)
    with pytest.raises(Refused, match="joined 9A/En on Mon 7 Sep 2026"):
        end_seat(seat=seat, last_on=date(2026, 9, 1), by=cast.max, at=IN_P1)
    take_lesson(timetable.en_p1, {cast.callum: "/"}, by=cast.pat, at=IN_P1)
    with pytest.raises(Refused, match="has a mark in 9A/En on Mon 23 Nov 2026"):
        end_seat(seat=seat, last_on=MONDAY - timedelta(days=1), by=cast.max, at=IN_P1)
    end_seat(seat=seat, last_on=MONDAY, by=cast.max, at=IN_P1)
    with pytest.raises(Refused, match="leaves 9A/En on Mon 23 Nov 2026 already"):
        end_seat(seat=seat, last_on=NEXT_MONDAY, by=cast.max, at=IN_P1)


def test_who_would_have_two_lessons_at_once_is_said_before_the_seat_is_saved(timetable, cast):
    save = {"teaching_group": timetable.eight_en, "from_on": NEXT_MONDAY, "by": cast.max, "at": IN_P1}
    with pytest.raises(InTwoPlaces, match=r"Callum Ashworth.*Monday P2 from Mon 30 Nov 2026 in 9A/Sc as well"):
        seat_pupils(pupils=[cast.callum], **save)
    assert seat_pupils(pupils=[cast.callum], in_spite=True, **save) == 1


# ---------- cover ----------


def test_a_cover_teacher_takes_that_register_on_that_day_alone(timetable, cast):
    set_lesson_cover(lesson=timetable.sc_p2, on=MONDAY, user=cast.bea, why="Course", by=cast.sandra, at=IN_P1)
    calendar = calendar_of(timetable.school.pk)

    def may(lesson, on, today):
        return lesson_to_take(cast.bea, timetable.school, lesson.pk, on, today=today, calendar=calendar) is not None

    assert may(timetable.sc_p2, MONDAY, MONDAY)
    assert not may(timetable.sc_p2, MONDAY, MONDAY + timedelta(days=1))
    assert not may(timetable.sc_p2, NEXT_MONDAY, NEXT_MONDAY)
    assert not may(timetable.en_p1, MONDAY, MONDAY)
    take_lesson(timetable.sc_p2, {cast.callum: "/"}, by=cast.bea, at=IN_P2)
    end_lesson_cover(lesson=timetable.sc_p2, on=MONDAY, by=cast.sandra, at=IN_P2)
    assert not may(timetable.sc_p2, MONDAY, MONDAY)
    with pytest.raises(Refused, match="No cover is set"):
        end_lesson_cover(lesson=timetable.sc_p2, on=MONDAY, by=cast.sandra, at=IN_P2)
    assert [one.words for one in Entry.objects.filter(verb__contains="lesson cover")] == [
        "9A/Sc, Mon 23 Nov 2026 P2: Ms B. Farrant covers",
        "9A/Sc, Mon 23 Nov 2026 P2: the teacher takes it",
    ]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({}, "Choose a colleague"),
        ({"user": "bea", "name": "Mr Supply"}, "not both"),
        ({"user": "hal"}, "teaches this lesson"),
        ({"user": "pat"}, "Mrs P. Hargreave has a lesson in P2 already"),
        ({"user": "gov"}, "takes no lessons"),
        ({"user": "rita"}, "takes no lessons"),
    ],
)
def test_cover_that_cannot_be_is_refused(timetable, cast, said, words):
    asked = said | ({"user": cast.people[said["user"]]} if "user" in said else {})
    with pytest.raises(Refused, match=words):
        set_lesson_cover(lesson=timetable.sc_p2, on=MONDAY, by=cast.sandra, at=IN_P1, **asked)


def test_a_supply_teacher_by_name_and_another_room(timetable, cast):
    set_lesson_cover(lesson=timetable.sc_p2, on=MONDAY, name="Mr Supply", by=cast.sandra, at=IN_P1)
    set_lesson_cover(lesson=timetable.sc_p2, on=MONDAY, room="Library", by=cast.sandra, at=IN_P1)
    cover = LessonCover.objects.get()
    assert (cover.user, cover.name, cover.room) == (None, "", "Library")
    with pytest.raises(Refused, match="is not held on Tue 24 Nov 2026"):
        set_lesson_cover(lesson=timetable.sc_p2, on=date(2026, 11, 24), name="X", by=cast.sandra, at=IN_P1)


def test_whoever_is_covered_is_free_again_and_whoever_covers_is_not(timetable, cast):
    def busy():
        return busy_teachers(timetable.school, MONDAY, "B", timetable.p2)

    assert busy() == {cast.pat.pk, cast.hal.pk}
    set_lesson_cover(lesson=timetable.sc_p2, on=MONDAY, user=cast.bea, by=cast.sandra, at=IN_P1)
    assert busy() == {cast.pat.pk, cast.bea.pk}
    set_lesson_cover(lesson=timetable.eight_p2, on=MONDAY, room="Hall", by=cast.sandra, at=IN_P3)
    assert busy() == {cast.pat.pk, cast.bea.pk}
