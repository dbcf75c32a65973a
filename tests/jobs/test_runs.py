"""One run for a school, a job and a date, whoever claims it and however often."""

import threading
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.db import connection

from attendance_office.audit.models import Entry
from attendance_office.jobs import actions
from attendance_office.jobs.models import Beat, Run, Schedule
from attendance_office.refusals import Refused
from tests.factories.staff import SchoolFactory

ON = date(2026, 11, 23)
NINE = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def claim(school, at=NINE, by=None):
    return actions.claim(school_id=school.pk, job="am_sweep", due_on=ON, due_at=NINE, by=by, at=at)


@pytest.fixture
def school(db):
    return SchoolFactory()


def test_a_run_is_claimed_once(school):
    run = claim(school)
    assert run.state == Run.State.RUNNING
    assert run.attempts == 1
    assert claim(school) is None
    assert claim(school, at=NINE + timedelta(minutes=4, seconds=59)) is None


@pytest.mark.django_db(transaction=True)
def test_two_beats_at_once_get_one_run():
    school = SchoolFactory()
    won, gate = [], threading.Barrier(4)

    def tick():
        gate.wait()
        try:
            won.append(claim(school))
        finally:
            connection.close()

    threads = [threading.Thread(target=tick) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(run is not None for run in won) == 1
    assert Run.objects.count() == 1


def test_a_run_whose_worker_died_is_taken_over_after_five_minutes_and_the_dead_hand_is_refused(school):
    first = claim(school)
    second = claim(school, at=NINE + timedelta(minutes=5))
    assert second.attempts == 2
    with pytest.raises(actions.RunLost):
        actions.finish(run=first, saw={}, did={}, words="late", at=NINE + timedelta(minutes=6))
    done = actions.finish(run=second, saw={"registers": 2}, did={}, words="Two.", at=NINE + timedelta(minutes=6))
    assert (done.state, done.words) == (Run.State.DONE, "Two.")


def test_a_run_is_given_up_after_three_attempts(school):
    for n in range(3):
        assert claim(school, at=NINE + n * actions.LEASE).attempts == n + 1
    assert claim(school, at=NINE + 3 * actions.LEASE) is None
    run = Run.objects.get()
    assert run.state == Run.State.FAILED
    assert "3 times" in run.error
    assert Entry.objects.filter(verb="gave up a job").count() == 1


def test_a_break_is_tried_again_when_the_lease_is_over_and_fails_at_the_third(school):
    for n in range(3):
        at = NINE + n * actions.LEASE
        run = actions.fail(run=claim(school, at=at), error="ValueError", at=at)
    assert run.state == Run.State.FAILED
    assert run.error == "ValueError"


def test_what_was_missed_is_on_record_once_and_begun_again_only_by_a_person(school, cast):
    missed = {"school_id": school.pk, "job": "am_sweep", "due_on": ON, "due_at": NINE}
    late = NINE + timedelta(hours=3)
    assert actions.record_missed(**missed, at=late) is True
    assert actions.record_missed(**missed, at=late) is False
    assert Run.objects.get().state == Run.State.MISSED
    assert claim(school, at=late) is None
    assert claim(school, at=late, by=cast.sandra).started_by == "Mrs S. Pugh"


def test_a_run_whose_worker_died_near_the_end_of_its_window_does_not_run_for_ever(school):
    claim(school)
    actions.record_missed(school_id=school.pk, job="am_sweep", due_on=ON, due_at=NINE, at=NINE + timedelta(hours=2))
    assert Run.objects.get().state == Run.State.FAILED


def test_a_school_gets_the_usual_timetable_once(school):
    for _ in range(2):
        rows = actions.ensure_schedules(school=school, at=NINE)
    assert [(row.job, f"{row.starts_at:%H:%M}", row.window_minutes, row.weekdays) for row in rows] == [
        ("known_codes", "06:30", 540, "12345"),
        ("absence_trawl", "07:00", 480, "5"),
        ("letter_proposals", "07:30", 480, "12345"),
        ("am_sweep", "09:00", 60, "12345"),
        ("am_second_pass", "09:20", 60, "12345"),
        ("lates_morning", "10:00", 240, "12345"),
        ("no_contact", "11:00", 240, "12345"),
        ("daily_summary", "11:15", 240, "12345"),
        ("illness", "11:30", 480, "12345"),
        ("pm_sweep", "13:45", 60, "12345"),
        ("pm_second_pass", "14:05", 60, "12345"),
        ("friday", "14:30", 480, "12345"),
        ("leavers", "15:00", 480, "5"),
        ("lates_lessons", "15:30", 480, "12345"),
        ("doubt_trawl", "15:45", 480, "4"),
    ]
    assert Schedule.objects.count() == len(rows)


def test_the_timetable_is_changed_with_a_line_in_the_trail(cast):
    school = cast.thornbridge
    schedule = next(row for row in actions.ensure_schedules(school=school, at=NINE) if row.job == "am_sweep")
    change = {"starts_at": time(9, 5), "weekdays": "531", "is_on": True, "window_minutes": 30}
    kept = actions.set_schedule(schedule=schedule, **change, by=cast.sandra, at=NINE)
    assert kept.weekdays == "135"
    entry = Entry.objects.get(verb="changed the timetable of jobs")
    assert (entry.before["time"], entry.after["time"], entry.by_name) == ("09:00", "09:05", "Mrs S. Pugh")


@pytest.mark.parametrize(
    "wrong", [{"weekdays": "16"}, {"weekdays": ""}, {"window_minutes": 0}, {"window_minutes": 721}]
)
def test_a_timetable_that_cannot_be_is_refused_in_words(cast, wrong):
    schedule = actions.ensure_schedules(school=cast.thornbridge, at=NINE)[0]
    change = {"starts_at": time(9, 5), "weekdays": "12345", "is_on": True, "window_minutes": 30} | wrong
    with pytest.raises(Refused):
        actions.set_schedule(schedule=schedule, **change, by=cast.sandra, at=NINE)


def test_the_beat_is_one_row_a_name(db):
    actions.beat(name="tick", at=NINE)
    actions.beat(name="tick", at=NINE + timedelta(seconds=30))
    assert Beat.objects.get().at == NINE + timedelta(seconds=30)
