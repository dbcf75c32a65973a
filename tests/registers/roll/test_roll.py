"""The admission register at work: enrolled with what the law asks, gone on a ground alone, and told to the authority."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from attendance_office.refusals import Conflict, Refused
from registers.actions import contacts, roll
from registers.models import Contact, ContactFault, Enrolment, Membership, Parent, Placement, Pupil, Return
from registers.queries.admissions import may_be_family, no_working_number, returns_due, upns_to_look_at
from registers.queries.pupils import siblings_of
from registers.rules.deletion import GROUNDS, what_is_missing
from registers.rules.sessions import Session
from tests.conftest import MONDAY, MORNING
from tests.factories.marks import take

pytestmark = pytest.mark.django_db
DETAILS = {
    "upn": "H801200001001", "legal_surname": "Marchbank", "legal_forename": "Ottilie", "sex": "F",
    "date_of_birth": date(2012, 11, 14), "address": "12 Weir Lane", "postcode": "ZZ1 4TT",
}  # fmt: skip
MOTHER = {"surname": "Cowling", "mobile": "07700 900870", "address": "12 Weir Lane", "postcode": "ZZ1 4TT"}


def enrol(cast, families=None, starts_on=MONDAY, **details):
    return roll.enrol_pupil(
        school=cast.thornbridge, details=DETAILS | details, tutor_group=cast.nine_a, starts_on=starts_on, kind="C",
        families=families or [roll.Family("Mother", details=MOTHER)], by=cast.sandra, at=MORNING,
    )  # fmt: skip


def leave(cast, last_on=MONDAY, ground="f", confirmed=(0,), **more):
    return roll.leave_roll(
        pupil=cast.callum, last_on=last_on, ground=ground, confirmed=confirmed, by=cast.sandra, at=MORNING, **more
    )


def test_a_pupil_is_enrolled_with_form_parent_and_a_return_due_by_the_fifth_day(cast):
    pupil = enrol(cast)
    assert (pupil.year_group, pupil.sort_name) == (9, "marchbank, ottilie")
    assert Placement.objects.get(pupil=pupil).from_on == MONDAY
    assert pupil.parents.get().contact.mobile == "07700 900870"
    (due,) = returns_due(cast.thornbridge, MONDAY)
    assert (due.enrolment.pupil, due.kind, due.last_on) == (pupil, "new_pupil", date(2026, 11, 28))
    roll.mark_return(
        enrolments=[due.enrolment], kind="new_pupil", sent_on=MONDAY, how="Portal", by=cast.sandra, at=MORNING
    )
    assert returns_due(cast.thornbridge, MONDAY) == []
    assert Return.objects.get().sent_how == "Portal"


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"upn": "G801200001001"}, "check letter would be H"),
        ({"families": [roll.Family("Mother", details={"surname": "Cowling"})]}, "address and an emergency telephone"),
        ({"starts_on": date(2012, 1, 1)}, "before being born"),
        ({"legal_surname": ""}, "cannot be blank"),
    ],
)
def test_what_the_register_does_not_take_is_refused_and_nothing_is_left_behind(cast, other, words):
    with pytest.raises(Refused, match=words):
        enrol(cast, **other)
    assert not Pupil.objects.filter(legal_forename="Ottilie").exists()
    assert not Contact.objects.filter(surname="Cowling").exists()


def test_a_pupil_who_left_comes_back_as_the_same_pupil(cast):
    pupil = enrol(cast)
    with pytest.raises(Refused, match="on the roll already"):
        enrol(cast)
    Enrolment.objects.filter(pupil=pupil).update(ends_on=MONDAY)
    Placement.objects.filter(pupil=pupil).update(to_on=MONDAY)
    again = enrol(cast, starts_on=date(2026, 12, 1))
    assert again.pk == pupil.pk
    assert pupil.enrolments.count() == 2


def test_a_parent_who_is_known_is_offered_so_that_brothers_and_sisters_share_one(cast):
    first = enrol(cast)
    found, children = may_be_family(cast.thornbridge, cast.sandra, details={"mobile": "+44 7700 900 870"})
    assert (found, children) == ([first.parents.get().contact], [first])
    second = enrol(cast, [roll.Family("Mother", contact=found[0])], upn="X801200001002")  # fmt: skip
    assert [one.pupil for one in siblings_of(second, user=cast.sandra, contacts=found)] == [first]


def test_a_temporary_upn_is_listed_to_be_replaced(cast):
    Pupil.objects.filter(pk=cast.callum.pk).update(upn="X00180001701A")
    found = dict(upns_to_look_at(cast.thornbridge, cast.sandra, MONDAY))
    assert found[cast.callum].startswith("Temporary")


# ---------- moving and leaving ----------


def test_a_pupil_moves_from_a_day_and_the_days_before_stay(cast):
    tomorrow = MONDAY + timedelta(days=1)
    roll.move_pupil(
        pupil=cast.callum, tutor_group=cast.eight_c, from_on=tomorrow, reason="Set", by=cast.sandra, at=MORNING
    )
    assert list(cast.callum.placements.order_by("from_on").values_list("tutor_group__name", "to_on")) == [
        ("9A", MONDAY), ("8C", None),
    ]  # fmt: skip
    with pytest.raises(Refused, match="sits in 8C already"):
        roll.move_pupil(pupil=cast.callum, tutor_group=cast.eight_c, from_on=tomorrow, reason="x", by=cast.sandra, at=MORNING)  # fmt: skip


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"last_on": date(2026, 11, 20)}, "cannot be back-dated"),
        ({"ground": ""}, "leaves only on a ground"),
        ({"ground": "i", "confirmed": (0,)}, "Not confirmed: The school and the authority jointly"),
        ({"ground": "a", "confirmed": (0, 1, 2)}, "Name the other school"),
        ({"ground": "z"}, "is no ground"),
    ],
)
def test_a_name_stays_on_the_roll_until_a_ground_is_met(cast, other, words):
    with pytest.raises(Refused, match=words):
        leave(cast, **other)
    assert cast.callum.enrolments.get().ends_on is None


def test_each_ground_of_the_regulation_has_conditions():
    assert list(GROUNDS) == list("abcdefghijklmno")
    assert all(one.conditions for one in GROUNDS.values())
    adult = {"last_on": MONDAY, "today": MONDAY, "starts_on": date(2025, 9, 3), "destination": "", "confirmed": ()}
    assert what_is_missing("", date_of_birth=date(2009, 1, 1), **adult) == []


def test_a_leaver_takes_form_and_groups_along_and_the_deletion_return_is_due_that_day(cast):
    group = cast.thornbridge.groups.create(name="Breakfast club")
    Membership.objects.create(school=cast.thornbridge, group=group, pupil=cast.callum, from_on=MONDAY)
    stay = leave(cast, last_on=MONDAY, destination="Educated at home")
    assert stay.conditions[0]["condition"] == "A parent gave notice in writing."
    assert (cast.callum.placements.get().to_on, Membership.objects.get().to_on) == (MONDAY, MONDAY)
    (due,) = returns_due(cast.thornbridge, MONDAY + timedelta(days=1))
    assert (due.kind, due.last_on, due.is_past) == ("deletion", MONDAY, True)
    with pytest.raises(Refused, match="not on the roll, or leaves"):
        leave(cast)


def test_a_leaving_is_taken_back_before_its_day_has_gone_by(cast):
    stay = leave(cast, last_on=date(2026, 12, 18))
    roll.cancel_leaving(enrolment=stay, reason="They stay after all", by=cast.sandra, at=MORNING)
    assert cast.callum.enrolments.get().ends_on is None
    assert cast.callum.placements.get().to_on is None


def test_marks_after_the_last_day_stand_in_the_way(cast):
    take(cast.nine_a, Session(MONDAY, "AM"), by=cast.pat, at=MORNING)
    Enrolment.objects.filter(pupil=cast.callum).update(starts_on=date(2025, 9, 3))
    with pytest.raises(Refused, match=r"1 mark stand"):
        leave(cast, last_on=date(2026, 11, 20))


# ---------- contacts ----------


def test_a_contact_is_changed_with_a_reason_and_a_dead_number_is_alive_when_it_changes(cast):
    parent = Parent.objects.select_related("contact", "school").get(pupil=cast.callum)
    contacts.report_fault(contact=parent.contact, way="mobile", fault="dead", by=cast.sandra, at=MORNING)
    contacts.report_fault(contact=parent.contact, way="mobile", fault="dead", by=cast.sandra, at=MORNING)
    assert ContactFault.objects.count() == 1
    assert list(no_working_number(cast.thornbridge, cast.sandra, MONDAY)) == [cast.callum]
    seen = contacts.stamp(parent)
    change = {"details": {"mobile": "07700 900999"}, "link": {"may_be_told": "attendance"}, "seen": seen, "at": MORNING}
    with pytest.raises(Refused, match="Say why"):
        contacts.change_contact(parent=parent, reason="", by=cast.sandra, **change)
    contacts.change_contact(parent=parent, reason="New phone", by=cast.sandra, **change)
    assert list(no_working_number(cast.thornbridge, cast.sandra, MONDAY)) == []
    with pytest.raises(Conflict, match="meanwhile"):
        contacts.change_contact(parent=parent, reason="Mine", by=cast.laila, **change)
    with pytest.raises(Refused, match="only contact"):
        contacts.unlink_contact(parent=parent, reason="x", by=cast.sandra, at=MORNING)


def test_who_is_not_to_be_contacted_needs_a_reason(cast):
    parent = Parent.objects.select_related("contact", "school").get(pupil=cast.callum)
    link = {"do_not_contact": True, "why_not": ""}
    with pytest.raises(Refused, match="not to be contacted"):
        contacts.change_contact(parent=parent, details={}, link=link, seen="", reason="x", by=cast.sandra, at=MORNING)


def test_the_pages_enrol_leave_and_list(cast, sign_in, at_morning, count_queries):
    client = sign_in(cast.sandra)
    sent = {name: str(value) for name, value in DETAILS.items()} | {
        "tutor_group": cast.nine_a.pk, "starts_on": "2026-11-23", "kind": "C", "relationship": "Mother",
        "parent_surname": "Cowling", "parent_mobile": "07700 900870",
    }  # fmt: skip
    wrong = client.post(reverse("registers:pupil_enrol"), sent | {"upn": "G801200001001"})
    assert "check letter would be H" in wrong.content.decode()
    page = client.post(reverse("registers:pupil_enrol"), sent, follow=True).content.decode()
    assert "Ottilie Marchbank enrolled" in page
    with count_queries(15):
        page = client.get(reverse("registers:admissions")).content.decode()
    assert "1 joiner and 0 leavers" in page
    assert "Sat 28 Nov 2026" in page
    path = reverse("registers:pupil_leave", args=[cast.callum.pk])
    assert "A parent gave notice in writing." in client.get(path, {"ground": "f"}).content.decode()
    left = client.post(path, {"ground": "f", "last_on": "2026-11-27", "confirmed": ["0"]}, follow=True).content.decode()
    assert "1 leaver" in left
    picked = {"pick": [f"new_pupil:{Enrolment.objects.get(pupil__legal_forename='Ottilie').pk}"], "sent_on": "2026-11-23", "act": "sent"}  # fmt: skip
    assert "1 return marked" in client.post(reverse("registers:return_mark"), picked, follow=True).content.decode()
    sheet = client.post(reverse("registers:return_export", args=["csv"])).content.decode()
    assert "Deletion return" in sheet


def test_the_contact_pages_add_change_and_note_what_does_not_work(cast, sign_in, at_morning, count_queries):
    client = sign_in(cast.sandra)
    link = {
        "relationship": "Father",
        "priority": "2",
        "may_be_told": "all",
        "letters_by": "post",
        "alerts_by": "sms",
        "has_responsibility": "on",
        "lives_with": "on",
    }
    client.post(reverse("registers:contact_add", args=[cast.callum.pk]), link | {"surname": "Ashworth", "mobile": "07700 900321"})  # fmt: skip
    father = Parent.objects.get(pupil=cast.callum, relationship="Father")
    act = reverse("registers:contact_act", args=[cast.callum.pk, father.pk])
    client.post(act, {"act": "fault", "way": "mobile", "fault": "dead"})
    page = client.get(reverse("registers:pupil_contacts", args=[cast.callum.pk])).content.decode()
    assert "Number dead since Mon 23 Nov" in page
    client.post(act, {"act": "works", "fault": ContactFault.objects.get().pk})
    client.post(act, {"act": "confirm"})
    assert ContactFault.objects.get().cleared_by == cast.sandra
    father.contact.refresh_from_db()
    assert father.contact.last_confirmed_on == MONDAY
    for which in ("none", "old", "faults", "barred"):
        with count_queries(16):
            client.get(reverse("registers:contact_health"), {"which": which})
