"""The sample folder: what it brings, that it brings it once, and that the bad one brings nothing."""

from datetime import date, time

import pytest
from django.contrib.auth import authenticate

from attendance_office.audit.models import Entry
from attendance_office.staff.models import Post, School, User
from registers.actions.imports.columns import FILES
from registers.models import (
    Amendment,
    Contact,
    Enrolment,
    Lesson,
    Mark,
    NonSchoolDay,
    Parent,
    Period,
    Placement,
    Pupil,
    Seat,
    SessionTimes,
    TeachingGroup,
    Term,
    TimetableWeek,
    WeekTotal,
)
from registers.queries.rollups import differences

from .conftest import SAMPLES, TOBI, read, words_of

TABLES = (School, User, Post, Term, NonSchoolDay, SessionTimes, Pupil, Enrolment, Placement, Contact, Parent, Mark)
TABLES += (Amendment, WeekTotal, Entry, Period, TimetableWeek, TeachingGroup, Lesson, Seat)


def counted():
    return {model.__name__: model.objects.count() for model in TABLES}


def test_the_sample_folder_is_read_without_complaint(sample):
    assert [file.faults for file in sample.files] == [[]] * len(FILES)
    school = School.objects.get(urn="137901")
    assert (school.name, school.la_code, school.estab_number) == ("Hartwell Sample School", "302", "4999")
    assert Term.objects.filter(school=school).count() == 6
    assert Pupil.objects.filter(school=school).count() == 36
    assert Mark.objects.filter(school=school).count() == 250
    luke = Pupil.objects.get(school=school, upn="X302400124008")
    assert (luke.name, luke.sort_name, luke.is_eal) == ("Luke Bielak", "bielak, luke", True)
    assert luke.tutor_group.name == "8C"


def test_marks_keep_minutes_comments_and_where_they_came_from(sample, morning):
    late = Mark.objects.get(pupil__upn=TOBI, on=date(2026, 11, 16), half="AM")
    assert (late.code, late.minutes_late, late.origin, late.recorded_at) == ("L", 12, "import", morning)
    assert late.school_week == date(2026, 11, 16)
    trip = Mark.objects.get(pupil__upn="L302400124011", on=date(2026, 11, 16), half="PM")
    assert (trip.code, trip.comment) == ("V", "Field trip, Ashby Fen")
    assert Mark.objects.filter(code="Z", pupil__upn="F30240012600A").count() == 10
    assert Mark.objects.filter(code="#", on=date(2026, 10, 23)).count() == 20


def test_one_parent_of_two_children_is_one_contact(sample):
    mother = Contact.objects.get(reference="C004")
    assert mother.children.count() == 2
    father = Parent.objects.get(contact__reference="C006")
    assert (father.do_not_contact, father.lives_with, father.priority) == (True, False, 9)


def test_staff_hold_their_posts_and_have_no_password_yet(sample):
    petra = User.objects.get(email="p.dyer@hartwell.invalid")
    assert not petra.has_usable_password()
    assert authenticate(email=petra.email, password="") is None
    assert petra.posts.get().tutor_group.name == "9A"
    morag = User.objects.get(email="m.reid@hartwell.invalid")
    assert set(morag.posts.values_list("role", flat=True)) == {"lead", "slt"}
    assert Post.objects.get(role="head_of_year").year_group == 9


def test_a_pupil_sits_in_the_group_from_the_start_of_the_school_year_or_of_the_stay(sample):
    assert Placement.objects.get(pupil__upn=TOBI).from_on == date(2026, 9, 2)
    assert Placement.objects.get(pupil__upn="F30240012600A").from_on == date(2026, 11, 23)
    cormac = Placement.objects.get(pupil__upn="U302400124006")
    assert (cormac.from_on, cormac.to_on) == (date(2026, 9, 2), date(2026, 10, 22))
    left = Enrolment.objects.get(pupil__upn="U302400124006")
    assert (left.leaving_ground, left.destination) == ("a", "Ridgeway School")


def test_week_totals_are_right_after_an_import(sample):
    assert differences() == []
    assert WeekTotal.objects.get(pupil_id=Pupil.objects.get(upn=TOBI).pk, school_week=date(2026, 11, 16)).late == 2


def test_each_file_is_one_line_of_the_trail(sample):
    lines = Entry.objects.filter(verb="imported a file")
    assert set(lines.values_list("subject_id", flat=True)) == {file.file for file in sample.files}
    assert lines.count() == len(FILES)
    assert lines.get(subject_id="marks.csv").after == {"rows": 250, "added": 250, "changed": 0, "same": 0}


def test_the_same_folder_twice_changes_nothing(sample):
    before = counted()
    again = read(SAMPLES / "school")
    assert not again.is_refused
    assert [(file.added, file.changed) for file in again.files] == [(0, 0)] * len(FILES)
    after = counted()
    assert {name: after[name] - before[name] for name in before if name != "Entry"} == dict.fromkeys(
        (name for name in before if name != "Entry"), 0
    )


def test_the_same_folder_changes_nothing_on_a_later_day_either(sample):
    again = read(SAMPLES / "school", on=date(2027, 1, 5))
    assert again.changed == 0


@pytest.mark.django_db
def test_a_dry_run_says_the_same_and_keeps_nothing():
    before = counted()
    rehearsed = read(SAMPLES / "school", dry_run=True)
    assert counted() == before
    played = read(SAMPLES / "school")
    assert [file.in_words() for file in rehearsed.files] == [file.in_words() for file in played.files]


def test_a_school_without_times_gets_the_usual_ones(db, folder):
    (folder / "session_times.csv").unlink()
    report = read(folder)
    times = {row.half: row for row in SessionTimes.objects.all()}
    assert (times["AM"].opens_at, times["AM"].closes_at) == (time(8, 40), time(9, 10))
    assert (times["PM"].opens_at, times["PM"].closes_at) == (time(13, 20), time(13, 50))
    assert times["AM"].from_on == date(2025, 9, 3)
    assert "08:40 to 09:10" in report.of("session_times.csv").notes[0]
    assert read(folder).changed == 0


@pytest.mark.parametrize(
    "name",
    [
        "terms", "non_school_days", "session_times", "groups", "staff", "contacts", "marks", "periods", "timetable_weeks",
        "lessons", "seats",
    ],
)  # fmt: skip
def test_every_file_but_the_first_may_be_absent(db, folder, name):
    (folder / f"{name}.csv").unlink()
    if name == "non_school_days":
        (folder / "marks.csv").unlink()
    if name == "groups":
        (folder / "staff.csv").unlink()
    if name in {"groups", "staff", "periods"}:
        (folder / "lessons.csv").unlink()
    if name in {"groups", "staff", "periods", "lessons"}:
        (folder / "seats.csv").unlink()
    report = read(folder)
    assert not report.is_refused, [file.faults for file in report.files]


def test_school_csv_alone_makes_a_school(db, only):
    report = read(only())
    assert not report.is_refused
    assert School.objects.get().urn == "137901"


def test_without_school_csv_nothing_is_read(db, tmp_path):
    report = read(tmp_path)
    assert report.is_refused
    assert "There is no school.csv" in report.of("school.csv").faults[0].words
    assert not School.objects.exists()


def test_groups_are_made_from_the_pupils_rows_where_no_file_names_them(db, folder):
    (folder / "groups.csv").unlink()
    (folder / "staff.csv").unlink()
    read(folder)
    assert sorted(School.objects.get().tutor_groups.values_list("name", "year_group")) == [
        ("10A", 10), ("10B", 10), ("11A", 11), ("7A", 7), ("7B", 7), ("8A", 8), ("8C", 8), ("9A", 9),
    ]  # fmt: skip


# What is wrong in each row of docs/samples/bad, file by file: row, column, words.
BAD = {
    "periods.csv": [
        (2, "ends_at", "ends before it starts"),
        (3, "half", "Write one of: AM, PM"),
        (4, "starts_at", "P5 lies over P4"),
        (5, "name", "row 4"),
        (6, "starts_at", "a time of day like 08:40"),
    ],
    "timetable_weeks.csv": [
        (2, "monday", "the Monday of that week is 2026-09-07"),
        (3, "letter", "Write one of: A, B"),
        (5, "letter", "the other letter"),
    ],
    "lessons.csv": [
        (2, "day", "a weekday, like Monday"),
        (3, "period", "Add it to periods.csv"),
        (4, "week", "Write one of: A, B"),
        (5, "teacher", "Add them to staff.csv"),
        (6, "class", "another subject"),
        (7, "to_on", "before the first"),
        (8, "week", "in both weeks"),
        (9, "period", "Row 8 is the same lesson"),
    ],
    "seats.csv": [
        (2, "class", "Add it to lessons.csv"),
        (3, "upn", "no pupil of this UPN"),
        (4, "to_on", "The last day is before the first"),
        (5, "upn", "Row 4 seats the same pupil"),
    ],
    "terms.csv": [
        (2, "starts_on", "2027-09-01 is a Wednesday, not a Monday"),
        (3, "starts_on", "2028-01-04 is a Tuesday, not a Monday"),
        (4, "ends_on", "ends before it starts"),
        (5, "starts_on", "lies in the school year 2027/28, not 2028/29"),
        (6, "school_year", "like 2026/27"),
        (7, "starts_on", "overlap"),
        (8, "starts_on", "2027-08-31"),
        (9, "starts_on", "no such day"),
    ],
    "non_school_days.csv": [
        (2, "on", "2026-11-27 is a Friday, not a Monday"),
        (3, "kind", "half_term, holiday, inset, bank_holiday, closure"),
        (4, "on", "A date is missing"),
        (6, "on", "twice"),
    ],
    "session_times.csv": [(2, "closes_at", "before it opens"), (3, "opens_at", "08:40"), (4, "half", "AM, PM")],
    "groups.csv": [
        (3, "name", "twice"),
        (4, "year_group", "a number, like 9"),
        (5, "name", "missing"),
        (6, "name", "at most 20"),
    ],
    "staff.csv": [
        (2, "email", "e-mail address"),
        (3, "role", "officer, lead, head_of_year"),
        (4, "year_group", "needs the year group"),
        (5, "tutor_group", "no tutor group"),
        (6, "role", "the trust's to give"),
        (8, "email", "Row 7 says something else"),
        (9, "role", "row 7"),
        (10, "surname", "missing"),
    ],
    "pupils.csv": [
        (2, "upn", "its check letter would be Y, not A"),
        (3, "upn", "a letter and 12 digits"),
        (4, "tutor_group", "no tutor group"),
        (5, "date_of_birth", "2012-11-03"),
        (6, "sex", "F, M"),
        (7, "year_group", "a number, like 9"),
        (8, "legal_surname", "missing"),
        (9, "ends_on", "before the starting day"),
        (10, "fsm", "yes or no"),
        (11, "", "8 values, the first line names 11"),
        (12, "sen", "N, K, E"),
        (14, "upn", "row 13"),
        (15, "date_of_birth", "before being born"),
    ],
    "contacts.csv": [
        (2, "upn", "No pupil of the school has this UPN"),
        (3, "email", "e-mail address"),
        (4, "priority", "from 1 to 99"),
        (5, "surname", "missing"),
        (7, "title", "Row 6 says 'Mrs'"),
        (7, "forename", "Row 6 says 'Two'"),
        (7, "mobile", "two references"),
        (9, "upn", "Row 8"),
    ],
    "marks.csv": [
        (2, "upn", "its check letter would be Y, not A"),
        (3, "on", "2026-11-16 is a Monday, not a Tuesday"),
        (4, "on", "2026-11-17 is a Tuesday, not a Friday"),
        (5, "on", "no such day"),
        (6, "session", "AM or PM"),
        (7, "code", "H ended on 18 Aug 2024: use C if leave was granted, else G"),
        (8, "code", "'?' is not a code on Mon 16 Nov 2026"),
        (9, "minutes_late", "belong to L or U"),
        (10, "minutes_late", "from 0 to 300"),
        (11, "minutes_late", "from 0 to 300"),
        (13, "session", "Row 12 has a mark"),
        (14, "on", "on roll from Mon 4 Sep 2023"),
        (15, "on", "last day on roll was Thu 22 Oct 2026"),
        (16, "on", "did not meet on Tue 27 Oct 2026: Half term"),
        (17, "on", "weekend"),
        (18, "on", "lies in no term of 2026/27"),
        (19, "code", "No code was given"),
        (20, "upn", "No pupil of the school has this UPN"),
        (21, "", "4 values, the first line names 7"),
    ],
}


def test_every_mistake_of_the_bad_folder_is_named_with_what_would_be_right(sample):
    before = counted()
    report = read(SAMPLES / "bad")
    for name, expected in BAD.items():
        found = words_of(report, name)
        assert [(row, column) for row, column, _ in found] == [(row, column) for row, column, _ in expected], name
        for (_, _, words), (_, _, right) in zip(found, expected, strict=True):
            assert right in words
        assert report.of(name).fault_count == len(expected)
    after = counted()
    assert after["Entry"] == before["Entry"] + 1  # school.csv alone was in order
    assert {name: n for name, n in after.items() if name != "Entry"} == {
        name: n for name, n in before.items() if name != "Entry"
    }
