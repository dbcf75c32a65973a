"""Pupils and contacts brought in from Wonde: page by page, looked at first, resumed, and never clearing what is not said."""

from datetime import timedelta

import pytest

from attendance_office.refusals import Refused
from registers.actions.imports.undo import undo_import
from registers.actions.imports.uploads import give_up_import
from registers.actions.links.keeping import Wishes, ask_pull, keep_link, refresh_codes
from registers.actions.links.pulling import pull_due
from registers.models import Contact, Import, ImportedRow, Link, Mark, Pull, PullPage, Pupil, RemoteName
from tests.conftest import MONDAY, MORNING
from tests.factories.wonde import SCHOOL, contact, day, student
from tests.registers.links.conftest import CALLUM, always, first_pull, look_at, pull

pytestmark = pytest.mark.django_db


def later(**much):
    return MORNING + timedelta(**much)


def test_the_first_files_wait_for_a_look_and_then_bring_pupils_and_contacts_in(cast, wonde, link):
    pull(MORNING)
    reading = Import.objects.get()
    assert (reading.state, reading.system, reading.feeds, reading.rows) == ("uploaded", "wonde", "pupils", 3)
    assert not Pupil.objects.filter(legal_surname="Okafor").exists()
    link.refresh_from_db()
    assert "wait for somebody to look at them" in link.said
    end = first_pull(cast.sandra)
    ngozi = Pupil.objects.get(legal_surname="Okafor")
    assert (ngozi.year_group, ngozi.admission_number, ngozi.sex) == (9, "4103", "F")
    link.refresh_from_db()
    assert link.pulled_to == MORNING - timedelta(minutes=10)
    assert link.next_pull_at == end + timedelta(minutes=60)
    assert link.said == ""
    names = dict(RemoteName.objects.filter(thing="pupil").values_list("remote_id", "thing_id"))
    assert names == {"S1": str(cast.callum.pk), "S2": str(cast.amina.pk), "S3": str(ngozi.pk)}
    # Callum's mother is the one the record had, by name and child, with her number and address now.
    mother = cast.callum.parents.get().contact
    assert (mother.reference, mother.mobile) == ("P1", "07700 900111")
    assert (mother.address, mother.postcode) == ("12 Mill Lane, Bakewell", "DE45 1ZZ")
    assert PullPage.objects.count() == 0
    assert Pull.objects.get().state == "done"


def test_what_changed_since_comes_by_itself_and_nothing_unsaid_is_cleared(cast, wonde, link):
    end = first_pull(cast.sandra)
    kept = {"sen": "K", "address": "1 Mill Lane", "is_looked_after": True, "known_as": "Cal", "middle_names": "John"}
    Pupil.objects.filter(pk=cast.callum.pk).update(**kept, tutor_group=cast.nine_a)
    wonde.students[:] = [
        student(
            "S1", None, "Callum", "Ashworth-Hill", mis_id=None, gender=None, updated_at=day("2026-11-24"),
            education_details={"data": {"upn": None, "admission_date": None}}, year=None,
        ),
        student("S2", "E830410124011", "Amina", "Begum", updated_at=day("2026-11-01")),
    ]  # fmt: skip
    at = end + timedelta(minutes=61)
    pull(at)
    asked = [query for method, path, query in wonde.asked if path.endswith("students/")]
    assert asked[-1]["updated_after"] == "2026-11-23 09:04:00"
    assert "include" not in asked[1]
    done = Import.objects.filter(feeds="pupils").latest("pk")
    assert (done.state, done.rows, done.changed, done.added) == ("done", 1, 1, 0), done.faults
    cast.callum.refresh_from_db()
    assert cast.callum.legal_surname == "Ashworth-Hill"
    assert {field: getattr(cast.callum, field) for field in kept} == kept
    assert (cast.callum.sex, cast.callum.upn, cast.callum.admission_number) == ("M", CALLUM, "4101")
    assert cast.callum.tutor_group == cast.nine_a
    assert done.made_by is None
    assert ImportedRow.objects.filter(of_import=done, thing="pupil", did="changed").count() == 1


def test_a_contact_whose_details_may_not_be_shown_keeps_them(cast, wonde, link):
    end = first_pull(cast.sandra)
    wonde.students[0]["updated_at"] = day("2026-11-24")
    bare = contact("P1", "Jo", "Ashworth", relationship=None)
    wonde.students[0]["contacts"]["data"] = [
        bare,
        contact("P9", "Sam", "Hill", relationship="Uncle", contact_details=None),
    ]
    pull(end + timedelta(minutes=61))
    done = Import.objects.filter(feeds="contacts").latest("pk")
    assert (done.state, done.added) == ("done", 1), done.faults
    assert Contact.objects.get(reference="P1").mobile == "07700 900111"
    assert cast.callum.parents.get(contact__reference="P1").relationship == "Mother"


def test_a_pupil_whose_upn_is_another_there_is_told_and_not_made_twice(cast, wonde, link):
    end = first_pull(cast.sandra)
    wonde.students[:] = [student("S1", "U830410124012", "Callum", "Ashworth", updated_at=day("2026-11-24"))]
    pull(end + timedelta(minutes=61))
    done = Import.objects.filter(feeds="pupils").latest("pk")
    assert done.state == "refused"
    assert (
        done.faults[0]["words"]
        == f"The pupil stands here under the UPN {CALLUM}: change it on the pupil's record first."
    )
    # The run waits for a person, and begins anew by itself the next day, from the same time on.
    link.refresh_from_db()
    assert "were not read (refused)" in link.said
    to = link.pulled_to
    pull(end + timedelta(hours=22))
    link.refresh_from_db()
    assert (link.pulled_to, link.pull_failures) == (to, 1)
    assert Pull.objects.filter(state="failed").count() == 1
    assert link.next_pull_at == end + timedelta(hours=24)


def test_a_run_that_broke_goes_on_from_the_page_it_had(cast, wonde, link):
    wonde.faults = [None, (503, {"Retry-After": "90"}, {})]
    assert pull_due(at=MORNING, in_time=always) == 1
    run = Pull.objects.get()
    assert (run.attempts, run.records, PullPage.objects.count()) == (1, 2, 1)
    assert run.next_at == later(seconds=90)
    assert pull_due(at=later(seconds=80), in_time=always) == 0
    pull(later(seconds=95))
    pages = [query.get("page", "1") for _, path, query in wonde.asked if path.endswith("students/")]
    assert pages == ["1", "2", "2"]
    assert Import.objects.get().rows == 3


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ((401, {}, {}), "does not know the office's token (401)"),
        ((403, {}, {}), "has to grant the scope"),
        ((404, {}, {}), "school's number in Wonde right"),
        ((429, {"Retry-After": "30"}, {}), "left alone for a while (429)"),
        ((500, {}, {}), "has broken down (500)"),
        ((302, {"Location": "https://elsewhere.invalid/"}, {}), "sends the office elsewhere (302)"),
        ((200, {}, {"data": 4}), "not the list it should be"),
        ((200, {}, {"data": [], "meta": {"pagination": {"next": "https://elsewhere.invalid/v1.0/x"}}}), "at another address"),
        ("rubbish", "not the list it should be"),
        ("cut", "The line to Wonde broke"),
        ("close", "The line to Wonde broke"),
    ],
)  # fmt: skip
def test_each_way_to_fail_is_said_in_words_and_tried_again_on_a_ladder(cast, wonde, link, fault, words):
    wonde.faults = [fault] * 5
    at = MORNING
    waits = []
    for _ in range(5):
        pull_due(at=at, in_time=always)
        run = Pull.objects.get()
        link.refresh_from_db()
        assert words in link.said
        waits.append(run.next_at - at)
        at = run.next_at
    assert waits[:4] == [timedelta(minutes=minutes) for minutes in (1, 5, 15, 60)]
    assert run.state == "failed"
    assert link.next_pull_at == at + timedelta(hours=2)
    assert Import.objects.count() == 0


def test_nobody_there_and_nothing_set_up_are_said_too(cast, wonde, link, settings):
    wonde.stop()
    pull_due(at=MORNING, in_time=always)
    link.refresh_from_db()
    assert "The line to Wonde broke" in link.said
    settings.OFFICE_WONDE_TOKEN = ""
    pull_due(at=later(minutes=2), in_time=always)
    link.refresh_from_db()
    assert "OFFICE_WONDE_URL and OFFICE_WONDE_TOKEN" in link.said
    settings.OFFICE_WONDE_TOKEN, settings.OFFICE_WONDE_URL = "x", "http://wonde.invalid/v1.0/"
    pull_due(at=later(minutes=8), in_time=always)
    link.refresh_from_db()
    assert "has to begin with https" in link.said


def test_one_run_at_a_time_and_a_dead_workers_run_is_taken_over(cast, wonde, link):
    Pull.objects.create(
        school=cast.thornbridge, link=link, began_at=MORNING, next_at=MORNING, claim="0" * 32, claimed_at=MORNING
    )
    assert pull_due(at=later(minutes=5), in_time=always) == 0
    assert wonde.asked == []
    assert pull_due(at=later(minutes=7), in_time=always) == 1
    assert Pull.objects.count() == 1
    assert Import.objects.get().rows == 3


def test_when_time_is_up_a_run_stops_between_two_pages(cast, wonde, link):
    times = iter([True, True, False])
    pull_due(at=MORNING, in_time=lambda: next(times))
    assert PullPage.objects.count() == 1
    assert Pull.objects.get().claim is None
    pull(MORNING)
    assert Import.objects.get().rows == 3


def test_a_pupil_that_moved_to_the_next_page_meanwhile_is_read_once(cast, wonde, link):
    wonde.students.insert(2, wonde.students[1])
    pull(MORNING)
    assert Import.objects.get().rows == 3


def test_an_import_taken_back_is_looked_at_anew_the_next_time(cast, wonde, link):
    end = first_pull(cast.sandra)
    for feeds in ("contacts", "pupils"):
        undo_import(reading=Import.objects.get(feeds=feeds), reason="Wrong school", by=cast.sandra, at=end)
    assert not Pupil.objects.filter(legal_surname="Okafor").exists()
    with pytest.raises(Refused, match="switch it on first"):
        ask_pull(link=Link(is_on=False), everything=True, by=cast.sandra, at=end)
    ask_pull(link=link, everything=True, by=cast.sandra, at=end)
    pull(end + timedelta(minutes=1))
    again = Import.objects.filter(feeds="pupils").latest("pk")
    assert (again.state, again.rows) == ("uploaded", 3)
    look_at(again, cast.sandra, end + timedelta(minutes=1))
    ngozi = Pupil.objects.get(legal_surname="Okafor")
    assert RemoteName.objects.get(thing="pupil", remote_id="S3").thing_id == str(ngozi.pk)


def test_session_marks_come_in_by_the_columns_a_person_matched_as_their_names_are_not_documented(cast, wonde, link):
    keep_link(school=cast.thornbridge, wishes=Wishes(SCHOOL, pulls_marks=True), by=cast.laila, at=MORNING)
    end = first_pull(cast.sandra)
    assert Pull.objects.get().state == "done"  # there was no mark to read
    wonde.marks += [
        {
            "id": "M1",
            "who": {"data": {"id": "S1"}},
            "when": day("2026-11-20"),
            "part": "AM",
            "letter": "I",
            "remark": None,
        },
        {
            "id": "M2",
            "who": {"data": {"id": "S2"}},
            "when": day("2026-11-20"),
            "part": "AM",
            "letter": "/",
            "remark": None,
        },
    ]
    at = end + timedelta(minutes=61)
    pull(at)
    reading = Import.objects.get(feeds="marks")
    assert reading.state == "uploaded"
    reading.mapping["columns"] = {"remote_id": "who.id", "on": "when", "session": "part", "code": "letter"}
    look_at(reading, cast.sandra, at)
    assert dict(Mark.objects.values_list("pupil__legal_surname", "code")) == {"Ashworth": "I", "Begum": "/"}
    Mark.objects.filter(code="I").update(comment="Mother rang")
    at += timedelta(minutes=2)
    pull(at)
    assert Pull.objects.filter(state="done").count() == 2
    wonde.marks[0]["letter"] = "M"
    at += timedelta(minutes=61)
    pull(at)
    again = Import.objects.filter(feeds="marks").latest("pk")
    assert (again.state, again.changed, again.same) == ("done", 1, 1), again.faults
    assert Mark.objects.get(pupil=cast.callum, on=MONDAY - timedelta(days=3)).code == "M"


def test_a_kind_that_was_given_up_is_left_out_until_everything_is_asked_for(cast, wonde, link):
    pull(MORNING)
    look_at(Import.objects.get(feeds="pupils"), cast.sandra)
    at = later(minutes=2)
    pull(at)
    give_up_import(reading=Import.objects.get(feeds="contacts"), by=cast.sandra, at=at)
    pull(at)
    assert Pull.objects.get().state == "done"
    for one in wonde.students:
        one["updated_at"] = day("2026-11-24")
    at += timedelta(minutes=61)
    pull(at)
    assert Pull.objects.filter(state="done").count() == 2
    assert Import.objects.filter(feeds="contacts").count() == 1
    ask_pull(link=link, everything=True, by=cast.sandra, at=at)
    pull(at + timedelta(minutes=1))
    assert Import.objects.filter(feeds="contacts", state="uploaded").count() == 1


def test_codes_that_cannot_be_read_are_not_asked_for_at_every_look(cast, wonde, link):
    wonde.per_page = 50
    wonde.faults = [(403, {}, {}), (429, {"Retry-After": "1800"}, {})]
    assert refresh_codes(at=MORNING) == 0
    link.refresh_from_db()
    assert "grant the scope" in link.said
    for minutes, asked in ((1, 1), (14, 1), (15, 2), (44, 2), (45, 3), (46, 3)):
        refresh_codes(at=later(minutes=minutes))
        assert len(wonde.asked) == asked
    link.refresh_from_db()
    assert len(link.codes) == 8
    assert refresh_codes(at=later(days=1, minutes=45)) == 1
