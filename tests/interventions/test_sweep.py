"""The 9am sweep: what it sees, whom it tells, once; and the dry run that shows it all first."""

from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from attendance_office import clock
from attendance_office.audit.models import Entry
from attendance_office.jobs.actions import DEFAULTS
from attendance_office.jobs.models import Beat, Job, Run, Schedule
from attendance_office.refusals import Refused
from interventions.actions import due, sweep
from interventions.queries.plan_words import told_by
from interventions.queries.sweep import HALF_OF
from letters.models import Chase, Message
from letters.queries.asks import holders
from registers.actions.cover import set_cover
from registers.models import NonSchoolDay
from registers.rules.sessions import Session
from tests.factories.marks import take

MONDAY = date(2026, 11, 23)
NINE = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
AM, FRIDAY_PM = Session(MONDAY, "AM"), Session(date(2026, 11, 20), "PM")


def friday_taken(cast):
    at = datetime(2026, 11, 20, 13, 30, tzinfo=UTC)
    take(cast.nine_a, FRIDAY_PM, by=cast.pat, at=at)
    take(cast.eight_c, FRIDAY_PM, by=cast.hal, at=at)


def swept(at):
    """Let the clock tick and give the sweeps that ran; the other jobs run beside them."""
    return [run for run in due.run_due(at=at) if run.job in HALF_OF]


def run(cast, job="am_sweep", at=NINE, on=MONDAY, by=None):
    return sweep.run_sweep(school=cast.thornbridge, job=job, on=on, by=by, at=at)


def test_the_morning_sweep_says_what_it_saw_and_did(cast):
    friday_taken(cast)
    take(cast.nine_a, AM, by=cast.pat, at=NINE, only=[cast.callum], finish=False)
    done = run(cast)
    assert done.state == Run.State.DONE
    assert done.words == (
        "At 09:00: 2 registers, 0 taken, 1 part saved, 1 not taken. "
        "1 highly vulnerable pupil absent or not marked. Told 2 people. Told 3 people of the vulnerable pupils."
    )
    assert done.saw == {
        "registers": 2, "taken": 0, "part": 1, "not_taken": 1, "owed_from_before": 0, "vulnerable": 1,
    }  # fmt: skip
    assert (done.did["told"], done.did["alerts"]) == (2, 3)
    assert Entry.objects.filter(verb="ran a job").count() == 1


def test_it_asks_for_what_the_afternoon_before_left_owed_in_the_same_message(cast):
    run(cast)
    message = Message.objects.get(recipient=cast.pat)
    assert message.subject.startswith("2 registers to take: 9A")
    assert "Fri 20 Nov 2026, afternoon" in message.body
    assert sorted(message.chases.values_list("on", "half")) == [(date(2026, 11, 20), "PM"), (MONDAY, "AM")]


def test_it_runs_once_for_a_school_job_and_date(cast):
    first = run(cast)
    before = Message.objects.count()
    again = run(cast, at=NINE + timedelta(minutes=1), by=cast.sandra)
    assert (again.pk, again.started_at, again.words) == (first.pk, NINE, first.words)
    assert Message.objects.count() == before


def test_the_dry_run_says_who_and_why_and_writes_nothing(cast, django_assert_max_num_queries):
    friday_taken(cast)
    set_cover(school=cast.thornbridge, tutor_group=cast.eight_c, session=AM, name="Ms R. Pell", by=None, at=NINE)
    with django_assert_max_num_queries(30):
        plan = sweep.preview_sweep(school=cast.thornbridge, job="am_sweep", on=MONDAY, at=NINE)
    told = {(one.kind, one.name): one for one in told_by(plan)}
    assert told["Register not taken", "Mrs P. Hargreave"].why == "is tutor of 9A"
    assert told["Walk-round list", "Mrs S. Pugh"].why == "8C: Ms R. Pell has no account"
    assert told["Highly vulnerable pupil", "Ms D. Lacey"].why == "holds the post of designated safeguarding lead"
    assert "a pupil of 8C" in told["Highly vulnerable pupil", "Ms B. Farrant"].what
    assert (Message.objects.count(), Run.objects.count(), Chase.objects.count()) == (0, 0, 0)


def test_the_dry_run_and_the_run_agree(cast):
    plan = sweep.preview_sweep(school=cast.thornbridge, job="am_sweep", on=MONDAY, at=NINE)
    foretold = sorted((one.address, one.kind) for one in told_by(plan))
    run(cast)
    kinds = {"chase": "Register not taken", "walk_round": "Walk-round list", "vulnerable": "Highly vulnerable pupil"}
    assert sorted((m.address, kinds[m.kind]) for m in Message.objects.all()) == foretold


def test_nothing_is_written_to_a_home(cast):
    run(cast)
    run(cast, "am_second_pass", NINE + timedelta(minutes=20))
    staff = {user.email for user in cast.people.values()}
    assert set(Message.objects.values_list("address", flat=True)) <= staff


def test_the_second_pass_hands_what_is_still_owed_to_the_officer(cast):
    friday_taken(cast)
    run(cast)
    take(cast.nine_a, AM, by=cast.pat, at=NINE + timedelta(minutes=4))
    second = run(cast, "am_second_pass", NINE + timedelta(minutes=20))
    assert "1 register on the walk-round list." in second.words
    walk = Message.objects.get(kind="walk_round")
    assert walk.recipient == cast.sandra
    assert Chase.objects.get(tutor_group=cast.nine_a).answered_at == NINE + timedelta(minutes=20)


def test_a_sweep_that_breaks_leaves_nothing_and_is_tried_again(cast, monkeypatch):
    def broken(**_):
        raise ValueError("half-way")

    with monkeypatch.context() as patched:
        patched.setattr(sweep, "alert_staff", broken)
        with pytest.raises(ValueError, match="half-way"):
            run(cast)
    assert (Message.objects.count(), Chase.objects.count()) == (0, 0)
    assert Run.objects.get().error.startswith("ValueError")
    again = run(cast, at=NINE + timedelta(minutes=5))
    assert (again.state, again.attempts) == (Run.State.DONE, 2)


@pytest.mark.parametrize(
    ("on", "words"), [(date(2026, 11, 21), "not a school day"), (date(2026, 10, 23), "not a school day")]
)
def test_a_day_without_school_is_refused_in_words(cast, on, words):
    with pytest.raises(Refused, match=words):
        run(cast, on=on)


def test_before_the_register_opens_there_is_nothing_to_chase(cast):
    with pytest.raises(Refused, match="opens at 13:20"):
        run(cast, "pm_sweep")


def test_an_afternoon_off_is_on_record_as_nothing_to_do(cast):
    NonSchoolDay.objects.create(school=cast.thornbridge, on=MONDAY, half="PM", kind="closure", name="Heating")
    done = run(cast, "pm_sweep", NINE + timedelta(hours=5))
    assert (done.state, Message.objects.count()) == (Run.State.DONE, 0)
    assert "no afternoon session" in done.words


def test_the_tick_runs_what_is_due_in_every_school_and_only_once(cast):
    runs = swept(NINE + timedelta(seconds=20))
    assert sorted(run.school.name for run in runs) == ["Ridgeway School", "Thornbridge Academy"]
    before = Message.objects.count()
    assert [due.run_due(at=NINE + timedelta(seconds=50)) for _ in range(5)] == [[]] * 5
    assert Message.objects.count() == before
    assert Beat.objects.get(name="interventions.run_due").at == NINE + timedelta(seconds=50)
    assert Schedule.objects.count() == 2 * len(DEFAULTS)


def test_a_clock_that_was_down_all_morning_leaves_missed_runs_and_no_late_messages(cast):
    assert swept(NINE + timedelta(hours=2)) == []
    missed = set(Run.objects.filter(state="missed").values_list("job", flat=True))
    assert missed == {"am_sweep", "am_second_pass"}
    assert not Message.objects.exclude(kind=Message.Kind.REPORT).exists()
    by_hand = run(cast, at=NINE + timedelta(hours=2), by=cast.sandra)
    assert (by_hand.state, by_hand.started_by) == (Run.State.DONE, "Mrs S. Pugh")


def test_after_downtime_the_second_pass_gives_people_ten_minutes_to_answer_the_first(cast):
    late = NINE + timedelta(minutes=25)
    assert {run.job for run in swept(late)} == {"am_sweep"}
    assert swept(late + timedelta(minutes=9)) == []
    assert {run.job for run in swept(late + timedelta(minutes=11))} == {"am_second_pass"}


def test_one_school_that_breaks_does_not_hold_up_the_next(cast, monkeypatch):
    real = sweep.plan_sweep

    def plan(*, school, **more):
        if school == cast.thornbridge:
            raise ValueError
        return real(school=school, **more)

    monkeypatch.setattr(sweep, "plan_sweep", plan)
    assert [run.school.name for run in swept(NINE)] == ["Ridgeway School"]


@pytest.mark.parametrize(
    ("on", "utc_hour"),
    [(date(2026, 10, 22), 8), (date(2026, 11, 2), 9), (date(2027, 3, 25), 9), (date(2027, 4, 12), 8)],
)
def test_across_both_clock_changes_the_sweep_runs_once_at_nine_by_the_wall(cast, on, utc_hour):
    midnight = datetime(on.year, on.month, on.day, tzinfo=UTC)
    ran = []
    for minute in range(7 * 60 + 30, 10 * 60, 10):
        ran += [
            run.started_at for run in due.run_due(at=midnight + timedelta(minutes=minute)) if run.job == Job.AM_SWEEP
        ]
    assert ran == [midnight + timedelta(hours=utc_hour)] * 2  # the two schools of the cast


def test_a_holiday_week_has_no_runs_missed_or_done(cast):
    for day in range(26, 31):
        due.run_due(at=datetime(2026, 10, day, 12, 0, tzinfo=UTC))
    assert Run.objects.count() == 0


def test_the_command_shows_the_dry_run_then_runs_then_says_it_ran_already(cast, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NINE)

    def say(*args):
        out = StringIO()
        call_command("sweep", "--school", "137001", *args, stdout=out)
        return out.getvalue()

    dry = say("--dry-run")
    assert "Dry run, nothing is written. At 09:00: 2 registers" in dry
    assert "Because: is tutor of 9A" in dry
    assert Message.objects.count() == 0
    assert "- Mrs P. Hargreave" in say()
    monkeypatch.setattr(clock, "now", lambda: NINE + timedelta(minutes=3))
    assert "already ran at 09:00" in say()
    with pytest.raises(CommandError, match="URN"):
        call_command("sweep", "--school", "999999")


def test_holders_of_a_post_are_those_who_hold_it_now(cast):
    assert holders(cast.thornbridge, "officer") == [cast.sandra]
    cast.sandra.posts.update(ended_on=MONDAY)
    assert holders(cast.thornbridge, "officer") == []
