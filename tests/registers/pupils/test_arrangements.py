"""The pupil's page: absence notes and agreements, to those who may read them."""

from datetime import timedelta

import pytest
from django.urls import reverse

from attendance_office.staff.roles import Can
from registers.models import AbsenceNote, Agreement, AgreementPupil, Call
from registers.queries.kept_words import COMMENT_KEPT
from registers.queries.pupil_arrangements import agreements_of, notes_of
from tests.conftest import MONDAY, MORNING

pytestmark = pytest.mark.django_db


def note(cast, pupil=None, *, heard=("Mrs Ashworth",), **other):
    said = {
        "from_on": MONDAY, "to_on": MONDAY, "told_code": "I", "code": "I", "reason": "Sick bug", "logged_at": MORNING,
        "logged_by": cast.sandra,
    }  # fmt: skip
    row = AbsenceNote.objects.create(school=cast.thornbridge, pupil=pupil or cast.callum, **(said | other))
    for step, caller in enumerate(heard):
        Call.objects.create(
            school=cast.thornbridge, note=row, channel="phone", caller=caller, heard_at=MORNING + timedelta(minutes=step),
            logged_at=MORNING,
        )  # fmt: skip
    return row


def agreement(cast, pupil=None, *, left_on=None, **other):
    said = {
        "kind": "part_time", "code": "C2", "name": "Mornings only", "from_on": MONDAY - timedelta(days=7),
        "to_on": MONDAY + timedelta(days=10), "ends_on": MONDAY + timedelta(days=10), "weekly": "0100000001",
        "agreed_on": MONDAY, "agreed_by": "Dr Abara", "made_at": MORNING,
    }  # fmt: skip
    row = Agreement.objects.create(school=cast.thornbridge, **(said | other))
    AgreementPupil.objects.create(school=cast.thornbridge, agreement=row, pupil=pupil or cast.callum, to_on=left_on)
    return row


def page(client, pupil):
    return client.get(reverse("registers:pupil_detail", args=[pupil.pk])).content.decode()


def test_standing_notes_come_first_with_who_reported_last_and_why_a_reason_was_refused(cast, count_queries):
    note(cast, from_on=MONDAY - timedelta(days=3), to_on=MONDAY - timedelta(days=3))
    open_one = note(cast, from_on=MONDAY - timedelta(days=20), to_on=None, heard=("Gran", "Mr Ashworth"))
    note(cast, code="G", told_code="I", why_refused="Seen at the airport", from_on=MONDAY - timedelta(days=1))
    contact = cast.callum.parents.get().contact
    Call.objects.filter(caller="Mr Ashworth").update(contact=contact, is_known=True)
    note(cast, cast.amina)
    with count_queries(1):
        lines = notes_of(cast.callum, MONDAY, allowed={Can.READ_COMMENTS})
    assert [one.is_standing for one in lines] == [True, True, False]
    assert (lines[0].is_refused, lines[0].note.why_refused) == (True, "Seen at the airport")
    assert (lines[1].note, lines[1].reports, lines[1].is_known) == (open_one, 2, True)
    assert lines[1].reporter == f"{contact.forename} {contact.surname}"
    assert not lines[2].is_known


def test_a_withdrawn_note_does_not_stand(cast):
    note(cast, state="withdrawn", why_closed="Wrong child")
    assert [one.is_standing for one in notes_of(cast.callum, MONDAY, allowed={Can.READ_COMMENTS})] == [False]


def test_agreements_in_force_come_first_and_say_their_sessions_and_end(cast, count_queries):
    agreement(cast, name="Old", from_on=MONDAY - timedelta(days=99), ends_on=MONDAY - timedelta(days=9))
    agreement(cast, name="Coming", from_on=MONDAY + timedelta(days=1), to_on=MONDAY + timedelta(days=90), ends_on=MONDAY + timedelta(days=90))  # fmt: skip
    agreement(cast, weekly="1" * 10, left_on=MONDAY + timedelta(days=2))
    agreement(cast, name="Left", left_on=MONDAY - timedelta(days=1))
    with count_queries(1):
        lines = agreements_of(cast.callum, MONDAY)
    assert [(one.place.agreement.name, one.state) for one in lines] == [
        ("Mornings only", "In force"), ("Coming", "Coming"), ("Left", "Ended"), ("Old", "Ended"),
    ]  # fmt: skip
    assert (lines[0].sessions, lines[0].ends_on, lines[0].is_soon) == (
        "every session",
        MONDAY + timedelta(days=2),
        True,
    )
    assert lines[1].sessions == "Mon pm, Fri pm"


def test_the_page_shows_both_to_the_office(cast, sign_in, at_morning):
    row, deal = note(cast, code="G", why_refused="Seen at the airport"), agreement(cast)
    shown = page(sign_in(cast.sandra), cast.callum)
    assert reverse("registers:absence_note", args=[row.pk]) in shown
    assert "Told I, refused" in shown
    assert "Seen at the airport" in shown
    assert "Not a known contact" in shown
    assert reverse("registers:agreement_detail", args=[deal.pk]) in shown
    assert "Ends soon" in shown


@pytest.mark.parametrize(
    ("who", "notes", "agreements"),
    [("pat", False, False), ("sol", True, True), ("adeyemi", True, True), ("max", False, True)],
)
def test_each_sees_what_the_role_reads(cast, sign_in, at_morning, who, notes, agreements):
    note(cast)
    agreement(cast)
    shown = page(sign_in(cast.people[who]), cast.callum)
    # Leadership sees that an absence was told; what the office wrote of it is kept since decision 16.
    assert ('id="notes"' in shown, "Sick bug" in shown) == (notes, who == "adeyemi")
    assert (COMMENT_KEPT in shown) == (who == "sol")
    assert ('id="agreements"' in shown, "Mornings only" in shown) == (agreements, agreements)
    assert ("/absence-line/" in shown) is (who == "adeyemi")


def test_a_pupil_without_any_says_so(cast, sign_in, at_morning):
    shown = page(sign_in(cast.sandra), cast.amina)
    assert "No absence was reported." in shown
    assert "No agreement." in shown


@pytest.mark.parametrize(("who", "sees"), [("sandra", True), ("dee", True), ("sol", False), ("tess", False)])
def test_who_rang_is_named_to_those_who_may_know_contacts(cast, sign_in, at_morning, who, sees):
    note(cast, heard=("Auntie Bev",))
    text = page(sign_in(getattr(cast, who)), cast.callum)
    assert ("Sick bug" in text, COMMENT_KEPT in text) == (sees, not sees)
    assert ("Auntie Bev" in text) is sees
    assert ("Who reported it" in text) is sees
