"""Sessions and the calendar, by the autumn of 2026 and by what holds of all calendars."""

from copy import deepcopy
from datetime import date, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from registers.rules.sessions import Calendar, CalendarTooShort, Session, Term, monday

SUMMER = Term("Summer 2026", date(2026, 4, 13), date(2026, 7, 22))
AUTUMN = Term("Autumn 2026", date(2026, 9, 7), date(2026, 12, 18))
HALF_TERM = frozenset(date(2026, 10, 26) + timedelta(days=n) for n in range(5))
CALENDAR = Calendar((AUTUMN,), HALF_TERM)


SIXTY_DAYS = [date(2026, 9, 1) + timedelta(days=n) for n in range(60)]
ALL_HALVES = [Session(day, half) for day in SIXTY_DAYS for half in ("AM", "PM")]


def chosen(values, bits):
    return frozenset(value for n, value in enumerate(values) if bits >> n & 1)


@st.composite
def calendars(draw):
    edges = draw(st.lists(st.tuples(st.integers(0, 59), st.integers(0, 59)), min_size=1, max_size=3))
    terms = tuple(Term("Term", SIXTY_DAYS[min(pair)], SIXTY_DAYS[max(pair)]) for pair in edges)
    shut = draw(st.integers(0, 2**60 - 1)) & draw(st.integers(0, 2**60 - 1))
    cancelled = draw(st.integers(0, 2**120 - 1)) & draw(st.integers(0, 2**120 - 1))
    return Calendar(terms, chosen(SIXTY_DAYS, shut), chosen(ALL_HALVES, cancelled))


dates = st.dates(date(2026, 8, 20), date(2026, 11, 10))


def test_morning_comes_before_afternoon_and_friday_before_monday():
    friday, following = date(2026, 11, 20), date(2026, 11, 23)
    ordered = [
        Session(friday, "AM"),
        Session(friday, "PM"),
        Session(following, "AM"),
        Session(following, "PM"),
    ]
    assert sorted([ordered[2], ordered[1], ordered[3], ordered[0]]) == ordered


def test_a_session_is_spoken_as_people_say_it():
    assert Session(date(2026, 11, 23), "AM").spoken() == "Mon 23 Nov 2026 AM"
    assert Session(date(2026, 9, 6), "PM").spoken() == "Sun 6 Sep 2026 PM"


def test_a_session_is_am_or_pm_of_a_day():
    with pytest.raises(ValueError, match="AM or PM, not 'am'"):
        Session(date(2026, 11, 23), "am")
    with pytest.raises(ValueError, match="on a day, not at an instant"):
        Session(datetime(2026, 11, 23, 9), "AM")


def test_a_week_runs_from_monday_to_sunday():
    assert Session(date(2026, 11, 29), "AM").monday == monday(date(2026, 11, 23)) == date(2026, 11, 23)


def test_a_term_does_not_end_before_it_starts():
    with pytest.raises(ValueError, match="Autumn ends on Mon 7 Sep 2026, before it starts on Tue 8 Sep 2026"):
        Term("Autumn", date(2026, 9, 8), date(2026, 9, 7))


def test_the_school_weeks_of_autumn_2026_skip_half_term():
    assert CALENDAR.school_weeks(date(2026, 9, 1), date(2026, 12, 31)) == (
        *(date(2026, 9, n) for n in (7, 14, 21, 28)),
        *(date(2026, 10, n) for n in (5, 12, 19)),
        *(date(2026, 11, n) for n in (2, 9, 16, 23, 30)),
        *(date(2026, 12, n) for n in (7, 14)),
    )  # fmt: skip


def test_school_weeks_run_on_over_the_summer():
    both = Calendar((SUMMER, Term("Autumn 2026", date(2026, 9, 2), date(2026, 12, 18))), HALF_TERM)
    weeks = both.school_weeks(date(2026, 7, 1), date(2026, 10, 9))
    assert weeks.index(date(2026, 10, 5)) + 1 == 10


def test_half_term_is_no_school_week_between_19_october_and_2_november():
    weeks = CALENDAR.school_weeks(date(2026, 9, 17), date(2026, 11, 2))
    assert weeks.index(date(2026, 11, 2)) + 1 == 7


def test_a_week_of_one_session_is_a_school_week():
    week = [date(2026, 9, 14) + timedelta(days=n) for n in range(5)]
    one = Calendar((AUTUMN,), HALF_TERM | set(week[1:]), frozenset({Session(week[0], "AM")}))
    assert date(2026, 9, 14) in one.school_weeks(date(2026, 9, 7), date(2026, 9, 25))
    assert one.sessions(week[0], week[-1]) == (Session(week[0], "PM"),)


def test_a_week_of_training_days_alone_is_no_school_week():
    inset = {date(2026, 9, 14) + timedelta(days=n): "INSET" for n in range(5)}
    assert Calendar((AUTUMN,), inset).school_weeks(date(2026, 9, 7), date(2026, 9, 25)) == (
        date(2026, 9, 7),
        date(2026, 9, 21),
    )


def test_weekends_and_closed_days_are_not_school_days():
    assert CALENDAR.is_school_day(date(2026, 10, 23))
    assert not CALENDAR.is_school_day(date(2026, 10, 24))
    assert not CALENDAR.is_school_day(date(2026, 10, 26))
    assert not CALENDAR.is_school_day(date(2026, 9, 4))


def test_a_day_with_one_session_closed_is_still_a_school_day():
    day = date(2026, 12, 18)
    half = Calendar((AUTUMN,), HALF_TERM, frozenset({Session(day, "PM")}))
    assert half.is_school_day(day)
    assert half.has_session(Session(day, "AM"))
    assert not half.has_session(Session(day, "PM"))
    assert half.count(day, day) == 1


def test_a_day_with_both_sessions_closed_is_not():
    day = date(2026, 12, 18)
    shut = Calendar((AUTUMN,), HALF_TERM, frozenset({Session(day, "AM"), Session(day, "PM")}))
    assert not shut.is_school_day(day)


def test_autumn_2026_has_seventy_days():
    assert len(CALENDAR.days(date(2026, 9, 1), date(2026, 12, 31))) == 70
    assert CALENDAR.count(date(2026, 9, 1), date(2026, 12, 31)) == 140


def test_a_span_that_ends_before_it_begins_is_empty():
    span = date(2026, 10, 2), date(2026, 9, 30)
    assert CALENDAR.days(*span) == ()
    assert CALENDAR.sessions(*span) == ()
    assert CALENDAR.school_weeks(*span) == ()
    assert CALENDAR.count(*span) == 0


def test_the_next_school_day_after_half_term_is_monday():
    assert CALENDAR.next_day(date(2026, 10, 23)) == date(2026, 11, 2)
    assert CALENDAR.next_day(date(2026, 10, 28)) == date(2026, 11, 2)
    assert CALENDAR.next_day(date(2026, 10, 21), 5) == date(2026, 11, 4)


def test_a_calendar_that_ends_too_soon_says_what_to_add():
    with pytest.raises(CalendarTooShort, match="ends on Fri 18 Dec 2026: add the next term's dates to count 5 school"):
        CALENDAR.next_day(date(2026, 12, 14), 5)
    with pytest.raises(CalendarTooShort, match="count the next school day after Fri 18 Dec 2026"):
        CALENDAR.next_day(date(2026, 12, 18))
    with pytest.raises(CalendarTooShort, match="The calendar has no school day"):
        Calendar(()).next_day(date(2026, 9, 7))


def test_school_days_are_counted_from_one():
    with pytest.raises(ValueError, match="from 1, not from 0"):
        CALENDAR.next_day(date(2026, 9, 7), 0)


def test_the_latest_school_day_is_today_or_before():
    assert CALENDAR.latest_day(date(2026, 11, 23)) == date(2026, 11, 23)
    assert CALENDAR.latest_day(date(2026, 11, 1)) == date(2026, 10, 23)
    assert CALENDAR.latest_day(date(2026, 9, 6)) is None


def test_the_session_before_a_morning_is_the_last_afternoon_held():
    assert CALENDAR.previous_session(Session(date(2026, 11, 2), "AM")) == Session(date(2026, 10, 23), "PM")
    assert CALENDAR.previous_session(Session(date(2026, 11, 2), "PM")) == Session(date(2026, 11, 2), "AM")
    assert CALENDAR.previous_session(Session(date(2026, 10, 28), "PM")) == Session(date(2026, 10, 23), "PM")
    assert CALENDAR.previous_session(Session(date(2026, 9, 7), "AM")) is None


def test_a_calendar_keeps_its_answers_when_it_is_copied():
    CALENDAR.days(date(2026, 9, 1), date(2026, 9, 30))
    twin = deepcopy(CALENDAR)
    assert twin == CALENDAR
    assert twin.next_day(date(2026, 10, 23)) == date(2026, 11, 2)


@given(calendars(), dates, dates)
def test_every_school_week_holds_a_session_and_every_session_lies_in_one(calendar, from_on, to_on):
    weeks = calendar.school_weeks(from_on, to_on)
    held = calendar.sessions(from_on, to_on)
    assert set(weeks) == {session.monday for session in held}
    assert list(weeks) == sorted(set(weeks))
    assert all(week.weekday() == 0 for week in weeks)


@given(calendars(), dates, dates)
def test_days_sessions_and_counts_agree(calendar, from_on, to_on):
    held = calendar.sessions(from_on, to_on)
    assert len(held) == calendar.count(from_on, to_on)
    assert list(held) == sorted(set(held))
    assert all(calendar.has_session(session) for session in held)
    every = [from_on + timedelta(days=n) for n in range((to_on - from_on).days + 1)]
    assert calendar.days(from_on, to_on) == tuple(day for day in every if calendar.is_school_day(day))


@given(calendars(), dates, dates, st.integers(1, 5), st.integers(1, 5))
def test_the_next_school_day_never_goes_back(calendar, one, other, n, more):
    earlier, later = sorted([one, other])
    try:
        far = calendar.next_day(later, n + more)
    except CalendarTooShort:
        assume(False)
    assert calendar.next_day(earlier, n) <= calendar.next_day(later, n) < far
    assert later < calendar.next_day(later, n)


@given(calendars(), dates, st.integers(1, 8))
def test_counting_on_n_days_is_stepping_n_times(calendar, on, n):
    try:
        far = calendar.next_day(on, n)
    except CalendarTooShort:
        assume(False)
    for _ in range(n):
        on = calendar.next_day(on)
    assert on == far


@given(calendars(), dates)
def test_the_latest_school_day_has_no_school_day_between_it_and_the_day(calendar, on):
    latest = calendar.latest_day(on)
    if latest is None:
        assert calendar.days(date(2026, 1, 1), on) == ()
    else:
        assert calendar.days(latest, on) == (latest,)
