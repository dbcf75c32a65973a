"""What is done to the calendar, and what refuses it."""

from datetime import date, time, timedelta
from uuid import uuid4

import pytest

from attendance_office.audit.models import Entry
from attendance_office.refusals import Refused
from registers.actions.attendance import save_marks
from registers.actions.calendar import add_closure, remove_closure, save_term, set_times
from registers.actions.entries import Entry as MarkEntry
from registers.models import Mark, NonSchoolDay, SessionTimes, Term
from registers.queries.calendar import calendar_of, session_times
from registers.queries.school_year import marks_held, said_of, year_of, years_around
from registers.rules.sessions import Session
from tests.conftest import MONDAY, MORNING

WEDNESDAY = date(2026, 11, 25)
CLOSURE = NonSchoolDay.Kind.CLOSURE


def close(cast, from_on, to_on=None, **more):
    return add_closure(
        school=cast.thornbridge,
        from_on=from_on,
        to_on=to_on or from_on,
        **{"kind": CLOSURE, "name": "Boiler", "by": cast.sandra, "at": MORNING, **more},
    )


def take_register(cast, on=MONDAY, half="AM", code="/", at=MORNING):
    pupils = [cast.callum, cast.amina, cast.freya]
    save_marks(
        school=cast.thornbridge,
        tutor_group=cast.nine_a,
        session=Session(on, half),
        entries=[MarkEntry(pupil_id=pupil.pk, code=code) for pupil in pupils],
        key=uuid4(),
        finish=False,
        by=cast.sandra,
        at=at,
    )


def test_a_closed_day_is_no_school_day_and_the_trail_says_who_closed_it(cast):
    close(cast, WEDNESDAY)

    assert not calendar_of(cast.thornbridge.pk).is_school_day(WEDNESDAY)
    line = Entry.objects.get(verb="add_closure")
    assert (line.by_id, line.at, line.school_id) == (cast.sandra.pk, MORNING, cast.thornbridge.pk)
    assert line.words == "Closed Wed 25 Nov 2026: Boiler"
    assert line.after == {"kind": "closure", "name": "Boiler", "days": ["2026-11-25"]}


def test_one_session_may_close_and_the_other_be_held(cast):
    close(cast, WEDNESDAY, half="PM")

    calendar = calendar_of(cast.thornbridge.pk)
    assert calendar.has_session(Session(WEDNESDAY, "AM"))
    assert not calendar.has_session(Session(WEDNESDAY, "PM"))
    assert Entry.objects.get(verb="add_closure").words == "Closed Wed 25 Nov 2026, afternoon: Boiler"


def test_a_span_closes_its_school_days_and_leaves_weekends_and_closed_days_alone(cast):
    friday_before_half_term = date(2026, 10, 22)
    rows = close(cast, friday_before_half_term, date(2026, 11, 3))

    assert [row.on for row in rows] == [date(2026, 10, 22), date(2026, 11, 2), date(2026, 11, 3)]
    assert NonSchoolDay.objects.get(school=cast.thornbridge, on=date(2026, 10, 26)).kind == "half_term"


def test_closing_the_rest_of_a_day_closes_only_the_session_still_held(cast):
    close(cast, WEDNESDAY, half="AM")
    rows = close(cast, WEDNESDAY)

    assert [(row.on, row.half) for row in rows] == [(WEDNESDAY, "PM")]
    assert not calendar_of(cast.thornbridge.pk).is_school_day(WEDNESDAY)


@pytest.mark.parametrize(
    ("from_on", "to_on", "words"),
    [
        (date(2026, 11, 28), None, "The school does not meet then"),  # a Saturday
        (date(2026, 8, 12), None, "The school does not meet then"),  # outside the terms
        (date(2026, 10, 26), date(2026, 10, 30), "closed already"),
        (date(2026, 11, 25), date(2026, 11, 24), "Tue 24 Nov 2026, comes before the first, Wed 25 Nov 2026"),
        (date(2026, 11, 25), date(2027, 6, 1), "more than three months"),
    ],
)
def test_what_cannot_be_closed_is_refused_in_words(cast, from_on, to_on, words):
    before = NonSchoolDay.objects.count()
    with pytest.raises(Refused, match=words):
        close(cast, from_on, to_on)
    assert NonSchoolDay.objects.count() == before
    assert not Entry.objects.filter(verb="add_closure").exists()


def test_a_day_with_marks_is_not_closed_and_the_refusal_counts_them(cast):
    take_register(cast)

    with pytest.raises(Refused, match="3 marks were already taken in those sessions, so the school was open"):
        close(cast, MONDAY)
    assert calendar_of(cast.thornbridge.pk).is_school_day(MONDAY)


def test_the_afternoon_of_a_day_marked_in_the_morning_may_close(cast):
    take_register(cast)

    close(cast, MONDAY, half="PM")

    assert calendar_of(cast.thornbridge.pk).has_session(Session(MONDAY, "AM"))


@pytest.mark.parametrize("code", ["Y4", "Y2", "#"])
def test_marks_that_say_the_session_was_not_held_do_not_stop_a_closure(cast, code):
    Mark.objects.create(
        school=cast.thornbridge,
        pupil=cast.callum,
        on=MONDAY,
        half="AM",
        code=code,
        school_week=MONDAY,
        origin="office",
        recorded_at=MORNING,
    )
    close(cast, MONDAY)

    assert Mark.objects.get().code == code, "a closure rewrites no mark"


def test_marks_of_another_school_do_not_stop_a_closure(cast):
    take_register(cast)

    rows = add_closure(school=cast.ridgeway, from_on=MONDAY, to_on=MONDAY, kind=CLOSURE, by=cast.olly, at=MORNING)

    assert [row.school_id for row in rows] == [cast.ridgeway.pk]
    assert calendar_of(cast.thornbridge.pk).is_school_day(MONDAY)


def test_taking_a_closure_back_opens_its_whole_run_or_one_day_of_it(cast):
    rows = close(cast, date(2026, 11, 26), date(2026, 12, 1))
    assert [row.on.day for row in rows] == [26, 27, 30, 1]

    remove_closure(school=cast.thornbridge, closure=rows[2], only_this_day=True, by=cast.sandra, at=MORNING)
    calendar = calendar_of(cast.thornbridge.pk)
    assert calendar.is_school_day(date(2026, 11, 30))
    assert not calendar.is_school_day(date(2026, 11, 27))

    gone = remove_closure(school=cast.thornbridge, closure=rows[0], by=cast.sandra, at=MORNING)
    assert [row.on.day for row in gone] == [26, 27]
    assert not calendar_of(cast.thornbridge.pk).is_school_day(date(2026, 12, 1)), "a run ends where a day is open"
    lines = Entry.objects.filter(verb="remove_closure").order_by("pk")
    assert [line.before["days"] for line in lines] == [["2026-11-30"], ["2026-11-26", "2026-11-27"]]


def test_a_closure_is_not_taken_back_twice(cast):
    (row,) = close(cast, WEDNESDAY)
    remove_closure(school=cast.thornbridge, closure=row, by=cast.sandra, at=MORNING)

    with pytest.raises(Refused, match="taken back already"):
        remove_closure(school=cast.thornbridge, closure=row, by=cast.sandra, at=MORNING)


def test_a_closure_of_another_school_is_not_taken_back_here(cast):
    theirs = NonSchoolDay.objects.filter(school=cast.ridgeway).first()

    with pytest.raises(Refused):
        remove_closure(school=cast.thornbridge, closure=theirs, by=cast.sandra, at=MORNING)
    assert NonSchoolDay.objects.filter(pk=theirs.pk).exists()


def save(cast, **values):
    return save_term(
        school=cast.thornbridge,
        **{"year": "2027/28", "name": "Autumn", "starts_on": date(2027, 9, 1), "ends_on": date(2027, 12, 17), **values},
        by=cast.sandra,
        at=MORNING,
    )


def test_a_term_is_added_and_changed_with_both_states_in_the_trail(cast):
    term = save(cast)
    save(cast, term=term, ends_on=date(2027, 12, 16))

    line = Entry.objects.get(verb="change_term")
    assert (line.before["ends_on"], line.after["ends_on"]) == ("2027-12-17", "2027-12-16")
    assert Entry.objects.get(verb="add_term").before is None


def test_saving_a_term_as_it_is_writes_no_line(cast):
    term = save(cast)
    save(cast, term=term)

    assert not Entry.objects.filter(verb="change_term").exists()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"ends_on": date(2027, 8, 31)}, "before it starts on Wed 1 Sep 2027"),
        ({"year": "2026/27"}, "runs from Sat 1 Aug 2026 to Sat 31 Jul 2027"),
        ({"year": "2027-28"}, "written like 2026/27"),
        (
            {"year": "2026/27", "name": "Extra", "starts_on": date(2026, 12, 14), "ends_on": date(2026, 12, 20)},
            "Autumn 2026/27 runs from Wed 2 Sep 2026 to Fri 18 Dec 2026 and overlaps",
        ),
        (
            {"year": "2026/27", "name": "Autumn", "starts_on": date(2026, 12, 19), "ends_on": date(2026, 12, 20)},
            "already has a term called Autumn",
        ),
    ],
)
def test_a_term_that_cannot_be_is_refused_in_words(cast, values, words):
    with pytest.raises(Refused, match=words):
        save(cast, **values)
    assert Term.objects.filter(school=cast.thornbridge).count() == 6


def test_a_term_is_not_shortened_past_marks_that_were_taken(cast):
    take_register(cast)
    autumn = Term.objects.get(school=cast.thornbridge, school_year="2026/27", name="Autumn")
    shorter = {"term": autumn, "year": "2026/27", "name": "Autumn", "starts_on": autumn.starts_on}

    with pytest.raises(Refused, match="3 marks were taken on days"):
        save(cast, **shorter, ends_on=MONDAY - timedelta(days=3))
    save(cast, **shorter, ends_on=MONDAY)

    autumn.refresh_from_db()
    assert autumn.ends_on == MONDAY


def set_morning(cast, **values):
    return set_times(
        school=cast.thornbridge,
        **{"half": "AM", "from_on": MONDAY, "opens_at": time(8, 45), "closes_at": time(9, 15), **values},
        by=cast.sandra,
        at=MORNING,
    )


def test_new_times_hold_from_their_day_on_and_earlier_days_keep_theirs(cast):
    set_morning(cast, from_on=date(2027, 1, 4))

    assert session_times(cast.thornbridge.pk, date(2026, 12, 18))["AM"].closes_at == time(9, 10)
    assert session_times(cast.thornbridge.pk, date(2027, 1, 4))["AM"].closes_at == time(9, 15)
    assert Entry.objects.get(verb="set_times").words == (
        "Morning registers open 08:45 and close 09:15 from Mon 4 Jan 2027"
    )


def test_the_times_of_one_day_are_set_once_and_then_changed(cast):
    set_morning(cast)
    set_morning(cast, closes_at=time(9, 20))

    row = SessionTimes.objects.get(school=cast.thornbridge, half="AM", from_on=MONDAY)
    assert row.closes_at == time(9, 20)
    assert Entry.objects.filter(verb="set_times").latest("pk").before == {"opens_at": "08:45", "closes_at": "09:15"}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"closes_at": time(8, 40)}, "close at 08:40, before it opens at 08:45"),
        ({"from_on": MONDAY - timedelta(days=1)}, "Times of past days stay as they were"),
        ({"opens_at": time(12, 0), "closes_at": time(12, 30)}, "opens before noon"),
        ({"closes_at": time(13, 30)}, "afternoon register opens at 13:20"),
        ({"half": "PM", "opens_at": time(9, 0), "closes_at": time(9, 30)}, "morning register closes at 09:10"),
    ],
)
def test_times_that_cannot_be_are_refused_in_words(cast, values, words):
    with pytest.raises(Refused, match=words):
        set_morning(cast, **values)
    assert SessionTimes.objects.filter(school=cast.thornbridge).count() == 2


def test_first_times_of_a_school_may_begin_in_the_past(cast):
    SessionTimes.objects.filter(school=cast.thornbridge).delete()

    assert set_morning(cast, from_on=date(2026, 9, 1)).pk


def test_the_year_counts_its_sessions_term_by_term(cast):
    year = year_of(cast.thornbridge.pk, "2026/27")

    calendar = calendar_of(cast.thornbridge.pk)
    assert year.sessions == calendar.count(date(2026, 8, 1), date(2027, 7, 31))
    assert sum(one.sessions for one in year.terms) == year.sessions == sum(month.sessions for month in year.months)
    assert len(year.months) == 12
    assert year.months[0].first == date(2026, 8, 1)
    assert [(run.first.name, len(run.days)) for run in year.runs] == [("INSET day", 1), ("Half term", 5)]


def test_every_day_of_the_year_stands_once_in_the_months(cast):
    year = year_of(cast.thornbridge.pk, "2026/27")
    days = [day for month in year.months for week in month.weeks for day in week if day]

    assert [day.on for day in days] == [date(2026, 8, 1) + timedelta(days=n) for n in range(365)]
    by_date = {day.on: day for day in days}
    assert (by_date[date(2026, 10, 23)].kind, by_date[date(2026, 10, 23)].letters) == ("inset", "IN")
    assert by_date[date(2026, 10, 24)].kind == "away"
    assert by_date[MONDAY].kind == "school"


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (376, "376 sessions, 4 fewer than the 380 expected"),
        (380, "380 sessions, as many as expected"),
        (382, "382 sessions, 2 more than the 380 expected"),
    ],
)
def test_the_count_is_said_against_what_is_expected(count, words):
    assert said_of(count) == words


def test_the_chooser_offers_last_this_and_next_year():
    assert years_around(MONDAY) == ["2025/26", "2026/27", "2027/28"]
    assert years_around(date(2026, 7, 31)) == ["2024/25", "2025/26", "2026/27"]


def test_the_calendar_page_asks_the_database_a_fixed_number_of_times(cast, django_assert_num_queries):
    with django_assert_num_queries(4):
        year_of(cast.thornbridge.pk, "2026/27")


def test_marks_are_counted_session_by_session(cast):
    take_register(cast)

    assert marks_held(cast.thornbridge.pk, [Session(MONDAY, "AM")]) == 3
    assert marks_held(cast.thornbridge.pk, [Session(MONDAY, "PM")]) == 0
    assert marks_held(cast.thornbridge.pk, []) == 0
