"""Why a field of the record was changed: read with the field, or kept by the office."""

import pytest
from django.urls import reverse

from registers.actions import contacts
from registers.actions.pupils import change_pupil
from registers.actions.roll import cancel_leaving
from registers.models import Enrolment, Parent, Pupil
from registers.queries.field_history import contact_changes
from registers.queries.kept_words import REASON_KEPT
from registers.queries.pupil_record import changes_of
from tests.conftest import MONDAY, MORNING

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_morning")]

PRIVATE = "SG-CANARY refuge"
OPEN = "Deed poll shown at the desk"
# Who sees every field that the first change touched, and who reads why fields that all may see were changed.
READS_PRIVATE = {"sandra", "laila", "adeyemi", "bea", "dee"}
READS_OPEN = READS_PRIVATE | {"max"}
READERS = ("pat", "adeyemi", "sandra", "laila", "bea", "dee", "max", "sol", "tess")
IN_THE_TRAIL = {"laila", "dee"}


@pytest.fixture
def changed(cast):
    """Give the cast after Callum got a protection plan and a name in one change, and another name by a second."""
    for changes, reason in (
        ({"has_protection_plan": True, "former_surname": "Ash"}, PRIVATE),
        ({"former_surname": "Ashe"}, OPEN),
    ):
        change_pupil(pupil=cast.callum, changes=changes, reason=reason, by=cast.sandra, at=MORNING)
    return cast


@pytest.mark.parametrize("who", READERS)
def test_the_record_shows_a_reason_only_with_every_field_it_was_given_for(changed, sign_in, who):
    client = sign_in(changed.people[who], changed.thornbridge)
    text = client.get(reverse("registers:pupil_record", args=[changed.callum.pk])).content.decode()
    assert "Former surname" in text
    assert ("Child protection plan" in text) == (who in READS_PRIVATE)
    assert (PRIVATE in text) == (who in READS_PRIVATE)
    assert (OPEN in text) == (who in READS_OPEN)
    assert (REASON_KEPT in text) == (who not in READS_PRIVATE)


def test_a_change_without_a_reason_says_so_to_whoever_sees_not_all_of_it(cast):
    Pupil.objects.filter(pk=cast.callum.pk).update(has_protection_plan=True, former_surname="Ash")
    (change,) = changes_of(Pupil.objects.get(pk=cast.callum.pk), cast.pat.standing.allowed(cast.thornbridge.pk))
    assert (change.title, change.reason) == ("Former surname", "")


@pytest.mark.parametrize("who", READERS)
def test_why_a_pupil_stays_is_kept_from_whoever_neither_keeps_the_roll_nor_sees_safeguarding(changed, sign_in, who):
    Enrolment.objects.filter(pupil=changed.callum).update(ends_on=MONDAY, leaving_ground="a", destination="Ridgeway")
    cancel_leaving(
        enrolment=changed.callum.enrolments.get(), reason="Rang from the refuge", by=changed.sandra, at=MORNING
    )
    client = sign_in(changed.people[who], changed.thornbridge)
    text = client.get(reverse("registers:pupil_record", args=[changed.callum.pk])).content.decode()
    rows = [row for row in text.split("<tr>") if ">23 Nov 2026</td>" in row and "Last day on roll" in row]
    (stays,) = [row for row in rows if row.index("23 Nov 2026") < row.index("After")]
    assert ("Rang from the refuge" in stays) == (who in READS_OPEN)
    assert (REASON_KEPT in stays) == (who not in READS_OPEN)


def test_the_reason_of_a_number_that_is_not_shown_is_not_shown_beside_another_line(cast):
    parent = Parent.objects.select_related("contact", "pupil").get(pupil=cast.callum)
    for details, link, reason in (
        ({"mobile": "07700 900999", "postcode": "S1 2AB"}, {}, "Rang from 07700 900999"),
        ({}, {"do_not_contact": True, "why_not": "Court order"}, "Order of 20 Nov"),
    ):
        parent = Parent.objects.select_related("contact", "pupil").get(pk=parent.pk)
        contacts.change_contact(
            parent=parent, details=details, link=link, seen=contacts.stamp(parent), reason=reason, by=cast.sandra,
            at=MORNING,
        )  # fmt: skip
    said = contact_changes(cast.callum, [Parent.objects.select_related("contact").get(pk=parent.pk)])
    assert not [one for one in said if "07700" in one.before + one.after + one.reason]
    assert {one.reason for one in said if one.title == "Postcode"} == {REASON_KEPT}


@pytest.mark.parametrize("who", ["laila", "dee", "max", "sol", "tess", "ada"])
def test_the_trail_tells_of_a_private_field_and_its_reason_only_to_who_sees_them(changed, sign_in, who):
    client = sign_in(changed.people[who], changed.thornbridge)
    pages = [client.get(reverse("office:trail")).content.decode()]
    if who in {"laila", "dee", "max", "tess"}:
        answer = client.post(reverse("office:trail_export", args=["csv"]), {"query": ""})
        pages.append(answer.content.decode("utf-8-sig"))
    for text in pages:
        assert (PRIVATE in text) == (who in IN_THE_TRAIL)
        assert "rotection plan" not in text
        assert ("Ashworth" in text) == (who != "ada")
    found = client.get(reverse("office:trail"), {"q": "Ashworth"}).content.decode()
    assert ("Mrs S. Pugh" in found.partition("<tbody>")[2]) == (who != "ada")
