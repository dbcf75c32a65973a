from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from letters.rules.levels import (
    Standing,
    Step,
    Time,
    cools_until,
    is_below,
    is_new,
    period_start,
    standing,
    step,
)

ON = date(2026, 11, 23)
YEAR = date(2026, 8, 1)
COUNTS = st.integers(0, 400).flatmap(lambda possible: st.tuples(st.integers(0, possible), st.just(possible)))


def test_below_is_decided_in_whole_numbers_and_never_on_a_rounded_one():
    assert is_below(1899, 1999, Fraction(95))  # reads as 95.0 %
    assert not is_below(95, 100, Fraction(95))
    assert is_below(94, 100, Fraction(95))
    assert is_below(185, 200, Fraction("92.51"))
    assert not is_below(185, 200, Fraction("92.5"))


def test_nothing_possible_is_below_no_level():
    assert not is_below(0, 0, Fraction(95))
    assert standing(0, 0, below=Fraction(95), least_possible=0) is Standing.TOO_FEW


@given(COUNTS, st.fractions(min_value=Fraction(1, 100), max_value=100))
def test_below_agrees_with_the_exact_quotient(counts, below):
    attended, possible = counts
    assert is_below(attended, possible, below) == (possible > 0 and Fraction(attended * 100, possible) < below)


@given(COUNTS, st.fractions(min_value=1, max_value=100), st.fractions(min_value=1, max_value=100))
def test_whoever_is_below_the_lower_level_is_below_the_higher(counts, one, other):
    low, high = sorted((one, other))
    assert not is_below(*counts, low) or is_below(*counts, high)


def test_fewer_possible_sessions_than_the_least_stand_nowhere():
    assert standing(5, 19, below=Fraction(95), least_possible=20) is Standing.TOO_FEW
    assert standing(5, 20, below=Fraction(95), least_possible=20) is Standing.BELOW
    assert standing(19, 20, below=Fraction(95), least_possible=20) is Standing.AT_OR_ABOVE


def go(now, time, on=ON):
    return step(now, time, on, recovers_after_days=28, year_starts=YEAR)


def test_a_fall_opens_a_time_and_it_stands_while_the_pupil_is_below():
    assert go(Standing.BELOW, None) is Step.OPENS
    assert go(Standing.BELOW, Time(date(2026, 10, 5))) is Step.STANDS
    assert go(Standing.AT_OR_ABOVE, None) is Step.NOTHING


def test_a_recovery_closes_it_after_its_days_and_not_before():
    begun = Time(date(2026, 10, 5))
    assert go(Standing.AT_OR_ABOVE, begun) is Step.RECOVERS
    assert go(Standing.AT_OR_ABOVE, Time(begun.opened_on, ON - timedelta(days=27))) is Step.NOTHING
    assert go(Standing.AT_OR_ABOVE, Time(begun.opened_on, ON - timedelta(days=28))) is Step.CLOSES
    assert step(Standing.AT_OR_ABOVE, begun, ON, recovers_after_days=0, year_starts=YEAR) is Step.CLOSES


def test_a_second_fall_within_the_recovery_is_the_same_time():
    assert go(Standing.BELOW, Time(date(2026, 10, 5), ON - timedelta(days=3))) is Step.FALLS_BACK


def test_a_time_closes_with_its_school_year():
    assert go(Standing.BELOW, Time(date(2026, 6, 5))) is Step.CLOSES
    assert go(Standing.TOO_FEW, Time(date(2026, 6, 5))) is Step.CLOSES
    assert go(Standing.TOO_FEW, Time(date(2026, 9, 28))) is Step.NOTHING


@given(st.lists(st.sampled_from(list(Standing)), max_size=120), st.integers(0, 40))
def test_times_never_overlap_and_each_closes_only_after_its_recovery(days, recovers_after):
    time, opened = None, 0
    for n, now in enumerate(days):
        on = date(2026, 9, 2) + timedelta(days=n)
        done = step(now, time, on, recovers_after_days=recovers_after, year_starts=YEAR)
        if done is Step.OPENS:
            assert time is None
            time, opened = Time(on), opened + 1
        elif done is Step.RECOVERS:
            time = Time(time.opened_on, on)
        elif done is Step.FALLS_BACK:
            time = Time(time.opened_on)
        elif done is Step.CLOSES:
            assert (on - (time.recovering_since_on or on)).days >= recovers_after
            time = None
    assert opened <= sum(now is Standing.BELOW for now in days)


def test_a_second_letter_waits_out_the_cooling_off():
    assert cools_until(date(2026, 11, 2), 21) == ON


def test_a_pupil_is_new_for_the_days_the_policy_waits():
    assert is_new(ON - timedelta(days=27), ON, 28)
    assert not is_new(ON - timedelta(days=28), ON, 28)
    assert not is_new(ON, ON, 0)


@pytest.mark.parametrize(
    ("counted", "first"),
    [
        ("year", date(2026, 8, 1)),
        ("term", date(2026, 9, 2)),
        ("weeks_4", date(2026, 11, 2)),
        ("weeks_12", date(2026, 10, 19)),
    ],
)
def test_the_period_counted_begins_where_the_policy_says(counted, first):
    weeks = [date(2026, 10, 19), *(date(2026, 11, 2) + timedelta(weeks=n) for n in range(4))]
    assert period_start(ON, counted, year_starts=YEAR, term_starts=date(2026, 9, 2), weeks=weeks) == first
