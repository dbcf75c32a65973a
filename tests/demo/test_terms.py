"""The demo's calendar holds in any year, and its clock always shows a school morning."""

from datetime import UTC, date, datetime, timedelta

import pytest

from attendance_office.clock import LONDON
from registers.actions.demo import terms


@pytest.mark.parametrize("starts", range(2024, 2050))
def test_every_school_year_has_its_380_sessions_and_meets_on_no_bank_holiday(starts):
    year = terms.school_year(starts)
    days = year.calendar.days(date(starts, 8, 1), date(starts + 1, 7, 31))
    # The year published by a real school has one day more.
    assert len(days) == (191 if starts == 2025 else 190)
    holidays = terms.bank_holidays(starts) | terms.bank_holidays(starts + 1)
    assert not holidays.keys() & set(days)
    assert all(day.weekday() < 5 for day in days)
    autumn, spring, summer = year.terms
    assert autumn.ends_on < spring.starts_on
    assert spring.ends_on < summer.starts_on
    assert summer.ends_on.month == 7


@pytest.mark.parametrize("year", [2025, 2026, 2027, 2028])
def test_the_rules_give_the_bank_holidays_that_were_published(year):
    assert terms._bank_holidays_by_rule(year).keys() == terms.bank_holidays(year).keys()


@pytest.mark.parametrize(
    ("real", "played"),
    [
        ("2026-11-23T09:14", None),
        ("2026-11-23T15:30", None),
        ("2026-11-23T08:49", "2026-11-20"),
        ("2026-11-23T15:31", "2026-11-23"),
        ("2026-11-22T12:00", "2026-11-20"),
        ("2026-10-28T10:00", "2026-10-22"),
        ("2026-12-25T10:00", "2026-12-18"),
        ("2027-08-15T10:00", "2027-07-21"),
        ("2026-09-01T10:00", "2026-07-21"),
        ("2031-08-15T10:00", "2031-07-22"),
    ],
)
def test_the_clock_is_moved_to_a_school_morning_and_only_when_it_must_be(real, played):
    at = datetime.fromisoformat(real).replace(tzinfo=LONDON)
    shift = terms.clock_shift(at)
    if played is None:
        assert shift == 0
    else:
        shown = (at.astimezone(UTC) + timedelta(seconds=shift)).astimezone(LONDON)
        assert shown.isoformat()[:19] == f"{played}T09:00:30"


def test_every_hour_of_three_years_has_a_school_morning():
    at = datetime(2026, 1, 1, tzinfo=UTC)
    for _ in range(3 * 365 * 24 // 61):
        at += timedelta(hours=61)
        shown = (at + timedelta(seconds=terms.clock_shift(at))).astimezone(LONDON)
        year = terms.school_year(shown.year if shown.month >= 8 else shown.year - 1)
        assert year.calendar.is_school_day(shown.date())
        assert (8, 50) <= (shown.hour, shown.minute) <= (15, 30)
        assert shown <= at or shown.date() == at.astimezone(LONDON).date()


def test_a_day_that_the_school_closed_is_not_played():
    at = datetime(2026, 11, 22, 12, tzinfo=UTC)
    shown = at + timedelta(seconds=terms.clock_shift(at, {date(2026, 11, 20)}))
    assert shown.date() == date(2026, 11, 19)


def test_a_demo_goes_on_from_where_it_was_left_and_never_before():
    sunday = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
    left = datetime(2026, 11, 20, 9, 40, tzinfo=UTC)
    shown = sunday + timedelta(seconds=terms.clock_shift(sunday, left_at=left))
    assert shown == left + timedelta(minutes=1)
    older = datetime(2026, 11, 19, 14, 0, tzinfo=UTC)
    assert terms.clock_shift(sunday, left_at=older) == terms.clock_shift(sunday)
