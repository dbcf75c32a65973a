"""Last dates, through weekends, half terms and the end of a calendar."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registers.rules.codes import UnknownCode
from registers.rules.deadlines import (
    Spell,
    attendance_return_by,
    attendance_return_due,
    continuous_absence,
    deletion_return_by,
    new_pupil_return_by,
    new_pupil_return_needed,
    settle_n_by,
    sickness_days,
    sickness_days_expected,
    sickness_return_due,
)
from registers.rules.sessions import Calendar, CalendarTooShort, Session, Term

HALF_TERM = frozenset(date(2026, 10, 26) + timedelta(days=n) for n in range(5))
CALENDAR = Calendar((Term("Autumn 2026", date(2026, 9, 7), date(2026, 12, 18)),), HALF_TERM)


def coded(from_on, to_on, codes, calendar=CALENDAR):
    """Marks for every session between two days, the codes in turn."""
    return {s: codes[n % len(codes)] for n, s in enumerate(calendar.sessions(from_on, to_on))}


@pytest.mark.parametrize(
    ("on", "last"),
    [
        (date(2026, 11, 23), date(2026, 11, 30)),
        (date(2026, 9, 11), date(2026, 9, 18)),
        (date(2026, 10, 21), date(2026, 11, 4)),
        (date(2026, 10, 23), date(2026, 11, 6)),
    ],
)
def test_an_n_is_settled_within_five_school_days_the_next_being_the_first(on, last):
    assert settle_n_by(Session(on, "AM"), CALENDAR) == settle_n_by(Session(on, "PM"), CALENDAR) == last


def test_a_training_day_does_not_count_towards_the_five():
    inset = Calendar(CALENDAR.terms, HALF_TERM | {date(2026, 11, 27)})
    assert settle_n_by(Session(date(2026, 11, 23), "AM"), inset) == date(2026, 12, 1)


def test_an_n_may_be_settled_sooner_where_the_school_says_so():
    assert settle_n_by(Session(date(2026, 11, 23), "AM"), CALENDAR, school_days=3) == date(2026, 11, 26)


def test_an_n_at_the_end_of_the_calendar_asks_for_the_next_term():
    with pytest.raises(CalendarTooShort, match="add the next term's dates to count 5 school days"):
        settle_n_by(Session(date(2026, 12, 15), "PM"), CALENDAR)


def test_a_new_pupil_is_returned_by_the_fifth_day_after_entry():
    assert new_pupil_return_by(date(2026, 11, 4)) == date(2026, 11, 9)


def test_a_new_pupil_may_be_returned_by_school_days_where_the_authority_reads_it_so():
    assert new_pupil_return_by(date(2026, 11, 4), school_days_of=CALENDAR) == date(2026, 11, 11)


@pytest.mark.parametrize(
    ("junior", "starts_on", "asks", "needed"),
    [
        (True, date(2026, 9, 7), False, False),
        (True, date(2026, 9, 7), True, True),
        (True, date(2026, 9, 8), False, True),
        (False, date(2026, 9, 7), False, True),
    ],
)
def test_the_youngest_class_on_the_first_day_needs_no_new_pupil_return(junior, starts_on, asks, needed):
    assert needed is new_pupil_return_needed(
        most_junior_class=junior,
        starts_on=starts_on,
        first_school_day_on=date(2026, 9, 7),
        authority_asks=asks,
    )


def test_a_deletion_is_returned_no_later_than_the_day_of_deletion():
    assert deletion_return_by(date(2026, 11, 23)) == date(2026, 11, 23)


def test_an_attendance_return_is_made_in_every_calendar_month():
    assert attendance_return_by(date(2028, 2, 1)) == date(2028, 2, 29)
    assert attendance_return_due(date(2026, 9, 3)) == date(2026, 10, 31)
    assert attendance_return_due(date(2026, 12, 31)) == date(2027, 1, 31)


def test_an_agreed_interval_may_bring_the_attendance_return_forward_and_never_back():
    assert attendance_return_due(date(2026, 9, 3), interval_days=14) == date(2026, 9, 17)
    assert attendance_return_due(date(2026, 9, 3), interval_days=90) == date(2026, 10, 31)


def test_twenty_sessions_of_g_o_and_u_over_ten_school_days_go_in_the_attendance_return():
    marks = coded(date(2026, 9, 14), date(2026, 9, 25), "GOU")
    assert len(marks) == 20
    assert continuous_absence(marks, CALENDAR) == (
        Spell(
            first=Session(date(2026, 9, 14), "AM"),
            last=Session(date(2026, 9, 25), "PM"),
            reached=Session(date(2026, 9, 25), "PM"),
            sessions=20,
            school_days=Fraction(10),
        ),
    )


def test_nineteen_sessions_are_not_yet_ten_days():
    marks = coded(date(2026, 9, 14), date(2026, 9, 25), "O")
    del marks[max(marks)]
    assert continuous_absence(marks, CALENDAR) == ()


def test_ten_days_may_begin_at_noon_and_go_on_through_half_term():
    marks = coded(date(2026, 10, 19), date(2026, 11, 6), "N")
    marks[Session(date(2026, 10, 19), "AM")] = "/"
    marks |= coded(date(2026, 11, 9), date(2026, 11, 9), "N")
    (spell,) = continuous_absence(marks, CALENDAR)
    assert spell.first == Session(date(2026, 10, 19), "PM")
    assert spell.reached == Session(date(2026, 11, 9), "AM")
    assert (spell.sessions, spell.school_days) == (21, Fraction(21, 2))


@pytest.mark.parametrize("code", ["/", "L", "I", "B"])
def test_any_other_possible_mark_ends_a_spell(code):
    marks = coded(date(2026, 9, 14), date(2026, 9, 25), "O")
    marks[Session(date(2026, 9, 18), "AM")] = code
    assert continuous_absence(marks, CALENDAR) == ()


@pytest.mark.parametrize("code", ["D", "Y4", "#"])
def test_a_day_that_was_not_possible_neither_adds_nor_ends(code):
    marks = coded(date(2026, 9, 14), date(2026, 9, 28), "O")
    marks |= {Session(date(2026, 9, 18), half): code for half in ("AM", "PM")}
    (spell,) = continuous_absence(marks, CALENDAR)
    assert (spell.sessions, spell.school_days) == (20, Fraction(10))


def test_the_only_possible_session_of_a_day_weighs_a_whole_day():
    marks = coded(date(2026, 9, 14), date(2026, 9, 25), "O")
    marks |= {s: "D" for s in marks if s.half == "PM"}
    (spell,) = continuous_absence(marks, CALENDAR)
    assert (spell.sessions, spell.school_days) == (10, Fraction(10))


def test_a_session_without_a_mark_neither_adds_nor_ends():
    marks = coded(date(2026, 9, 14), date(2026, 9, 28), "O")
    del marks[Session(date(2026, 9, 16), "PM")]
    (spell,) = continuous_absence(marks, CALENDAR)
    assert (spell.sessions, spell.school_days) == (21, Fraction(21, 2))
    assert spell.reached == Session(date(2026, 9, 28), "AM")


def test_marks_outside_the_calendar_are_left_out():
    marks = coded(date(2026, 9, 14), date(2026, 9, 25), "O")
    assert continuous_absence({**marks, Session(date(2026, 9, 19), "AM"): "/"}, CALENDAR) == continuous_absence(
        marks, CALENDAR
    )
    assert continuous_absence({}, CALENDAR) == ()


def test_two_spells_are_two():
    marks = coded(date(2026, 9, 7), date(2026, 12, 18), "O")
    marks[Session(date(2026, 10, 23), "PM")] = "\\"
    first, second = continuous_absence(marks, CALENDAR)
    assert first.last == Session(date(2026, 10, 23), "AM")
    assert second.first == Session(date(2026, 11, 2), "AM")


def test_a_mark_that_is_no_code_is_not_passed_over():
    with pytest.raises(UnknownCode):
        continuous_absence({Session(date(2026, 9, 14), "AM"): "H"}, CALENDAR)


def test_sickness_days_count_half_days():
    marks = coded(date(2026, 9, 14), date(2026, 9, 16), "I")
    marks[Session(date(2026, 9, 15), "AM")] = "/"
    assert sickness_days(marks, CALENDAR) == Fraction(5, 2)
    assert sickness_days({}, CALENDAR) == 0


def test_sickness_expected_looks_forward_to_the_day_of_return():
    expected = sickness_days_expected(Fraction(5), CALENDAR, on=date(2026, 10, 16), back_on=date(2026, 11, 9))
    assert expected == 15
    assert sickness_return_due(date(2026, 10, 16), expected) == date(2026, 10, 16)


def test_sickness_of_fewer_than_fifteen_days_is_not_returned():
    assert sickness_return_due(date(2026, 10, 16), Fraction(29, 2)) is None


def test_sickness_may_be_flagged_early():
    assert sickness_return_due(date(2026, 10, 16), 10, school_days=10) == date(2026, 10, 16)


def test_a_pupil_back_tomorrow_is_expected_to_miss_no_more():
    assert sickness_days_expected(3, CALENDAR, on=date(2026, 9, 16), back_on=date(2026, 9, 17)) == 3


@given(st.dates(date(2026, 9, 1), date(2026, 12, 11)), st.sampled_from(["AM", "PM"]))
def test_an_n_has_five_school_days_between_its_session_and_its_last_date(on, half):
    last = settle_n_by(Session(on, half), CALENDAR)
    assert len(CALENDAR.days(on + timedelta(days=1), last)) == 5
    assert CALENDAR.is_school_day(last)


@given(st.dates(date(2020, 1, 1), date(2035, 12, 31)))
def test_no_calendar_month_passes_without_an_attendance_return(sent_on):
    due = attendance_return_due(sent_on)
    assert (due.year * 12 + due.month) - (sent_on.year * 12 + sent_on.month) == 1
    assert (due + timedelta(days=1)).day == 1


@given(st.data())
def test_every_spell_returned_is_long_enough_and_wholly_unauthorised(data):
    held = CALENDAR.sessions(date(2026, 9, 7), date(2026, 10, 16))
    often = st.sampled_from(["O", "O", "O", "O", "O", "G", "N", "U", "D", "/"])
    marks = {s: data.draw(often) for s in held}
    for spell in continuous_absence(marks, CALENDAR, school_days=2):
        inside = [marks[s] for s in held if spell.first <= s <= spell.last]
        assert set(inside) <= {"O", "G", "N", "U", "D"}
        assert sum(code != "D" for code in inside) == spell.sessions
        assert spell.school_days >= 2
        assert spell.first <= spell.reached <= spell.last
