"""A trawl asked for by hand waits as a row, is made by one worker, and says what came of it."""

import threading
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from attendance_office.audit.models import Entry
from attendance_office.refusals import Refused
from interventions.actions import trawl_asks
from interventions.actions.trawl_asks import ask_trawl, run_asked
from interventions.models import Trawl, TrawlAsk
from tests.conftest import MORNING
from tests.factories.cast import make_cast

from .conftest import attend

State = TrawlAsk.State
MINUTE = timedelta(minutes=1)


def ask(cast, at=MORNING):
    return ask_trawl(school=cast.thornbridge, by=cast.sandra, at=at)


def fresh(row):
    row.refresh_from_db()
    return row


def test_what_was_asked_for_is_made_and_says_what_it_saw(cast):
    row = ask(cast)
    assert row.state == State.WAITING
    assert not Trawl.objects.exists()
    assert run_asked(at=MORNING + MINUTE) == 1
    row = fresh(row)
    assert (row.state, row.trawl, row.attempts) == (State.DONE, Trawl.objects.get(), 1)
    assert row.trawl.made_by == cast.sandra
    assert "pupils to Fri 20 Nov 2026" in row.words
    assert run_asked(at=MORNING + 2 * MINUTE) == 0
    assert Entry.objects.filter(verb="asked for a trawl", by_id=cast.sandra.pk).count() == 1


def test_a_head_of_year_is_told_that_it_ended_and_not_the_whole_schools_few(cast, sign_in, at_morning):
    ask(cast)
    run_asked(at=MORNING + MINUTE)
    words = TrawlAsk.objects.get().words
    for address in ("interventions:trawl", "interventions:trawl_progress"):
        seen = sign_in(cast.adeyemi).get(reverse(address)).content.decode()
        assert "Every pupil was counted. Asked for by" in seen
        assert words not in seen
        assert words in sign_in(cast.sandra).get(reverse(address)).content.decode()


def test_one_is_open_at_a_time_and_none_follows_a_run_just_made(cast):
    ask(cast)
    with pytest.raises(Refused, match="under way"):
        ask(cast)
    run_asked(at=MORNING)
    with pytest.raises(Refused, match="was made at 09:14"):
        ask(cast, at=MORNING + MINUTE)
    assert ask(cast, at=MORNING + 6 * MINUTE).state == State.WAITING


def test_what_breaks_keeps_nothing_says_so_and_lets_another_be_asked_for(cast, monkeypatch):
    def breaks(**asked):
        raise ValueError("broken")

    row = ask(cast)
    monkeypatch.setattr(trawl_asks, "trawl_job", breaks)
    assert run_asked(at=MORNING) == 1
    row = fresh(row)
    assert (row.state, row.words) == (State.FAILED, "It broke off and kept nothing (ValueError).")
    assert not Trawl.objects.exists()
    monkeypatch.undo()
    ask(cast, at=MORNING + MINUTE)
    assert run_asked(at=MORNING + MINUTE) == 1
    assert Trawl.objects.count() == 1


def test_one_whose_worker_died_is_taken_over_and_given_up_at_the_third(cast):
    row = ask(cast)
    for n in range(trawl_asks.MOST_ATTEMPTS):
        assert trawl_asks._claim(MORNING + n * trawl_asks.LEASE).attempts == n + 1
        assert run_asked(at=MORNING + n * trawl_asks.LEASE + MINUTE) == 0
    assert run_asked(at=MORNING + 3 * trawl_asks.LEASE) == 0
    assert fresh(row).state == State.FAILED
    assert "three times" in row.words


def test_a_dead_worker_that_comes_back_makes_no_second_run(cast):
    ask(cast)
    dead = trawl_asks._claim(MORNING)
    assert run_asked(at=MORNING + trawl_asks.LEASE) == 1
    assert trawl_asks._run(dead, MORNING + trawl_asks.LEASE) is False
    assert Trawl.objects.count() == 1


def test_what_was_asked_for_is_never_deleted(cast):
    ask(cast)
    with pytest.raises(DatabaseError), transaction.atomic():
        TrawlAsk.objects.all().delete()


@pytest.mark.django_db(transaction=True)
def test_any_number_of_presses_and_of_workers_at_once_make_one_run():
    cast = make_cast()
    attend(cast.callum, absent=4)
    gate, asked, made = threading.Barrier(4), [], []

    def alone(work, said):
        gate.wait()
        try:
            said.append(work())
        except Refused:
            said.append(None)
        finally:
            connection.close()

    for work, said in ((lambda: ask(cast), asked), (lambda: run_asked(at=MORNING), made)):
        threads = [threading.Thread(target=alone, args=(work, said)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sum(one is not None for one in asked) == 1
    assert sum(made) == 1
    assert Trawl.objects.count() == 1
