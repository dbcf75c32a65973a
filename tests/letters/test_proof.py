"""The proof of the post room: sums that fit, what is stuck, and the trail of a proof that failed."""

from datetime import timedelta

import pytest
from django.urls import reverse

from attendance_office.audit import trail
from attendance_office.audit.models import Entry
from attendance_office.jobs.actions import beat
from attendance_office.refusals import Refused
from letters.actions import outbox
from letters.actions.doubts import recall_letter
from letters.actions.making import make_next
from letters.actions.proving import prove_post
from letters.actions.templates import supply_templates
from letters.actions.writing import write_letters
from letters.models import Letter, Letterhead, LetterTemplate, Message, PrintRun
from letters.queries.proof import PROVED, proof_of
from letters.queries.writing import usual_period
from registers.models import StoredFile
from registers.rules.sessions import Session
from tests.conftest import MONDAY
from tests.factories.marks import take
from tests.letters.conftest import NINE


@pytest.fixture
def letter(cast):
    """A letter to Callum's mother by e-mail, approved and waiting to be made."""
    take(cast.nine_a, Session(MONDAY - timedelta(days=3), "AM"), by=cast.pat, at=NINE - timedelta(days=3))
    supply_templates(school=cast.thornbridge, by=cast.sandra, at=NINE)
    contact = cast.callum.parents.get().contact
    contact.email, contact.letters_by = "jo@home.invalid", "email"
    contact.address, contact.postcode = "1 Torr Street", "TB1 1AA"
    contact.save()
    Letterhead.objects.filter(school=cast.thornbridge).update(ring_name="Mrs S. Pugh", ring_phone="01632 960142")
    from uuid import uuid4

    (written,), _ = write_letters(
        school=cast.thornbridge,
        pupils=[cast.callum],
        template=LetterTemplate.objects.get(school=cast.thornbridge, kind="concern"),
        fields={"concern": "He was late on Friday."},
        period=usual_period(cast.thornbridge, MONDAY),
        token=uuid4(),
        by=cast.sandra,
        at=NINE,
    )
    return written


def test_a_letter_is_accounted_for_at_every_step(cast, letter, count_queries):
    school = cast.thornbridge
    with count_queries(4):
        assert proof_of(school, at=NINE).fits
    assert make_next(at=NINE).state == Letter.State.READY
    assert proof_of(school, at=NINE).fits
    outbox.deliver(message_id=Message.objects.get(letter=letter).pk, at=NINE)
    letter.refresh_from_db()
    assert letter.state == Letter.State.SENT
    proof = proof_of(school, at=NINE)
    assert proof.fits
    assert [(one.should, one.found) for one in proof.sums] == [(1, 1), (1, 1), (0, 0), (1, 1), (1, 1), (1, 1), (1, 1)]


def test_what_waits_too_long_is_named_with_how_many_and_since_when(cast, letter):
    proof = proof_of(cast.thornbridge, at=NINE + timedelta(minutes=6))
    assert [(one.words, one.many, one.since) for one in proof.stuck] == [("Letters waiting to be made", 1, NINE)]
    assert proof_of(cast.ridgeway, at=NINE + timedelta(minutes=6)).fits


def test_a_letter_that_says_it_went_without_anything_that_took_it_does_not_fit(cast, letter):
    make_next(at=NINE)
    Letter.objects.filter(pk=letter.pk).update(state=Letter.State.SENT, sent_at=NINE)
    proof = proof_of(cast.thornbridge, at=NINE)
    assert "Letters that went, with the one message or print run that took them: 0 of 1" in proof.words


def test_a_failed_proof_goes_into_the_trail_once_and_so_does_its_end(cast, letter):
    def entries():
        return list(Entry.objects.filter(subject_kind="proof").order_by("pk").values_list("verb", flat=True))

    prove_post(school=cast.thornbridge, at=NINE)
    assert entries() == []
    for minutes in (10, 20, 30):
        prove_post(school=cast.thornbridge, at=NINE + timedelta(minutes=minutes))
    assert entries() == ["the post room's proof failed"]
    make_next(at=NINE)
    outbox.deliver(message_id=Message.objects.get(letter=letter).pk, at=NINE)
    prove_post(school=cast.thornbridge, at=NINE + timedelta(minutes=40))
    assert entries()[1:] == ["the post room's proof holds again"]


def test_a_recalled_letters_message_does_not_go_even_when_a_worker_has_claimed_it(cast, letter):
    make_next(at=NINE)
    message = Message.objects.get(letter=letter)
    claimed = outbox._claim(message.pk, at=NINE)
    recall_letter(letter=letter, why="Spoken with the family", by=cast.sandra, at=NINE)
    message.refresh_from_db()
    assert (message.state, message.ended_why) == (Message.State.CANCELLED, "The letter was recalled.")
    assert outbox._begin_hand_over(claimed, outbox.Reading("", "", ""), at=NINE) is False
    assert outbox.deliver(message_id=message.pk, at=NINE) is None
    letter.refresh_from_db()
    assert letter.state == Letter.State.RECALLED


def test_a_letter_on_the_line_is_not_recalled_until_it_is_known_what_became_of_it(cast, letter):
    make_next(at=NINE)
    message = outbox._claim(Message.objects.get(letter=letter).pk, at=NINE)
    assert outbox._begin_hand_over(message, outbox.reading_of(message, at=NINE), at=NINE)
    with pytest.raises(Refused, match="being handed over this moment"):
        recall_letter(letter=letter, why="Spoken with the family", by=cast.sandra, at=NINE)
    letter.refresh_from_db()
    assert letter.state == Letter.State.READY


def wrong(cast):
    return [(one.words, one.found, one.should) for one in proof_of(cast.thornbridge, at=NINE).sums if not one.fits]


def carry(letter):
    make_next(at=NINE)
    outbox.deliver(message_id=Message.objects.get(letter=letter).pk, at=NINE)


def test_a_letter_that_nobody_approved_in_the_trail_is_seen(cast, letter):
    Letter.objects.create(
        school=cast.thornbridge, key="smuggled", kind="concern", pupil=cast.callum, version=letter.version,
        channel="post", to_name="Somebody", proposed_on=MONDAY, proposed_at=NINE, state="waiting",
        approved_at=NINE, approved_by=cast.sandra,
    )  # fmt: skip
    assert wrong(cast) == [("Letters that say they were approved, with the approval in the trail", 1, 2)]


def test_an_approved_letter_whose_row_is_lost_is_seen(cast, letter):
    trail.record(
        verb="approved letters", by=cast.sandra, at=NINE, school_id=cast.thornbridge.pk, subject_kind="school",
        subject_id=cast.thornbridge.pk, words="2 letters to parents approved.", after={"letters": [letter.pk, 999_999]},
    )  # fmt: skip
    assert wrong(cast) == [("Letters approved in the audit trail, with their letter", 1, 2)]


def test_a_ready_letter_that_nothing_will_take_is_seen(cast, letter):
    make_next(at=NINE)
    Message.objects.filter(letter=letter).update(state="cancelled")
    assert wrong(cast) == [("Letters lying ready, with the run or message that is to take them", 0, 1)]
    Letter.objects.filter(pk=letter.pk).update(channel="post")
    assert wrong(cast) == []
    run = PrintRun.objects.create(
        school=cast.thornbridge,
        made_at=NINE,
        made_by=cast.sandra,
        state="posted",
        posted_at=NINE,
        posted_by=cast.sandra,
    )
    Letter.objects.filter(pk=letter.pk).update(print_run=run)
    assert wrong(cast) == [("Letters lying ready, with the run or message that is to take them", 0, 1)]


def test_a_letter_that_went_twice_is_seen(cast, letter):
    carry(letter)
    run = PrintRun.objects.create(
        school=cast.thornbridge,
        made_at=NINE,
        made_by=cast.sandra,
        state="posted",
        posted_at=NINE,
        posted_by=cast.sandra,
    )
    Letter.objects.filter(pk=letter.pk).update(print_run=run, run_place=1)
    assert wrong(cast) == [("Letters that went, with the one message or print run that took them", 0, 1)]


def test_a_message_that_took_a_letter_which_does_not_say_so_is_seen(cast, letter):
    carry(letter)
    Letter.objects.filter(pk=letter.pk).update(state="held_back")
    assert wrong(cast) == [("Messages that took a letter, with the letter that says so", 0, 1)]


def test_a_file_that_is_not_of_the_size_it_had_is_seen(cast, letter):
    make_next(at=NINE)
    letter.refresh_from_db()
    other = StoredFile.objects.create(
        school=cast.thornbridge, purpose="letter", name="x.pdf", kind="application/pdf", size=900, sha256="0" * 64,
        content=b"x", added_at=NINE,
    )  # fmt: skip
    Letter.objects.filter(pk=letter.pk).update(file=other)
    assert wrong(cast) == [("Letters made, with their whole file", 0, 1)]


def test_the_post_page_shows_the_sums_and_what_is_stuck_and_to_whom_it_sends(
    cast, letter, sign_in, at_morning, settings
):
    settings.OFFICE_POST = "smtp"
    Letter.objects.filter(pk=letter.pk).update(due_at=NINE - timedelta(minutes=30))
    client = sign_in(cast.sandra)
    page = client.get(reverse("letters:message_list")).content.decode()
    assert "to staff and to homes" in page
    assert "proof does not hold" in page
    assert "Letters waiting to be made: 1, since Mon 23 Nov 08:30" in page
    assert "the clock has not proved it yet" in page
    beat(name=PROVED, at=NINE)
    Letter.objects.filter(pk=letter.pk).update(due_at=NINE + timedelta(hours=3))
    page = client.get(reverse("letters:message_list")).content.decode()
    assert "Every sum fits" in page
    assert "by the clock Mon 23 Nov 09:00" in page
