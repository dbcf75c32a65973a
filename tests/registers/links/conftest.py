"""A Wonde of the tests' own, and Thornbridge linked to it."""

import pytest

from registers.actions.imports.running import run_waiting
from registers.actions.imports.uploads import ask_import, match_columns
from registers.actions.links.keeping import Wishes, keep_link
from registers.actions.links.pulling import pull_due
from registers.models import Import, Pupil
from tests.conftest import MORNING
from tests.factories.wonde import SCHOOL, TOKEN, WondeServer, contact, student

CALLUM = "H801200001001"
AMINA = "E830410124011"


@pytest.fixture
def wonde(settings):
    """Give a Wonde that the office is set up for."""
    server = WondeServer()
    settings.OFFICE_WONDE_URL, settings.OFFICE_WONDE_TOKEN = server.url, TOKEN
    yield server
    server.stop()


@pytest.fixture
def link(cast, wonde):
    """Give Thornbridge's link, bringing in; Wonde knows Callum, Amina and one pupil more."""
    Pupil.objects.filter(pk=cast.callum.pk).update(upn=CALLUM)
    Pupil.objects.filter(pk=cast.amina.pk).update(upn=AMINA)
    wonde.students += [
        student(
            "S1",
            CALLUM,
            "Callum",
            "Ashworth",
            mis_id="4101",
            contacts=[contact("P1", "Jo", "Ashworth", mobile="07700 900111")],
        ),
        student("S2", AMINA, "Amina", "Begum", mis_id="4102", gender="FEMALE"),
        student("S3", "Q830410124010", "Ngozi", "Okafor", mis_id="4103", gender="FEMALE"),
    ]
    return keep_link(school=cast.thornbridge, wishes=Wishes(SCHOOL), by=cast.laila, at=MORNING)


def always():
    """Say that there is time."""
    return True


def pull(at):
    """Run the links inward and read the files that wait, until neither has anything to do."""
    for _ in range(8):
        taken = pull_due(at=at, in_time=always)
        if not run_waiting(at=at) and not taken:
            return


def look_at(reading, by, at=MORNING):
    """Read a file for good after a look, as a person does on its page."""
    match_columns(
        reading=reading, feeds=reading.feeds, columns=reading.mapping["columns"], options=reading.mapping, source_name="Wonde",
        by=by, at=at,
    )  # fmt: skip
    ask_import(reading=reading, dry_run=False, by=by, at=at)
    run_waiting(at=at)
    reading.refresh_from_db()
    assert reading.state == "done", reading.faults
    return reading


def first_pull(by, at=MORNING):
    """Bring everything in for the first time, each file looked at by a person; give when it ended."""
    from datetime import timedelta

    pull(at)
    for feeds in ("pupils", "contacts"):
        look_at(Import.objects.get(feeds=feeds), by, at)
        at += timedelta(minutes=2)
        pull(at)
    return at
