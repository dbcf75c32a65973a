"""The call sheet, the hour at which nobody was reached, and what parents answered."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, transaction

from attendance_office.refusals import Refused
from interventions.actions.calls import record_attempt
from interventions.actions.due import run_job
from interventions.actions.first_day import agree, open_families
from interventions.actions.safeguarding import close_item, raise_item, take_step
from interventions.models import Attempt, SafeguardingItem
from interventions.queries.first_day import board_of, open_items, to_ring
from interventions.rules.first_day import proposed_code
from letters.actions.outbox import deliver
from letters.actions.replies import take_reply
from letters.models import Message
from registers.models import AbsenceNote, ContactFault, Mark, Parent
from tests.conftest import MONDAY, MORNING
from tests.factories.cast import person

from .conftest import AM, LATER, amend, contact_of, family_of, prepare

ELEVEN = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)


@pytest.fixture
def sheet(away):
    """Give the morning with both families on the call sheet."""
    open_families(school=away.thornbridge, session=AM, pupil_ids=None, by=away.sandra, at=MORNING)
    return away


def ring(cast, pupil, outcome, *, by=None, at=MORNING, contact=None, way="mobile", **said):
    return record_attempt(
        day=family_of(pupil), contact=contact or contact_of(pupil), way=way, outcome=outcome, by=by or cast.sandra,
        at=at, **said,
    )  # fmt: skip


def no_contact(cast, at=ELEVEN):
    return run_job(school=cast.thornbridge, job="no_contact", on=MONDAY, by=None, at=at)


def code_of(pupil):
    return Mark.objects.get(pupil=pupil, on=MONDAY, half="AM").code


def reply(cast, pupil, text, at=MORNING):
    return take_reply(
        number=contact_of(pupil).mobile.replace(" ", ""), text=text, reference="n1", received_at=at, at=at
    )


def board(cast, user=None, at=LATER):
    return board_of(cast.thornbridge, user or cast.sandra, AM, at)


# ---------- the call sheet ----------


def test_what_was_said_becomes_the_note_of_all_children_of_the_call(away):
    Parent.objects.filter(pupil=away.amina).update(contact=contact_of(away.callum))
    open_families(school=away.thornbridge, session=AM, pupil_ids=None, by=away.sandra, at=MORNING)
    ring(away, away.callum, "spoke", words="Both have a cold", code="i", pupils=[away.callum, away.amina])
    assert (code_of(away.callum), code_of(away.amina)) == ("I", "I")
    assert set(AbsenceNote.objects.values_list("reason", flat=True)) == {"Both have a cold"}
    assert board(away).open == []


def test_each_attempt_is_kept_and_seen_by_whoever_rings_next(sheet):
    ring(sheet, sheet.callum, "no_answer")
    ring(sheet, sheet.callum, "voicemail", by=sheet.bea, at=LATER)
    line = next(one for one in board(sheet, sheet.bea).to_ring if sheet.callum in one.family.pupils)
    assert [(one.outcome, one.by, one.number) for one in line.attempts] == [
        ("voicemail", sheet.bea, "07700 900100"), ("no_answer", sheet.sandra, "07700 900100"),
    ]  # fmt: skip
    with pytest.raises(DatabaseError), transaction.atomic():
        Attempt.objects.update(outcome="spoke")


def test_a_dead_number_feeds_contact_health(sheet):
    ring(sheet, sheet.callum, "dead")
    fault = ContactFault.objects.get()
    assert (fault.contact, fault.way, fault.fault, fault.found_by) == (
        contact_of(sheet.callum), "mobile", "dead", sheet.sandra,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("outcome", "said", "words"),
    [
        ("spoke", {}, "Write down what was said"),
        ("refused", {"words": " "}, "Write down what was said"),
        ("voicemail", {"code": "I"}, "only where somebody was spoken with"),
        ("sang", {}, "Choose what came of the call"),
        ("no_answer", {"way": "work_phone"}, "no number of this family"),
        ("spoke", {"words": "Ill", "code": "I"}, "Tick whose absence"),
        ("spoke", {"words": "Ill", "code": "N"}, "N"),
    ],
)
def test_what_cannot_be_recorded_is_refused_and_leaves_nothing(sheet, outcome, said, words):
    if said.get("code") == "N":
        said = said | {"pupils": [sheet.callum]}
    with pytest.raises(Refused, match=words):
        ring(sheet, sheet.callum, outcome, **said)
    assert not Attempt.objects.exists()


def test_who_is_not_to_be_contacted_and_another_familys_contact_are_refused(sheet):
    with pytest.raises(Refused, match="no number of this family"):
        ring(sheet, sheet.callum, "no_answer", contact=contact_of(sheet.freya))
    Parent.objects.filter(pupil=sheet.callum).update(do_not_contact=True, why_not="Court order")
    with pytest.raises(Refused, match="not to be contacted"):
        ring(sheet, sheet.callum, "no_answer")
    assert [one.may_ring for one in board(sheet).lines[0].numbers] == [False]


def test_a_dsl_rings_and_writes_down_but_does_not_code_the_register(sheet):
    ring(sheet, sheet.callum, "spoke", by=sheet.dee, words="On the way in")
    with pytest.raises(Refused, match="does not log absences"):
        ring(sheet, sheet.callum, "spoke", by=sheet.dee, words="Ill", code="I", pupils=[sheet.callum])
    assert not to_ring(sheet.thornbridge, sheet.sandra, LATER).filter(pupils__pupil=sheet.callum).exists()


# ---------- nobody reached ----------


def test_at_the_hour_who_was_not_reached_goes_to_safeguarding_and_the_dsl_and_deputy_are_told(away):
    deputy = person(away.thornbridge, "dsl", "Mr", "Dan", "Deputy")
    prepare(away)
    ring(away, away.callum, "no_answer")
    ring(away, away.callum, "voicemail")
    ring(away, away.amina, "spoke", words="On the bus, running late")
    run = no_contact(away)
    item = SafeguardingItem.objects.get()
    assert item.first_day == family_of(away.callum)
    assert item.since_at == datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    assert item.why.startswith("Rung 2 times: no answer, left a voicemail. Alert to Mrs Ann Ashworth: waiting.")
    told = Message.objects.filter(kind="safeguarding")
    assert {(one.recipient, one.channel) for one in told} == {
        (user, channel) for user in (away.dee, deputy) for channel in ("email", "screen")
    }
    assert all("Callum" not in one.subject for one in told)
    assert "Callum Ashworth, 9A: marked absent at 09:00" in told[0].body
    # 8C is not taken: of its pupils nothing is known, and the run says so.
    assert run.words.endswith("1 registers not taken: of their pupils nothing is known.")
    assert no_contact(away, ELEVEN + timedelta(minutes=5)).started_at == ELEVEN
    assert SafeguardingItem.objects.count() == 1


def test_families_that_nobody_opened_are_found_at_the_hour_too(away):
    no_contact(away)
    assert SafeguardingItem.objects.count() == 2
    assert SafeguardingItem.objects.first().why == "Nobody was rung. No alert was sent."


def test_a_parent_who_believed_the_child_in_school_raises_it_at_once(sheet):
    ring(sheet, sheet.callum, "expected", words="I dropped him at the gate")
    item = SafeguardingItem.objects.get()
    assert item.why == "Mrs Ann Ashworth believed the child in school at 09:14: I dropped him at the gate"
    assert Message.objects.filter(kind="safeguarding", due_at=MORNING).exists()


def test_what_is_told_says_what_the_register_says_by_then_and_goes_all_the_same(sheet):
    item = raise_item(day=family_of(sheet.callum), why="Nobody answers", by=sheet.sandra, at=MORNING)
    amend(sheet, "callum", "L")
    message = Message.objects.filter(kind="safeguarding", channel="email").get()
    assert deliver(message_id=message.pk, at=LATER) == "sent"
    message.refresh_from_db()
    assert message.body.endswith("Callum Ashworth: the register says L at 09:20.")
    item.refresh_from_db()
    assert item.closed_at is None
    assert list(open_items(sheet.thornbridge, sheet.dee)) == [item]


def test_only_a_person_who_may_closes_it_and_with_words(sheet):
    item = raise_item(day=family_of(sheet.callum), why="Nobody answers", by=sheet.sandra, at=MORNING)
    with pytest.raises(Refused, match="Only the DSL"):
        close_item(item=item, why="Found", by=sheet.sandra, at=LATER)
    with pytest.raises(Refused, match="Write why"):
        close_item(item=item, why=" ", by=sheet.dee, at=LATER)
    close_item(item=item, why="Grandmother rang back at 11:20", by=sheet.dee, at=LATER)
    with pytest.raises(Refused, match=r"Ms D\. Lacey closed it at 09:20"):
        close_item(item=item, why="Again", by=sheet.laila, at=LATER)
    with pytest.raises(Refused, match="closed it"):
        take_step(item=item, kind="police", words="Rang 101", by=sheet.dee, at=LATER)


def test_safe_and_well_is_kept_as_somebodys_word_and_closes_nothing(sheet):
    item = raise_item(day=family_of(sheet.callum), why="Nobody answers", by=sheet.sandra, at=MORNING)
    with pytest.raises(Refused, match="who said so, and how they know"):
        take_step(item=item, kind="safe_and_well", words="At home", by=sheet.dee, at=LATER)
    with pytest.raises(Refused, match="not come yet"):
        take_step(item=item, kind="visit", words="x", said_at=LATER + timedelta(hours=1), by=sheet.dee, at=LATER)
    step = take_step(
        item=item, kind="safe_and_well", words="he is at home in bed", who_said="Grandmother",
        how_known="Spoke with him herself", by=sheet.dee, at=LATER,
    )  # fmt: skip
    item.refresh_from_db()
    assert (step.who_said, item.closed_at) == ("Grandmother", None)
    with pytest.raises(DatabaseError), transaction.atomic():
        item.steps.all().delete()


# ---------- answers ----------


def test_an_answer_is_matched_to_the_pupil_and_settles_the_n_when_the_officer_agrees(away):
    prepare(away)
    deliver(message_id=Message.objects.get(contact=contact_of(away.callum)).pk, at=LATER)
    message = reply(away, away.callum, "Callum is ill, sorry", LATER)
    (line,) = [one for one in board(away).open if one.replies]
    assert (line.family.pupils, line.replies[0].code, line.replies[0].pupil_ids) == (
        (away.callum,), "I", {away.callum.pk},
    )  # fmt: skip
    assert code_of(away.callum) == "N"
    agree(
        day=line.first_day, message=message, contact=contact_of(away.callum), pupils=[away.callum], code="I", until="",
        by=away.sandra, at=LATER,
    )  # fmt: skip
    assert code_of(away.callum) == "I"
    message.refresh_from_db()
    assert message.state == "worked"
    with pytest.raises(Refused, match="worked this message"):
        agree(
            day=line.first_day, message=message, contact=None, pupils=[away.callum], code="I", until="",
            by=away.bea, at=LATER,
        )  # fmt: skip


def test_an_answer_about_one_of_two_children_is_about_that_one(away):
    Parent.objects.filter(pupil=away.amina).update(contact=contact_of(away.callum))
    prepare(away)
    deliver(message_id=Message.objects.get(kind="alert").pk, at=LATER)
    reply(away, away.callum, "Amina has a dentist appointment")
    assert board(away).lines[0].replies[0].pupil_ids == {away.amina.pk}


@pytest.mark.parametrize(
    ("text", "code"),
    [("She is poorly", "I"), ("At the dentist until 11", "M"), ("He left at 8", ""), ("illegal question", "")],
)
def test_the_words_propose_a_code_and_no_more(text, code):
    assert proposed_code(text) == code


# ---------- whose rows ----------


def test_a_head_of_year_sees_the_own_years_families(sheet):
    assert board(sheet, sheet.nine).lines == []
    assert {one.family.names for one in board(sheet, sheet.adeyemi).lines} == {"Callum Ashworth", "Amina Begum"}


def test_another_schools_family_is_not_there(sheet):
    assert board_of(sheet.ridgeway, sheet.olly, AM, LATER).lines == []
