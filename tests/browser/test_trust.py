"""Schools side by side in a browser: wide, on a phone and on paper, with axe, and the way into a school by keyboard.

With OFFICE_PICTURES set to a folder, pictures of the page are taken.
"""

from __future__ import annotations

import os
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from attendance_office.audit.models import Entry
from attendance_office.staff.models import School
from registers.rules.sessions import Session
from tests.conftest import MONDAY, MORNING
from tests.factories.cast import put_on_roll
from tests.factories.marks import take

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture
def two(live_server, cast):
    """Put Ridgeway, a primary school here, into the trust; 8C of Thornbridge is not taken this morning."""
    School.objects.filter(pk=cast.ridgeway.pk).update(trust=cast.thornbridge.trust, phase="Primary")
    nines = put_on_roll(*((cast.nine_a, f"Moorland{n}", "Jo", {"is_pp": n % 2 == 0}) for n in range(14)))
    fours = put_on_roll(*((cast.ridgeway_nine_a, f"Heather{n}", "Sam", {"is_pp": n % 3 == 0}) for n in range(14)))
    for back in (3, 0):
        on, at = MONDAY - timedelta(days=back), MORNING - timedelta(days=back)
        take(cast.nine_a, Session(on, "AM"), by=cast.pat, at=at, codes={one.pk: "I" for one in nines[: 6 + back]})
        take(cast.ridgeway_nine_a, Session(on, "AM"), by=cast.rita, at=at, codes={one.pk: "I" for one in fours[:7]})
    return cast


def keep(name, content):
    """Keep a picture where pictures are asked for."""
    folder = os.environ.get("OFFICE_PICTURES")
    if folder:
        (Path(folder) / name).write_bytes(content)


def fits(page):
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_trustee_reads_the_schools_and_goes_into_one(two, signed_in_page, no_violations):
    page = signed_in_page(two.nell)
    for size in (WIDE, PHONE):
        page.set_viewport_size(size)
        page.goto("/trust/?period=week")
        no_violations(page)
        assert fits(page)
    page.set_viewport_size(WIDE)
    assert "Canary" not in page.content()
    assert page.get_by_role("button", name="Persistent, Ridgeway School").count() == 1
    page.get_by_role("button", name="Persistent, Ridgeway School").click()
    page.wait_for_url("**/figures/?from_on=2026-11-23&to_on=2026-11-23")
    assert page.locator(".brand").first.inner_text().strip() == "Ridgeway School"
    assert "Heather" not in page.content()
    assert page.complaints == []


def test_the_trusts_lead_asks_sorts_and_goes_to_the_pupils_behind_a_number_by_keyboard(
    two, signed_in_page, no_violations
):
    page = signed_in_page(two.tess)
    page.goto("/trust/?period=week")
    page.get_by_text(
        "Too many marks are missing to read the attendance of 1 school: Thornbridge Academy (2)."
    ).wait_for()
    page.get_by_label("Beside", exact=True).select_option("before")
    page.wait_for_url("**beside=before**")
    page.get_by_text("beside the school week before, Mon 16 Nov 2026 to Fri 20 Nov 2026").wait_for()
    page.get_by_role("columnheader", name="Attendance").get_by_role("link").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**sort=attendance**")
    schools = [words.split(":")[0].strip() for words in page.locator(".schools tbody th").all_inner_texts()]
    assert schools == [
        "Ridgeway School",
        "Thornbridge Academy",
        "Primary schools",
        "Secondary schools",
        "All 2 schools",
    ]
    assert page.locator('th[aria-sort="ascending"]').inner_text().startswith("Attendance")
    for size in (WIDE, PHONE):
        page.set_viewport_size(size)
        no_violations(page)
        assert fits(page)
        keep("trust-1280.png" if size is WIDE else "trust-390.png", page.screenshot(full_page=True))
    # On a phone each school is a card under its name.
    card = page.locator("tbody tr").first
    assert card.locator("th").bounding_box()["width"] > 300
    assert card.locator("td").first.evaluate("one => getComputedStyle(one, '::before').content").startswith('"Phase')
    page.set_viewport_size(WIDE)
    page.get_by_label("Pupils", exact=True).select_option("pp-yes")
    page.wait_for_url("**group=pp-yes**")
    assert "sort=attendance" in page.url
    page.get_by_role("button", name="Persistent, Ridgeway School").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/explorer/?from_on=2026-11-23&to_on=2026-11-23&period=own&much=persistent&pp=yes")
    page.get_by_role("heading", name="Explorer, 3 pupils").wait_for()
    assert page.locator(".brand").first.inner_text().strip() == "Ridgeway School"
    assert Entry.objects.get(verb="figures opened").school_id == two.ridgeway.pk
    assert page.complaints == []


def test_the_page_prints_on_its_side_with_every_number(two, signed_in_page):
    page = signed_in_page(two.tess)
    page.goto("/trust/?period=week&beside=before")
    sheet = PdfReader(BytesIO(page.pdf(prefer_css_page_size=True))).pages[0]
    assert sheet.mediabox.width > sheet.mediabox.height
    words = " ".join(sheet.extract_text().split())
    for told in (
        "Ridgeway School",
        "Thornbridge Academy",
        "All 2 schools",
        "Mon 23 Nov 2026",
        "No mark, share",
        "unsafe",
    ):
        assert told in words, told
    assert "Show own period" not in words
