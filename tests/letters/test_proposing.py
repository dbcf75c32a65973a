"""Letters proposed and decided: once for each parent in each time below a level."""

from datetime import UTC, date, datetime, timedelta
from threading import Barrier, Thread

import pytest
from django.db import IntegrityError, connection, transaction

from attendance_office.audit.models import Entry
from attendance_office.refusals import Refused
from letters.actions.deciding import approve_letters, decline_letters, release_letter, take_back_approval
from letters.actions.outbox import deliver
from letters.actions.proposing import propose_letters
from letters.actions.stops import keep_stop, lift_stop
from letters.models import Addressee, Episode, Letter, LetterPolicy, Message
from letters.queries.policies import policies_in_force
from letters.queries.standing import picture
from letters.queries.still_due import still_due
from registers.models import Contact, Enrolment, Group, Membership, Parent
from tests.conftest import MONDAY
from tests.factories.letters import AT, amend, at_home, attend, give_policy, make_sent, second_parent

NINE = datetime(2026, 11, 23, 9, 2, tzinfo=UTC)


def why_none(cast, pupil, at=MONDAY):
    seen = picture(cast.thornbridge.pk, at, policies_in_force(cast.thornbridge.pk, at))
    return {line.level: line.why_not.words if line.why_not else "" for line in seen.lines if line.pupil == pupil}


def test_each_pupil_below_a_level_is_proposed_the_letter_of_the_gravest_level_alone(fallen, propose):
    done = propose()
    assert [(one.pupil.forename, one.kind) for one in done.new] == [("Amina", "level_2"), ("Callum", "level_1")]
    assert set(Episode.objects.values_list("pupil__legal_forename", "level")) == {
        ("Amina", 1),
        ("Amina", 2),
        ("Callum", 1),
    }
    assert why_none(fallen, fallen.amina) == {2: "", 1: "Below level 2 too"}


def test_a_letter_carries_the_receipt_of_the_marks_as_they_stood(fallen, propose):
    propose()
    facts = Letter.objects.get(pupil=fallen.callum).facts
    assert (facts["attended"], facts["possible"], facts["missed"], facts["percent"]) == (18, 20, 2, "90.0 %")
    assert (facts["below"], facts["counted"], facts["to_on"]) == ("95", "year", "2026-11-20")
    assert facts["absences"] == [["2026-11-09", "AM", "I"], ["2026-11-09", "PM", "I"]]
    assert facts["days"][0] == ["2026-11-09", "I", "I"]
    assert facts["codes"] == {"/": 9, "I": 2, "\\": 9}
    assert facts["missing"] == 84


def test_the_day_itself_is_never_counted(fallen, propose):
    at_noon = AT + timedelta(hours=3)
    attend(fallen.nine_a, by=fallen.pat, absent={fallen.freya: 2}, first=MONDAY, last=MONDAY)
    propose(at=at_noon)
    assert not Letter.objects.filter(pupil=fallen.freya).exists()


def test_proposing_twice_proposes_once(fallen, propose):
    propose()
    assert propose(at=AT + timedelta(minutes=1)).new == []
    assert propose(at=AT + timedelta(days=1)).new == []
    assert Letter.objects.count() == 2


def test_two_parents_at_two_addresses_get_two_letters_and_one_household_one(fallen, propose):
    second_parent(fallen.callum)
    second_parent(fallen.amina, address="", lives_with=True)
    propose()
    callum = Letter.objects.filter(pupil=fallen.callum).order_by("pk")
    assert [one.to_address.splitlines()[0] for one in callum] == [f"{fallen.callum.pk} Weavers Close", "9 Mill Lane"]
    assert all("Tom" not in one.to_name for one in callum[:1])
    amina = Letter.objects.get(pupil=fallen.amina)
    assert amina.to_name == "Mrs J. Begum and Mr T. Begum"
    assert amina.addressees.count() == 2


@pytest.mark.parametrize(
    "change",
    [
        {"gets_letters": False},
        {"do_not_contact": True},
        {"may_be_told": "nothing"},
        {"has_responsibility": False, "lives_with": False},
    ],
)
def test_a_parent_who_may_not_be_written_to_gets_none(fallen, propose, change):
    contact = second_parent(fallen.callum)
    Parent.objects.filter(contact=contact).update(**change)
    propose()
    assert Letter.objects.filter(pupil=fallen.callum).count() == 1
    assert not Addressee.objects.filter(contact=contact).exists()


def test_language_large_print_and_email_are_the_readers(fallen, propose):
    mother = fallen.callum.parents.get().contact
    Contact.objects.filter(pk=mother.pk).update(
        language="Polish", is_large_print=True, letters_by="email", email="jo@example.invalid"
    )
    propose()
    letter = Letter.objects.get(pupil=fallen.callum)
    assert (letter.channel, letter.to_email, letter.to_address) == ("email", "jo@example.invalid", "")
    assert (letter.language, letter.is_large_print) == ("Polish", True)


def test_whoever_gets_none_is_named_with_the_reason(fallen):
    school, callum = fallen.thornbridge, fallen.callum
    assert why_none(fallen, callum) == {1: ""}
    at_home(callum, address="")
    assert why_none(fallen, callum) == {1: "No address that works: Mrs J. Ashworth"}
    Parent.objects.filter(pupil=callum).update(gets_letters=False)
    assert why_none(fallen, callum) == {1: "No parent of the pupil gets letters"}
    group = Group.objects.create(school=school, name="Hospital school")
    Membership.objects.create(school=school, group=group, pupil=callum, from_on=MONDAY)
    give_policy(school, 1, leaves_out=[f"group:{group.pk}"], from_on=MONDAY)
    assert why_none(fallen, callum) == {1: "In the group Hospital school, which the school's policy leaves out"}
    Enrolment.objects.filter(pupil=callum).update(starts_on=date(2026, 10, 30))
    assert why_none(fallen, callum) == {1: "On roll since Fri 30 Oct 2026"}
    Enrolment.objects.filter(pupil=callum).update(ends_on=date(2026, 11, 20))
    assert why_none(fallen, callum) == {1: "Left on Fri 20 Nov 2026"}


def test_too_few_sessions_fire_no_level(fallen, propose):
    give_policy(fallen.thornbridge, 1, least_possible=21, from_on=MONDAY)
    assert why_none(fallen, fallen.callum) == {1: "20 possible sessions, fewer than 21"}
    propose()
    assert not Letter.objects.filter(pupil=fallen.callum).exists()
    assert not Episode.objects.filter(pupil=fallen.callum).exists()


def test_a_private_stop_says_whom_to_ask_and_not_why(fallen):
    keep_stop(
        pupil=fallen.callum, covers="all", reason="Refuge", is_private=True, owner=fallen.dee, to_on=None, by=fallen.dee,
        at=AT,
    )  # fmt: skip
    seen = picture(fallen.thornbridge.pk, MONDAY, policies_in_force(fallen.thornbridge.pk, MONDAY))
    found = next(line.why_not for line in seen.lines if line.pupil == fallen.callum)
    assert found.words_for(sees_safeguarding=False) == "Do not send: ask Ms D. Lacey"
    assert found.words_for(sees_safeguarding=True).startswith("Refuge")
    assert "Refuge" not in str(Entry.objects.filter(verb="kept a stop").values())


def test_a_stop_holds_back_what_is_proposed_until_it_is_lifted(fallen, propose, approve):
    propose()
    stop = keep_stop(
        pupil=fallen.callum, covers="letters", reason="Bereavement", is_private=False, owner=fallen.bea,
        to_on=date(2026, 12, 14), by=fallen.bea, at=AT,
    )  # fmt: skip
    decided = approve()
    assert [one.pupil for one in decided.held_back] == [fallen.callum]
    assert "Bereavement, until Mon 14 Dec 2026" in Letter.objects.get(pupil=fallen.callum).ended_why
    lift_stop(stop=stop, why="Over", by=fallen.bea, at=AT)
    assert [one.pupil for one in propose(at=AT + timedelta(minutes=1)).released] == [fallen.callum]
    assert Letter.objects.get(pupil=fallen.callum).state == "proposed"


def test_a_stop_over_messages_alone_lets_letters_go(fallen, propose):
    keep_stop(
        pupil=fallen.callum, covers="messages", reason="New number", is_private=False, owner=fallen.bea, to_on=None,
        by=fallen.bea, at=AT,
    )  # fmt: skip
    propose()
    assert Letter.objects.filter(pupil=fallen.callum, state="proposed").exists()


def test_a_mark_that_changed_holds_the_letter_back_when_it_is_approved(fallen, propose, approve):
    propose(at=NINE - timedelta(hours=1))
    amend(fallen.callum, date(2026, 11, 9), "AM", "/", by=fallen.sandra, at=NINE)
    decided = approve()
    letter = Letter.objects.get(pupil=fallen.callum)
    assert [one.pk for one in decided.held_back] == [letter.pk]
    assert letter.ended_why == "Mark changed at 09:02 (Mon 9 Nov 2026 am, I to /): now 95.0 %, no longer below 95 %"
    assert letter.facts["attended"] == 19
    with pytest.raises(Refused, match="It is still not due: Mark changed at 09:02"):
        release_letter(letter=letter, by=fallen.sandra, at=AT)
    amend(fallen.callum, date(2026, 11, 9), "AM", "I", by=fallen.sandra, at=AT)
    assert release_letter(letter=letter, by=fallen.sandra, at=AT).state == "proposed"


def test_an_approved_letter_is_read_again_when_it_is_made(fallen, propose, approve):
    propose()
    approve()
    letter = Letter.objects.select_related("policy", "episode", "pupil").get(pupil=fallen.callum)
    assert letter.state == "waiting"
    assert letter.approved_by == fallen.sandra
    assert still_due(letter, at=AT).is_due
    at_home(fallen.callum, address="1 New Street")
    assert still_due(letter, at=AT).why_not == "Mrs J. Ashworth: the address changed"
    Parent.objects.filter(pupil=fallen.callum).update(do_not_contact=True)
    assert "may not be written to any more" in still_due(letter, at=AT).why_not


def test_two_people_who_approve_at_once_approve_once(fallen, propose, approve):
    propose()
    first, second = approve(), approve(*Letter.objects.all(), by=fallen.laila)
    assert len(first.done) == 2
    assert second.done == []
    assert {one.approved_by for one in second.already} == {fallen.sandra}


def test_an_approval_is_taken_back_until_the_letter_is_being_made(fallen, propose, approve):
    propose()
    decided = approve()
    Letter.objects.filter(pupil=fallen.amina).update(state="claimed")
    assert take_back_approval(school=fallen.thornbridge, entry_id=decided.entry.pk, by=fallen.sandra, at=AT) == 1
    assert Letter.objects.get(pupil=fallen.callum).state == "proposed"
    assert Letter.objects.get(pupil=fallen.amina).state == "claimed"
    with pytest.raises(Refused, match="recall them"):
        take_back_approval(school=fallen.thornbridge, entry_id=decided.entry.pk, by=fallen.sandra, at=AT)
    with pytest.raises(Refused, match="Only whoever"):
        take_back_approval(school=fallen.thornbridge, entry_id=decided.entry.pk, by=fallen.laila, at=AT)


def test_letters_are_set_aside_with_a_reason_and_not_proposed_again_in_this_time(fallen, propose):
    propose()
    letter = Letter.objects.get(pupil=fallen.callum)
    with pytest.raises(Refused, match="Say why"):
        decline_letters(school=fallen.thornbridge, letter_ids=[letter.pk], why=" ", by=fallen.sandra, at=AT)
    decline_letters(school=fallen.thornbridge, letter_ids=[letter.pk], why="Spoke at the gate", by=fallen.sandra, at=AT)
    assert propose(at=AT + timedelta(days=1)).new == []
    assert why_none(fallen, fallen.callum) == {1: "Set aside by Mrs S. Pugh: Spoke at the gate"}
    assert release_letter(letter=letter, by=fallen.sandra, at=AT).state == "proposed"


def test_the_head_of_year_is_told_once_of_level_2_and_no_subject_names_a_pupil(fallen, propose, approve):
    propose()
    approve()
    message = Message.objects.get(kind="level_told")
    assert message.recipient == fallen.adeyemi
    assert "Amina Begum" in message.body
    assert "Callum" not in message.body
    assert "Amina" not in message.subject
    assert deliver(message_id=message.pk, at=AT) == "sent"


def test_the_head_of_year_is_not_told_of_an_approval_that_was_taken_back(fallen, propose, approve):
    propose()
    decided = approve()
    take_back_approval(school=fallen.thornbridge, entry_id=decided.entry.pk, by=fallen.sandra, at=AT)
    assert deliver(message_id=Message.objects.get(kind="level_told").pk, at=AT) == "cancelled"


# ---------- times below a level ----------


def play(cast, first, last, absent=None):
    attend(cast.nine_a, by=cast.pat, absent=absent or {}, first=first, last=last)


def later(day):
    return datetime.combine(day, datetime.min.time(), tzinfo=UTC) + timedelta(hours=8)


def test_fall_recover_fall_again_is_a_new_time_with_a_new_letter(fallen, propose, approve):
    LetterPolicy.objects.bulk_create([
        LetterPolicy(school=fallen.thornbridge, level=1, from_on=MONDAY, below=95, counted="weeks_4", least_possible=10,
                     recovers_after_days=7, cooling_off_days=7, made_at=AT, template=policies_in_force(fallen.thornbridge.pk, MONDAY)[1].template)
    ])  # fmt: skip
    propose()
    approve()
    make_sent(Letter.objects.get(pupil=fallen.callum), by=fallen.sandra)
    play(fallen, MONDAY, date(2026, 12, 4))
    propose(at=later(date(2026, 12, 7)))
    first = Episode.objects.get(pupil=fallen.callum)
    assert first.recovering_since_on == date(2026, 12, 7)
    play(fallen, date(2026, 12, 7), date(2026, 12, 11))
    propose(at=later(date(2026, 12, 14)))
    first.refresh_from_db()
    assert first.closed_on == date(2026, 12, 14)
    assert first.why_closed == "Recovered: not below 95 % since Mon 7 Dec 2026"
    play(fallen, date(2026, 12, 14), date(2026, 12, 16), absent={fallen.callum: 3})
    propose(at=later(date(2026, 12, 17)))
    episodes = Episode.objects.filter(pupil=fallen.callum).order_by("pk")
    assert [one.opened_on for one in episodes] == [MONDAY, date(2026, 12, 17)]
    assert Letter.objects.filter(pupil=fallen.callum).count() == 2
    assert [one.letters.count() for one in episodes] == [1, 1]


def test_a_fall_within_the_cooling_off_writes_none_yet(fallen, propose, approve):
    propose()
    approve()
    make_sent(Letter.objects.get(pupil=fallen.callum), by=fallen.sandra)
    play(fallen, MONDAY, date(2026, 11, 25), absent={fallen.callum: 6})
    done = propose(at=later(date(2026, 11, 26)))
    assert done.new == []
    assert why_none(fallen, fallen.callum, date(2026, 11, 26)) == {
        2: "Last letter on Mon 23 Nov 2026: none before Mon 14 Dec 2026",
        1: "Written on Mon 23 Nov 2026 in this time below the level",
    }


def test_a_proposed_letter_of_level_1_gives_way_to_level_2(fallen, propose):
    propose()
    play(fallen, MONDAY, date(2026, 11, 25), absent={fallen.callum: 6})
    done = propose(at=later(date(2026, 11, 26)))
    letters = {one.kind: (one.state, one.ended_why) for one in Letter.objects.filter(pupil=fallen.callum)}
    assert letters["level_2"] == ("proposed", "")
    assert letters["level_1"] == ("held_back", "Below 90 % by now: the letter of level 2 goes instead")
    assert [one.kind for one in done.held_back] == ["level_1"]


def test_a_proposal_whose_time_is_over_goes_unsent(fallen, propose):
    propose()
    Enrolment.objects.filter(pupil=fallen.callum).update(ends_on=MONDAY)
    done = propose(at=later(date(2026, 11, 24)))
    assert [one.pupil for one in done.over] == [fallen.callum]
    letter = Letter.objects.get(pupil=fallen.callum)
    assert (letter.state, letter.ended_why) == ("declined", "Left on Mon 23 Nov 2026")


def test_a_change_of_policy_never_touches_what_the_old_row_decided(fallen, propose, approve):
    propose()
    give_policy(fallen.thornbridge, 1, below=90, from_on=MONDAY)
    letter = Letter.objects.select_related("policy", "episode", "pupil").get(pupil=fallen.callum)
    assert still_due(letter, at=AT).is_due
    assert letter.policy.below == 95
    with pytest.raises(Exception, match="append_only"), transaction.atomic():
        LetterPolicy.objects.filter(pk=letter.policy_id).update(below=80)


# ---------- once, in the database ----------


def test_the_database_refuses_a_second_letter_of_a_time_to_the_same_parent(fallen, propose):
    propose()
    letter = Letter.objects.get(pupil=fallen.callum)
    there = letter.addressees.get()
    twin = Letter.objects.get(pk=letter.pk)
    twin.pk, twin.key = None, "another"
    twin.save()
    with pytest.raises(IntegrityError, match="once_per_parent_and_episode"), transaction.atomic():
        Addressee.objects.create(
            school=letter.school, letter=twin, contact=there.contact, episode=letter.episode, name="Again"
        )


@pytest.mark.django_db(transaction=True)
def test_two_workers_that_propose_at_once_reserve_each_letter_once(fallen):
    barrier, broken = Barrier(2), []

    def work():
        try:
            barrier.wait(10)
            propose_letters(school=fallen.thornbridge, by=None, at=AT)
        except Exception as error:
            broken.append(error)
        finally:
            connection.close()

    workers = [Thread(target=work) for _ in range(2)]
    for one in workers:
        one.start()
    for one in workers:
        one.join(30)
    assert broken == []
    assert Letter.objects.count() == 2
    assert Addressee.objects.count() == 2
    assert Episode.objects.filter(closed_on=None).count() == 3


@pytest.mark.django_db(transaction=True)
def test_two_officers_who_approve_at_once_approve_each_letter_once(fallen):
    propose_letters(school=fallen.thornbridge, by=None, at=AT)
    ids, barrier, done = list(Letter.objects.values_list("pk", flat=True)), Barrier(2), []

    def work(who):
        try:
            barrier.wait(10)
            done.append(approve_letters(school=fallen.thornbridge, letter_ids=ids, by=who, at=AT))
        finally:
            connection.close()

    workers = [Thread(target=work, args=[who]) for who in (fallen.sandra, fallen.laila)]
    for one in workers:
        one.start()
    for one in workers:
        one.join(30)
    assert sorted((len(one.done), len(one.already)) for one in done) == [(0, 2), (2, 0)]
    assert Message.objects.filter(kind="level_told").count() == 1


def test_another_schools_letters_are_not_touched(fallen, propose):
    propose()
    with pytest.raises(Refused, match="choose at least one"):
        approve_letters(
            school=fallen.ridgeway, letter_ids=list(Letter.objects.values_list("pk", flat=True)), by=fallen.olly, at=AT
        )
    with pytest.raises(Refused, match="say first when letters are due"):
        propose_letters(school=fallen.ridgeway, by=fallen.olly, at=AT)
