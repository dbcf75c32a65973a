"""Alerts: one for a family and session, to whom may be told, read again when it goes."""

from datetime import time, timedelta

import pytest

from attendance_office.audit.models import Entry
from attendance_office.refusals import Refused
from interventions.actions.first_day import keep_settings, open_families, stop
from interventions.models import FirstDay
from interventions.queries.first_day import board_of
from letters.actions.deliveries import note_delivery
from letters.actions.outbox import deliver, reference_of, settle_stuck
from letters.actions.stops import keep_stop
from letters.models import Message
from letters.queries.alerts import families_of, plan, rule_of
from registers.actions.absences import Report, log_absence
from registers.actions.contacts import report_fault
from registers.models import ContactFault, Group, Membership, Parent
from registers.rules.absences import Span
from tests.conftest import MONDAY, MORNING

from .conftest import AM, LATER, amend, be, contact_of, family_of, mark, prepare, second_parent


def alerts():
    return Message.objects.filter(kind="alert").order_by("pk")


def send(message, at=LATER):
    deliver(message_id=message.pk, at=at)
    message.refresh_from_db()
    return message


def settings(cast, **fields):
    said = {
        "is_on": True, "countdown_minutes": 5, "quiet_from": time(18), "quiet_to": time(8), "no_contact_at": time(11),
        "flags": ["is_vulnerable", "has_protection_plan"],
    }  # fmt: skip
    keep_settings(school=cast.thornbridge, **(said | fields), by=cast.sandra, at=MORNING)


def plan_of(cast, pupil):
    rule = rule_of(cast.thornbridge)
    (family,) = families_of(cast.thornbridge, [pupil], AM, rule)
    return plan(family, rule, AM, school=cast.thornbridge, ring="")


def test_each_family_gets_one_alert_that_names_no_reason_and_says_whom_to_ring(away):
    done = prepare(away)
    assert (done.alerts, done.to_ring, done.due_at) == (2, 0, MORNING + timedelta(minutes=5))
    message = alerts().get(contact=contact_of(away.callum))
    assert (message.channel, message.address, message.state) == ("sms", "07700 900100", "waiting")
    assert message.body == (
        "Thornbridge Academy: Callum is marked absent this morning and we do not know why."
        " Please ring 01632 960 142 or answer this message."
    )
    assert "Callum" not in message.subject
    assert send(message).state == "sent"


def test_brothers_and_sisters_are_told_of_in_one_message_to_the_parent_they_share(away):
    Parent.objects.filter(pupil=away.amina).update(contact=contact_of(away.callum))
    assert prepare(away).alerts == 1
    assert "Callum and Amina are marked absent" in alerts().get().body
    assert [one.pupil for one in alerts().get().about.order_by("pk")] == [away.callum, away.amina]


def test_a_home_of_two_pupils_is_one_family(away):
    for pupil in (away.callum, away.amina):
        pupil.address, pupil.postcode = "1 Quarry Terrace, Thornbridge", "TB4 9HN"
        pupil.save()
    # No adult may be told of both children: nobody is told of the other's.
    assert prepare(away).alerts == 0
    assert FirstDay.objects.get().why_no_alert == "Nobody may be told of all of them"


@pytest.mark.parametrize(
    ("link", "contact", "words"),
    [
        ({"do_not_contact": True, "why_not": "Court order"}, {}, "No contact may be told"),
        ({"may_be_told": "emergency"}, {}, "No contact may be told"),
        ({"has_responsibility": False, "lives_with": False}, {}, "No contact may be told"),
        ({}, {"alerts_by": "call"}, "Mrs Ann Ashworth wants a call"),
        ({}, {"mobile": ""}, "No number or address that works: Mrs Ann Ashworth"),
    ],
)
def test_who_may_not_be_told_or_cannot_be_reached_is_rung(away, link, contact, words):
    Parent.objects.filter(pupil=away.callum).update(**link)
    be(contact_of(away.callum), **contact)
    assert prepare(away, away.callum).to_ring == 1
    assert family_of(away.callum).why_no_alert == words


def test_the_second_in_contact_order_is_told_where_the_firsts_number_is_dead(away):
    first, second = contact_of(away.callum), be(contact_of(away.freya), alerts_by="email")
    second_parent(away.callum, second)
    report_fault(contact=first, way="mobile", fault="dead", by=away.sandra, at=MORNING)
    prepare(away, away.callum)
    assert (alerts().get().contact, alerts().get().channel, alerts().get().address) == (
        second, "email", "freya@home.invalid",
    )  # fmt: skip


def test_the_homes_of_flagged_pupils_are_never_alerted(away):
    mark(away, {"tyler": "N"}, group="eight_c", by="hal")
    assert prepare(away, away.tyler).to_ring == 1
    day = family_of(away.tyler)
    assert (day.alert, day.why_no_alert) == (None, "Not alerted by the school's rule: a person rings")
    assert "Child protection plan" in day.why_private
    told = Message.objects.filter(kind="safeguarding", recipient=away.dee)
    assert {one.channel for one in told} == {"email", "screen"}
    assert told[0].body.startswith("Ms D. Lacey,\n\nTyler Maddox: marked absent")
    settings(away, flags=["is_looked_after"])
    away.tyler.is_looked_after = True
    away.tyler.save()
    assert prepare(away, away.tyler).alerts == 0


def test_the_homes_of_an_own_group_are_rung_and_not_alerted_while_the_pupil_is_in_it(away):
    group = Group.objects.create(school=away.thornbridge, name="Severe medical")
    member = Membership.objects.create(
        school=away.thornbridge, group=group, pupil=away.callum, from_on=MONDAY - timedelta(days=7)
    )
    settings(away, flags=[f"group:{group.pk}"])
    assert prepare(away, away.callum).to_ring == 1
    day = family_of(away.callum)
    assert day.why_no_alert == "In the group Severe medical, whose homes are never alerted: a person rings"
    assert not Message.objects.filter(kind="safeguarding").exists()
    Membership.objects.filter(pk=member.pk).update(to_on=MONDAY - timedelta(days=1))
    assert prepare(away, away.amina).alerts == 1
    assert plan_of(away, away.callum).goes


def test_a_group_put_on_the_rule_in_the_countdown_holds_the_alert_back(away):
    group = Group.objects.create(school=away.thornbridge, name="Severe medical")
    Membership.objects.create(school=away.thornbridge, group=group, pupil=away.callum, from_on=MONDAY)
    prepare(away, away.callum)
    settings(away, flags=[f"group:{group.pk}"])
    message = send(alerts().get())
    assert (message.state, "Severe medical" in message.ended_why) == ("cancelled", True)


def test_another_schools_group_is_no_choice(away):
    group = Group.objects.create(school=away.ridgeway, name="Theirs")
    with pytest.raises(Refused, match="from the list"):
        settings(away, flags=[f"group:{group.pk}"])


def test_a_home_is_flagged_by_a_child_of_it_who_is_in_school_today(away):
    sister = be(away.freya, has_protection_plan=True)
    second_parent(sister, contact_of(away.callum))
    assert prepare(away, away.callum).to_ring == 1
    day = family_of(away.callum)
    assert day.why_no_alert == "Not alerted by the school's rule: a person rings"
    assert "Freya" not in day.why_private


def test_prepared_twice_it_is_one_alert(away):
    prepare(away)
    again = prepare(away, by=away.bea)
    assert (again.alerts, again.to_ring) == (0, 0)
    assert alerts().count() == 2


def test_a_brother_marked_later_joins_his_family_and_is_told_of_while_it_waits(away):
    Parent.objects.filter(pupil=away.freya).update(contact=contact_of(away.callum))
    prepare(away, away.callum)
    open_families(school=away.thornbridge, session=AM, pupil_ids=None, by=None, at=MORNING)
    assert FirstDay.objects.count() == 2
    amend(away, "freya", "N")
    open_families(school=away.thornbridge, session=AM, pupil_ids=None, by=None, at=MORNING)
    assert family_of(away.freya) == family_of(away.callum)
    assert prepare(away, away.freya).alerts == 0


def test_who_is_marked_in_school_meanwhile_is_not_alerted(away):
    prepare(away)
    amend(away, "callum", "L")
    message = send(alerts().get(contact=contact_of(away.callum)))
    assert (message.state, message.ended_why) == (
        "cancelled", "Nobody of them is without a reason any more: Callum L.",
    )  # fmt: skip
    assert send(alerts().get(contact=contact_of(away.amina))).state == "sent"


def test_only_the_one_still_away_is_named(away):
    Parent.objects.filter(pupil=away.amina).update(contact=contact_of(away.callum))
    prepare(away)
    amend(away, "amina", "L")
    assert "Academy: Callum is marked absent" in send(alerts().get()).body


def test_a_reason_logged_meanwhile_holds_the_alert_back(away):
    prepare(away, away.callum)
    log_absence(
        school=away.thornbridge, pupils=[away.callum], span=Span(MONDAY, "AM", MONDAY, "PM"), told="I",
        report=Report("call", MORNING), by=away.sandra, at=MORNING,
    )  # fmt: skip
    assert send(alerts().get()).ended_why == "Nobody of them is without a reason any more: Callum I."


def test_a_stop_a_dead_number_and_a_changed_contact_meanwhile_hold_it_back(away):
    prepare(away)
    keep_stop(
        pupil=away.callum, covers="messages", reason="Meeting with the family today", is_private=False,
        owner=away.sandra, to_on=None, by=away.sandra, at=MORNING,
    )  # fmt: skip
    assert "Meeting with the family today" in send(alerts().get(contact=contact_of(away.callum))).ended_why
    report_fault(contact=contact_of(away.amina), way="mobile", fault="dead", by=away.sandra, at=MORNING)
    held = send(alerts().get(contact=contact_of(away.amina)))
    assert (held.state, held.ended_why) == ("cancelled", "No number or address that works: Mrs Ann Begum")


def test_a_court_order_entered_in_the_countdown_holds_it_back(away):
    prepare(away, away.callum)
    Parent.objects.filter(pupil=away.callum).update(do_not_contact=True, why_not="Court order")
    assert send(alerts().get()).state == "cancelled"


def test_it_is_not_sent_before_its_countdown_is_over(away):
    prepare(away, away.callum)
    assert deliver(message_id=alerts().get().pk, at=MORNING + timedelta(minutes=4)) is None
    assert alerts().get().state == "waiting"


def test_an_alert_is_stopped_in_the_countdown_and_the_family_is_rung(away):
    prepare(away)
    assert stop(
        school=away.thornbridge, days=[family_of(away.callum)], why="Grandmother rang", by=away.sandra, at=MORNING
    ) == (1, 0)
    message = alerts().get(contact=contact_of(away.callum))
    assert (message.state, message.ended_why) == ("cancelled", "Grandmother rang, by Mrs S. Pugh.")
    assert send(message).state == "cancelled"
    board = board_of(away.thornbridge, away.sandra, AM, LATER)
    assert [line.family.names for line in board.to_ring] == ["Callum Ashworth"]


def test_stopped_too_late_it_says_so(away):
    prepare(away, away.callum)
    send(alerts().get())
    days = [family_of(away.callum)]
    assert stop(school=away.thornbridge, days=days, why="", by=away.sandra, at=LATER) == (0, 1)
    assert alerts().get().state == "sent"
    with pytest.raises(Refused, match="No alert"):
        stop(school=away.thornbridge, days=[], why="", by=away.sandra, at=LATER)


def test_in_the_quiet_hours_none_is_prepared_and_none_goes(away):
    with pytest.raises(Refused, match="Quiet hours, 18:00 to 08:00"):
        prepare(away, at=MORNING + timedelta(hours=10))
    prepare(away, away.callum)
    assert "Quiet hours" in send(alerts().get(), MORNING + timedelta(hours=10)).ended_why


def test_the_next_day_it_is_over(away):
    prepare(away, away.callum)
    assert send(alerts().get(), MORNING + timedelta(days=1)).ended_why == "The day it is about is over."


def test_switched_off_nobody_is_alerted_not_even_who_waits(away):
    prepare(away, away.callum)
    settings(away, is_on=False)
    assert "switched off" in send(alerts().get()).ended_why
    assert prepare(away, away.amina).alerts == 0


def test_settings_are_kept_with_who_and_what_was_before(away):
    settings(away, countdown_minutes=2, no_contact_at=time(10, 30))
    entry = Entry.objects.get(verb="changed the alert settings")
    assert (entry.before["countdown"], entry.after["countdown"], entry.by_name) == (5, 2, "Mrs S. Pugh")
    assert away.thornbridge.schedules.get(job="no_contact").starts_at == time(10, 30)
    assert prepare(away, away.callum).due_at == MORNING + timedelta(minutes=2)
    with pytest.raises(Refused, match="1 to 60"):
        settings(away, countdown_minutes=0)


def test_a_number_that_does_not_exist_feeds_contact_health_and_the_call_sheet(away):
    prepare(away, away.callum)
    message = send(alerts().get())
    note_delivery(number="", reference=reference_of(message), status="permanent-failure", at=LATER)
    assert ContactFault.objects.get().contact == contact_of(away.callum)
    (line,) = board_of(away.thornbridge, away.sandra, AM, LATER).to_ring
    assert line.family.pupils == (away.callum,)
    assert [one.is_dead for one in line.numbers] == [True]


def test_a_worker_killed_in_its_hands_gives_the_alert_back(away):
    prepare(away, away.callum)
    message = alerts().get()
    Message.objects.filter(pk=message.pk).update(state="claimed", claim="0" * 32, claimed_at=LATER, handed_at=None)
    assert settle_stuck(at=LATER + timedelta(minutes=4))["waiting"] == 1
    assert send(message, LATER + timedelta(minutes=6)).state == "sent"


def test_nobody_absent_is_refused(away):
    with pytest.raises(Refused, match="Nobody chosen"):
        prepare(away, away.freya)
