"""Schools side by side in a browser: wide and on a phone, with axe, and the way into a school."""

from __future__ import annotations

import pytest

from attendance_office.staff.models import School
from registers.rules.sessions import Session
from tests.conftest import MONDAY, MORNING
from tests.factories.marks import take

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_trustee_reads_the_schools_and_goes_into_one(live_server, cast, signed_in_page, no_violations):
    School.objects.filter(pk=cast.ridgeway.pk).update(trust=cast.thornbridge.trust)
    take(cast.nine_a, Session(MONDAY, "AM"), by=cast.pat, at=MORNING, codes={cast.callum.pk: "I"})
    take(cast.ridgeway_nine_a, Session(MONDAY, "AM"), by=cast.rita, at=MORNING)
    page = signed_in_page(cast.nell)
    for size in ({"width": 1280, "height": 900}, {"width": 390, "height": 844}):
        page.set_viewport_size(size)
        page.goto("/trust/?period=week")
        no_violations(page)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.set_viewport_size({"width": 1280, "height": 900})
    assert "Canary" not in page.content()
    page.get_by_role("button", name="Ridgeway School").click()
    page.wait_for_url("**/explorer/?from_on=2026-11-23&to_on=2026-11-23&period=own")
    assert page.locator(".brand").first.inner_text().strip() == "Ridgeway School"
    assert page.complaints == []
