"""Lessons and seats come in through the app: matched, tried, read, traced to their rows, and taken back."""

from datetime import timedelta
from threading import Thread
from uuid import uuid4

import pytest
from django.db import connection
from django.urls import reverse

from attendance_office.refusals import Refused
from registers.actions.entries import Entry
from registers.actions.imports import running
from registers.actions.imports.running import run_waiting
from registers.actions.imports.undo import undo_import
from registers.actions.imports.uploads import ask_import, match_columns, upload_file
from registers.actions.lessons import save_lesson_marks
from registers.feeds import systems
from registers.feeds.table import read_table
from registers.models import Contact, ImportedRow, Lesson, LessonCover, Pupil, Seat, TeachingGroup
from registers.queries.imports import outcomes
from tests.conftest import MONDAY, MORNING
from tests.factories.timetable import make_timetable

pytestmark = pytest.mark.django_db

LESSONS = """Class,Week,Day,Period,Subject,Staff Code,Room
9A/Fr,Week A,Tue,P1,French,,L2
9A/Fr,2,Thursday,2,French,,L2
9A/En,,Mon,P1,English,,E20
"""


def read(cast, name, content, *, dry_run=False):
    reading = upload_file(school=cast.thornbridge, name=name, content=content.encode(), by=cast.sandra, at=MORNING)
    match_columns(
        reading=reading, feeds=reading.feeds, columns=reading.mapping["columns"], options={}, source_name="", by=cast.sandra,
        at=MORNING,
    )  # fmt: skip
    ask_import(reading=reading, dry_run=dry_run, by=cast.sandra, at=MORNING)
    assert run_waiting(at=MORNING) == 1
    reading.refresh_from_db()
    return reading


def undo(cast, reading):
    return undo_import(reading=reading, reason="The wrong file", by=cast.sandra, at=MORNING + timedelta(minutes=5))


@pytest.mark.parametrize(
    ("head", "feeds"),
    [
        ("Class,Day,Period,Teacher", "lessons"),
        ("Class Name,Timetable Period,Room", "lessons"),
        ("Class,UPN", "seats"),
        ("Adno,Student Name,Class", "seats"),
        ("Surname,Forename,Class,UPN,DOB", "pupils"),
    ],
)
def test_what_a_file_brings_is_told_by_its_headings(head, feeds):
    assert (
        systems.guess(read_table(f"{head}\n{','.join('x' for _ in head.split(','))}\n".encode(), "a.csv")).feeds
        == feeds
    )


def test_lessons_come_in_with_weeks_and_periods_as_others_write_them(cast):
    times = make_timetable(cast)
    tried = read(cast, "lessons.csv", LESSONS, dry_run=True)
    assert (tried.state, tried.added, tried.changed, tried.faults) == ("checked", 2, 1, [])
    assert not TeachingGroup.objects.filter(name="9A/Fr").exists()
    done = read(cast, "lessons.csv", LESSONS)
    assert (done.state, done.added, done.changed) == ("done", 2, 1)
    french = Lesson.objects.filter(teaching_group__name="9A/Fr").order_by("weekday")
    assert [(one.week, one.weekday, one.period.name, one.room) for one in french] == [
        ("A", 2, "P1", "L2"), ("B", 4, "P2", "L2"),
    ]  # fmt: skip
    # The past stays: the lesson ends the day before, and is in another room from the day of the import on.
    times.en_p1.refresh_from_db()
    assert (times.en_p1.room, times.en_p1.to_on) == ("E14", MONDAY - timedelta(days=1))
    assert read(cast, "lessons.csv", LESSONS).same == 3


def test_the_column_of_sims_that_holds_week_day_and_period(cast):
    make_timetable(cast)
    content = "Class Name,Timetable Period,Room\n9A/Fr,1Fri:3,L2\n9A/Fr,Wed:P1,L2\n"
    done = read(cast, "sims.csv", content)
    assert (done.state, done.added) == ("done", 2), done.faults
    assert set(Lesson.objects.filter(teaching_group__name="9A/Fr").values_list("week", "weekday", "period__name")) == {
        ("A", 5, "P3"), ("", 3, "P1"),
    }  # fmt: skip
    wrong = read(cast, "sims.csv", content.replace("1Fri:3", "Friday"))
    assert [(one["row"], one["column"], one["value"]) for one in wrong.faults] == [(2, "Timetable Period", "Friday")]
    assert "like 1Fri:6" in wrong.faults[0]["words"]


def test_a_row_that_names_no_period_or_nobody_is_told_by_the_files_own_column(cast):
    make_timetable(cast)
    done = read(
        cast, "lessons.csv", LESSONS.replace("Thursday,2", "Thursday,P9").replace("French,,L2", "French,XX,L2", 1)
    )
    assert done.state == "refused"
    assert [(one["row"], one["column"], one["value"]) for one in done.faults] == [
        (2, "Staff Code", "XX"), (3, "Period", "P9"),
    ]  # fmt: skip
    assert "under Periods and weeks" in done.faults[1]["words"]
    assert not TeachingGroup.objects.filter(name="9A/Fr").exists()


def test_each_row_says_what_it_made_and_the_whole_is_taken_back(cast, sign_in, at_morning):
    times = make_timetable(cast)
    before = set(Lesson.objects.values_list("pk", "room", "to_on"))
    done = read(cast, "lessons.csv", LESSONS)
    assert {(one.row, one.did, one.thing, one.who) for one in outcomes(done)} == {
        (2, "added", "class", "9A/Fr"),
        (2, "added", "lesson", "9A/Fr A Tuesday P1"),
        (3, "added", "lesson", "9A/Fr B Thursday P2"),
        (4, "changed", "lesson", "9A/En Monday P1"),
        (4, "added", "lesson", "9A/En Monday P1"),
    }
    page = sign_in(cast.sandra).get(reverse("registers:class_detail", args=[times.nine_en.pk])).content.decode()
    assert f'<a href="/imports/{done.pk}/">From lessons.csv, row 4</a>' in page
    assert dict(undo(cast, done)) == {"lesson": 4, "class": 1}
    assert set(Lesson.objects.values_list("pk", "room", "to_on")) == before
    times.nine_en.refresh_from_db()
    assert (times.nine_en.subject, times.nine_en.year_group) == ("English", 9)


def test_cover_of_days_to_come_that_falls_away_is_told(cast):
    times = make_timetable(cast)
    LessonCover.objects.create(
        school=cast.thornbridge, lesson=times.en_p1, on=MONDAY + timedelta(days=7), user=cast.hal
    )
    done = read(cast, "lessons.csv", LESSONS)
    assert "Cover of days to come was taken off lessons that have another teacher or room now: 1." in done.notes[0]


def test_lessons_with_registers_stay(cast):
    make_timetable(cast)
    done = read(cast, "lessons.csv", LESSONS.replace("Week A,Tue", "Week B,Mon").replace("P1,French", "P2,French"))
    made = Lesson.objects.get(teaching_group__name="9A/Fr", weekday=1)
    read(cast, "seats.csv", f"Class,UPN\n9A/Fr,{cast.callum.upn}\n")
    save_lesson_marks(
        lesson=made, on=MONDAY, entries=[Entry(cast.callum.pk, "/")], key=uuid4(), finish=False,
        by=cast.sandra, at=MORNING.replace(hour=10, minute=15),
    )  # fmt: skip
    with pytest.raises(Refused, match="registers of its lessons"):
        undo(cast, done)


def test_seats_find_their_pupils_and_are_taken_back_until_a_lesson_was_marked(cast, sign_in, at_morning):
    times = make_timetable(cast)
    content = 'Class,Student Name,Reg\n9A/Sc,"Maddox, Tyler",8C\n9A/Sc,Nobody Known,9A\n'
    wrong = read(cast, "seats.csv", content)
    assert (wrong.state, [one["row"] for one in wrong.faults]) == ("refused", [3])
    done = read(cast, "seats.csv", content.replace("9A/Sc,Nobody Known,9A\n", ""))
    assert (done.state, done.added) == ("done", 1), done.faults
    seat = Seat.objects.get(pupil=cast.tyler, teaching_group=times.nine_sc)
    assert [(one.row, one.did, one.who) for one in outcomes(done)] == [(2, "added", "Maddox, Tyler, 9A/Sc")]
    page = sign_in(cast.sandra).get(reverse("registers:class_detail", args=[times.nine_sc.pk])).content.decode()
    assert "From seats.csv, row 2" in page
    assert dict(undo(cast, done)) == {"seat": 1}
    assert not Seat.objects.filter(pk=seat.pk).exists()
    again = read(cast, "seats.csv", content.replace("9A/Sc,Nobody Known,9A\n", ""))
    save_lesson_marks(
        lesson=times.sc_p2, on=MONDAY, entries=[Entry(cast.tyler.pk, "/")], key=uuid4(), finish=False,
        by=cast.hal, at=MORNING.replace(hour=10, minute=15),
    )  # fmt: skip
    with pytest.raises(Refused, match="1 marks of lessons were made since"):
        undo_import(reading=again, reason="Wrong", by=cast.sandra, at=MORNING.replace(hour=10, minute=20))


def test_the_page_offers_lessons_and_seats_and_shows_the_first_rows(cast, sign_in, at_morning):
    make_timetable(cast)
    reading = upload_file(school=cast.thornbridge, name="t.csv", content=LESSONS.encode(), by=cast.sandra, at=MORNING)
    page = sign_in(cast.sandra).get(reverse("registers:import_detail", args=[reading.pk])).content.decode()
    assert '<option value="lessons" selected>Lessons of the timetable</option>' in page
    assert '<option value="seats">Who sits in which class</option>' in page
    assert "Week, day and period in one column" in page
    assert "temporary UPN" not in page


@pytest.mark.django_db(transaction=True)
def test_what_somebody_else_does_meanwhile_is_not_the_files(cast, monkeypatch):
    name, reader = running._READERS["contacts"]

    def interrupted(task):
        reader(task)
        other = Thread(target=_add_a_contact, args=[cast.thornbridge.pk])
        other.start()
        other.join()

    monkeypatch.setattr(running, "_READERS", {**running._READERS, "contacts": (name, interrupted)})
    Pupil.objects.filter(pk=cast.callum.pk).update(upn="H801200001001")
    done = read(cast, "c.csv", "UPN,Surname,Forename,Relationship\nH801200001001,Fisher,Ann,Aunt\n")
    assert done.state == "done", (done.faults, done.error)
    theirs = Contact.objects.get(surname="Elsewhere")
    ours = Contact.objects.get(surname="Fisher")
    kept = ImportedRow.objects.filter(of_import=done, thing="contact").values_list("thing_id", flat=True)
    assert list(kept) == [ours.pk]
    undo(cast, done)
    assert Contact.objects.filter(pk=theirs.pk).exists()


def _add_a_contact(school_id):
    try:
        Contact.objects.create(school_id=school_id, surname="Elsewhere", forename="Joe")
    finally:
        connection.close()
