"""A pupil's file in a browser: found from the pupil's page, narrowed, read on a phone, and printed.

With OFFICE_PICTURES set to a folder the pictures of docs/pictures are taken anew.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from attendance_office.audit.models import Entry
from tests.reporting.pupil_file.conftest import AFTER, story  # noqa: F401 - the world that this file looks at

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture
def told(live_server, story, played_morning):  # noqa: F811
    """Give the cast after Callum's story, on Tuesday afternoon."""
    played_morning(AFTER)
    return story


def is_good(page, no_violations, path):
    """Assert that what a page shows is clean to axe and does not scroll sideways, at a desk and on a phone."""
    for size in (WIDE, PHONE):
        page.set_viewport_size(size)
        no_violations(page)
        wider = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wider <= 0, (path, size["width"], wider)
    page.set_viewport_size(WIDE)


def keep(page, name):
    """Keep a picture of a page where pictures are wanted."""
    if folder := os.environ.get("OFFICE_PICTURES"):
        page.screenshot(path=Path(folder) / name)


def test_the_file_is_a_key_away_from_the_pupil_and_is_narrowed(told, signed_in_page, no_violations):
    page = signed_in_page(told.sandra)
    page.goto(f"/pupils/{told.callum.pk}/")
    page.keyboard.press("f")
    page.wait_for_url(re.compile(r"/pupils/\d+/file/$"))
    page.get_by_text("Persistently absent (a tenth or more missed)").wait_for()
    is_good(page, no_violations, "the whole file")
    keep(page, "pupil-file.png")
    page.set_viewport_size(PHONE)
    keep(page, "pupil-file-phone.png")
    page.set_viewport_size(WIDE)

    page.get_by_text("Kinds", exact=True).click()
    page.get_by_label("Letters").check()
    page.get_by_role("button", name="Apply").click()
    page.get_by_text("4 entries of").wait_for()
    assert "Rang Mrs" not in page.locator("main").inner_text()
    is_good(page, no_violations, "letters alone")
    page.locator(".tags").get_by_text("Letters").click()
    page.get_by_text("Rang Mrs Jo Ashworth, mobile: no answer.").wait_for()

    page.get_by_label("Search within").fill("safe and well")
    page.get_by_role("button", name="Apply").click()
    page.get_by_text("1 entry of").wait_for()
    page.get_by_role("link", name="The item").click()
    page.wait_for_url(re.compile(r"/first-day/safeguarding/\d+/$"))


def test_days_the_wrong_way_round_are_told_at_the_field(told, signed_in_page, no_violations):
    page = signed_in_page(told.sandra)
    page.goto(f"/pupils/{told.callum.pk}/file/?from_on=2026-11-23&to_on=2026-11-01")
    page.get_by_role("link", name="To: The last day lies before the first. Choose a later one.").wait_for()
    is_good(page, no_violations, "an error")


def test_a_tutor_prints_what_a_tutor_may_see(told, signed_in_page, no_violations):
    page = signed_in_page(told.pat)
    page.goto(f"/pupils/{told.callum.pk}/file/")
    # All of it, what a projector does not show as well.
    words = page.locator("main").text_content()
    assert "settled as O" in words
    for hidden in ("Nobody reached", "Sick", "Ashworth, mobile", "Letter"):
        assert hidden not in words
    is_good(page, no_violations, "a tutor's")
    with page.context.expect_event("response", lambda answer: answer.url.endswith("/file/print/")) as answered:
        page.get_by_role("button", name="Print as PDF").click()
    assert answered.value.headers["content-type"] == "application/pdf"
    line = Entry.objects.get(verb="printed a pupil file")
    assert line.by_name == told.pat.signature
