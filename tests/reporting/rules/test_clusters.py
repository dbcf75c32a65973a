"""Illness that goes round: the exact test, what a Monday stands for, and that chance alone seldom shows anything."""

from datetime import date, timedelta
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reporting.rules.clusters import (
    BEFORE_DAYS,
    FALSE_DAYS,
    LEAST_PUPILS,
    LOOKS,
    Seen,
    chance_of,
    is_cluster,
    is_known_enough,
    looks_of,
    weight_of,
)

MONDAY = date(2026, 11, 23)
DAY = timedelta(days=1)
TESTS = looks_of(5, 8)


def school_days(many):
    """Give so many weekdays, the last a Friday."""
    days = [MONDAY - 3 * DAY - n * DAY for n in range(many * 2)]
    return sorted(on for on in days if on.weekday() < 5)[-many:]


def test_a_kind_unseen_before_is_judged_by_the_share_of_the_days_alone():
    # One day of 28: three of three on it, by chance 1/28 each.
    assert chance_of(Seen(3, 3, 1, 0, 27)) == Fraction(1, 28**3)


def test_the_chance_is_the_upper_tail_of_the_binomial_worked_by_hand():
    # Two on the day and one before, one day of four: 3 * (1/4)^2 * 3/4 + (1/4)^3 = 10/64.
    assert chance_of(Seen(2, 2, 1, 1, 3)) == Fraction(10, 64)


def test_no_more_than_expected_is_no_surprise_at_all():
    assert Seen(2, 2, 1, 54, 27).expected == 2
    assert chance_of(Seen(2, 2, 1, 54, 27)) == 1


def test_five_years_and_eight_kinds_are_ninety_six_tests_with_the_whole_school():
    assert TESTS == 96 == (5 + 1) * 8 * len(LOOKS)


@pytest.mark.parametrize(
    ("seen", "stands"),
    [
        (Seen(3, 3, 1, 0, 27), True),  # three on a Tuesday, none in four weeks
        (Seen(3, 3, 3, 0, 28), False),  # three on a Monday, who may have fallen ill since Friday
        (Seen(4, 4, 3, 0, 28), True),
        (Seen(5, 5, 1, 8, 27), True),
        (Seen(3, 3, 1, 8, 27), False),
        (Seen(6, 6, 7, 0, 28), True),  # six over a school week
        (Seen(5, 5, 7, 0, 28), False),
        (Seen(9, 9, 7, 6, 28), False),  # the season rises, and says so first in larger numbers
    ],
)
def test_worked_examples_of_what_stands_out(seen, stands):
    assert is_cluster(seen, TESTS) is stands


def test_two_pupils_are_no_cluster_whatever_the_odds():
    assert LEAST_PUPILS == 3
    assert not is_cluster(Seen(2, 2, 1, 0, 10_000), TESTS)
    assert not is_cluster(Seen(6, 2, 1, 0, 27), TESTS)  # two pupils, each fallen ill again and again


def test_a_chance_exactly_at_the_edge_stands_and_one_above_it_does_not():
    # Three of three, one day of ten: 1/1000. Ten tests make it exactly one in a hundred.
    edge = Seen(3, 3, 1, 0, 9)
    assert chance_of(edge) * 10 == FALSE_DAYS
    assert is_cluster(edge, 10)
    assert not is_cluster(edge, 11)


def test_a_monday_stands_for_the_weekend_and_the_first_day_after_a_holiday_for_no_more():
    assert weight_of([MONDAY], MONDAY - 3 * DAY) == 3
    assert weight_of([MONDAY + DAY], MONDAY) == 1
    assert weight_of([MONDAY], MONDAY - 10 * DAY) == 3
    assert weight_of([MONDAY + n * DAY for n in range(5)], MONDAY - 3 * DAY) == 7
    assert weight_of([MONDAY], None) == 1


def test_ten_days_with_an_illness_on_record_are_enough_to_compare_with():
    assert is_known_enough(10)
    assert not is_known_enough(9)


@given(st.integers(0, 12), st.integers(1, 7), st.integers(0, 60), st.integers(1, 40))
def test_one_more_newly_ill_is_never_less_surprising(new, weight, before, weight_before):
    one = chance_of(Seen(new, new, weight, before, weight_before))
    more = chance_of(Seen(new + 1, new + 1, weight, before, weight_before))
    assert 0 < more <= one <= 1


def test_where_nothing_goes_round_hardly_a_day_in_a_hundred_shows_a_cluster():
    """A school of steady illness, 600 days: each kind in each year of a rate of its own."""
    rng = Random(11)
    days = school_days(600)
    rates = {(year, kind): rng.choice([0.05, 0.2, 0.6]) for year in range(5) for kind in range(8)}
    weights = [weight_of([on], days[place - 1] if place else None) for place, on in enumerate(days)]
    fell = {
        cell: [sum(rng.random() < rate / 3 for _ in range(3 * weight)) for weight in weights]
        for cell, rate in rates.items()
    }
    for kind in range(8):
        fell[None, kind] = [sum(fell[year, kind][place] for year in range(5)) for place in range(len(days))]
    shown = 0
    for place in range(BEFORE_DAYS + max(LOOKS), len(days)):
        shown += any(
            is_cluster(
                Seen(
                    sum(counts[place - look + 1 : place + 1]), 99, sum(weights[place - look + 1 : place + 1]),
                    sum(counts[place - look - BEFORE_DAYS + 1 : place - look + 1]),
                    sum(weights[place - look - BEFORE_DAYS + 1 : place - look + 1]),
                ),
                TESTS,
            )
            for counts in fell.values()
            for look in LOOKS
        )  # fmt: skip
    assert shown <= 6
