"""Asking for registers: whom, once, and what where nobody can be written to."""

from datetime import timedelta
from uuid import uuid4

import pytest

from attendance_office.audit.models import Entry
from attendance_office.refusals import Refused
from letters.models import Chase, Message
from letters.queries.asks import chased, seen
from registers.actions.attendance import open_register
from registers.actions.cover import end_cover, set_cover
from registers.queries.registers import registers_of
from tests.factories.marks import take
from tests.letters.conftest import MONDAY_AM, NINE


def test_each_person_who_owes_gets_one_message(cast, chase):
    asked = chase()
    assert sorted(m.recipient_name for m in asked.messages) == ["Mr H. Tranter", "Mrs P. Hargreave"]
    message = Message.objects.get(recipient=cast.pat)
    assert message.subject == "Register to take: 9A, Mon 23 Nov 2026, morning"
    assert f"/registers/{cast.nine_a.pk}/2026-11-23/AM/" in message.body
    assert message.why == "is tutor of 9A"
    assert Chase.objects.filter(step="first").count() == 2
    assert Entry.objects.get(verb="chased registers").words.startswith("First ask: Wrote to")


def test_a_pass_never_asks_the_same_person_twice(cast, chase):
    chase()
    again = chase(at=NINE + timedelta(minutes=1))
    assert again.messages == ()
    assert {user.pk for user in again.told_before} == {cast.pat.pk, cast.hal.pk}
    assert Message.objects.count() == 2
    assert Chase.objects.count() == 2


def test_whoever_covers_is_asked_first_and_several_registers_are_one_message(cast, chase):
    set_cover(
        school=cast.thornbridge, tutor_group=cast.eight_c, session=MONDAY_AM, user=cast.pat, by=cast.sandra, at=NINE
    )
    (message,) = chase().messages
    assert message.recipient == cast.pat
    assert message.subject.startswith("2 registers to take: 8C, 9A")
    assert message.why == "covers 8C and is tutor of 9A"
    assert message.chases.count() == 2


def test_a_supply_teacher_without_an_account_goes_onto_the_officers_walk_round_list(cast, chase):
    set_cover(
        school=cast.thornbridge, tutor_group=cast.eight_c, session=MONDAY_AM, name="Ms R. Pell", by=cast.sandra, at=NINE
    )
    asked = chase()
    assert [line.tutor_group.name for line in asked.to_walk] == ["8C"]
    walk = Message.objects.get(kind="walk_round")
    assert walk.recipient == cast.sandra
    assert "Ms R. Pell" in walk.body
    assert "has no account" in walk.body
    assert asked.people == 1


def test_the_second_pass_puts_every_register_still_owed_onto_the_walk_round_list(cast, chase):
    chase()
    take(cast.nine_a, MONDAY_AM, by=cast.pat, at=NINE)
    asked = chase("second", at=NINE + timedelta(minutes=20))
    (walk,) = asked.messages
    assert walk.kind == Message.Kind.WALK_ROUND
    assert "8C" in walk.body
    assert "9A" not in walk.body
    assert Message.objects.filter(kind="chase").count() == 2


def test_nobody_is_asked_for_a_register_that_is_taken(cast, chase):
    take(cast.nine_a, MONDAY_AM, by=cast.pat, at=NINE)
    take(cast.eight_c, MONDAY_AM, by=cast.hal, at=NINE)
    assert chase().messages == ()
    with pytest.raises(Refused, match="nothing to chase"):
        chase("by_hand", by=cast.sandra)


def test_a_chase_by_hand_carries_own_words_and_a_press_twice_is_one(cast, chase):
    chase()
    key = uuid4()
    for _ in range(2):
        chase("by_hand", by=cast.sandra, note="Ring me on 200.", key=key, at=NINE + timedelta(minutes=5))
    messages = Message.objects.filter(key__startswith="by_hand", recipient=cast.pat)
    assert [("Ring me on 200." in m.body, m.written_by) for m in messages] == [(True, "Mrs S. Pugh")]
    with pytest.raises(Refused, match="600"):
        chase("by_hand", by=cast.sandra, note="x" * 601)


def test_no_subject_names_a_pupil_and_no_chase_does(cast, chase):
    chase()
    chase("second")
    for message in Message.objects.all():
        for pupil in cast.pupils.values():
            assert pupil.legal_surname not in message.subject
            assert pupil.legal_surname not in message.body


def test_a_chase_is_seen_when_its_recipient_opens_the_register_after_it(cast, chase):
    chase()
    opened = NINE + timedelta(minutes=4)
    open_register(school=cast.thornbridge, tutor_group=cast.nine_a, session=MONDAY_AM, by=cast.pat, at=opened)
    asked = chased(cast.thornbridge, MONDAY_AM)
    lines = {line.tutor_group.name: line for line in registers_of(cast.thornbridge, MONDAY_AM)}
    assert seen(asked[cast.nine_a.pk], lines["9A"]) == opened
    assert seen(asked[cast.eight_c.pk], lines["8C"]) is None


def test_cover_is_arranged_changed_and_ended_with_lines_in_the_trail(cast):
    where = {"school": cast.thornbridge, "tutor_group": cast.nine_a, "session": MONDAY_AM}
    set_cover(**where, name="Ms R. Pell", why="Mrs Hargreave is on a course", by=cast.sandra, at=NINE)
    set_cover(**where, user=cast.hal, by=cast.sandra, at=NINE)
    assert [line.owner[1] for line in registers_of(cast.thornbridge, MONDAY_AM)] == ["Mr H. Tranter"] * 2
    end_cover(**where, by=cast.sandra, at=NINE)
    assert [e.after["cover"] for e in Entry.objects.filter(verb="arranged cover").order_by("pk")] == [
        "Ms R. Pell",
        "Mr H. Tranter",
    ]
    with pytest.raises(Refused, match="No cover"):
        end_cover(**where, by=cast.sandra, at=NINE)
    with pytest.raises(Refused, match="does not work"):
        set_cover(**where, user=cast.olly, by=cast.sandra, at=NINE)
    with pytest.raises(Refused, match="not both"):
        set_cover(**where, user=cast.hal, name="Ms R. Pell", by=cast.sandra, at=NINE)
    with pytest.raises(Refused, match="supply"):
        set_cover(**where, by=cast.sandra, at=NINE)
