"""A NUL in what is asked or sent is refused with a page: no keyboard types one, and Postgres keeps none."""

import pytest
from django.urls import reverse

from attendance_office.audit.models import Entry

ASKED = [
    "/pupils/?q=%00",
    "/absence/?q=a%00b",
    "/absence/patterns/?q=%00",
    "/absence/proposals/?q=%00",
    "/explorer/?form=%00",
]
SENT = [
    ("reporting:view_save", {"name": "a\x00b", "query": ""}),
    ("reporting:mail_choose", {"names": "full", "why": "a\x00b"}),
    ("interventions:proposal_settle", {"act": "aside", "why": "a\x00b"}),
]


@pytest.mark.parametrize("address", ASKED)
def test_in_an_address(cast, sign_in, at_morning, address):
    assert sign_in(cast.laila).get(address).status_code == 400


@pytest.mark.parametrize(("name", "sent"), SENT)
def test_in_a_form(cast, sign_in, at_morning, name, sent):
    client = sign_in(cast.laila)
    before = Entry.objects.count()
    assert client.post(reverse(name), sent).status_code == 400
    assert Entry.objects.count() == before


def test_in_the_address_that_an_export_is_narrowed_by(cast, sign_in, at_morning):
    client = sign_in(cast.laila)
    assert client.post(reverse("interventions:trawl_export", args=["csv"]), {"query": "q=%00"}).status_code == 400


def test_any_other_text_passes(cast, sign_in, at_morning):
    assert sign_in(cast.laila).get("/pupils/?q=%E2%82%AC+%F0%9F%98%80+%25%0A").status_code == 200
