"""The page of the link: set by whom, seen by whom, and what goes out settled there."""

from datetime import timedelta

import pytest
from django.urls import reverse

from attendance_office.audit.models import Entry
from registers.actions.links.keeping import read_codes
from registers.models import Link, RemoteName, Writeback
from tests.conftest import MONDAY, MORNING
from tests.factories.wonde import SCHOOL

pytestmark = pytest.mark.django_db
PAGE = "registers:link_detail"


def waits(cast, link, state, key="1:0", pupil=None):
    return Writeback.objects.create(
        school=cast.thornbridge, link=link, mark_id=1, pupil_id=(pupil or cast.callum).pk, on=MONDAY, half="AM", code="N", key=key,
        state=state, made_at=MORNING, next_at=MORNING, error="The line to Wonde broke.",
    )  # fmt: skip


def test_the_lead_sets_the_link_and_the_trail_keeps_what_it_was(cast, wonde, sign_in, at_morning, settings):
    client = sign_in(cast.laila)
    settings.OFFICE_WONDE_TOKEN = ""
    assert "no address or token for Wonde" in client.get(reverse(PAGE)).content.decode()
    wrong = client.post(reverse(PAGE), {"remote_id": "A1/..", "pulls": "on", "marks": "none"})
    assert wrong.status_code == 422
    assert "letters and digits" in wrong.content.decode()
    assert not Link.objects.exists()
    client.post(reverse(PAGE), {"remote_id": SCHOOL, "is_on": "on", "pulls": "on", "marks": "out"})
    link = Link.objects.get()
    assert (link.school, link.writes_back, link.pulls_marks) == (cast.thornbridge, True, False)
    assert Entry.objects.get(verb="set a link").after["writes_back"] is True


def test_an_officer_sees_the_link_and_sets_none_of_it(cast, link, sign_in, at_morning, count_queries):
    read_codes(link=link, at=MORNING)
    client = sign_in(cast.sandra)
    with count_queries(16):
        page = client.get(reverse(PAGE)).content.decode()
    assert "The attendance lead or the data manager sets it." in page
    assert client.post(reverse(PAGE), {"remote_id": SCHOOL}).status_code == 403
    assert client.post(reverse("registers:link_codes"), {"code_I": ""}).status_code == 403


def test_codes_are_matched_on_the_page(cast, link, sign_in, at_morning):
    read_codes(link=link, at=MORNING)
    client = sign_in(cast.laila)
    assert "26 of ours not matched" in client.get(reverse(PAGE)).content.decode()
    client.post(reverse("registers:link_codes"), {"code_C": "C073", "code_I": "", "act": "keep"})
    names = dict(RemoteName.objects.filter(thing="code").values_list("thing_id", "remote_id"))
    assert names["C"] == "C073"
    assert "I" not in names
    client.post(reverse("registers:link_codes"), {"act": "read"})
    assert Link.objects.get().next_codes_at is None


def test_what_is_in_doubt_is_listed_settled_and_sent_out_as_a_list(cast, link, sign_in, at_morning, count_queries):
    doubt = waits(cast, link, "uncertain")
    waits(cast, link, "sent", key="2:0", pupil=cast.amina)
    client = sign_in(cast.sandra)
    assert "1 coded mark may or may not have arrived" in client.get(reverse(PAGE)).content.decode()
    path = reverse("registers:writeback_list")
    with count_queries(14):
        page = client.get(path + "?state=uncertain").content.decode()
    assert "Ashworth" in page
    assert "Begum" not in page
    out = client.post(
        reverse("registers:writeback_export", args=["csv"]), {"query": "state=uncertain"}
    ).content.decode()
    assert "Ashworth" in out
    assert "Begum" not in out
    nothing = client.post(reverse("registers:writeback_settle"), {"act": "again"}, follow=True)
    assert "Select the marks first." in nothing.content.decode()
    client.post(reverse("registers:writeback_settle"), {"act": "again", "pick": doubt.pk, "state": "uncertain"})
    doubt.refresh_from_db()
    assert doubt.state == "waiting"
    assert Entry.objects.filter(verb="settled marks written back").count() == 1


def test_another_schools_marks_are_neither_seen_nor_settled(cast, link, sign_in, at_morning):
    doubt = waits(cast, link, "uncertain")
    Link.objects.create(school=cast.ridgeway, remote_id="B1")
    client = sign_in(cast.olly)
    assert "Ashworth" not in client.get(reverse("registers:writeback_list")).content.decode()
    client.post(reverse("registers:writeback_settle"), {"act": "arrived", "pick": doubt.pk})
    doubt.refresh_from_db()
    assert doubt.state == "uncertain"


def test_everything_is_brought_in_anew_on_a_persons_word(cast, link, sign_in, at_morning):
    Link.objects.update(pulled_to=MORNING, next_pull_at=MORNING)
    answer = sign_in(cast.sandra).post(reverse("registers:link_pull"), {"what": "everything"}, follow=True)
    assert "It begins within a minute." in answer.content.decode()
    link.refresh_from_db()
    assert (link.pulled_to, link.next_pull_at) == (None, None)


def test_the_desk_counts_marks_going_out_that_nobody_knows_to_have_arrived(cast, link, sign_in, at_morning):
    client = sign_in(cast.sandra)
    assert "Marks going out to look at" not in client.get(reverse("reporting:desk")).content.decode()
    Link.objects.update(said="Wonde does not know the token.", said_at=MORNING - timedelta(minutes=31))
    assert "Wonde does not know the token." in client.get(reverse("reporting:desk")).content.decode()
    waits(cast, link, "uncertain")
    assert "Marks going out to look at" in client.get(reverse("reporting:desk")).content.decode()
