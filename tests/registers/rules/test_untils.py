"""Until when, as it is typed at the telephone."""

from datetime import date

import pytest

from registers.rules.absences import Span, Standing, are_one, in_pattern, standing_first
from registers.rules.sessions import Calendar, Session, Term
from registers.rules.untils import NotUnderstood, read_until, sessions_of, spoken_span, typed_span

MON = date(2026, 11, 23)
CALENDAR = Calendar(
    (Term("Autumn", date(2026, 9, 2), date(2026, 12, 18)), Term("Spring", date(2027, 1, 4), date(2027, 3, 25))),
    frozenset({date(2026, 11, 25)}),
)


@pytest.mark.parametrize(
    ("typed", "last", "words"),
    [
        ("", Session(MON, "PM"), "today"),
        ("am", Session(MON, "AM"), "today, am only"),
        ("fri", Session(date(2026, 11, 27), "PM"), "today to Fri 27 Nov 2026"),
        ("mon", Session(MON, "PM"), "today"),
        ("3", Session(date(2026, 11, 26), "PM"), "today to Thu 26 Nov 2026"),  # Wednesday is closed
        ("tomorrow", Session(date(2026, 11, 24), "PM"), "today to Tue 24 Nov 2026"),
        ("30/11", Session(date(2026, 11, 30), "PM"), "today to Mon 30 Nov 2026"),
        ("4 jan", Session(date(2027, 1, 4), "PM"), "today to Mon 4 Jan 2027"),
        ("2026-12-01", Session(date(2026, 12, 1), "PM"), "today to Tue 1 Dec 2026"),
        ("?", None, "from today, no end yet"),
    ],
)
def test_what_is_typed_is_read_and_said_back(typed, last, words):
    span = read_until(typed, on=MON, calendar=CALENDAR)
    assert (span.to_on and Session(span.to_on, span.to_half)) == last
    assert spoken_span(span, MON) == words


def test_pm_is_half_of_the_day():
    assert read_until("pm", on=MON, calendar=CALENDAR) == Span(MON, "PM", MON, "PM")


@pytest.mark.parametrize("typed", ["soon", "32/11", "31/02", "99", "20/11", "30/11/2029", "0"])
def test_what_says_no_day_is_refused_with_what_would_be_right(typed):
    with pytest.raises(NotUnderstood):
        read_until(typed, on=MON, calendar=CALENDAR)


def test_a_span_holds_the_sessions_that_are_held_and_none_later_than_asked():
    span = Span(MON, "PM", date(2026, 11, 26), "AM")
    held = sessions_of(span, CALENDAR, up_to=date(2026, 12, 1))
    assert [(one.on.day, one.half) for one in held] == [(23, "PM"), (24, "AM"), (24, "PM"), (26, "AM")]
    assert sessions_of(Span(MON, "AM", None, "PM"), CALENDAR, up_to=MON) == (Session(MON, "AM"), Session(MON, "PM"))


def test_a_week_of_sessions_is_ten_places_and_a_weekend_has_none():
    assert in_pattern("1000000001", Session(MON, "AM"))
    assert not in_pattern("1000000001", Session(MON, "PM"))
    assert not in_pattern("1" * 10, Session(date(2026, 11, 28), "AM"))
    with pytest.raises(ValueError, match="ten sessions"):
        in_pattern("111", Session(MON, "AM"))


def test_of_several_the_foremost_stands_and_of_two_alike_the_later():
    assert standing_first([(Standing.AGREEMENT, 1, "C2"), (Standing.NOTE, 1, "I"), (Standing.NOTE, 2, "M")]) == "M"
    with pytest.raises(ValueError, match="Nothing"):
        standing_first([])


@pytest.mark.parametrize(
    ("one", "other", "is_one"),
    [
        (Span(MON, "AM", MON, "AM"), Span(date(2026, 11, 24), "AM", date(2026, 11, 24), "PM"), False),
        (Span(MON, "AM", MON, "PM"), Span(date(2026, 11, 24), "AM", date(2026, 11, 24), "PM"), True),
        (Span(date(2026, 11, 20), "AM", date(2026, 11, 20), "PM"), Span(MON, "AM", MON, "AM"), True),
        (Span(date(2026, 11, 20), "AM", date(2026, 11, 20), "AM"), Span(MON, "AM", MON, "AM"), False),
        (Span(date(2026, 11, 20), "AM", None, "PM"), Span(date(2026, 11, 26), "PM", date(2026, 11, 26), "PM"), True),
        (Span(MON, "AM", MON, "AM"), Span(MON, "PM", MON, "PM"), True),
    ],
)
def test_two_spans_are_one_absence_where_nobody_was_due_in_between(one, other, is_one):
    assert are_one(one, other, CALENDAR) is is_one
    assert are_one(other, one, CALENDAR) is is_one


@pytest.mark.parametrize(
    ("typed", "span"),
    [
        ("pm fri", Span(MON, "PM", date(2026, 11, 27), "PM")),
        ("fri am", Span(MON, "AM", date(2026, 11, 27), "AM")),
        ("pm fri am", Span(MON, "PM", date(2026, 11, 27), "AM")),
        ("pm ?", Span(MON, "PM", None, "PM")),
        ("pm today", Span(MON, "PM", MON, "PM")),
    ],
)
def test_an_absence_may_begin_in_the_afternoon_and_end_at_noon(typed, span):
    assert read_until(typed, on=MON, calendar=CALENDAR) == span


def test_what_is_typed_again_for_a_span_is_read_as_that_span():
    for typed in ("", "am", "pm", "?", "pm ?", "fri", "pm fri", "fri am", "pm fri am"):
        span = read_until(typed, on=MON, calendar=CALENDAR)
        assert read_until(typed_span(span), on=MON, calendar=CALENDAR) == span


def test_an_afternoon_that_ends_at_the_noon_before_it_is_refused():
    with pytest.raises(NotUnderstood, match="afternoon comes after"):
        read_until("pm today am", on=MON, calendar=CALENDAR)
