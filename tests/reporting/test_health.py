"""The health page tells what is wrong and what to do."""

from datetime import timedelta

from attendance_office.jobs.models import Beat, Run
from reporting.models import Subscription, Turn
from reporting.queries.health import signs
from tests.conftest import MORNING


def well(cast, at=MORNING):
    return {sign.name: sign.is_well for sign in signs(cast.thornbridge, at=at)}


def test_a_clock_that_never_ticked_is_ill_and_a_fresh_beat_is_well(cast):
    assert well(cast)["Last beat"] is False
    Beat.objects.create(name="letters.deliver_waiting", at=MORNING)
    assert well(cast)["Last beat"] is False  # the post goes, and nobody looks what is due
    Beat.objects.create(name="interventions.run_due", at=MORNING)
    assert well(cast)["Last beat"] is True
    assert well(cast, MORNING + timedelta(minutes=10))["Last beat"] is False


def test_a_backup_older_than_a_day_is_shown(cast, settings, tmp_path):
    settings.OFFICE_BACKUP_STAMP = tmp_path / "stamp"
    assert well(cast)["Last backup"] is False
    settings.OFFICE_BACKUP_STAMP.write_text("")
    import os

    os.utime(settings.OFFICE_BACKUP_STAMP, (MORNING.timestamp() - 3600, MORNING.timestamp() - 3600))
    assert well(cast)["Last backup"] is True
    assert well(cast, MORNING + timedelta(days=2))["Last backup"] is False


def test_a_job_whose_latest_run_failed_is_shown_until_one_is_done(cast):
    assert well(cast)["Jobs by the clock"] is True
    run = {"school": cast.thornbridge, "job": "absence_trawl", "started_at": MORNING}
    for days, state in ((10, "done"), (3, "failed")):
        at = MORNING - timedelta(days=days)
        Run.objects.create(**run, due_on=at.date(), due_at=at, state=state)
    assert well(cast)["Jobs by the clock"] is False
    Run.objects.create(**run, due_on=MORNING.date(), due_at=MORNING, state="done")
    assert well(cast)["Jobs by the clock"] is True


def test_a_report_given_up_is_shown_for_a_fortnight(cast):
    subscription = Subscription.objects.create(school=cast.thornbridge, user=cast.laila, report="day")
    Turn.objects.create(
        school=cast.thornbridge, subscription=subscription, on=MORNING.date(), state="given_up", next_at=MORNING,
        ended_at=MORNING,
    )  # fmt: skip
    assert well(cast)["Reports to people"] is False
    assert well(cast, MORNING + timedelta(days=15))["Reports to people"] is True


def test_the_page_says_what_to_do(cast, sign_in, at_morning):
    text = sign_in(cast.sandra).get("/office/health/").content.decode()
    assert "Start beat and a worker" in text
