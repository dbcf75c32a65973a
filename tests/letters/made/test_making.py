"""Letters made: read again, printed once, kept with their hash; held back, failed, or tried again."""

import hashlib
import threading
from datetime import timedelta
from io import BytesIO
from uuid import uuid4

import pypdf
import pytest
from django.db import connection

from attendance_office.audit.models import Entry
from attendance_office.refusals import Refused
from letters import pdf
from letters.actions import making
from letters.models import Letter, Message, Stop
from registers.actions.amendments import amend_mark
from registers.models import Enrolment, StoredFile
from tests.factories.post_room import EARLIER, MORNING, WEEK, mark_week, write

State = Letter.State


def text_of(letter):
    reader = pypdf.PdfReader(BytesIO(bytes(letter.file.content)))
    return " ".join("\n".join(page.extract_text() for page in reader.pages).split())


def made(letter, at=MORNING):
    making.make_next(at=at)
    letter.refresh_from_db()
    return letter


def test_a_letter_is_made_with_its_figures_frozen_and_its_hash_kept(school):
    letter = made(write(school, school.callum)[0])
    assert letter.state == State.READY
    assert letter.file.sha256 == hashlib.sha256(bytes(letter.file.content)).hexdigest()
    said = text_of(letter)
    assert "Callum has missed 1½ days (3 sessions) from Mon 16 Nov 2026 to Fri 20 Nov 2026." in said
    assert "Mon 16 Nov 2026 all day Ill 2" in said
    assert "Mrs Sandra Pugh on 01632 960 142" in said
    assert letter.facts_sent["attended"] == 7
    assert "Dear Mrs Ashworth" in letter.words
    assert Entry.objects.about("letter", letter.pk).get().words.endswith("was made")


def test_a_made_letter_is_never_made_again(school):
    letter = made(write(school, school.callum)[0])
    first = letter.file_id
    assert making.make_next(at=MORNING) is None
    letter.refresh_from_db()
    assert letter.file_id == first
    assert StoredFile.objects.filter(purpose="letter").count() == 1


def test_marks_are_read_again_when_a_letter_is_made(school):
    (letter,) = write(school, school.callum)
    mark = school.callum.marks.get(on=WEEK[4], half="PM")
    amend_mark(
        mark=mark, code="\\", minutes_late=None, comment="", reason="He was in the library", by=school.sandra, at=MORNING
    )  # fmt: skip
    letter = made(letter)
    assert letter.facts["attended"] == 7
    assert letter.facts_sent["attended"] == 8
    assert "missed 1 day (2 sessions)" in text_of(letter)


def test_a_stop_set_after_approval_holds_the_letter_back_with_its_reason(school):
    (letter,) = write(school, school.callum)
    Stop.objects.create(
        school=school.thornbridge, pupil=school.callum, reason="Bereavement", owner=school.bea,
        from_on=WEEK[0], made_at=MORNING, made_by=school.bea,
    )  # fmt: skip
    letter = made(letter)
    assert letter.state == State.HELD_BACK
    assert letter.ended_why.startswith("Bereavement")
    assert letter.file is None


def test_a_leaver_and_a_home_that_moved_are_held_back(school):
    (one,) = write(school, school.callum)
    (two,) = write(school, school.amina)
    Enrolment.objects.filter(pupil=school.callum).update(ends_on=WEEK[4], leaving_ground="a")
    contact = school.amina.parents.get().contact
    contact.address = "9 New Road"
    contact.save()
    assert made(one).state == State.HELD_BACK
    assert made(two).state == State.HELD_BACK
    assert "the address changed" in two.ended_why


def test_a_field_without_a_value_stops_the_letter_in_words(school):
    (letter,) = write(school, school.callum)
    head = school.thornbridge.letterhead
    head.ring_phone = ""
    head.save()
    letter = made(letter)
    assert letter.state == State.FAILED
    assert letter.ended_why == "((their number)) has no value: that adult's number."


def test_one_that_breaks_does_not_stop_those_behind_it_and_fails_after_three_tries(school, monkeypatch):
    bad, good = write(school, school.callum, school.amina)
    real = pdf.letter

    def press(sheet):
        if "Ashworth" in sheet.greets:
            raise RuntimeError("no paper")
        return real(sheet)

    monkeypatch.setattr(pdf, "letter", press)
    at = MORNING
    for _ in range(4):
        while making.make_next(at=at) is not None:
            pass
        at += timedelta(minutes=2)
    bad.refresh_from_db()
    good.refresh_from_db()
    assert good.state == State.READY
    assert (bad.state, bad.attempts) == (State.FAILED, 3)
    assert bad.ended_why == "It could not be made (RuntimeError)."


def test_a_letter_whose_worker_died_waits_again_and_three_deaths_are_enough(school):
    (letter,) = write(school, school.callum)
    at = MORNING
    for tries in (1, 2, 3):
        making._claim(at=at, school_id=None)
        assert making.settle_claimed(at=at + timedelta(minutes=2)) == 0
        at += timedelta(minutes=4)
        assert making.settle_claimed(at=at) == 1
        letter.refresh_from_db()
        assert letter.attempts == tries
        at += timedelta(minutes=2)
    assert letter.state == State.FAILED
    assert "worker stopped" in letter.ended_why


def test_a_worker_that_lost_its_claim_leaves_nothing_behind(school, monkeypatch):
    (letter,) = write(school, school.callum)
    real = pdf.letter

    def press(sheet):
        Letter.objects.filter(pk=letter.pk).update(claim=uuid4())
        return real(sheet)

    monkeypatch.setattr(pdf, "letter", press)
    assert made(letter).state == State.CLAIMED
    assert not StoredFile.objects.filter(purpose="letter").exists()


def test_an_email_letter_leaves_one_message_with_the_file_in_the_outbox(school):
    contact = school.callum.parents.get().contact
    contact.letters_by, contact.email = "email", "jo@home.invalid"
    contact.save()
    letter = made(write(school, school.callum)[0])
    message = Message.objects.get(letter=letter)
    assert (message.kind, message.address, message.attachment_id) == ("letter", "jo@home.invalid", letter.file_id)
    assert message.contact == contact
    assert making.leave_to_post(letter, "again", at=MORNING) == message


def test_large_print_and_language_go_as_the_home_asked_and_fall_back_with_a_note(school):
    contact = school.callum.parents.get().contact
    contact.is_large_print, contact.language = True, "Polish"
    contact.save()
    letter = made(write(school, school.callum)[0])
    assert letter.is_large_print
    assert "If you would like this letter in Polish, please ring us." in text_of(letter)


def test_the_same_press_twice_writes_no_second_letter(school):
    token = uuid4()
    first = write(school, school.callum, school.amina, token=token)
    assert [one.pk for one in write(school, school.callum, school.amina, token=token)] == [one.pk for one in first]
    assert Letter.objects.count() == 2


def test_a_meeting_without_its_date_is_written_to_nobody(school):
    with pytest.raises(Refused, match=r"meeting date.*has no value"):
        write(school, school.callum, kind="meeting", fields={"meeting time": "3 pm"})


def test_a_meeting_says_when_and_where(school):
    assert "Tue 1 Dec 2026 at 3.30 pm" in text_of(made(write(school, school.callum, kind="meeting")[0]))


def test_improvement_compares_two_times_exactly(school):
    mark_week(school.nine_a, EARLIER, by=school.sandra, codes={school.callum.pk: lambda *_: "O"})
    letter = made(write(school, school.callum, kind="improved", earlier=(EARLIER[0], EARLIER[-1]))[0])
    assert "His attendance was 0.0 %." in text_of(letter).replace("\u00a0", " ")
    assert "70.0 percentage points better" in text_of(letter).replace("\u00a0", " ")


def test_brothers_and_sisters_are_named_only_to_a_parent_of_each(school):
    from tests.factories.registers import ParentFactory

    contact = school.callum.parents.get().contact
    ParentFactory(pupil=school.freya, contact=contact, school=school.thornbridge)
    from letters.queries.letter_values import home_of

    assert home_of(school.callum, [contact], on=WEEK[4]).siblings == "Freya (9A)"
    other = school.amina.parents.get().contact
    assert home_of(school.callum, [contact, other], on=WEEK[4]).siblings == ""


@pytest.mark.django_db(transaction=True)
def test_two_makers_never_make_one_letter(school):
    write(school, school.callum, school.amina, school.freya)
    names = []

    def work():
        try:
            while (letter := making.make_next(at=MORNING)) is not None:
                names.append(letter.pk)
        finally:
            connection.close()

    hands = [threading.Thread(target=work) for _ in range(2)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    assert sorted(names) == sorted(Letter.objects.values_list("pk", flat=True))
    assert StoredFile.objects.filter(purpose="letter").count() == 3
