"""The health page tells what is wrong and what to do."""

from datetime import timedelta

from attendance_office.jobs.models import Beat
from reporting.queries.health import signs
from tests.conftest import MORNING


def well(cast, at=MORNING):
    return {sign.name: sign.is_well for sign in signs(cast.thornbridge, at=at)}


def test_a_clock_that_never_ticked_is_ill_and_a_fresh_beat_is_well(cast):
    assert well(cast)["Last beat"] is False
    Beat.objects.create(name="run_due", at=MORNING)
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


def test_the_page_says_what_to_do(cast, sign_in, at_morning):
    text = sign_in(cast.sandra).get("/office/health/").content.decode()
    assert "Start beat and a worker" in text
