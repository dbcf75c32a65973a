"""The explorer in a browser: choose, narrow, save the view, take the file, open the receipt; every look with axe."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.reporting.conftest import term  # noqa: F401 - the world that this file looks at

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LOOKS = ("list", "table&by=year&by2=sex", "weeks&by=year", "weekdays", "bands", "gaps")


@pytest.fixture
def autumn(live_server, term):  # noqa: F811
    """Give the term's school to a server."""
    return term


def test_a_question_is_chosen_narrowed_saved_exported_and_its_receipt_opened(autumn, signed_in_page, no_violations):
    page = signed_in_page(autumn.sandra)
    page.goto("/explorer/")
    assert page.locator("h1").inner_text() == "Explorer, 25 pupils"
    page.select_option("#x-period", "term")
    page.wait_for_url("**period=term**")
    page.get_by_text("Narrow", exact=True).click()
    no_violations(page)
    page.get_by_label("Year 9").check()
    page.get_by_role("group", name="Free school meals").get_by_label("Yes").check()
    page.get_by_role("button", name="Apply").click()
    page.wait_for_url("**year=9**")
    expect(page.locator(".tags .tag")).to_have_count(2)
    many = page.locator("tbody tr[data-row]").count()
    assert page.locator("h1").inner_text() == f"Explorer, {many} pupils"

    page.get_by_text("Saved views").click()
    page.get_by_label("Save this view as").fill("Year 9, free meals")
    page.get_by_role("button", name="Save the view").click()
    page.goto("/explorer/")
    page.get_by_text("Saved views").click()
    page.get_by_role("link", name="Year 9, free meals", exact=True).click()
    page.wait_for_url("**fsm=yes**")
    assert page.locator("h1").inner_text() == f"Explorer, {many} pupils"

    with page.expect_download() as taken:
        page.get_by_role("button", name="CSV").click()
    rows = list(csv.reader(io.StringIO(Path(taken.value.path()).read_text(encoding="utf-8-sig"))))
    assert len(rows) == many + 1
    on_page = page.locator("tbody tr[data-row] td[data-label=Attendance]").all_inner_texts()
    at = rows[0].index("Attendance")
    assert [f"{row[at]} %" for row in rows[1:]] == [words.strip() for words in on_page]

    opener = page.get_by_role("link", name="open the receipt")
    said = opener.inner_text()
    opener.click()
    page.locator("#over-title").wait_for()
    no_violations(page)
    assert said.split(" ")[0] in page.locator("#over").inner_text()
    page.keyboard.press("Escape")
    page.locator(".tags .tag").first.click()
    expect(page.locator(".tags .tag")).to_have_count(1)
    assert page.complaints == []


def test_every_look_is_clean_wide_and_on_a_phone(autumn, signed_in_page, no_violations):
    page = signed_in_page(autumn.sandra)
    wrong = {}
    for look in LOOKS:
        for size in ({"width": 1280, "height": 900}, {"width": 390, "height": 844}):
            page.set_viewport_size(size)
            page.goto(f"/explorer/?view={look}")
            try:
                no_violations(page)
            except AssertionError as found:
                wrong[look, size["width"]] = str(found)[:500]
            if page.evaluate("document.documentElement.scrollWidth - window.innerWidth") > 0:
                wrong[look, size["width"], "sideways"] = True
    assert wrong == {}


def test_a_difference_is_told_by_cause(autumn, signed_in_page, no_violations):
    page = signed_in_page(autumn.sandra)
    page.goto("/figures/differs/")
    page.get_by_label("Possible sessions").fill("100")
    page.get_by_label("Sessions attended").fill("90")
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("heading", name="How much each cause could explain")).to_be_visible()
    no_violations(page)
