"""A report is held before it goes, from everybody or from one, and goes when it is released; a broken one comes again."""

import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from attendance_office.audit.models import Entry
from attendance_office.refusals import Refused
from interventions.actions.due import run_job
from letters.models import Message
from reporting.actions import distributions as actions
from reporting.actions import holds, turns
from reporting.models import Hold, Report, Sending, Turn
from reporting.queries.kinds import KINDS
from reporting.queries.rounds import coming, open_holds
from tests.conftest import MORNING
from tests.factories.cast import make_cast

FRIDAY = date(2026, 11, 20)
AT = datetime(2026, 11, 20, 14, 35, tzinfo=UTC)
BEFORE = AT - timedelta(hours=3)
MINUTE = timedelta(minutes=1)


def only(cast, user, year):
    return actions.subscribe(
        school=cast.thornbridge, user=user, year_group=year, by_mail=True, by=cast.laila, at=BEFORE
    )  # fmt: skip


def hold(cast, row=None, why="The figures of 9A are being put right", at=BEFORE, on=FRIDAY):
    return holds.hold(
        school=cast.thornbridge, report=Report.FRIDAY, on=on, subscription=row, why=why, by=cast.laila, at=at
    )  # fmt: skip


def send(cast, at=AT):
    return actions.send_week(school=cast.thornbridge, on=FRIDAY, by=None, at=at)


def next_friday(cast, at):
    found = coming(cast.thornbridge, list(open_holds(cast.thornbridge)), at=at)
    return next(one for one in found if one.report == Report.FRIDAY)


@pytest.fixture
def two(cast):
    """The heads of year 8 and 9 are sent the week."""
    cast.to_nine = only(cast, cast.adeyemi, 9)
    cast.to_eight = only(cast, cast.nine, 8)
    return cast


def breaking(monkeypatch, *users):
    """The report breaks for these people, until the list is emptied."""
    made, bad = KINDS[Report.FRIDAY], list(users)

    def breaks(school, user, **asked):
        if user in bad:
            raise ValueError("broken")
        return made.make(school, user, **asked)

    monkeypatch.setitem(KINDS, Report.FRIDAY, replace(made, make=breaks))
    return bad


def test_what_is_held_for_everybody_goes_when_it_is_released(two):
    held = hold(two)
    run = run_job(school=two.thornbridge, job="friday", on=FRIDAY, by=None, at=AT)
    assert (run.did["sent"], run.did["held"]) == (0, 2)
    assert "2 held back" in run.words
    assert turns.make_waiting(at=AT + MINUTE) == 0
    holds.release(held=held, by=two.laila, at=AT + MINUTE)
    assert turns.make_waiting(at=AT + 2 * MINUTE) == 2
    assert turns.make_waiting(at=AT + 3 * MINUTE) == 0
    assert {one.on for one in Sending.objects.all()} == {FRIDAY}
    assert Message.objects.count() == 2


def test_one_persons_is_held_and_the_others_go(two):
    held = hold(two, two.to_nine)
    _, did, _ = send(two)
    assert (did["sent"], did["held"]) == (1, 1)
    assert Sending.objects.get().user == two.nine
    holds.release(held=held, by=two.laila, at=AT)
    turns.make_waiting(at=AT + MINUTE)
    assert {one.user for one in Sending.objects.all()} == {two.nine, two.adeyemi}


def test_a_hold_on_one_outlasts_the_release_of_the_whole(two):
    whole = hold(two)
    hold(two, two.to_nine)
    send(two)
    holds.release(held=whole, by=two.laila, at=AT)
    turns.make_waiting(at=AT + MINUTE)
    assert Sending.objects.get().user == two.nine


def test_a_hold_says_who_why_and_what_became_of_it_in_the_trail(two):
    held = hold(two, two.to_nine)
    holds.release(held=held, by=two.sandra, at=AT)
    put, taken = Entry.objects.filter(subject_kind="hold").order_by("pk")
    assert (put.verb, put.by_id, put.reason) == ("held a report", two.laila.pk, "The figures of 9A are being put right")
    assert "Year 9" in put.words
    assert (taken.verb, taken.by_id) == ("released a report", two.sandra.pk)
    with pytest.raises(Refused, match="released already"):
        holds.release(held=held, by=two.laila, at=AT)
    with pytest.raises(DatabaseError), transaction.atomic():
        Hold.objects.all().delete()


def test_a_hold_is_refused_where_it_would_hold_nothing(two):
    with pytest.raises(Refused, match="Say why"):
        hold(two, why="  ")
    with pytest.raises(Refused, match="does not go on Thu 19 Nov 2026"):
        hold(two, on=FRIDAY - timedelta(days=1), at=BEFORE - timedelta(days=3))
    hold(two)
    with pytest.raises(Refused, match="holds it already"):
        hold(two)
    holds.release(held=Hold.objects.get(), by=two.laila, at=BEFORE)
    send(two)
    for row in (None, two.to_nine):
        with pytest.raises(Refused, match="has gone already"):
            hold(two, row, at=AT + MINUTE)


def test_nobody_who_lost_the_post_meanwhile_is_sent_what_is_released(two):
    held = hold(two)
    send(two)
    two.adeyemi.posts.update(year_group=8)
    holds.release(held=held, by=two.laila, at=AT)
    turns.make_waiting(at=AT + MINUTE)
    assert Sending.objects.get().user == two.nine
    assert two.to_nine.turns.get().state == Turn.State.NOT_SENT


def test_a_report_that_broke_for_one_comes_again_for_that_one_alone(two, monkeypatch):
    bad = breaking(monkeypatch, two.adeyemi)
    _, did, words = send(two)
    assert (did["sent"], did["broken"]) == (1, 1)
    assert "1 could not be made, and are begun again" in words
    assert turns.make_waiting(at=AT + MINUTE) == 0
    bad.clear()
    assert turns.make_waiting(at=AT + 2 * MINUTE) == 1
    assert turns.make_waiting(at=AT + 9 * MINUTE) == 0
    assert sorted(Sending.objects.values_list("user__last_name", flat=True)) == sorted(
        [two.adeyemi.last_name, two.nine.last_name]
    )
    assert Message.objects.count() == 2


def test_a_report_that_breaks_every_time_is_given_up_and_begun_again_by_a_person(two, monkeypatch, sign_in, at_morning):
    bad = breaking(monkeypatch, two.adeyemi)
    send(two)
    at = AT
    for _ in range(len(turns.AGAIN_AFTER) + 2):
        at += timedelta(hours=3)
        turns.make_waiting(at=at)
    turn = two.to_nine.turns.get()
    assert (turn.state, turn.attempts) == (Turn.State.GIVEN_UP, len(turns.AGAIN_AFTER) + 1)
    assert Entry.objects.filter(verb="gave up a report").count() == 1
    page = sign_in(two.laila).get(reverse("reporting:round", args=["friday", FRIDAY])).content.decode()
    assert "Given up" in page
    assert "ValueError" in page
    bad.clear()
    sign_in(two.laila).post(reverse("reporting:turn_again", args=[turn.pk]))
    assert turns.make_waiting(at=MORNING + MINUTE) == 1
    assert Sending.objects.filter(user=two.adeyemi).count() == 1
    with pytest.raises(Refused, match="not given up"):
        turns.begin_again(turn=turn, by=two.laila, at=MORNING)


def test_the_round_shows_who_has_it_holds_and_releases(two, sign_in, at_morning):
    client = sign_in(two.laila)
    monday = AT + timedelta(days=3)
    friday = next_friday(two, monday)
    assert (friday.on, friday.people, friday.hold) == (FRIDAY + timedelta(days=7), 2, None)
    address = reverse("reporting:round", args=["friday", friday.on.isoformat()])
    assert "Goes at 14:30" in client.get(address).content.decode()
    put = reverse("reporting:round_hold", args=["friday", friday.on.isoformat()])
    client.post(put, {"why": "A trip of year 9", "subscription": two.to_nine.pk})
    page = client.get(address).content.decode()
    assert "A trip of year 9" in page
    friday = next_friday(two, monday)
    assert friday.held == 1
    client.post(reverse("reporting:hold_release", args=[Hold.objects.get().pk]))
    assert Hold.objects.get().released_by == two.laila


def test_a_round_that_does_not_come_is_not_there(two, sign_in):
    client = sign_in(two.laila)
    for report, on in (("friday", "2026-11-26"), ("friday", "2026-13-45"), ("nothing", "2026-11-27")):
        assert client.get(reverse("reporting:round", args=[report, on])).status_code == 404


def test_many_readers_are_made_in_parts_each_once(two, monkeypatch):
    """A run is one transaction, and its worker is stopped after minutes: what is left over is made by the tick."""
    monkeypatch.setattr(actions, "AT_A_STRETCH", 1)
    _, did, words = send(two)
    assert (did["sent"], words) == (1, "1 made: the week on a page. 1 follow within minutes.")
    assert turns.make_waiting(at=AT + MINUTE) == 1
    assert turns.make_waiting(at=AT + 2 * MINUTE) == 0
    assert {one.user for one in Sending.objects.all()} == {two.adeyemi, two.nine}
    assert Message.objects.count() == 2
    again = send(two, at=AT + timedelta(hours=1))
    assert (again[1]["sent"], Message.objects.count()) == (0, 2)


def test_another_schools_hold_is_not_there(two, sign_in):
    held = hold(two)
    assert sign_in(two.olly).post(reverse("reporting:hold_release", args=[held.pk])).status_code == 404
    held.refresh_from_db()
    assert held.released_at is None


@pytest.mark.django_db(transaction=True)
def test_any_number_of_ticks_at_once_make_one_report_each():
    cast = make_cast()
    only(cast, cast.adeyemi, 9)
    only(cast, cast.nine, 8)
    held = hold(cast)
    send(cast)
    holds.release(held=held, by=cast.laila, at=AT)
    made, gate = [], threading.Barrier(4)

    def tick():
        gate.wait()
        try:
            made.append(turns.make_waiting(at=AT + MINUTE))
        finally:
            connection.close()

    threads = [threading.Thread(target=tick) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(made) == 2
    assert (Sending.objects.count(), Message.objects.count()) == (2, 2)


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_and_a_hold_between_them_send_each_once_or_not_at_all():
    cast = make_cast()
    for user, year in ((cast.adeyemi, 9), (cast.nine, 8)):
        only(cast, user, year)
    gate, said = threading.Barrier(3), []

    def alone(work):
        gate.wait()
        try:
            said.append(work())
        except Refused as refusal:
            said.append(str(refusal))
        finally:
            connection.close()

    works = [lambda: send(cast)[1]["sent"], lambda: send(cast)[1]["sent"], lambda: hold(cast, at=AT)]
    threads = [threading.Thread(target=alone, args=[work]) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sent = Sending.objects.count()
    assert sent == Message.objects.count() == Turn.objects.filter(state=Turn.State.MADE).count()
    assert Turn.objects.filter(state=Turn.State.WAITING).count() == 2 - sent
    assert sent == 2 or Hold.objects.exists()
    turns.make_waiting(at=AT + MINUTE)
    assert Sending.objects.count() == sent
