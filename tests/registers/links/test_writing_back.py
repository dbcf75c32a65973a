"""Coded marks out to Wonde: each change once, only the newest, never again where it may have arrived."""

from datetime import timedelta
from uuid import uuid4

import pytest

from attendance_office.audit.models import Entry
from attendance_office.refusals import Refused
from registers.actions.amendments import amend_mark
from registers.actions.attendance import save_marks
from registers.actions.coding import Wanted, code_sessions
from registers.actions.entries import Entry as Typed
from registers.actions.links.keeping import Wishes, keep_link, match_codes, read_codes
from registers.actions.links.writing_back import gather, settle, settle_stuck, write_back
from registers.actions.taking_back import undo_coding
from registers.models import Mark, RemoteName, Writeback
from registers.rules.sessions import Session
from tests.conftest import MONDAY, MORNING
from tests.factories.wonde import SCHOOL, WondeServer
from tests.registers.links.conftest import always

pytestmark = pytest.mark.django_db
AM = Session(MONDAY, "AM")
State = Writeback.State


def at(minutes):
    return MORNING + timedelta(minutes=minutes)


@pytest.fixture
def out(cast, link):
    """Give the link, writing back, with its pupils and codes known."""
    set_out(cast)
    read_codes(link=link, at=MORNING)
    for pupil, remote_id in ((cast.callum, "S1"), (cast.amina, "S2"), (cast.freya, "S3")):
        RemoteName.objects.create(
            school=cast.thornbridge, link=link, thing="pupil", thing_id=pupil.pk, remote_id=remote_id
        )
    link.refresh_from_db()
    return link


def set_out(cast, **more):
    return keep_link(
        school=cast.thornbridge, wishes=Wishes(SCHOOL, pulls=False, writes_back=True, **more), by=cast.laila, at=MORNING
    )


def take(cast, when, **codes):
    """Take 9A's register with these codes by forename."""
    entries = [Typed(pupil_id=getattr(cast, name).pk, code=code) for name, code in codes.items()]
    save_marks(
        school=cast.thornbridge, tutor_group=cast.nine_a, session=AM, entries=entries, key=uuid4(), finish=False, by=cast.pat,
        at=when,
    )  # fmt: skip


def amend(cast, pupil, code, when, **more):
    mark = Mark.objects.get(pupil=pupil, on=MONDAY, half="AM")
    return amend_mark(
        mark=mark,
        code=code,
        minutes_late=None,
        comment=more.pop("comment", ""),
        reason="Mother rang",
        by=cast.sandra,
        at=when,
    )


def states():
    return [(row.code, row.state) for row in Writeback.objects.order_by("pk")]


def test_what_is_marked_and_amended_after_it_was_switched_on_arrives_once_in_their_names(cast, wonde, link):
    take(cast, MORNING - timedelta(minutes=5), callum="N")
    set_out(cast)
    read_codes(link=link, at=MORNING)
    RemoteName.objects.create(school=cast.thornbridge, link=link, thing="pupil", thing_id=cast.amina.pk, remote_id="S2")
    RemoteName.objects.create(
        school=cast.thornbridge, link=link, thing="pupil", thing_id=cast.callum.pk, remote_id="S1"
    )
    take(cast, at(1), amina="/")
    assert write_back(at=at(1), in_time=always) == 1
    assert wonde.sent() == [{"date": "2026-11-23", "session": "AM", "student_id": "S2", "attendance_code_id": "C047"}]
    assert write_back(at=at(2), in_time=always) == 0
    amend(cast, cast.callum, "I", at(3), comment="Sick since Sunday")
    assert write_back(at=at(4), in_time=always) == 1
    # The comment stays here: nobody asked for it to be written back.
    assert wonde.sent()[1] == {"date": "2026-11-23", "session": "AM", "student_id": "S1", "attendance_code_id": "C073"}
    for minutes in (5, 10, 60):
        assert write_back(at=at(minutes), in_time=always) == 0
    assert states() == [("/", "sent"), ("I", "sent")]
    assert Writeback.objects.last().remote_id == "W00002"


def test_minutes_and_where_asked_comments_go_along(cast, wonde, out):
    set_out(cast, writes_comments=True)
    entries = [Typed(pupil_id=cast.callum.pk, code="L", minutes_late=12, comment="Bus")]
    save_marks(school=cast.thornbridge, tutor_group=cast.nine_a, session=AM, entries=entries, key=uuid4(), finish=False, by=cast.pat, at=MORNING)  # fmt: skip
    write_back(at=at(1), in_time=always)
    (mark,) = wonde.sent()
    assert (mark["minutes_late"], mark["comment"]) == (12, "Bus")


def test_a_mark_changed_while_waiting_sends_only_its_newest_code(cast, wonde, out):
    take(cast, MORNING, callum="N", amina="/")
    assert gather(link=out, at=MORNING) == 2
    amend(cast, cast.callum, "I", at(1))
    gather(link=out, at=at(1))
    assert states() == [("N", "overtaken"), ("/", "waiting"), ("I", "waiting")]
    # Changed again between the last look and the hand-over: what was gathered is overtaken, the newest goes.
    amend(cast, cast.callum, "M", at(2))
    write_back(at=at(2), in_time=always)
    assert sorted(mark["attendance_code_id"] for mark in wonde.sent()) == ["C047", "C077"]
    assert states() == [("N", "overtaken"), ("/", "sent"), ("I", "overtaken"), ("M", "sent")]


def test_a_pupil_or_a_code_without_a_name_there_waits_in_words_and_goes_once_it_has_one(cast, wonde, out):
    RemoteName.objects.filter(thing="pupil", remote_id="S1").delete()
    take(cast, MORNING, callum="/", amina="N", freya="/")
    RemoteName.objects.filter(thing="code", thing_id="N").delete()
    assert write_back(at=at(1), in_time=always) == 1
    waits = {row.pupil_id: row.error for row in Writeback.objects.filter(state="waiting")}
    assert "bring the pupils in" in waits[cast.callum.pk]
    assert "is matched to N yet" in waits[cast.amina.pk]
    with pytest.raises(Refused, match="no attendance code C999"):
        match_codes(link=out, wanted={"N": "C999"}, by=cast.laila, at=at(2))
    assert match_codes(link=out, wanted={"N": "C078", "nonsense": "C078"}, by=cast.laila, at=at(2)) == 1
    assert write_back(at=at(2), in_time=always) == 1
    assert wonde.sent()[-1]["attendance_code_id"] == "C078"
    assert Writeback.objects.get(pupil_id=cast.callum.pk).attempts == 0


def test_codes_are_matched_by_their_letter_where_it_is_one_alone(cast, wonde, link):
    wonde.codes[:] = [
        {"id": "X1", "code": "I"},
        {"id": "X2", "code": "N"},
        {"id": "X3", "code": "n"},
        {"id": "X4", "code": "??"},
    ]
    wonde.per_page = 3
    assert read_codes(link=link, at=MORNING) == 1
    assert RemoteName.objects.get(thing="code").thing_id == "I"
    link.refresh_from_db()
    assert len(link.codes) == 4


@pytest.mark.parametrize("fault", ["cut", "close", "rubbish", (500, {}, {}), (502, {}, {}), (200, {}, {"ok": True})])
def test_what_broke_in_the_hand_over_is_uncertain_and_never_sent_again_by_itself(cast, wonde, out, fault):
    take(cast, MORNING, callum="/")
    wonde.faults = [fault]
    assert write_back(at=at(1), in_time=always) == 0
    row = Writeback.objects.get()
    assert (row.state, bool(row.error)) == ("uncertain", True)
    for minutes in (2, 30, 600):
        assert write_back(at=at(minutes), in_time=always) == 0
    assert wonde.sent() == []
    assert Entry.objects.filter(verb="wrote marks back").count() == 1
    # A person settles it: either it stands there, or it goes again.
    assert settle(link=out, keys=[row.pk], arrived=False, by=cast.sandra, at=at(700)) == 1
    assert write_back(at=at(701), in_time=always) == 1
    assert len(wonde.sent()) == 1
    with pytest.raises(Refused, match="in doubt any more"):
        settle(link=out, keys=[row.pk], arrived=True, by=cast.sandra, at=at(702))


def test_a_later_code_that_arrived_settles_what_was_in_doubt(cast, wonde, out):
    take(cast, MORNING, callum="N")
    wonde.faults = ["cut"]
    write_back(at=at(1), in_time=always)
    amend(cast, cast.callum, "I", at(2))
    assert write_back(at=at(2), in_time=always) == 1
    assert states() == [("N", "overtaken"), ("I", "sent")]


@pytest.mark.parametrize(
    ("fault", "words", "rest"),
    [
        ((429, {"Retry-After": "120"}, {}), "left alone", 2),
        ((503, {}, {}), "broken down (503)", 1),
        ((401, {}, {}), "token (401)", 15),
        ((403, {}, {}), "grant the scope", 15),
    ],
)
def test_what_meets_every_mark_lets_all_rest_and_costs_none_an_attempt(cast, wonde, out, fault, words, rest):
    take(cast, MORNING, callum="/", amina="/")
    wonde.faults = [fault]
    assert write_back(at=at(1), in_time=always) == 0
    assert {(row.state, row.attempts, row.next_at) for row in Writeback.objects.all()} == {("waiting", 0, at(1 + rest))}
    out.refresh_from_db()
    assert words in out.said_out
    take(cast, at(1), freya="/")
    assert write_back(at=at(1 + rest), in_time=always) == 3
    out.refresh_from_db()
    assert out.said_out == ""


def test_a_mark_that_is_refused_does_not_keep_those_beside_it(cast, wonde, out):
    RemoteName.objects.filter(thing="pupil", remote_id="S2").update(remote_id="S99")
    take(cast, MORNING, callum="/", amina="/", freya="/")
    assert write_back(at=at(1), in_time=always) == 2
    (failed,) = Writeback.objects.filter(state="failed")
    assert (failed.pupil_id, failed.error) == (cast.amina.pk, "Wonde does not take it (422): student_id")
    assert {mark["student_id"] for mark in wonde.sent()} == {"S1", "S3"}


def test_nobody_there_is_tried_again_and_nothing_is_lost(cast, wonde, out, settings):
    take(cast, MORNING, callum="/")
    wonde.stop()
    assert write_back(at=at(1), in_time=always) == 0
    out.refresh_from_db()
    assert "cannot be reached" in out.said_out
    anew = WondeServer()
    anew.students += wonde.students
    settings.OFFICE_WONDE_URL = anew.url
    assert write_back(at=at(16), in_time=always) == 1
    anew.stop()


def test_a_worker_that_died_before_the_hand_over_is_followed_and_in_it_leaves_doubt(cast, wonde, out):
    take(cast, MORNING, callum="/", amina="/")
    gather(link=out, at=MORNING)
    first, second = Writeback.objects.order_by("pk")
    Writeback.objects.filter(pk=first.pk).update(state="claimed", claim=uuid4(), claimed_at=MORNING)
    Writeback.objects.filter(pk=second.pk).update(state="claimed", claim=uuid4(), claimed_at=MORNING, handed_at=MORNING)
    assert settle_stuck(at=at(5)) == {"waiting": 0, "uncertain": 0}
    assert settle_stuck(at=at(6)) == {"waiting": 1, "uncertain": 1}
    assert write_back(at=at(7), in_time=always) == 1
    assert [row.state for row in Writeback.objects.order_by("pk")] == ["sent", "uncertain"]


def test_marks_from_files_are_not_written_back_and_an_amendment_by_hand_is(cast, wonde, out):
    mark = Mark.objects.create(
        school=cast.thornbridge, pupil=cast.callum, on=MONDAY, half="AM", code="N", origin="import", school_week=MONDAY,
        recorded_at=MORNING, recorded_by=cast.max,
    )  # fmt: skip
    assert gather(link=out, at=MORNING) == 0
    amend(cast, cast.callum, "I", at(1))
    assert gather(link=out, at=at(1)) == 1
    assert Writeback.objects.get().mark_id == mark.pk


def test_a_mark_taken_back_after_it_went_is_told_to_a_person(cast, wonde, out):
    code_sessions(
        school=cast.thornbridge, wanted=[Wanted(cast.callum.pk, AM, "I")], over=None, reason="Mother rang", verb="coded", words="x",
        by=cast.sandra, at=MORNING,
    )  # fmt: skip
    write_back(at=at(1), in_time=always)
    undo_coding(school=cast.thornbridge, entry_id=Entry.objects.get(verb="coded").pk, by=cast.sandra, at=at(1))
    write_back(at=at(2), in_time=always)
    write_back(at=at(3), in_time=always)
    back = Writeback.objects.get(state="failed")
    assert "Take it out there by hand" in back.error
    with pytest.raises(Refused, match="cannot be sent"):
        settle(link=out, keys=[back.pk], arrived=False, by=cast.sandra, at=at(4))
    assert settle(link=out, keys=[back.pk], arrived=True, by=cast.sandra, at=at(4)) == 1


def test_a_mark_of_a_slow_save_is_not_passed_over(cast, wonde, out):
    take(cast, MORNING, callum="/")
    gather(link=out, at=at(1))
    out.refresh_from_db()
    # The look at 09:15 cannot know whether an earlier save is still under way: it will look there again.
    assert out.wrote_to < Mark.objects.get().pk
    gather(link=out, at=at(4))
    out.refresh_from_db()
    assert out.wrote_to == Mark.objects.get().pk


def test_a_thousand_marks_go_in_few_hand_overs_and_few_queries(cast, wonde, out, count_queries):
    take(cast, MORNING, callum="/", amina="/", freya="N")
    with count_queries(26):
        assert write_back(at=at(1), in_time=always) == 3
    assert len(wonde.registers) == 1


def test_marks_go_one_way(cast, link):
    with pytest.raises(Refused, match="go one way"):
        keep_link(
            school=cast.thornbridge,
            wishes=Wishes(SCHOOL, pulls_marks=True, writes_back=True),
            by=cast.laila,
            at=MORNING,
        )
    with pytest.raises(Refused, match="letters and digits"):
        keep_link(school=cast.thornbridge, wishes=Wishes("A1/../x"), by=cast.laila, at=MORNING)
