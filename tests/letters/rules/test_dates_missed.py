"""The table of sessions missed in a letter: days that go on alike are one row, and the rows add up."""

from datetime import date, timedelta
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.rules.reasons import dates_missed, said
from registers.rules.dates import spoken_days

MONDAY = date(2026, 11, 2)


def away(*days, code="I", halves=("AM", "PM"), start=MONDAY):
    return [(start + timedelta(days=n), half, code) for n in days for half in halves]


def rows(*absences):
    return list(dates_missed(chain(*absences)).rows)


def test_school_days_that_go_on_alike_are_one_row():
    assert rows(away(0, 1, 2, 3)) == [("Mon 2 to Thu 5 Nov 2026", "all day", "Ill", "8")]


def test_a_single_day_and_a_single_half_day_are_said_as_they_are():
    assert rows(away(0), away(2, halves=("PM",))) == [
        ("Mon 2 Nov 2026", "all day", "Ill", "2"),
        ("Wed 4 Nov 2026", "pm", "Ill", "1"),
    ]


def test_a_run_goes_on_over_a_weekend():
    assert rows(away(3, 4, 7, 8)) == [("Thu 5 to Tue 10 Nov 2026", "all day", "Ill", "8")]


@pytest.mark.parametrize(
    ("first", "then", "expected"),
    [
        # Half term lies between: Mon 26 to Fri 30 Oct.
        (date(2026, 10, 22), date(2026, 11, 2), ["Thu 22 Oct 2026", "Mon 2 Nov 2026"]),
        # A bank holiday Monday lies between.
        (date(2027, 4, 30), date(2027, 5, 4), ["Fri 30 Apr 2027", "Tue 4 May 2027"]),
        # The child was in school on the Tuesday.
        (date(2026, 11, 2), date(2026, 11, 4), ["Mon 2 Nov 2026", "Wed 4 Nov 2026"]),
    ],
)
def test_a_run_ends_at_a_weekday_that_was_not_missed(first, then, expected):
    assert [row[0] for row in rows(away(0, start=first), away(0, start=then))] == expected


def test_another_reason_and_another_part_of_the_day_are_rows_of_their_own():
    mixed = rows(away(0, 1), away(2, halves=("AM",)), away(2, halves=("PM",), code="M"), away(3, 4, code="O"))
    assert mixed == [
        ("Mon 2 to Tue 3 Nov 2026", "all day", "Ill", "4"),
        ("Wed 4 Nov 2026", "am", "Ill", "1"),
        ("Wed 4 Nov 2026", "pm", "Medical or dental appointment", "1"),
        ("Thu 5 to Fri 6 Nov 2026", "all day", "No reason that we can agree", "4"),
    ]


def test_mornings_missed_day_after_day_are_one_row_beside_what_the_afternoons_missed():
    assert rows(away(0, 1, 2, halves=("AM",)), away(0, 1, 2, halves=("PM",), code="O")) == [
        ("Mon 2 to Wed 4 Nov 2026", "am", "Ill", "3"),
        ("Mon 2 to Wed 4 Nov 2026", "pm", "No reason that we can agree", "3"),
    ]


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (MONDAY, MONDAY, "Mon 2 Nov 2026"),
        (MONDAY, date(2026, 11, 5), "Mon 2 to Thu 5 Nov 2026"),
        (date(2026, 11, 30), date(2026, 12, 1), "Mon 30 Nov to Tue 1 Dec 2026"),
        (date(2026, 12, 31), date(2027, 1, 1), "Thu 31 Dec 2026 to Fri 1 Jan 2027"),
        (date(2025, 11, 3), date(2026, 11, 5), "Mon 3 Nov 2025 to Thu 5 Nov 2026"),
    ],
)
def test_days_say_month_and_year_once(first, last, words):
    assert spoken_days(first, last) == words


SESSIONS = st.dictionaries(
    st.tuples(st.integers(0, 60).map(lambda n: MONDAY + timedelta(days=n)), st.sampled_from(["AM", "PM"])),
    st.sampled_from("IMNOUGCERST"),
    max_size=60,
)


@given(SESSIONS)
def test_the_rows_add_up_to_the_sessions_missed_reason_by_reason(sessions):
    absences = [(on, half, code) for (on, half), code in sessions.items()]
    table = dates_missed(absences).rows
    assert sum(int(row[3]) for row in table) == len(absences)
    for words in {said(code, on) for on, _, code in absences}:
        told = sum(int(row[3]) for row in table if row[2] == words)
        assert told == sum(said(code, on) == words for on, _, code in absences)


@given(SESSIONS)
def test_there_are_never_more_rows_than_a_row_for_each_day_and_reason(sessions):
    absences = [(on, half, code) for (on, half), code in sessions.items()]
    assert len(dates_missed(absences).rows) <= len({(on, said(code, on)) for on, _, code in absences})
