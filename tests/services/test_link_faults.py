"""Links and files under faults, counted at the other system and not in our own tables."""

import threading
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection

from registers.actions.attendance import save_marks
from registers.actions.entries import Entry
from registers.actions.imports.running import run_waiting
from registers.actions.imports.uploads import ask_import, upload_file
from registers.actions.links.keeping import Wishes, keep_link, read_codes
from registers.actions.links.writing_back import settle_stuck, write_back
from registers.models import Import, Link, Pull, PullPage, Pupil, RemoteName, Writeback
from registers.rules.sessions import Session
from tests.factories.wonde import SCHOOL, TOKEN, WondeServer, student
from tests.services.programs import MORNING, until

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]
SAMPLES = Path(__file__).parents[2] / "docs" / "samples" / "systems"
AM = Session(MORNING.date(), "AM")


@pytest.fixture
def wonde(settings, monkeypatch):
    """Give a Wonde that this process and its workers are set up for."""
    server = WondeServer()
    settings.OFFICE_WONDE_URL, settings.OFFICE_WONDE_TOKEN = server.url, TOKEN
    monkeypatch.setenv("OFFICE_WONDE_URL", server.url)
    monkeypatch.setenv("OFFICE_WONDE_TOKEN", TOKEN)
    yield server
    server.stop()


@pytest.fixture
def marked(cast, wonde):
    """Give a link that writes back, with 9A's and 8C's five marks waiting to be gathered."""
    link = keep_link(
        school=cast.thornbridge, wishes=Wishes(SCHOOL, pulls=False, writes_back=True), by=cast.laila, at=MORNING
    )
    read_codes(link=link, at=MORNING)
    pupils = [cast.callum, cast.amina, cast.freya, cast.tyler, cast.ikra]
    for number, pupil in enumerate(pupils):
        wonde.students.append(student(f"S{number}", pupil.upn, pupil.legal_forename, pupil.legal_surname))
        RemoteName.objects.create(
            school=cast.thornbridge, link=link, thing="pupil", thing_id=pupil.pk, remote_id=f"S{number}"
        )
    for group, by in ((cast.nine_a, cast.pat), (cast.eight_c, cast.hal)):
        entries = [Entry(pupil.pk, "/") for pupil in group.pupils.order_by("pk")]
        save_marks(
            school=cast.thornbridge, tutor_group=group, session=AM, entries=entries, key=f"{group.pk:032}", finish=True, by=by,
            at=MORNING,
        )  # fmt: skip
    wonde.asked.clear()
    return link


def states():
    return sorted(Writeback.objects.values_list("state", flat=True))


def test_two_workers_and_ten_copies_of_the_task_hand_each_mark_over_once(marked, wonde, worker, send):
    first, second = worker("one"), worker("two")
    assert first.ready()
    assert second.ready()
    send("registers.write_back", times=10)
    assert until(lambda: sum(one.path.read_bytes().count(b" succeeded in ") for one in (first, second)) == 10)
    assert states() == ["sent"] * 5
    assert sorted(mark["student_id"] for mark in wonde.sent()) == ["S0", "S1", "S2", "S3", "S4"]
    assert not [
        one for one in (first, second) if b"Maddox" in one.path.read_bytes() or TOKEN.encode() in one.path.read_bytes()
    ]


def test_a_worker_killed_in_the_hand_over_leaves_doubt_and_nothing_goes_twice(marked, wonde, worker, send):
    wonde.faults = ["take and hang"]
    doomed = worker("doomed")
    assert doomed.ready()
    send("registers.write_back")
    assert wonde.begun.wait(40)
    doomed.kill()
    assert states() == ["claimed"] * 5
    assert Writeback.objects.filter(handed_at=None).count() == 0
    # Celery gives the task to the next worker: the rows are in no state in which they go again.
    heir = worker("heir")
    assert heir.ready()
    send("registers.write_back", times=3)
    assert until(lambda: heir.path.read_bytes().count(b" succeeded in ") >= 3)
    later = MORNING + timedelta(minutes=8)
    assert settle_stuck(at=later) == {"waiting": 0, "uncertain": 5}
    assert write_back(at=later + timedelta(hours=3), in_time=lambda: True) == 0
    assert len(wonde.sent()) == 5


def test_a_worker_killed_between_claim_and_hand_over_is_followed(marked, wonde, worker, send):
    """The lock on the marks holds the worker after its claim: it is killed there, and its heir sends each mark once."""
    locked, free = threading.Event(), threading.Event()

    def hold():
        try:
            with connection.cursor() as cursor:
                cursor.execute("BEGIN")
                cursor.execute("LOCK TABLE registers_remotename IN ACCESS EXCLUSIVE MODE")
                locked.set()
                free.wait(60)
                cursor.execute("ROLLBACK")
        finally:
            connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    assert locked.wait(10)
    doomed = worker("doomed")
    assert doomed.ready()
    send("registers.write_back")
    assert until(lambda: states() == ["claimed"] * 5)
    doomed.kill()
    free.set()
    holder.join()
    assert Writeback.objects.filter(handed_at=None).count() == 5
    later = MORNING + timedelta(minutes=8)
    assert settle_stuck(at=later) == {"waiting": 5, "uncertain": 0}
    for minutes in range(9, 15):
        write_back(at=MORNING + timedelta(minutes=minutes), in_time=lambda: True)
    assert states() == ["sent"] * 5
    assert len(wonde.sent()) == 5


def test_a_worker_killed_in_mid_fetch_is_followed_from_the_page_it_had(cast, wonde, worker, send):
    wonde.students += [student(f"S{number}", None, "A", f"Pupil{number}", mis_id=str(number)) for number in range(5)]
    keep_link(school=cast.thornbridge, wishes=Wishes(SCHOOL), by=cast.laila, at=MORNING)
    Link.objects.update(next_codes_at=MORNING + timedelta(days=1))
    wonde.faults = [None, "hang"]
    doomed = worker("doomed")
    assert doomed.ready()
    send("registers.pull_from_links")
    assert wonde.begun.wait(40)
    doomed.kill()
    assert PullPage.objects.count() == 1
    # Its claim holds for six minutes; after them any worker goes on.
    Pull.objects.update(claimed_at=MORNING - timedelta(minutes=7))
    heir = worker("heir")
    assert heir.ready()
    send("registers.pull_from_links")
    assert until(Import.objects.exists)
    pages = [query.get("page", "1") for _, path, query in wonde.asked]
    assert pages == ["1", "2", "2", "3"]
    assert Import.objects.get().rows == 5


def test_a_worker_killed_while_it_reads_a_file_keeps_nothing_and_its_heir_reads_it_whole(cast, worker, send):
    reading = upload_file(
        school=cast.thornbridge, name="sims.csv", content=(SAMPLES / "sims_pupils.csv").read_bytes(), by=cast.sandra, at=MORNING,
    )  # fmt: skip
    ask_import(reading=reading, dry_run=False, by=cast.sandra, at=MORNING)
    before = Pupil.objects.count()
    locked, free = threading.Event(), threading.Event()

    def hold():
        try:
            with connection.cursor() as cursor:
                cursor.execute("BEGIN")
                cursor.execute("LOCK TABLE registers_placement IN EXCLUSIVE MODE")
                locked.set()
                free.wait(60)
                cursor.execute("ROLLBACK")
        finally:
            connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    assert locked.wait(10)
    doomed = worker("doomed")
    assert doomed.ready()
    send("registers.read_waiting_files")
    assert until(lambda: Import.objects.filter(state="running").exists() and is_waiting_for_a_lock())
    doomed.kill()
    free.set()
    holder.join()
    assert until(lambda: not is_waiting_for_a_lock())
    assert Pupil.objects.count() == before
    assert run_waiting(at=MORNING + timedelta(minutes=9)) == 0
    assert run_waiting(at=MORNING + timedelta(minutes=12)) == 1
    reading.refresh_from_db()
    assert (reading.state, reading.added, reading.attempts) == ("done", 6, 2)
    assert Pupil.objects.count() == before + 6


def is_waiting_for_a_lock():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return cursor.fetchone()[0] > 0
