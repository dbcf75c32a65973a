"""What each cause adds to possible and attended sessions, and which of them explain a difference exactly."""

from datetime import date
from fractions import Fraction

import pytest

from registers.rules.codes import code_set
from reporting.rules.differences import Cause, Sessions, effects, explain, prints_as, second_week

ON = date(2026, 11, 20)
NONE = Sessions()


def found(codes, missing=0, before=NONE):
    return {one.cause: one.adds for one in effects(codes, on=ON, missing=missing, before=before)}


def test_each_code_changes_what_the_other_may_count_in_its_own_way():
    causes = found(
        {"/": 80, "L": 3, "U": 2, "I": 5, "X": 4, "Y4": 2, "Q": 1, "#": 6, "Z": 1, "D": 7}, 9, Sessions(10, 8)
    )
    assert causes == {
        Cause.LATE_ABSENT: Sessions(0, -3),
        Cause.LATE_PRESENT: Sessions(0, 2),
        Cause.NOT_DUE_ABSENT: Sessions(4, 0),
        Cause.NOT_DUE_PRESENT: Sessions(4, 4),
        Cause.UNABLE_ABSENT: Sessions(3, 0),
        Cause.UNABLE_PRESENT: Sessions(3, 3),
        Cause.ELSEWHERE_PRESENT: Sessions(7, 7),
        Cause.CLOSED_ABSENT: Sessions(7, 0),
        Cause.CLOSED_PRESENT: Sessions(7, 7),
        Cause.MISSING_ABSENT: Sessions(9, 0),
        Cause.MISSING_PRESENT: Sessions(9, 9),
        Cause.FIRST_DAYS: Sessions(-10, -8),
    }


def test_every_code_outside_the_possible_has_a_cause():
    for symbol, row in code_set(ON).items():
        if not row.counts.is_possible:
            assert found({symbol: 1}), symbol


def test_a_code_in_its_place_is_no_cause():
    assert found({"/": 100, "I": 4, "O": 3}) == {}


def test_the_fewest_causes_explain_and_a_session_is_counted_one_way_only():
    causes = effects({"L": 3, "U": 2, "#": 4}, on=ON, missing=0, before=Sessions())
    assert [one.cause for one in explain(Sessions(0, -3), causes)] == [Cause.LATE_ABSENT]
    assert [one.cause for one in explain(Sessions(4, -3), causes)] == [Cause.LATE_ABSENT, Cause.CLOSED_ABSENT]
    assert explain(Sessions(8, 4), causes) is None
    assert explain(Sessions(), causes) == ()


def test_of_several_that_fit_the_one_that_explains_most_elsewhere_is_taken():
    causes = effects({"#": 4, "Y4": 4}, on=ON, missing=0, before=Sessions())
    assert [one.cause for one in explain(Sessions(4, 0), causes, {Cause.CLOSED_ABSENT: 9})] == [Cause.CLOSED_ABSENT]
    assert [one.cause for one in explain(Sessions(4, 0), causes, {Cause.UNABLE_ABSENT: 9})] == [Cause.UNABLE_ABSENT]


@pytest.mark.parametrize(
    ("year", "monday"), [(2024, date(2024, 9, 9)), (2025, date(2025, 9, 8)), (2026, date(2026, 9, 14))]
)
def test_dfes_series_begins_on_the_second_monday_of_september(year, monday):
    assert second_week(date(year, 8, 1)) == monday


def test_a_printed_rate_covers_half_of_its_last_place():
    assert prints_as(Fraction(39, 391), Fraction(10), 1)
    assert not prints_as(Fraction(39, 391), Fraction("9.9"), 1)
    assert prints_as(Fraction(9995, 10000), Fraction(100), 0)
