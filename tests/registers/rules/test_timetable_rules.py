"""Which week it is, which lessons a day has, who would be in two places, and minutes late."""

from datetime import date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registers.rules.sessions import Calendar, Term
from registers.rules.timetable import Place, lessons_of_day, longest_late, minutes_late, week_letter

AUTUMN = Calendar(
    (Term("Autumn", date(2026, 9, 2), date(2026, 12, 18)), Term("Spring", date(2027, 1, 4), date(2027, 3, 25))),
    frozenset(date(2026, 10, day) for day in range(26, 31)),
)
WEEKS = AUTUMN.school_weeks(date(2026, 8, 1), date(2027, 8, 1))
SINCE = date(2026, 9, 7)
STARTS = [(SINCE, "A")]


def test_weeks_alternate_from_the_row_on():
    assert [week_letter(SINCE + timedelta(weeks=n), STARTS, WEEKS) for n in range(4)] == ["A", "B", "A", "B"]
    assert week_letter(date(2026, 9, 11), STARTS, WEEKS) == "A"


def test_a_week_of_holidays_is_passed_over():
    # 19 Oct is the seventh week, A; half term; 2 Nov is the eighth.
    assert week_letter(date(2026, 10, 19), STARTS, WEEKS) == "A"
    assert week_letter(date(2026, 11, 2), STARTS, WEEKS) == "B"
    # 14 Dec is the fourteenth; Christmas; 4 Jan the fifteenth.
    assert week_letter(date(2026, 12, 14), STARTS, WEEKS) == "B"
    assert week_letter(date(2027, 1, 4), STARTS, WEEKS) == "A"


def test_a_row_starts_a_new_count():
    rows = [*STARTS, (date(2026, 11, 2), "A")]
    assert week_letter(date(2026, 10, 19), rows, WEEKS) == "A"
    assert week_letter(date(2026, 11, 2), rows, WEEKS) == "A"
    assert week_letter(date(2026, 11, 9), rows, WEEKS) == "B"


def test_before_the_first_row_there_is_no_letter():
    assert week_letter(date(2026, 9, 4), STARTS, WEEKS) is None
    assert week_letter(SINCE, [], WEEKS) is None


@given(st.integers(0, len(WEEKS) - 2))
def test_two_school_weeks_after_each_other_never_share_a_letter(n):
    rows = [(WEEKS[0], "B")]
    assert week_letter(WEEKS[n], rows, WEEKS) != week_letter(WEEKS[n + 1], rows, WEEKS)


def place(week="", weekday=1, starts=time(9), ends=time(10), from_on=SINCE, to_on=None):
    return Place(week, weekday, starts, ends, from_on, to_on)


def test_the_lessons_of_a_day_in_the_order_of_the_hour():
    rows = [
        ("late", place(starts=time(14), ends=time(15))),
        ("early", place()),
        ("other week", place(week="B")),
        ("other day", place(weekday=2)),
        ("over", place(to_on=date(2026, 9, 20))),
        ("not yet", place(from_on=date(2026, 9, 22))),
    ]
    assert lessons_of_day(rows, date(2026, 9, 21), "A") == ["early", "late"]
    assert lessons_of_day(rows, date(2026, 9, 14), "B") == ["early", "other week", "over", "late"]
    assert "other week" not in lessons_of_day(rows, date(2026, 9, 14), None)


@pytest.mark.parametrize(
    ("other", "meets"),
    [
        (place(), True),
        (place(week="B"), True),
        (place(weekday=2), False),
        (place(starts=time(10), ends=time(11)), False),
        (place(starts=time(9, 59), ends=time(11)), True),
        (place(from_on=date(2026, 12, 1)), False),
        (place(from_on=date(2026, 11, 30)), True),
    ],
)
def test_two_places_meet_where_they_share_a_day_and_an_hour(other, meets):
    mine = place(to_on=date(2026, 11, 30))
    assert mine.meets(other) is meets
    assert other.meets(mine) is meets


def test_different_weeks_never_meet():
    assert not place(week="A").meets(place(week="B"))


@pytest.mark.parametrize(
    ("arrived", "minutes"),
    [(time(8, 59), None), (time(9), None), (time(9, 0, 1), 1), (time(9, 7), 7), (time(9, 59, 59), 60)],
)
def test_minutes_late_are_whole_minutes_begun(arrived, minutes):
    assert minutes_late(time(9), time(10), arrived) == minutes


def test_who_comes_when_the_lesson_is_over_was_not_late_but_not_there():
    with pytest.raises(ValueError, match="ends at 10:00"):
        minutes_late(time(9), time(10), time(10))
    assert longest_late(time(9), time(10)) == 59
