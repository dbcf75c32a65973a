"""The missing registers board and the post room's pages."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from attendance_office import clock
from letters.models import Chase, Message
from registers.models import Cover
from tests.factories.marks import take
from tests.letters.conftest import MONDAY_AM, NINE

BOARD = reverse("letters:board")


@pytest.fixture
def office(cast, sign_in, at_morning):
    return sign_in(cast.sandra)


def where(group):
    return {"group_pk": group.pk, "on": "2026-11-23", "half": "AM"}


def test_the_board_shows_who_owes_what_now(office, cast):
    page = office.get(BOARD).content.decode()
    for words in (
        "Missing registers, Monday morning",
        "2 of 2 missing at 09:14",
        "Registers closed at 09:10",
        "Not taken, 2",
    ):
        assert words in page
    assert "Mr H. Tranter" in page
    assert "1 vulnerable pupil in it" in page


def test_the_board_turns_when_a_register_is_taken(office, cast, morning):
    take(cast.nine_a, MONDAY_AM, by=cast.pat, at=morning - timedelta(minutes=1))
    page = office.get(BOARD).content.decode()
    assert "1 of 2 missing" in page
    assert "Taken after 09:10, 1" in page
    assert "Taken 09:13" in page


def test_part_saved_says_how_many(office, cast):
    take(cast.nine_a, MONDAY_AM, by=cast.pat, at=NINE, only=[cast.callum], finish=False)
    assert "1 of 3 marked" in office.get(BOARD).content.decode()


def test_the_board_asks_few_questions(office, cast, count_queries):
    office.get(BOARD)
    with count_queries(15):
        office.get(BOARD)


def test_any_date_can_be_looked_at_and_a_day_to_come_owes_nothing(office):
    assert "Fri 20 Nov 2026, afternoon" in office.get(BOARD, {"on": "2026-11-20", "half": "PM"}).content.decode()
    assert "Nobody owes a register yet." in office.get(BOARD, {"on": "2026-11-23", "half": "PM"}).content.decode()
    assert "holds no session" in office.get(BOARD, {"on": "2026-11-21", "half": "AM"}).content.decode()


@pytest.mark.parametrize(
    ("query", "there", "gone"),
    [
        ({"year": "8"}, "r-{eight}", "r-{nine}"),
        ({"show": "part"}, "r-{nine}", "r-{eight}"),
        ({"show": "none"}, "r-{eight}", "r-{nine}"),
        ({"cover": "1"}, "r-{eight}", "r-{nine}"),
    ],
)
def test_filters_narrow_the_list(office, cast, query, there, gone):
    take(cast.nine_a, MONDAY_AM, by=cast.pat, at=NINE, only=[cast.callum], finish=False)
    Cover.objects.create(
        school=cast.thornbridge, tutor_group=cast.eight_c, on=MONDAY_AM.on, half="AM", name="Ms R. Pell"
    )
    page = office.get(BOARD, query).content.decode()
    names = {"eight": cast.eight_c.pk, "nine": cast.nine_a.pk}
    assert f'id="{there.format(**names)}"' in page
    assert f'id="{gone.format(**names)}"' not in page


def test_a_head_of_year_sees_the_own_year_alone(cast, sign_in, at_morning):
    client = sign_in(cast.adeyemi)
    page = client.get(BOARD).content.decode()
    assert f'id="r-{cast.nine_a.pk}"' in page
    assert f'id="r-{cast.eight_c.pk}"' not in page
    assert client.get(reverse("letters:chase", kwargs=where(cast.eight_c))).status_code == 404


def test_the_live_edge_counts_changes_and_does_not_extend_the_session(office, cast, morning, monkeypatch):
    path = reverse("letters:board_changes")
    asked = {"on": "2026-11-23", "half": "AM", "since": morning.isoformat()}
    office.get(BOARD)
    seen = office.session["seen"]
    monkeypatch.setattr(clock, "now", lambda: morning + timedelta(minutes=5))
    poll = {"HTTP_X_OFFICE_POLL": "1", "HTTP_HX_REQUEST": "true"}
    assert office.get(path, asked, **poll).content.decode().strip() == ""
    take(cast.nine_a, MONDAY_AM, by=cast.pat, at=morning + timedelta(seconds=5))
    assert "1 register changed" in office.get(path, asked, **poll).content.decode()
    assert office.session["seen"] == seen
    assert office.get(path, {**asked, "since": "yesterday"}).status_code == 404


def test_one_register_is_chased_from_the_slide_over(office, cast):
    path = reverse("letters:chase", kwargs=where(cast.eight_c))
    panel = office.get(path, HTTP_HX_REQUEST="true").content.decode()
    assert "Chase 8C" in panel
    assert "<html" not in panel
    answer = office.post(path, {"key": uuid4(), "note": "Please."}, HTTP_HX_REQUEST="true")
    assert "over-close" in answer["HX-Trigger"]
    assert f'id="r-{cast.eight_c.pk}"' in answer.content.decode()
    assert Message.objects.get().recipient == cast.hal
    assert Chase.objects.get().by_name == "Mrs S. Pugh"


def test_without_script_the_chase_is_a_page_that_leads_back(office, cast):
    path = reverse("letters:chase", kwargs=where(cast.eight_c))
    assert "<html" in office.get(path).content.decode()
    page = office.post(path, {"key": uuid4(), "note": ""}, follow=True).content.decode()
    assert "Chased Mr H. Tranter for 8C" in page


def test_several_are_chased_at_once_and_an_empty_choice_is_refused_in_words(office, cast):
    path = reverse("letters:chase_selected", kwargs={"on": "2026-11-23", "half": "AM"})
    office.post(path, {"pick": [cast.nine_a.pk, cast.eight_c.pk, 999999]})
    assert Message.objects.count() == 2
    page = office.post(path, {}, follow=True).content.decode()
    assert "Select at least one register" in page


def test_a_group_of_another_school_is_not_there(office, cast):
    for name in ("letters:chase", "letters:cover"):
        assert office.get(reverse(name, kwargs=where(cast.ridgeway_nine_a))).status_code == 404
    path = reverse("letters:chase_selected", kwargs={"on": "2026-11-23", "half": "AM"})
    office.post(path, {"pick": [cast.ridgeway_nine_a.pk]})
    assert Message.objects.count() == 0


def test_cover_is_arranged_from_the_board(office, cast):
    path = reverse("letters:cover", kwargs=where(cast.eight_c))
    assert office.post(path, {"name": "", "why": ""}).status_code == 422
    office.post(path, {"name": "Ms R. Pell", "why": "course"})
    assert Cover.objects.get().name == "Ms R. Pell"
    assert "Ms R. Pell, supply" in office.get(BOARD).content.decode()
    office.post(path, {"end": "1"})
    assert Cover.objects.count() == 0


def test_the_walk_round_list_is_in_the_order_of_rooms(office, cast):
    cast.nine_a.room = "A1"
    cast.nine_a.save()
    page = office.get(reverse("letters:walk_round")).content.decode()
    assert page.index("A1") < page.index("B12")
    assert "2 of 2 registers owed" in page


def test_the_outbox_shows_the_message_as_received_and_hides_safeguarding_from_the_data_manager(
    cast, office, sign_in, chase
):
    chase()
    private = Message.objects.get(recipient=cast.hal)
    Message.objects.filter(pk=private.pk).update(kind="vulnerable")
    listed = office.get(reverse("letters:message_list")).content.decode()
    assert "2 messages" in listed
    detail = office.get(reverse("letters:message_detail", args=[private.pk])).content.decode()
    assert private.subject in detail
    reader = sign_in(cast.max)
    assert "1 message" in reader.get(reverse("letters:message_list")).content.decode()
    assert reader.get(reverse("letters:message_detail", args=[private.pk])).status_code == 404


def test_a_message_in_doubt_is_settled_on_its_page(cast, office, chase):
    chase()
    doubt = Message.objects.get(recipient=cast.pat)
    Message.objects.filter(pk=doubt.pk).update(state="uncertain", handed_at=NINE)
    assert "may or may not have gone" in office.get(reverse("letters:message_list")).content.decode()
    path = reverse("letters:message_settle", args=[doubt.pk])
    office.post(path, {"went": "yes"})
    doubt.refresh_from_db()
    assert (doubt.state, doubt.sent_at) == ("sent", NINE)
    page = office.post(path, {"went": "no"}, follow=True).content.decode()
    assert "not in doubt any more" in page


def test_a_message_that_failed_is_found_from_the_desk_and_left_with_what_was_done_instead(cast, office, chase):
    chase()
    failed = Message.objects.get(recipient=cast.pat)
    Message.objects.filter(pk=failed.pk).update(state="failed", ended_why="The mail server refused the address.")
    look = reverse("letters:message_list") + "?state=look"
    assert f'href="{look}"' in office.get(reverse("reporting:desk")).content.decode()
    assert "1 message<" in office.get(look).content.decode()
    path = reverse("letters:message_leave", args=[failed.pk])
    assert "Say what was done instead." in office.post(path, {"why": ""}, follow=True).content.decode()
    page = office.post(path, {"why": "Told in person"}, follow=True).content.decode()
    assert "Left as not sent, with your words." in page
    assert "refused the address. Mrs S. Pugh: Told in person" in page
    assert "0 messages<" in office.get(look).content.decode()


def test_a_message_of_another_school_is_not_there(cast, sign_in, chase, at_morning):
    chase()
    client = sign_in(cast.olly)
    assert client.get(reverse("letters:message_detail", args=[Message.objects.first().pk])).status_code == 404


def test_a_register_that_has_not_opened_is_not_chased(office, cast):
    path = reverse("letters:chase", kwargs={**where(cast.eight_c), "half": "PM"})
    answer = office.post(path, {"key": uuid4(), "note": ""})
    assert answer.status_code == 422
    assert "open at 13:20" in answer.content.decode()
    assert Message.objects.count() == 0
