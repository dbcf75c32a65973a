"""Rates: the worked examples, and what holds of all marks."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registers.rules.codes import UnknownCode, code_set
from registers.rules.rates import Tally, spoken_percent, tally

ON = date(2026, 11, 23)
BEFORE = date(2024, 7, 10)
AFTER = date(2024, 9, 10)

counts = st.integers(0, 400)


def marks_on(on):
    return st.dictionaries(st.sampled_from(sorted(code_set(on))), counts)


@st.composite
def tallies(draw):
    on = draw(st.sampled_from([BEFORE, AFTER]))
    return tally(draw(marks_on(on)), on)


def percents(made):
    return tuple(
        spoken_percent(rate, 2)
        for rate in (made.attendance_rate, made.authorised_rate, made.unauthorised_rate, made.absence_rate)
    )


@pytest.mark.parametrize(
    ("marks", "possible", "attended", "spoken"),
    [
        ({"/": 9, "\\": 8, "L": 1, "U": 1, "I": 1}, 20, 18, ("90.00%", "5.00%", "5.00%", "10.00%")),
        ({"/": 8, "\\": 8, "I": 2, "#": 2, "Y4": 2, "D": 6, "Q": 2}, 18, 16,
         ("88.89%", "11.11%", "0.00%", "11.11%")),
        ({"/": 7, "\\": 7, "O": 2, "D": 24}, 16, 14, ("87.50%", "0.00%", "12.50%", "12.50%")),
        ({"/": 2, "\\": 2, "B": 1, "V": 1, "P": 1, "W": 1, "K": 1, "J1": 1}, 10, 9,
         ("90.00%", "10.00%", "0.00%", "10.00%")),
    ],
    ids=["L attends and U does not", "closures and dual registration are outside", "a dual-registered pupil",
         "J1 is authorised absence"],
)  # fmt: skip
def test_the_worked_examples(marks, possible, attended, spoken):
    made = tally(marks, ON)
    assert (made.possible, made.attended) == (possible, attended)
    assert percents(made) == spoken
    assert (made.persistently_absent, made.severely_absent) == (True, False)


def test_late_counts_l_and_u():
    made = tally({"/": 9, "L": 4, "U": 3, "O": 1}, ON)
    assert (made.late, made.attended, made.unauthorised) == (7, 13, 4)


def test_ten_per_cent_exactly_is_persistent():
    year = tally({"/": 190, "\\": 152, "I": 38}, ON)
    assert (year.possible, year.attended, year.persistently_absent) == (380, 342, True)
    assert spoken_percent(year.absence_rate, 2) == "10.00%"


def test_one_session_under_ten_per_cent_is_not_persistent():
    year = tally({"/": 190, "\\": 153, "I": 37}, ON)
    assert (year.attended, year.persistently_absent) == (343, False)
    assert (spoken_percent(year.attendance_rate, 2), spoken_percent(year.absence_rate, 2)) == (
        "90.26%",
        "9.74%",
    )


def test_what_reads_as_ten_per_cent_is_not_persistent_unless_it_is():
    made = tally({"/": 352, "I": 39}, ON)
    assert spoken_percent(made.absence_rate) == "10.0%"
    assert made.persistently_absent is False


def test_fifty_per_cent_exactly_is_severe():
    assert tally({"/": 10, "O": 10}, ON).severely_absent is True
    assert tally({"/": 11, "O": 10}, ON).severely_absent is False


def test_nothing_possible_has_no_rate():
    made = tally({"D": 24, "X": 2, "Y7": 1, "Z": 3, "#": 10}, ON)
    assert made == Tally.zero() == tally({}, ON)
    rates = (made.attendance_rate, made.absence_rate, made.authorised_rate, made.unauthorised_rate)
    assert rates == (None, None, None, None)
    assert (made.persistently_absent, made.severely_absent) == (None, None)


def test_a_school_is_the_sum_of_its_pupils_and_not_the_mean_of_their_rates():
    school = sum([tally({"/": 9, "O": 1}, ON), tally({"/": 50, "O": 50}, ON)], Tally.zero())
    assert school.attendance_rate == Fraction(59, 110)


def test_a_year_across_two_code_sets_is_the_sum_of_its_parts():
    year = tally({"/": 8, "J": 1, "H": 1, "Y": 2}, BEFORE) + tally({"/": 8, "J1": 1, "C": 1, "Y4": 2}, AFTER)
    assert (year.possible, year.attended, year.authorised) == (20, 17, 3)


def test_a_legacy_holiday_and_interview_are_read_by_the_older_set():
    made = tally({"H": 2, "F": 1, "J": 3, "Y": 4}, BEFORE)
    assert (made.authorised, made.attended, made.possible) == (3, 3, 6)


@pytest.mark.parametrize("marks", [{"H": 1}, {"H": 0}, {"/": 3, "A": 1}, {"": 1}])
def test_an_unknown_code_is_not_counted(marks):
    with pytest.raises(UnknownCode):
        tally(marks, ON)


@pytest.mark.parametrize("count", [-1, 1.0, "3", True, None])
def test_a_count_is_a_whole_number_from_nought(count):
    with pytest.raises(ValueError, match="whole numbers from 0: / is"):
        tally({"/": count}, ON)


def test_a_tally_whose_parts_are_not_its_whole_is_refused():
    with pytest.raises(ValueError, match="10 possible sessions are not 8 attended, 1 authorised and 0 unauth"):
        Tally(possible=10, attended=8, authorised=1)
    with pytest.raises(ValueError, match="5 late is more"):
        Tally(possible=4, attended=3, authorised=0, unauthorised=1, late=5)
    with pytest.raises(ValueError, match="attended is -1"):
        Tally(possible=0, attended=-1, authorised=1)


def test_a_tally_adds_only_to_a_tally():
    made = tally({"/": 1}, ON)
    assert sum([made, made]) == Tally(possible=2, attended=2)
    with pytest.raises(TypeError):
        made + 1
    with pytest.raises(TypeError):
        1 + made


@pytest.mark.parametrize(
    ("rate", "places", "spoken"),
    [
        (None, 1, "no rate"),
        (Fraction(14, 15), 1, "93.3%"),
        (Fraction(1), 1, "100.0%"),
        (Fraction(0), 0, "0%"),
        (Fraction(125, 10_000), 1, "1.3%"),
        (Fraction(135, 10_000), 1, "1.4%"),
        (Fraction(-125, 10_000), 1, "-1.3%"),
        (Fraction(-1, 100_000), 1, "0.0%"),
        (Fraction(-1, 2000), 1, "-0.1%"),
        (Fraction(905, 1000), 0, "91%"),
        (Fraction(1, 3), 3, "33.333%"),
        (Fraction(101, 10_000), 3, "1.010%"),
    ],
)
def test_a_rate_is_rounded_half_up_to_be_read(rate, places, spoken):
    assert spoken_percent(rate, places) == spoken


def test_decimal_places_are_not_negative():
    with pytest.raises(ValueError, match="counted from 0"):
        spoken_percent(Fraction(1, 2), -1)


@given(tallies())
def test_rates_sum_to_one(made):
    if made.possible:
        assert made.attendance_rate + made.absence_rate == 1
        assert made.authorised_rate + made.unauthorised_rate == made.absence_rate
    else:
        assert made.attendance_rate is None
        assert made.absence_rate is None


@given(marks_on(ON), st.sampled_from("/\\LKVPWB"))
def test_a_present_mark_never_raises_absence(marks, symbol):
    before = tally(marks, ON)
    after = before + tally({symbol: 1}, ON)
    assert after.absence_rate <= (before.absence_rate if before.possible else 0)


@given(marks_on(ON), st.sampled_from(["D", "Q", "X", "Y1", "Y7", "Z", "#"]), counts)
def test_a_session_that_was_not_possible_changes_nothing(marks, symbol, more):
    others = {key: count for key, count in marks.items() if key != symbol}
    assert tally({**others, symbol: more}, ON) == tally(others, ON)


@given(tallies(), tallies(), tallies())
def test_addition_is_associative_and_commutative_and_has_a_zero(a, b, c):
    assert (a + b) + c == a + (b + c)
    assert a + b == b + a
    assert a + Tally.zero() == a == sum([a])


@given(marks_on(ON), marks_on(ON))
def test_counting_together_is_counting_apart(a, b):
    both = {symbol: a.get(symbol, 0) + b.get(symbol, 0) for symbol in {*a, *b}}
    assert tally(both, ON) == tally(a, ON) + tally(b, ON)


@given(tallies())
def test_persistent_and_severe_are_decided_in_whole_numbers(made):
    if made.possible:
        assert made.persistently_absent is (made.absent * 10 >= made.possible)
        assert made.severely_absent is (made.absent * 2 >= made.possible)
        assert made.persistently_absent or not made.severely_absent
