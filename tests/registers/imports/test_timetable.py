"""Reading a timetable: what it brings, that the past stays, and clashes that are told."""

from datetime import date, datetime, timedelta

import pytest

from attendance_office.clock import LONDON
from registers.models import Lesson, LessonCover, Period, Pupil, Seat, TeachingGroup
from registers.queries.timetable import letter_on
from tests.factories.timetable import take_lesson

from .conftest import ON, TOBI, read, words_of

HEAD = "class,week,day,period,teacher,room\n"
LATER = ON + timedelta(days=2)


def lesson(group="9A/En", weekday=1, **fields):
    return Lesson.objects.get(teaching_group__name=group, weekday=weekday, **fields)


@pytest.fixture
def taken(sample):
    """Give the sample school with a register of 9A's English taken on the day of the import."""
    at = datetime.combine(ON, lesson().period.starts_at, tzinfo=LONDON) + timedelta(minutes=5)
    take_lesson(lesson(), {Pupil.objects.get(upn=TOBI): "/"}, by=None, at=at, on=ON)
    return sample


def test_the_sample_brings_a_timetable(sample):
    assert list(Period.objects.order_by("starts_at").values_list("name", "half")) == [
        ("P1", "AM"), ("P2", "AM"), ("P3", "AM"), ("P4", "PM"),
    ]  # fmt: skip
    assert letter_on(Period.objects.first().school_id, date(2026, 9, 14)) == "B"
    english = TeachingGroup.objects.get(name="9A/En")
    assert (english.subject, english.year_group, english.lessons.count()) == ("English", 9, 2)
    assert (lesson().teacher.email, lesson().room, lesson().from_on) == (
        "p.dyer@hartwell.invalid",
        "E1",
        date(2026, 9, 2),
    )
    assert lesson("8C/Ma", 4).week == "B"
    assert set(Seat.objects.filter(teaching_group=english).values_list("from_on", flat=True)) == {
        date(2026, 9, 2), date(2026, 11, 2),
    }  # fmt: skip


def test_another_teacher_ends_a_lesson_and_begins_it_anew(sample, only):
    before = lesson()
    LessonCover.objects.create(school=before.school, lesson=before, on=date(2026, 11, 30), room="Hall")
    report = read(only(lessons=HEAD + "9A/En,,1,P1,h.tran@hartwell.invalid,E1\n"), on=LATER)
    assert (report.of("lessons.csv").added, report.of("lessons.csv").changed) == (0, 1)
    before.refresh_from_db()
    assert (before.teacher.last_name, before.to_on) == ("Dyer", ON + timedelta(days=1))
    after = lesson(to_on=None)
    assert (after.teacher.last_name, after.from_on) == ("Tran", LATER)
    assert not LessonCover.objects.exists()


def test_a_lesson_with_a_register_today_goes_on_to_the_end_of_the_day(taken, only):
    read(only(lessons=HEAD + "9A/En,,Monday,P1,,E9\n"))
    assert lesson(room="E1").to_on == ON
    assert (lesson(room="E9").from_on, lesson(room="E9").teacher) == (ON + timedelta(days=1), None)
    report = read(only(lessons="class,day,period,to_on\n9A/En,Mon,P1,2026-11-01\n8C/Ma,Mon,P1,2026-12-01\n"))
    assert words_of(report, "lessons.csv") == [(2, "to_on", "The last day is before the first, Tue 24 Nov 2026.")]
    read(only(lessons="class,day,period,to_on\n8C/Ma,Mon,P1,2026-12-01\n"))
    assert lesson("8C/Ma").to_on == date(2026, 12, 1)


def test_a_last_day_before_a_register_is_refused(taken, only):
    report = read(only(lessons="class,day,period,to_on\n9A/En,Mon,P1,2026-11-01\n"))
    assert words_of(report, "lessons.csv") == [(2, "to_on", "A register of this lesson was taken on Mon 23 Nov 2026.")]


def test_a_week_beside_both_weeks_of_the_record_is_refused(sample, only):
    report = read(only(lessons=HEAD + "9A/En,A,Mon,P1,,E1\n"))
    assert words_of(report, "lessons.csv") == [
        (2, "week", "The record has this class then in both weeks: change it in the office.")
    ]


def test_who_and_what_is_in_two_places_is_told_and_read(sample, only):
    rows = "8C/Ma,A,Wed,P2,p.dyer@hartwell.invalid,e1\n"
    file = read(only(lessons=HEAD + rows)).of("lessons.csv")
    assert file.added == 1
    assert file.notes == [
        "Mrs P. Dyer: Wednesday P2 with 8C/Ma and 9A/En at once.",
        "Room E1: Wednesday P2 with 8C/Ma and 9A/En at once.",
    ]


def test_many_in_two_places_are_counted(sample, only):
    rows = "".join(f"9X/{n},A,Wed,P2,,E1\n" for n in range(5))
    file = read(only(lessons=HEAD + rows)).of("lessons.csv")
    assert len(file.notes) == 6
    assert file.notes[-1] == "And 10 more in two places at once: see the timetable."


def test_a_staff_code_names_a_teacher(sample, only):
    lesson().teacher.__class__.objects.filter(email="h.tran@hartwell.invalid").update(staff_code="HTR")
    read(only(lessons=HEAD + "9A/En,B,Fri,P3,htr,E1\n"))
    assert lesson(weekday=5).teacher.last_name == "Tran"


def test_periods_and_weeks_with_registers_stay(taken, only):
    report = read(
        only(
            periods="name,half,starts_at,ends_at\nP1,PM,09:10,10:10\n",
            timetable_weeks="monday,letter\n2026-11-16,A\n2026-11-30,A\n",
        )
    )
    assert words_of(report, "periods.csv") == [
        (2, "half", "Registers were taken in P1 in the other session: name another period.")
    ]
    assert [(row, column) for row, column, _ in words_of(report, "timetable_weeks.csv")] == [(2, "monday")]


def test_a_new_seat_begins_after_the_last_register_and_ends_no_earlier_than_a_mark(taken, only):
    hers = Pupil.objects.get(upn="X302400124008")
    read(only(seats=f"class,upn\n9A/En,{hers.upn}\n"))
    assert Seat.objects.get(pupil=hers, teaching_group__name="9A/En").from_on == ON + timedelta(days=1)
    rows = f"9A/En,{TOBI},,2026-11-20\n8C/Ma,{TOBI},,\n9A/En,L302400124011,2026-11-01,\n"
    report = read(only(seats="class,upn,from_on,to_on\n" + rows))
    assert words_of(report, "seats.csv") == [
        (2, "to_on", "The pupil has a mark in the class on Mon 23 Nov 2026."),
        (4, "from_on", "A register of this class was taken on Mon 23 Nov 2026: seat the pupil later."),
    ]


def test_a_seat_ends_by_a_file(sample, only):
    report = read(only(seats=f"class,upn,to_on\n9A/En,{TOBI},2026-12-04\n"))
    assert report.of("seats.csv").changed == 1
    assert Seat.objects.get(pupil__upn=TOBI).to_on == date(2026, 12, 4)
