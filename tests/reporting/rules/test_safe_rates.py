"""When missing marks make a rate unsafe to read, and what it could be."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registers.rules.rates import Tally
from reporting.rules.safe_rates import could_be, is_unsafe

COUNTS = st.integers(0, 500)


def test_one_in_fifty_is_unsafe_and_a_hair_less_is_not():
    assert is_unsafe(2, 100)
    assert is_unsafe(20, 1000)
    assert not is_unsafe(19, 1000)


def test_where_nothing_was_due_nothing_is_unsafe():
    assert not is_unsafe(0, 0)


@pytest.mark.parametrize(("missing", "due"), [(-1, 5), (6, 5)])
def test_more_missing_than_due_is_refused(missing, due):
    with pytest.raises(ValueError, match="cannot be"):
        is_unsafe(missing, due)


def test_ten_missing_of_a_hundred_leave_ten_points_open():
    assert could_be(Tally(90, 81, 9, 0), 10) == (Fraction(81, 100), Fraction(91, 100))


def test_nothing_possible_and_nothing_missing_could_be_nothing():
    assert could_be(Tally(), 0) is None
    assert could_be(Tally(), 3) == (0, 1)
    with pytest.raises(ValueError, match="cannot be"):
        could_be(Tally(), -1)


@given(COUNTS, COUNTS, COUNTS, st.integers(0, 100), st.integers(0, 100))
def test_however_the_missing_marks_turn_out_the_rate_lies_between(attended, authorised, unauthorised, came, missed):
    found = could_be(Tally(attended + authorised + unauthorised, attended, authorised, unauthorised), came + missed)
    whole = attended + authorised + unauthorised + came + missed
    if whole:
        assert found[0] <= Fraction(attended + came, whole) <= found[1]
    else:
        assert found is None
