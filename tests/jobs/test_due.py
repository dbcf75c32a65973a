"""What is due, in local time, by the school's calendar."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import pytest

from attendance_office.clock import LONDON
from attendance_office.jobs.actions import USUAL_DAYS
from attendance_office.jobs.due import WEEKLY, due_jobs, falls_on, instant, may_be_due
from registers.rules.sessions import Calendar, Term

NINE = time(9, 0)
TERMS = (
    Term("Autumn", date(2026, 9, 2), date(2026, 12, 18)),
    Term("Spring", date(2027, 1, 4), date(2027, 3, 25)),
    Term("Summer", date(2027, 4, 12), date(2027, 7, 21)),
)
INSET = date(2026, 10, 23)
EARLY_MAY = date(2027, 5, 3)
CALENDAR = Calendar(terms=TERMS, closed=frozenset({INSET, EARLY_MAY}))


@dataclass
class Row:
    job: str = "am_sweep"
    starts_at: time = NINE
    weekdays: str = "12345"
    is_on: bool = True
    window_minutes: int = 60


def at(on, hour, minute=0):
    return datetime(on.year, on.month, on.day, hour, minute, tzinfo=LONDON)


def due(now, rows=None, latest=None, calendar=CALENDAR):
    return due_jobs(rows or [Row()], now, calendar.is_school_day, latest)


MONDAY = date(2026, 11, 23)


def test_a_job_is_due_from_its_time_on_and_not_before():
    assert due(at(MONDAY, 8, 59)) == []
    (one,) = due(at(MONDAY, 9, 0))
    assert (one.job, one.due_on, one.is_missed) == ("am_sweep", MONDAY, False)


def test_after_downtime_it_is_caught_up_inside_its_window_and_missed_beyond():
    assert [one.is_missed for one in due(at(MONDAY, 10, 0))] == [False]
    assert [one.is_missed for one in due(at(MONDAY, 10, 1))] == [True]


def test_a_clock_that_stood_still_for_26_hours_leaves_yesterday_missed_and_runs_today():
    tuesday = MONDAY + timedelta(days=1)
    found = due(at(tuesday, 9, 10), latest={"am_sweep": date(2026, 11, 20)})
    assert [(one.due_on, one.is_missed) for one in found] == [(MONDAY, True), (tuesday, False)]


def test_a_long_silence_is_not_listed_day_by_day_for_ever():
    found = due(at(MONDAY, 9, 10), latest={"am_sweep": date(2026, 9, 3)})
    assert found[0].due_on == date(2026, 11, 16)


@pytest.mark.parametrize(
    ("on", "utc_hour"),
    [
        (date(2026, 10, 22), 8),  # Thursday before the clocks go back on Sunday 25 October 2026
        (date(2026, 10, 26), 9),  # Monday after
        (date(2027, 3, 25), 9),  # Thursday before the clocks go forward on Sunday 28 March 2027
        (date(2027, 4, 12), 8),  # first school day after
    ],
)
def test_nine_is_nine_by_the_wall_clock_on_both_sides_of_both_clock_changes(on, utc_hour):
    (one,) = due(at(on, 9, 5))
    assert one.due_at == datetime(on.year, on.month, on.day, utc_hour, tzinfo=UTC)


@pytest.mark.parametrize("change_day", [date(2026, 10, 25), date(2027, 3, 28)])
def test_on_both_clock_change_days_each_job_is_due_once_at_its_wall_clock_time(change_day):
    """Walked through minute by minute of the real day, as if it were a school day."""
    rows = [Row("a", time(1, 30), "1234567", window_minutes=30), Row("b", NINE, "1234567", window_minutes=30)]
    begins = datetime(change_day.year, change_day.month, change_day.day, tzinfo=LONDON).astimezone(UTC)
    ran = {}
    for minute in range(25 * 60):
        now = (begins + timedelta(minutes=minute)).astimezone(LONDON)
        if now.date() != change_day:
            break
        for one in due_jobs(rows, now, lambda on: True):
            if one.is_missed or one.job in ran:
                continue
            ran[one.job] = now
    assert set(ran) == {"a", "b"}
    assert ran["b"].strftime("%H:%M") == "09:00"
    assert ran["a"].strftime("%H:%M") in {"01:30", "02:30"}  # in spring 01:30 does not exist


@pytest.mark.parametrize(
    "on",
    [INSET, EARLY_MAY, date(2026, 12, 25), date(2026, 11, 21), date(2027, 2, 28), date(2026, 8, 31)],
    ids=["INSET day", "bank holiday", "Christmas", "Saturday", "Sunday", "summer holiday"],
)
def test_nothing_is_due_or_missed_on_a_day_without_school(on):
    assert due(at(on, 9, 10)) == []
    assert due(at(on, 23, 0)) == []


def test_a_job_that_is_off_or_not_of_this_weekday_is_not_due():
    assert due(at(MONDAY, 9, 10), [Row(is_on=False)]) == []
    assert due(at(MONDAY, 9, 10), [Row(weekdays="2345")]) == []


def test_jobs_come_in_the_order_of_their_times():
    rows = [Row("am_second_pass", time(9, 20)), Row()]
    assert [one.job for one in due(at(MONDAY, 9, 30), rows)] == ["am_sweep", "am_second_pass"]


def test_an_hour_that_comes_twice_is_its_first_coming():
    assert instant(date(2026, 10, 25), time(1, 30)) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def days_of(job, weekdays, week, calendar=CALENDAR):
    """Give the days of a week on which a job falls."""
    days = [week + timedelta(days=n) for n in range(7)]
    return [on for on in days if falls_on(Row(job, weekdays=weekdays), on, calendar.is_school_day)]


def test_a_weekly_job_whose_friday_is_an_inset_day_is_of_the_thursday():
    assert days_of("absence_trawl", "5", date(2026, 10, 19)) == [date(2026, 10, 22)]
    assert days_of("absence_trawl", "5", date(2026, 10, 12)) == [date(2026, 10, 16)]
    assert [one.due_on for one in due(at(date(2026, 10, 22), 9, 5), [Row("leavers", weekdays="5")])] == [
        date(2026, 10, 22)
    ]


def test_a_weekly_job_whose_monday_is_a_bank_holiday_is_of_the_tuesday():
    assert days_of("absence_trawl", "1", EARLY_MAY) == [date(2027, 5, 4)]


def test_a_week_without_school_has_no_weekly_job():
    assert days_of("absence_trawl", "5", date(2026, 12, 21)) == []


def test_a_job_of_several_days_and_a_sweep_of_one_are_of_no_other_day():
    assert days_of("absence_trawl", "35", date(2026, 10, 19)) == [date(2026, 10, 21)]
    assert days_of("am_sweep", "5", date(2026, 10, 19)) == []


def test_a_clock_that_stood_still_on_the_day_instead_leaves_it_missed():
    found = due(at(date(2026, 10, 26), 9, 5), [Row("leavers", weekdays="5")], {"leavers": date(2026, 10, 16)})
    assert [(one.due_on, one.is_missed) for one in found] == [(date(2026, 10, 22), True)]


def test_the_weekly_jobs_are_those_of_one_usual_day():
    assert {str(job.value) for job in USUAL_DAYS} == WEEKLY


def test_nothing_can_be_due_before_the_time_nor_after_todays_run():
    rows = [Row("absence_trawl", weekdays="5"), Row()]
    assert not may_be_due(rows, at(MONDAY, 8, 59))
    assert may_be_due(rows, at(MONDAY, 9, 0))
    assert not may_be_due([Row()], at(MONDAY, 9, 0), {"am_sweep": MONDAY})
