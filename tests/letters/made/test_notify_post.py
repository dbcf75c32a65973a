"""Ready letters handed to GOV.UK Notify instead of a print run: counted at a server of our own."""

import hashlib
import json
from datetime import timedelta
from io import BytesIO

import pypdf
import pytest
from django.urls import reverse

from attendance_office.audit.models import Entry
from attendance_office.refusals import Refused
from letters.actions import deliveries, making, notify_post, outbox, runs
from letters.actions.doubts import recall_letter
from letters.actions.stops import keep_stop
from letters.models import Letter, Message, PrintRun
from letters.queries.proof import proof_of
from letters.rules.notify_page import unread_address, unread_file
from registers.models import ContactFault, StoredFile
from tests.factories.post_room import MORNING, write
from tests.letters.conftest import TOKEN

State = Letter.State
LATER = MORNING + timedelta(minutes=20)


def make_all(at=MORNING):
    while making.make_next(at=at) is not None:
        pass


@pytest.fixture
def ready(school, notify):
    """Give two letters, about Callum and Amina, that lie ready where Notify is set up."""
    write(school, school.callum, school.amina)
    make_all()
    return school


def hand(cast, *letters, by=None, at=MORNING):
    ids = [one.pk for one in letters or Letter.objects.all()]
    return notify_post.hand_to_notify(school=cast.thornbridge, letter_ids=ids, by=by or cast.sandra, at=at)


def carry(at=MORNING):
    make_all(at)
    waiting = Message.objects.filter(state="waiting", due_at__lte=at).order_by("pk")
    return [outbox.deliver(message_id=pk, at=at) for pk in waiting.values_list("pk", flat=True)]


def about(pupil):
    return Letter.objects.get(pupil=pupil)


def stop(cast, pupil, at=MORNING):
    return keep_stop(
        pupil=pupil, covers="all", reason="Bereavement", is_private=False, owner=cast.bea, to_on=None,
        by=cast.sandra, at=at,
    )  # fmt: skip


def test_letters_are_laid_out_for_notify_handed_over_once_and_kept_as_they_went(ready, notify):
    before = {one.pk: one.file.sha256 for one in Letter.objects.select_related("file")}
    assert len(hand(ready).going) == 2
    assert set(Letter.objects.values_list("channel", "state")) == {("notify", State.WAITING)}
    assert carry() == ["sent", "sent"]
    assert carry() == []
    assert len(notify.taken) == 2
    for letter in Letter.objects.select_related("file"):
        message = letter.messages.get()
        (taken,) = [one for one in notify.taken if one["reference"] == outbox.reference_of(message)]
        assert taken["kind"] == "letter"
        assert hashlib.sha256(taken["file"]).hexdigest() == letter.file.sha256 != before[letter.pk]
        assert (letter.state, letter.sent_at, message.reference) == (State.SENT, MORNING, taken["id"])
        assert "Thornbridge" in pypdf.PdfReader(BytesIO(taken["file"])).pages[0].extract_text()
    assert StoredFile.objects.filter(purpose="letter").count() == 4
    entry = Entry.objects.get(verb="handed letters to Notify")
    assert entry.before == {"files": {str(pk): sha for pk, sha in before.items()}}
    assert entry.by_id == ready.sandra.pk
    proof = proof_of(ready.thornbridge, at=MORNING)
    assert proof.fits
    assert {one.words: one.found for one in proof.sums}["Letters made for e-mail or Notify, with their message"] == 2


def test_a_letter_in_a_print_run_does_not_go_by_notify_too(ready):
    runs.put_together(school=ready.thornbridge, order="postcode", by=ready.sandra, at=MORNING)
    with pytest.raises(Refused, match="lies ready any more"):
        hand(ready)


def test_handed_over_it_is_in_no_print_run(ready):
    hand(ready)
    make_all()
    with pytest.raises(Refused, match="No letter lies ready"):
        runs.put_together(school=ready.thornbridge, order="postcode", by=ready.sandra, at=MORNING)
    assert not PrintRun.objects.exists()


def test_where_notify_is_not_set_up_it_is_refused_in_words(ready, settings):
    settings.OFFICE_NOTIFY_KEY = ""
    with pytest.raises(Refused, match="not set up here"):
        hand(ready)
    assert set(Letter.objects.values_list("state", "channel")) == {(State.READY, "post")}


def test_a_stop_is_seen_when_it_is_handed_when_it_is_laid_out_and_when_it_goes(school, notify):
    write(school, school.callum, school.amina, school.freya, school.tyler)
    make_all()
    stop(school, school.callum)
    handed = hand(school)
    assert [one.pupil for one in handed.held_back] == [school.callum]
    stop(school, school.amina)
    make_all()
    stop(school, school.freya)
    assert sorted(carry()) == ["cancelled", "sent"]
    states = {one.pupil.forename: one.state for one in Letter.objects.select_related("pupil")}
    held = dict.fromkeys(("Callum", "Amina", "Freya"), State.HELD_BACK)
    assert states == held | {"Tyler": State.SENT}
    assert len(notify.taken) == 1
    assert all(about(one).ended_why.startswith("Bereavement") for one in (school.callum, school.amina, school.freya))


def test_a_letter_held_back_on_its_way_and_approved_again_goes_in_a_message_of_its_own(ready, notify):
    letter = about(ready.callum)
    hand(ready, letter)
    make_all()
    Message.objects.update(state="cancelled", ended_why="A stop")
    Letter.objects.filter(pk=letter.pk).update(state="waiting", due_at=MORNING, attempts=0)
    assert carry() == ["sent"]
    assert letter.messages.count() == 2
    assert len(notify.taken) == 1


def test_an_address_that_notify_would_not_read_stays_for_a_print_run(ready):
    letter = about(ready.amina)
    contact = ready.amina.parents.get().contact
    type(contact).objects.filter(pk=contact.pk).update(address="1 Rue Haute\nBrussels\nBelgium", postcode="")
    Letter.objects.filter(pk=letter.pk).update(to_address="1 Rue Haute\nBrussels\nBelgium")
    handed = hand(ready)
    assert [one.pupil for one in handed.going] == [ready.callum]
    assert handed.staying == [(letter, "the address does not end with a postcode")]
    assert (about(ready.amina).state, about(ready.amina).channel) == (State.READY, "post")


def test_a_timeout_after_hand_over_is_uncertain_until_notify_answers_and_is_not_sent_again(ready, notify):
    letter = about(ready.callum)
    hand(ready, letter)
    notify.answers = ["break", "silence"]
    assert carry() == ["uncertain"]
    letter.refresh_from_db()
    assert letter.state == State.UNCERTAIN
    with pytest.raises(Refused, match="can be brought back"):
        notify_post.bring_back(school=ready.thornbridge, letter_ids=[letter.pk], by=ready.sandra, at=MORNING)
    notify.answers = []
    notify.states[notify.taken[0]["id"]] = "accepted"
    assert deliveries.ask_notify(at=LATER) == {"sent": 1}
    letter.refresh_from_db()
    assert letter.state == State.SENT
    assert len(notify.taken) == 1


def test_a_refused_letter_has_failed_and_can_be_printed_here_instead_and_not_sent_again(ready, notify):
    letter = about(ready.callum)
    hand(ready, letter)
    notify.answers = [400]
    assert carry() == ["failed"]
    letter.refresh_from_db()
    assert letter.state == State.FAILED
    assert "Not today" in letter.ended_why
    notify_post.bring_back(school=ready.thornbridge, letter_ids=[letter.pk], by=ready.sandra, at=MORNING)
    message = letter.messages.get()
    with pytest.raises(Refused, match="not in doubt"):
        outbox.settle(message=message, went=False, by=ready.sandra, at=MORNING)
    assert carry() == []
    run = runs.put_together(school=ready.thornbridge, order="postcode", by=ready.sandra, at=MORNING)
    runs.join_next(at=MORNING)
    assert runs.mark_posted(run=run, by=ready.sandra, at=MORNING) == 2
    assert notify.taken == []
    assert proof_of(ready.thornbridge, at=MORNING).fits


def test_what_notify_says_afterwards_is_said_of_the_letter_once_however_often(ready, notify, client, at_morning):
    letter = about(ready.callum)
    hand(ready, letter)
    carry()
    said = {"id": notify.taken[0]["id"], "reference": notify.taken[0]["reference"], "status": "received"}
    for _ in range(3):
        answer = client.post(
            reverse("letters:notify_delivery"), json.dumps(said), content_type="application/json",
            headers={"Authorization": f"Bearer {TOKEN}"},
        )  # fmt: skip
        assert answer.json() == {"known": True}
    letter.refresh_from_db()
    assert letter.state == State.DELIVERED
    assert Entry.objects.about("message", letter.messages.get().pk).filter(words__contains="posted by GOV").count() == 1


def test_a_letter_that_does_not_fit_notifys_page_fails_and_says_so_and_harms_no_contact(ready, notify):
    letter = about(ready.callum)
    hand(ready, letter)
    carry()
    notify.states[notify.taken[0]["id"]] = "permanent-failure"
    assert deliveries.ask_notify(at=LATER) == {"failed": 1}
    letter.refresh_from_db()
    assert "could not print it" in letter.ended_why
    assert not ContactFault.objects.exists()


def test_a_letter_sent_on_is_asked_about_for_days_but_once_an_hour(ready, notify):
    hand(ready, about(ready.callum))
    carry()
    deliveries.ask_notify(at=LATER)
    number = notify.taken[0]["id"]
    notify.states[number] = "received"
    assert deliveries.ask_notify(at=LATER + timedelta(minutes=30)) == {}
    assert deliveries.ask_notify(at=LATER + timedelta(days=5)) == {"delivered": 1}


def test_a_letter_waiting_for_notify_is_recalled_and_does_not_go(ready, notify):
    waiting, laid_out = about(ready.callum), about(ready.amina)
    hand(ready, laid_out)
    make_all()
    recall_letter(letter=laid_out, why="Spoken with the family", by=ready.sandra, at=MORNING)
    hand(ready, waiting)
    recall_letter(letter=waiting, why="Spoken with the family", by=ready.sandra, at=MORNING)
    assert carry() == []
    assert set(Letter.objects.values_list("state", flat=True)) == {State.RECALLED}
    assert notify.taken == []


def test_an_apology_for_a_letter_that_notify_posted_waits_for_a_person_to_say_how_it_goes(ready, notify):
    letter = about(ready.callum)
    hand(ready, letter)
    carry()
    recall_letter(letter=letter, why="Wrong pupil", by=ready.sandra, at=LATER)
    assert Letter.objects.get(corrects=letter).channel == "post"


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (["Mrs A", "1 Road", "Town", "TB4 9HN"], ""),
        (["Mrs A", "1 Road", "tb49hn "], ""),
        (["Mrs A", "TB4 9HN"], "fewer than three"),
        (["Mrs A", "1 Road", "Town"], "end with a postcode"),
        (["a", "b", "c", "d", "e", "f", "g", "TB4 9HN"], "8 lines"),
        ([], "end with a postcode"),
    ],
)
def test_addresses_that_notify_reads(lines, why):
    found = unread_address(lines)
    assert why in found
    assert bool(why) == bool(found)


def test_a_letter_longer_than_notify_takes_fails_when_it_is_laid_out(ready, notify, monkeypatch):
    assert unread_file(10, 1000) == ""
    assert "11 pages" in unread_file(11, 1000)
    assert "2 MB" in unread_file(1, 3_000_000)
    from letters import pdf

    monkeypatch.setattr(pdf, "pages", lambda content: 11)
    hand(ready, about(ready.callum))
    assert carry() == []
    assert about(ready.callum).state == State.FAILED
    assert "at most 10" in about(ready.callum).ended_why


# ---------- what a person sees ----------


def test_a_person_looks_then_hands_over_and_is_told_what_stays(ready, notify, sign_in, at_morning, count_queries):
    stop(ready, ready.amina)
    client = sign_in(ready.sandra)
    assert "Send by GOV.UK Notify" in client.get(reverse("letters:run_list")).content.decode()
    client.get(reverse("letters:notify_ask"))
    with count_queries(30):
        page = client.get(reverse("letters:notify_ask")).content.decode()
    assert "Bereavement" in page
    picks = list(Letter.objects.values_list("pk", flat=True))
    said = client.post(reverse("letters:notify_hand"), {"pick": picks}, follow=True).content.decode()
    assert "1 letter laid out for GOV.UK Notify" in said
    assert "1 letter held back" in said
    assert about(ready.amina).state == State.HELD_BACK
    page = client.get(reverse("letters:letter_detail", args=[about(ready.callum).pk])).content.decode()
    assert "Print it here instead" in page


def test_what_notify_refused_is_said_above_the_runs_and_brought_back_there(ready, notify, sign_in, at_morning):
    hand(ready)
    notify.answers = [400]
    assert carry() == ["failed", "sent"]
    client = sign_in(ready.sandra)
    page = client.get(reverse("letters:run_list")).content.decode()
    assert "did not post 1 letter" in page
    assert "Not today" in page
    failed = Letter.objects.get(state=State.FAILED)
    client.post(reverse("letters:notify_back"), {"pick": [failed.pk], "back": "letter"})
    failed.refresh_from_db()
    assert (failed.state, failed.channel) == (State.WAITING, "post")


def test_it_is_not_offered_where_notify_is_not_set_up(ready, settings, sign_in, at_morning):
    settings.OFFICE_NOTIFY_KEY = ""
    client = sign_in(ready.sandra)
    assert "GOV.UK Notify" not in client.get(reverse("letters:run_list")).content.decode()
    assert "not set up here" in client.get(reverse("letters:notify_ask")).content.decode()


def test_another_schools_letters_are_not_handed_over(ready, notify):
    with pytest.raises(Refused, match="lies ready any more"):
        notify_post.hand_to_notify(
            school=ready.ridgeway, letter_ids=[about(ready.callum).pk], by=ready.sandra, at=MORNING
        )
