"""What an arrival is marked."""

from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registers.rules.lateness import arrival_code, open_too_long

TAKEN, CLOSES = time(8, 45), time(9, 15)


@pytest.mark.parametrize(
    ("arrived", "code"),
    [
        (time(8, 30), "/"),
        (time(8, 45), "/"),
        (time(8, 45, 1), "L"),
        (time(9, 14), "L"),
        (time(9, 14, 59), "L"),
        (time(9, 15), "U"),
        (time(9, 16), "U"),
    ],
)
def test_an_arrival_is_l_before_the_register_closes_and_u_after(arrived, code):
    assert arrival_code(TAKEN, CLOSES, arrived) == code


def test_the_afternoon_has_its_own_present_mark():
    assert arrival_code(time(13, 0), time(13, 20), time(12, 55), half="PM") == "\\"


def test_a_pupil_from_the_dentist_is_m_after_the_register_has_closed():
    assert arrival_code(TAKEN, CLOSES, time(9, 40), fitting="M") == "M"


def test_a_pupil_from_the_dentist_is_l_before_it_closes():
    assert arrival_code(TAKEN, CLOSES, time(9, 14), fitting="M") == "L"


def test_a_school_may_count_the_closing_minute_as_late():
    assert arrival_code(TAKEN, CLOSES, CLOSES, closing_minute_is_late=True) == "L"
    assert arrival_code(TAKEN, CLOSES, time(9, 16), closing_minute_is_late=True) == "U"


def test_a_register_does_not_close_before_it_is_taken():
    with pytest.raises(ValueError, match="closes at 08:45, before it is taken at 09:15"):
        arrival_code(CLOSES, TAKEN, CLOSES)


def test_thirty_minutes_is_as_long_as_a_register_should_stay_open():
    assert not open_too_long(TAKEN, CLOSES)
    assert open_too_long(TAKEN, time(9, 16))
    assert open_too_long(TAKEN, CLOSES, limit=20)


@given(st.times(), st.times())
def test_a_later_arrival_never_earns_a_better_mark(one, other):
    earlier, later = sorted([one, other])
    worse = ["/", "L", "U"]
    first, second = (worse.index(arrival_code(TAKEN, CLOSES, at)) for at in (earlier, later))
    assert first <= second
