"""Compulsory school age at its edges, and the name of a school year."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registers.rules.ages import (
    compulsory_from,
    compulsory_school_age,
    compulsory_until,
    school_year,
    school_year_starts,
)


@pytest.mark.parametrize(
    ("born", "first"),
    [
        (date(2021, 9, 1), date(2026, 12, 31)),
        (date(2021, 12, 31), date(2026, 12, 31)),
        (date(2022, 1, 1), date(2027, 3, 31)),
        (date(2022, 3, 31), date(2027, 3, 31)),
        (date(2022, 4, 1), date(2027, 8, 31)),
        (date(2022, 8, 31), date(2027, 8, 31)),
        (date(2024, 2, 29), date(2029, 3, 31)),
    ],
)
def test_it_begins_on_the_cut_off_day_on_or_after_the_fifth_birthday(born, first):
    assert compulsory_from(born) == first
    assert not compulsory_school_age(born, first - timedelta(days=1))
    assert compulsory_school_age(born, first)


@pytest.mark.parametrize(
    ("born", "last"),
    [
        (date(2010, 9, 1), date(2027, 6, 25)),
        (date(2011, 1, 15), date(2027, 6, 25)),
        (date(2011, 8, 15), date(2027, 6, 25)),
        (date(2011, 8, 31), date(2027, 6, 25)),
        (date(2011, 9, 1), date(2028, 6, 30)),
    ],
)
def test_it_ends_with_the_last_friday_in_june_of_the_year_of_sixteen(born, last):
    assert compulsory_until(born) == last
    assert compulsory_school_age(born, last)
    assert not compulsory_school_age(born, last + timedelta(days=1))


def test_a_pupil_of_year_12_is_past_it():
    assert not compulsory_school_age(date(2009, 11, 3), date(2026, 9, 14))


def test_a_pupil_of_year_11_is_within_it_until_the_end_of_june():
    assert compulsory_school_age(date(2010, 11, 3), date(2026, 9, 14))


@pytest.mark.parametrize(
    ("on", "name"),
    [
        (date(2026, 7, 31), "2025/26"),
        (date(2026, 8, 1), "2026/27"),
        (date(2026, 11, 23), "2026/27"),
        (date(2027, 1, 4), "2026/27"),
        (date(2099, 9, 1), "2099/00"),
    ],
)
def test_a_school_year_is_named_by_both_its_years(on, name):
    assert school_year(on) == name


@given(st.dates(date(1990, 1, 1), date(2090, 12, 31)))
def test_a_school_year_holds_its_days(on):
    starts = school_year_starts(on)
    assert starts <= on < starts.replace(year=starts.year + 1)
    assert school_year(starts) == school_year(on)


@given(st.dates(date(1980, 1, 1), date(2060, 12, 31)))
def test_it_runs_for_ten_years_and_more_and_ends_on_a_friday_in_june(born):
    first, last = compulsory_from(born), compulsory_until(born)
    assert 10 * 365 < (last - first).days < 12 * 366
    assert (last.month, last.weekday()) == (6, 4)
    assert (last + timedelta(days=7)).month == 7
