"""A morning's letters: read beside the list, approved by keyboard, one held back, made, and asked why."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from playwright.sync_api import expect

from letters.actions.making import make_next
from letters.actions.policies import supply_policies
from letters.actions.proposing import propose_letters
from letters.models import Letter, Letterhead
from tests.factories.letters import AT, amend, at_home, attend, second_parent

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
EARLY = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)


@pytest.fixture
def proposed(cast):
    """Give the cast with two letters proposed at 07:30, of which Callum's lost its ground at 09:02."""
    attend(cast.nine_a, by=cast.pat, absent={cast.callum: 2, cast.freya: 2})
    for pupil in (cast.callum, cast.freya):
        at_home(pupil, address=f"{pupil.pk} Weavers Close, Thornbridge")
    second_parent(cast.freya)
    supply_policies(school=cast.thornbridge, by=None, at=EARLY - timedelta(days=1))
    Letterhead.objects.filter(school=cast.thornbridge).update(ring_name="Mrs Sandra Pugh", ring_phone="01632 960 140")
    propose_letters(school=cast.thornbridge, by=None, at=EARLY)
    amend(cast.callum, date(2026, 11, 9), "AM", "/", by=cast.sandra, at=AT - timedelta(minutes=12))
    return cast


def test_letters_are_read_approved_held_back_made_and_asked_why(proposed, signed_in_page, no_violations):
    page = signed_in_page(proposed.sandra)
    page.goto("/letters/due/")
    no_violations(page)
    expect(page.locator("h1")).to_contain_text("Letters due, ")
    expect(page.locator(".actionbar")).to_contain_text("2 pupils selected")
    page.locator("tr[data-row]").first.focus()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("#preview")).to_contain_text("Dear Mrs Blackwood")
    expect(page.locator("#preview")).not_to_contain_text("Mill Lane")
    page.keyboard.press("a")
    expect(page.locator("h1")).to_contain_text("Approve 3 letters to 3 parents?")
    no_violations(page)
    page.get_by_role("button", name="Approve 3 letters").click()
    expect(page.locator("#toasts")).to_contain_text("2 letters approved")
    expect(page.locator("#toasts")).to_contain_text("Mark changed at 09:02")
    expect(page.locator("tr.off")).to_contain_text("no longer below 95 %")
    assert set(Letter.objects.values_list("pupil__legal_forename", "state")) == {
        ("Callum", "held_back"),
        ("Freya", "waiting"),
    }
    while make_next(at=AT) is not None:
        pass
    letter = Letter.objects.filter(pupil=proposed.freya).order_by("pk").first()
    assert (letter.state, letter.ended_why) == ("ready", "")
    page.goto(f"/letters/{letter.pk}/")
    no_violations(page)
    expect(page.locator("main")).to_contain_text("18 of 20 possible sessions attended")
    expect(page.locator("main")).to_contain_text("Mrs S. Pugh")
    assert page.complaints == []


def test_letters_due_fits_a_phone_and_choosing_a_pupil_goes_to_the_letter(proposed, signed_in_page, no_violations):
    page = signed_in_page(proposed.sandra, viewport={"width": 390, "height": 844})
    page.goto("/letters/due/")
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    no_violations(page)
    page.get_by_role("link", name="Blackwood, Freya").click()
    expect(page.locator("#preview-title")).to_be_focused()
    expect(page.locator("#preview-title")).to_be_in_viewport()
