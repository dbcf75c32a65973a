"""Letters that the register supports no longer: flagged, apologised for, recalled, left to stand."""

from datetime import date, timedelta

import pytest

from attendance_office.audit.models import Entry
from attendance_office.refusals import Refused
from letters.actions.deciding import release_letter
from letters.actions.doubts import find_doubted, let_stand, recall_letter
from letters.actions.runs import mark_posted, take_back_posted
from letters.models import Letter, PrintRun
from letters.queries.doubts import in_doubt
from letters.queries.still_due import still_due
from tests.factories.letters import AT, amend, make_sent

FIRST = date(2026, 11, 9)
LATER = AT + timedelta(hours=2)


@pytest.fixture
def corrected(sent):
    """Give Callum's sent letter after one of its marks was corrected: 19 of 20 is not below 95 %."""
    amend(sent.pupil, FIRST, "AM", "/", by=sent.sent_by, at=AT + timedelta(hours=1))
    return sent


def look(cast, at=LATER):
    return find_doubted(school=cast.thornbridge, by=None, at=at)


def test_a_letter_the_register_supports_is_not_doubted(fallen, sent):
    assert look(fallen) == []
    amend(sent.pupil, FIRST, "AM", "M", by=fallen.sandra, at=AT + timedelta(hours=1))
    assert look(fallen) == []


def test_a_corrected_mark_flags_the_letter_and_drafts_the_apology_once(fallen, corrected):
    assert [one.pk for one in look(fallen)] == [corrected.pk]
    assert look(fallen) == []
    corrected.refresh_from_db()
    assert corrected.doubted_at == LATER
    assert corrected.doubted_why == "Read as 90.0 % when it was made; the same days now give 95.0 % (19 of 20)."
    apology = Letter.objects.get(kind="apology")
    assert (apology.corrects, apology.state, apology.to_name) == (corrected, "proposed", corrected.to_name)
    assert apology.addressees.get().contact == corrected.addressees.get().contact
    assert apology.fields == {"wrong letter date": "Mon 23 Nov 2026"}
    assert list(in_doubt(fallen.thornbridge, fallen.sandra)) == [corrected]
    assert list(in_doubt(fallen.thornbridge, fallen.nine)) == []


def test_a_correction_taken_back_takes_the_flag_and_the_draft_with_it(fallen, corrected):
    look(fallen)
    amend(corrected.pupil, FIRST, "AM", "I", by=fallen.sandra, at=LATER)
    assert look(fallen, LATER + timedelta(minutes=5)) == []
    corrected.refresh_from_db()
    assert corrected.doubted_at is None
    assert Letter.objects.get(kind="apology").state == "declined"
    amend(corrected.pupil, FIRST, "AM", "/", by=fallen.sandra, at=LATER + timedelta(minutes=6))
    assert len(look(fallen, LATER + timedelta(minutes=10))) == 1
    assert sorted(Letter.objects.filter(kind="apology").values_list("state", flat=True)) == ["declined", "proposed"]


def test_an_approved_apology_recalls_the_letter_it_corrects(fallen, corrected, approve):
    look(fallen)
    apology = Letter.objects.get(kind="apology")
    approve(apology, at=LATER)
    corrected.refresh_from_db()
    assert (corrected.state, corrected.recalled_by) == ("sent", fallen.sandra)
    assert not in_doubt(fallen.thornbridge, fallen.sandra).exists()
    apology.refresh_from_db()
    assert still_due(apology, at=LATER).is_due


def test_a_letter_left_to_stand_is_not_doubted_again(fallen, corrected):
    look(fallen)
    with pytest.raises(Refused, match="Say why"):
        let_stand(letter=corrected, why="", by=fallen.sandra, at=LATER)
    let_stand(letter=corrected, why="Spoke to the mother", by=fallen.sandra, at=LATER)
    assert look(fallen, LATER + timedelta(minutes=5)) == []
    assert Letter.objects.get(kind="apology").state == "declined"
    assert Entry.objects.get(verb="let a letter stand").reason == "Spoke to the mother"
    with pytest.raises(Refused, match="not in doubt"):
        let_stand(letter=corrected, why="Again", by=fallen.sandra, at=LATER)


def test_recalling_a_letter_that_has_not_gone_stops_it(fallen, propose, approve):
    propose()
    approve()
    letter = Letter.objects.get(pupil=fallen.callum)
    with pytest.raises(Refused, match="Say why"):
        recall_letter(letter=letter, why=" ", by=fallen.sandra, at=AT)
    done = recall_letter(letter=letter, why="Wrong family", by=fallen.sandra, at=AT)
    assert (done.state, done.ended_why) == ("recalled", "Recalled by Mrs S. Pugh: Wrong family")
    assert not Letter.objects.filter(kind="apology").exists()
    with pytest.raises(Refused, match="recalled already"):
        recall_letter(letter=letter, why="Again", by=fallen.sandra, at=AT)


def test_recalling_a_sent_letter_drafts_the_apology(fallen, sent):
    done = recall_letter(letter=sent, why="Wrong family", by=fallen.sandra, at=LATER)
    assert (done.state, done.recalled_at) == ("sent", LATER)
    assert Letter.objects.get(corrects=sent).state == "proposed"


def test_a_letter_in_the_making_is_not_recalled_and_neither_is_a_proposal(fallen, propose, approve):
    propose()
    letter = Letter.objects.get(pupil=fallen.callum)
    with pytest.raises(Refused, match="nothing to recall"):
        recall_letter(letter=letter, why="No", by=fallen.sandra, at=AT)
    approve()
    Letter.objects.filter(pk=letter.pk).update(state="claimed")
    with pytest.raises(Refused, match="being made this moment"):
        recall_letter(letter=letter, why="No", by=fallen.sandra, at=AT)


def test_looking_costs_the_same_whatever_was_sent(fallen, sent, count_queries):
    with count_queries(6):
        look(fallen)


# ---------- a run whose posting is taken back ----------


@pytest.fixture
def run(fallen, corrected):
    """Give the print run with which Callum's letter went, marked as posted at `LATER`."""
    made = PrintRun.objects.create(school=fallen.thornbridge, made_at=AT, made_by=fallen.sandra, state="ready")
    Letter.objects.filter(pk=corrected.pk).update(state="ready", print_run=made, run_place=1, sent_at=None)
    mark_posted(run=made, with_those_not_due=True, by=fallen.sandra, at=LATER)
    return made


def back(cast, run, minutes=5):
    return take_back_posted(run=run, by=cast.sandra, at=LATER + timedelta(minutes=minutes))


def test_a_drafted_apology_waits_while_the_letter_has_not_gone_and_is_proposed_when_it_goes(fallen, corrected, run):
    look(fallen)
    apology = Letter.objects.get(corrects=corrected)
    back(fallen, run)
    apology.refresh_from_db()
    assert (apology.state, apology.ended_why) == ("held_back", "The letter it corrects has not gone")
    assert look(fallen, LATER + timedelta(minutes=6)) == []
    with pytest.raises(Refused, match="The letter it corrects has not gone"):
        release_letter(letter=apology, by=fallen.sandra, at=LATER + timedelta(minutes=6))
    mark_posted(run=run, with_those_not_due=True, by=fallen.sandra, at=LATER + timedelta(minutes=7))
    apology.refresh_from_db()
    assert (apology.state, apology.ended_why) == ("proposed", "")


def test_an_apology_that_has_gone_keeps_its_run_posted(fallen, corrected, run):
    look(fallen)
    apology = Letter.objects.get(corrects=corrected)
    Letter.objects.filter(pk=apology.pk).update(approved_at=LATER, approved_by=fallen.sandra)
    make_sent(apology, by=fallen.sandra)
    with pytest.raises(Refused, match="An apology for a letter of this run has gone"):
        back(fallen, run)
    corrected.refresh_from_db()
    assert corrected.state == "sent"


def test_a_letter_recalled_after_it_was_marked_posted_does_not_lie_ready_when_that_is_taken_back(
    fallen, corrected, run
):
    recall_letter(letter=corrected, why="The wrong family", by=fallen.sandra, at=LATER)
    back(fallen, run)
    corrected.refresh_from_db()
    assert corrected.state == "recalled"
    assert Letter.objects.get(corrects=corrected).state == "declined"
    assert mark_posted(run=run, by=fallen.sandra, at=LATER + timedelta(minutes=7)) == 0


def test_a_letter_that_goes_while_in_doubt_gets_its_apology_drafted_once(fallen, corrected):
    made = PrintRun.objects.create(school=fallen.thornbridge, made_at=AT, made_by=fallen.sandra, state="ready")
    Letter.objects.filter(pk=corrected.pk).update(state="ready", print_run=made, run_place=1, sent_at=None)
    assert len(look(fallen)) == 1
    assert not Letter.objects.filter(corrects=corrected).exists()
    mark_posted(run=made, with_those_not_due=True, by=fallen.sandra, at=LATER)
    look(fallen, LATER + timedelta(minutes=5))
    look(fallen, LATER + timedelta(minutes=10))
    assert Letter.objects.get(corrects=corrected).state == "proposed"
