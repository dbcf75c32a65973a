"""What the admission register said before: a pupil's contacts, their links, and the stays on the roll."""

from datetime import date

import pytest
from django.urls import reverse

from registers.actions import contacts
from registers.models import Contact, Enrolment, Parent
from registers.queries.field_history import contact_changes, stay_changes
from tests.conftest import MONDAY, MORNING

pytestmark = pytest.mark.django_db


def linked(cast):
    rows = Parent.objects.filter(pupil=cast.callum).select_related("contact", "pupil")
    return list(rows.order_by("priority", "pk"))


def change(cast, parent, *, details=None, link=None, reason="She wrote in"):
    parent = Parent.objects.select_related("contact", "pupil").get(pk=parent.pk)
    contacts.change_contact(
        parent=parent, details=details or {}, link=link or {}, seen=contacts.stamp(parent), reason=reason, by=cast.sandra,
        at=MORNING,
    )  # fmt: skip


@pytest.fixture
def mother(cast):
    """Give the link of Callum's mother, with a number."""
    (parent,) = linked(cast)
    Contact.objects.filter(pk=parent.contact_id).update(
        title="Mrs", forename="Jo", surname="Ashworth", mobile="07700 900001"
    )
    return Parent.objects.select_related("contact").get(pk=parent.pk)


def test_a_changed_number_shows_the_old_one_who_changed_it_when_and_why(cast, mother, sign_in, at_morning):
    change(cast, mother, details={"mobile": "07700 900999"}, link={"may_be_told": "attendance"})
    said = {(one.title, one.before, one.after, one.whose) for one in contact_changes(cast.callum, linked(cast))}
    assert {
        ("Mobile", "07700 900001", "07700 900999", "Mrs Jo Ashworth"),
        ("May be told", "Everything", "Attendance only", "Mrs Jo Ashworth"),
    } <= said
    page = sign_in(cast.sandra).get(reverse("registers:pupil_contacts", args=[cast.callum.pk])).content.decode()
    assert "What they said before" in page
    assert "07700 900001" in page
    assert "Mrs S. Pugh" in page.partition("What they said before")[2]
    assert "She wrote in" in page


def test_the_old_numbers_of_who_is_not_to_be_contacted_stay_hidden(cast, mother):
    change(cast, mother, details={"mobile": "07700 900999", "postcode": "S1 2AB"})
    change(cast, mother, link={"do_not_contact": True, "why_not": "Court order"}, reason="Order of 20 Nov")
    said = contact_changes(cast.callum, linked(cast))
    assert {one.title for one in said if one.reason} == {"Postcode", "Do not contact", "Why not to contact"}
    assert not [one for one in said if "07700" in one.before + one.after]


def test_a_contact_that_was_taken_away_is_told(cast, mother):
    father = contacts.add_contact(
        pupil=cast.callum, details={"surname": "Grey", "forename": "Tom", "mobile": "07700 900222"},
        link={"relationship": "Father", "priority": 2}, by=cast.sandra, at=MORNING,
    )  # fmt: skip
    contacts.unlink_contact(parent=father, reason="No longer in touch", by=cast.sandra, at=MORNING)
    (gone,) = [one for one in contact_changes(cast.callum, linked(cast)) if one.title == "Contact"]
    assert (gone.whose, gone.before, gone.after, gone.reason) == (
        "Tom Grey", "Father", "taken away", "No longer in touch",
    )  # fmt: skip
    assert gone.by.startswith("Mrs S. Pugh")


def test_a_corrected_stay_shows_what_it_was(cast, sign_in, at_morning, count_queries):
    stay = cast.callum.enrolments.get()
    was = f"{stay.starts_on.day} {stay.starts_on:%b %Y}"
    Enrolment.objects.filter(pk=stay.pk).update(starts_on=date(2026, 9, 7))
    Enrolment.objects.filter(pk=stay.pk).update(ends_on=MONDAY, leaving_ground="a", destination="Ridgeway")
    stays = list(cast.callum.enrolments.all())
    with count_queries(1):
        said = stay_changes(stays, reads_reasons=True)
    assert {(one.title, one.before, one.after) for one in said} == {
        ("Starting day", was, "7 Sep 2026"),
        ("Last day on roll", "", "23 Nov 2026"),
        ("Leaving ground", "", "a"),
        ("Destination", "", "Ridgeway"),
    }
    page = sign_in(cast.sandra).get(reverse("registers:pupil_record", args=[cast.callum.pk])).content.decode()
    assert "On roll from 7 Sep 2026" in page


def test_whoever_sees_no_contacts_sees_none_of_their_history(cast, mother, sign_in, at_morning):
    change(cast, mother, details={"mobile": "07700 900999"})
    assert sign_in(cast.pat).get(reverse("registers:pupil_contacts", args=[cast.callum.pk])).status_code == 403
    record = sign_in(cast.pat).get(reverse("registers:pupil_record", args=[cast.callum.pk])).content.decode()
    assert "07700 900001" not in record
