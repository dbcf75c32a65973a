"""What came after a letter, exact; and how far a school is from what is expected of it."""

from datetime import date, timedelta
from fractions import Fraction

from registers.rules.rates import Tally
from reporting.rules.baseline import Distance
from reporting.rules.following import change_of, weeks_around

LETTER = date(2026, 10, 14)


def weeks(*attended):
    """Ten possible sessions in each of nine weeks, the fifth that of the letter."""
    first = date(2026, 9, 14)
    return {first + timedelta(weeks=n): Tally(10, some, 0, 10 - some) for n, some in enumerate(attended)}


def test_four_weeks_on_each_side_and_the_letters_own_week_on_neither():
    before, after = weeks_around(LETTER)
    assert before == (date(2026, 9, 14), date(2026, 9, 21), date(2026, 9, 28), date(2026, 10, 5))
    assert after == (date(2026, 10, 19), date(2026, 10, 26), date(2026, 11, 2), date(2026, 11, 9))


def test_the_change_is_sums_over_sums_and_exact():
    found = change_of(
        [(1, LETTER), (2, LETTER)], {1: weeks(8, 8, 8, 8, 0, 9, 9, 9, 9), 2: weeks(10, 10, 10, 10, 0, 10, 10, 10, 9)}
    )
    assert (found.pupils, found.before.attended, found.after.attended) == (2, 72, 75)
    assert found.points == Fraction(75, 80) - Fraction(72, 80)
    assert found.says_little


def test_whoever_has_one_side_only_is_left_out():
    found = change_of([(1, LETTER)], {1: weeks(8, 8, 8, 8)})
    assert (found.pupils, found.points) == (0, None)


def test_the_distance_is_rounded_up_and_nothing_when_met():
    short = Distance(Fraction(95, 100), Tally(660, 610, 50, 0), 3)
    assert (short.sessions, short.a_week, short.pupils_a_week, short.is_met) == (17, 6, 1, False)
    met = Distance(Fraction(610, 660), Tally(660, 610, 50, 0), 3)
    assert (met.sessions, met.is_met) == (0, True)
    assert Distance(Fraction(95, 100), Tally(), 0).a_week == 0
