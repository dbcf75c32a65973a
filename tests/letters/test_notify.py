"""Text messages by GOV.UK Notify: counted at a server of our own, and what it says of them afterwards."""

import json
from datetime import timedelta

import pytest
from django.urls import reverse

from letters import post
from letters.actions import deliveries, outbox
from letters.models import Message
from registers.models import ContactFault, LineMessage
from tests.letters.conftest import MONDAY_AM, NINE, TOKEN

State = Message.State


@pytest.fixture
def text(cast):
    contact = cast.callum.parents.get().contact
    contact.mobile = "07700 900123"
    contact.save()
    return Message.objects.create(
        school=cast.thornbridge,
        key="alert:callum",
        kind=Message.Kind.ALERT,
        channel=Message.Channel.SMS,
        contact=contact,
        recipient_name=str(contact),
        address=contact.mobile,
        subject="Not in school",
        body="Callum is not in school this morning. Please ring 0113 496 0000.",
        pupil=cast.callum,
        on=MONDAY_AM.on,
        half="AM",
        written_at=NINE,
        written_by="Sandra",
        due_at=NINE,
    )


@pytest.fixture(autouse=True)
def as_written(monkeypatch):
    """What an alert reads again has tests of its own: here it goes as it was written."""
    from letters.queries import reading

    monkeypatch.setattr(reading, "READERS", {})


def deliver(message, at=NINE):
    state = outbox.deliver(message_id=message.pk, at=at)
    message.refresh_from_db()
    return state


def test_a_text_goes_once_with_the_offices_own_reference_and_keeps_its_number_there(text, notify):
    assert deliver(text) == State.SENT
    assert deliver(text) is None
    (taken,) = notify.taken
    assert (taken["kind"], taken["phone_number"]) == ("sms", "07700 900123")
    assert taken["personalisation"] == {"message": text.body}
    assert taken["reference"] == outbox.reference_of(text)
    assert "Callum" not in taken["reference"]
    assert text.reference == taken["id"]


def test_a_posted_letter_is_handed_over_as_the_file_it_is(text, notify, settings):
    settings.OFFICE_NOTIFY_TEXT_TEMPLATE = ""
    with post.open_line(Message.Channel.LETTER) as line:
        number = line.send(
            post.Parcel(
                "", "Letter", "", "office-1-1@x", attachment=post.Attachment("a.pdf", "application/pdf", b"%PDF")
            )
        )
    (taken,) = notify.taken
    assert (taken["kind"], taken["file"], taken["id"]) == ("letter", b"%PDF", number)


def test_without_a_key_it_fails_at_once_and_says_what_to_set(text, notify, settings):
    settings.OFFICE_NOTIFY_KEY = ""
    assert deliver(text) == State.FAILED
    assert "OFFICE_NOTIFY_KEY" in text.ended_why


def test_without_a_text_template_a_text_fails_at_once_and_says_what_to_set(text, notify, settings):
    settings.OFFICE_NOTIFY_TEXT_TEMPLATE = ""
    assert deliver(text) == State.FAILED
    assert "OFFICE_NOTIFY_TEXT_TEMPLATE" in text.ended_why
    assert notify.taken == []


def test_however_many_are_in_doubt_each_is_asked_about_in_its_turn(text, notify, monkeypatch):
    monkeypatch.setattr(deliveries, "ASKED_AT_ONCE", 1)
    deliver(text)
    text.pk, text.key = None, "alert:callum again"
    text.state, text.reference, text.handed_at = State.WAITING, "", None
    text.save()
    deliver(text)
    second = notify.taken[1]
    notify.states[second["id"]] = "delivered"
    later = NINE + timedelta(minutes=20)
    assert deliveries.ask_notify(at=later) == {}
    assert deliveries.ask_notify(at=later + timedelta(minutes=10)) == {State.DELIVERED: 1}


def test_too_many_waits_and_a_refusal_is_for_good(text, notify):
    notify.answers = [429, 400]
    assert deliver(text) == State.WAITING
    assert text.due_at == NINE + timedelta(minutes=1)
    assert deliver(text, NINE + timedelta(minutes=1)) == State.FAILED
    assert "Not today" in text.ended_why
    assert notify.taken == []


def test_a_server_error_before_it_took_the_text_is_tried_again_and_goes_once(text, notify):
    notify.answers = [500]
    assert deliver(text) == State.WAITING
    assert deliver(text, NINE + timedelta(minutes=1)) == State.SENT
    assert len(notify.taken) == 1


@pytest.mark.parametrize("answer", ["500 after taking", "break"])
def test_what_broke_after_it_was_taken_is_found_by_its_reference_and_not_sent_again(text, notify, answer):
    notify.answers = [answer]
    assert deliver(text) == State.SENT
    assert text.reference == notify.taken[0]["id"]
    assert len(notify.taken) == 1


def test_what_nobody_can_tell_is_uncertain_until_notify_answers_again(text, notify):
    notify.answers = ["break", "silence"]
    assert deliver(text) == State.UNCERTAIN
    notify.answers = []
    later = NINE + timedelta(minutes=20)
    notify.states[notify.taken[0]["id"]] = "delivered"
    assert deliveries.ask_notify(at=later) == {State.DELIVERED: 1}
    text.refresh_from_db()
    assert (text.state, text.delivered_at) == (State.DELIVERED, later)
    assert len(notify.taken) == 1


def test_a_server_nobody_listens_at_is_certainly_not_sent(text, notify, settings):
    settings.OFFICE_NOTIFY_URL = "http://127.0.0.1:1"
    assert deliver(text) == State.WAITING


def tell(client, name, said, token=TOKEN):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return client.post(reverse(name), json.dumps(said), content_type="application/json", headers=headers)


def test_notify_tells_that_it_arrived_once_however_often(text, notify, client, at_morning):
    deliver(text)
    said = {"id": text.reference, "reference": outbox.reference_of(text), "status": "delivered"}
    assert [tell(client, "letters:notify_delivery", said).json() for _ in range(3)] == [{"known": True}] * 3
    text.refresh_from_db()
    assert (text.state, text.delivered_at) == (State.DELIVERED, at_morning)


def test_a_number_that_does_not_exist_fails_the_text_and_is_told_to_the_contacts_health(
    text, notify, client, at_morning
):
    deliver(text)
    said = {"id": text.reference, "reference": "", "status": "permanent-failure"}
    assert tell(client, "letters:notify_delivery", said).status_code == 200
    text.refresh_from_db()
    assert (text.state, text.ended_why) == (State.FAILED, "There is no such number or address.")
    fault = ContactFault.objects.get(contact=text.contact)
    assert (fault.way, fault.fault) == ("mobile", "dead")


def test_what_is_none_of_ours_is_answered_and_changes_nothing(text, notify, client, at_morning):
    said = {"id": "somebody else's", "reference": "office-1-999999@x", "status": "delivered"}
    assert tell(client, "letters:notify_delivery", said).json() == {"known": False}


@pytest.mark.parametrize("token", ["", "guessed", "the token of both side"])
@pytest.mark.parametrize("name", ["letters:notify_delivery", "letters:notify_reply"])
def test_nobody_gets_in_without_the_token(text, notify, client, name, token):
    assert tell(client, name, {"id": "1"}, token).status_code == 401
    assert client.get(reverse(name)).status_code == 405


def test_without_a_token_set_nobody_gets_in_at_all(notify, client, settings, db):
    settings.OFFICE_NOTIFY_CALLBACK_TOKEN = ""
    assert tell(client, "letters:notify_reply", {"id": "1"}, " ").status_code == 401


@pytest.mark.parametrize("body", ["", "[]", "not json", "1"])
def test_what_is_no_message_is_refused_in_words(notify, client, body, db):
    answer = client.post(
        reverse("letters:notify_reply"),
        body,
        content_type="application/json",
        headers={"Authorization": "Bearer the token of both sides"},
    )
    assert (answer.status_code, answer.json()) == (400, {"error": "That is no message of Notify's."})


def test_an_answer_joins_the_absence_lines_queue_once_at_the_school_that_wrote(text, notify, client, at_morning):
    deliver(text)
    said = {
        "id": "r1",
        "source_number": "447700900123",
        "destination_number": "07900900900",
        "message": "Sorry, Callum has a temperature",
        "date_received": "2026-11-23T09:12:00.000000Z",
    }
    assert [tell(client, "letters:notify_reply", said).json() for _ in range(2)] == [{"known": True}] * 2
    row = LineMessage.objects.get()
    assert (row.school, row.channel, row.state) == (text.school, "text", "waiting")
    assert (row.body, row.sender) == ("Sorry, Callum has a temperature", "447700900123")


def test_an_answer_from_a_number_nobody_wrote_to_has_no_school_among_two(text, notify, client, at_morning):
    said = {"id": "r2", "source_number": "447700900999", "message": "Hello", "date_received": ""}
    assert tell(client, "letters:notify_reply", said).json() == {"known": False}
    assert not LineMessage.objects.exists()
