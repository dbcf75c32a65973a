"""What came after a letter, exact; and how far a school is from what is expected of it."""

from datetime import date, timedelta
from fractions import Fraction

from registers.rules.rates import Tally
from registers.rules.sessions import monday
from reporting.rules.baseline import Distance
from reporting.rules.following import (
    beside,
    change_of,
    is_complete,
    says_little,
    stood_near,
    weeks_around,
    without_letter,
)

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
    assert [says_little(pupils) for pupils in (0, 2, 9, 10)] == [False, True, True, False]


def test_whoever_has_one_side_only_is_left_out():
    found = change_of([(1, LETTER)], {1: weeks(8, 8, 8, 8)})
    assert (found.pupils, found.points) == (0, None)


def test_a_letter_counts_when_its_four_weeks_after_are_over():
    assert not is_complete(LETTER, date(2026, 11, 12))
    assert is_complete(LETTER, date(2026, 11, 13))


def test_near_the_line_is_who_stood_there_when_the_letter_went_whatever_came_afterwards():
    held = {
        1: weeks(9, 10, 9, 10, 0),  # 95 % when the week of the letter began, and then absent
        2: weeks(8, 8, 8, 8, 10, 10, 10, 10, 10),  # 80 % then; recovered
        3: weeks(10, 10, 10, 10, 9),  # 100 % then
        4: {date(2026, 6, 1): Tally(100, 0, 100, 0)} | weeks(10, 9, 10, 9),  # last school year is not counted
        5: {},
    }
    assert stood_near(held, [monday(LETTER)], Fraction(95), 2) == {monday(LETTER): [1, 4]}


def test_letters_are_compared_week_by_week_as_often_as_they_went():
    """Three letters in a week after which the pupils near the line rose by ten points, one after which they fell by two.

    Week by week they rose by 10 and fell by 2: the mean over four letters is (3 x 10 - 2) / 4, which is 7 points; the
    mean of the two weeks, 4, would say what nobody was sent.
    """
    first, second = date(2026, 10, 12), date(2027, 2, 1)
    rose = {first + timedelta(weeks=n): Tally(10, 8 if n < 0 else 9, 0, 2 if n < 0 else 1) for n in range(-4, 5)}
    fell = {second + timedelta(weeks=n): Tally(50, 46 if n < 0 else 45, 0, 4 if n < 0 else 5) for n in range(-4, 5)}
    letters = [first, first + timedelta(days=1), first + timedelta(days=4), second]
    found = beside(letters, {first: [1, 2], second: [3]}, {1: rose, 2: rose, 3: fell})
    assert found.points == Fraction(3 * 10 - 2, 4) / 100
    assert found.pupils == 3


def test_who_had_a_letter_by_the_end_of_the_weeks_after_is_none_of_those_without():
    week, last = date(2026, 10, 12), date(2026, 11, 13)
    first = {1: last, 2: last + timedelta(days=1), 3: date(2026, 9, 7)}
    assert without_letter({week: [1, 2, 3, 4]}, first) == {week: [2, 4]}


def test_a_letter_beside_which_nobody_stood_is_left_out_of_the_mean():
    rose = {date(2026, 10, 12) + timedelta(weeks=n): Tally(10, 8 + (n > 0), 0, 2 - (n > 0)) for n in range(-4, 5)}
    found = beside([LETTER, date(2027, 2, 1)], {date(2026, 10, 12): [1], date(2027, 2, 1): []}, {1: rose})
    assert (found.points, found.pupils) == (Fraction(1, 10), 1)
    nobody = beside([LETTER], {}, {})
    assert (nobody.points, nobody.pupils) == (None, 0)


def test_the_distance_is_rounded_up_and_nothing_when_met():
    short = Distance(Fraction(95, 100), Tally(660, 610, 50, 0), 3)
    assert (short.sessions, short.a_week, short.pupils_a_week, short.is_met) == (17, 6, 1, False)
    met = Distance(Fraction(610, 660), Tally(660, 610, 50, 0), 3)
    assert (met.sessions, met.is_met) == (0, True)
    assert Distance(Fraction(95, 100), Tally(), 0).a_week == 0
