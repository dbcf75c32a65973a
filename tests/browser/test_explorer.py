"""The explorer in a browser: choose, narrow, save the view, take the file, open the receipt; every look with axe."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from playwright.sync_api import expect

from registers.models import Group, Membership
from tests.reporting.conftest import term  # noqa: F401 - the world that this file looks at

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LOOKS = ("list", "table&by=year&by2=sex", "weeks&by=year", "weekdays", "bands", "gaps", "beside")


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


def test_one_question_is_looked_at_in_every_way_and_a_gap_leads_to_the_pupils_behind_it(autumn, signed_in_page):
    page = signed_in_page(autumn.sandra)
    page.goto("/explorer/?period=own&from_on=2026-10-14&to_on=2026-11-03&year=9&sex=F&sex=M")
    drawn = {"Table": 0, "Trend": 1, "Days of the week": 1, "Distribution": 1, "Beside DfE": 0, "Gaps": 1}
    for look, pictures in drawn.items():
        page.get_by_role("navigation", name="How to look at it").get_by_role("link", name=look, exact=True).click()
        page.locator("#look [aria-current=true]", has_text=look).wait_for()
        expect(page.locator("#look .chartbox svg")).to_have_count(pictures)
        assert page.locator("#look tbody tr").count() >= 1
        # The question stays whatever the look.
        expect(page.locator(".tags .tag")).to_have_count(3)
        assert "Wed 14 Oct 2026 to Tue 3 Nov 2026" in page.locator(".head").inner_text()
    row = page.locator("#look tbody tr", has_text="Free school meals")
    behind = row.locator("td[data-label=Pupils]").inner_text()
    row.get_by_role("link", name="Free school meals", exact=True).click()
    expect(page.locator("h1")).to_have_text(f"Explorer, {behind} pupils")
    expect(page.locator(".tags .tag", has_text="Free school meals: Yes")).to_have_count(1)
    assert page.locator("tbody tr[data-row]").count() == int(behind)


def test_some_of_the_list_are_chosen_by_keyboard_and_put_into_a_group(autumn, signed_in_page, no_violations):
    group = Group.objects.create(school=autumn.thornbridge, name="Breakfast club")
    page = signed_in_page(autumn.sandra)
    page.goto("/explorer/?view=list&year=8")
    page.get_by_role("checkbox", name="Select Hassan, Ikra").press("x")
    page.get_by_text("1 pupil selected").wait_for()
    page.locator("#x-group").select_option(label="Breakfast club")
    no_violations(page)
    page.get_by_role("checkbox", name="Select Hassan, Ikra").press("g")
    page.get_by_text("1 pupil added to Breakfast club").first.wait_for()
    assert [one.pupil for one in Membership.objects.filter(group=group)] == [autumn.ikra]
    page.goto(f"/explorer/?view=list&group={group.pk}")
    assert page.locator("h1").inner_text() == "Explorer, 1 pupil"
    page.get_by_role("link", name="Hassan, Ikra").click()
    page.wait_for_url(f"**/pupils/{autumn.ikra.pk}/")
    assert page.complaints == []


def test_a_line_of_a_table_opens_its_own_receipt(autumn, signed_in_page, no_violations):
    page = signed_in_page(autumn.sandra)
    page.goto("/explorer/?view=table&by=form")
    row = page.locator("#look tbody tr", has_text="8C")
    attended, possible = (row.locator(f"td[data-label={one}]").inner_text() for one in ("Attended", "Possible"))
    row.get_by_role("link", name="Open the receipt of 8C").click()
    page.locator("#over-title").wait_for()
    no_violations(page)
    assert f"{attended} of {possible} is" in page.locator("#over").inner_text()


def test_what_is_printed_reads_in_black_and_white(autumn, signed_in_page, no_violations):
    page = signed_in_page(autumn.sandra)
    page.emulate_media(media="print")
    for path in (*(f"/explorer/?view={look}" for look in LOOKS), "/explorer/receipt/", "/figures/", "/absence/"):
        page.goto(path)
        # Under the rules of print axe measures every word's contrast again.
        no_violations(page)
        for unprinted in ("form.filters", "nav.seg", ".actionbar", ".noprint"):
            assert page.locator(f"main {unprinted}:visible").count() == 0, (path, unprinted)
        assert page.locator("main :is(table, .empty):visible").count() >= 1, path
        # What is drawn is told apart by pattern and words: by one ink, that of the text around it.
        inks = page.locator("svg.chart").evaluate_all(
            """(charts) => [...new Set(charts.flatMap((chart) => [chart, ...chart.querySelectorAll("*")])
                .flatMap((part) => { const style = getComputedStyle(part); return [style.fill, style.stroke]; })
                .filter((ink) => ink.startsWith("rgb")).map((ink) => ink.match(/\\d+/g).slice(0, 3).map(Number))
                .filter(([r, g, b]) => Math.max(r, g, b) - Math.min(r, g, b) > 40).map(String))]"""
        )
        assert inks == [], (path, inks)


def test_a_difference_is_told_by_cause(autumn, signed_in_page, no_violations):
    page = signed_in_page(autumn.sandra)
    page.goto("/figures/differs/")
    page.get_by_label("Possible sessions").fill("100")
    page.get_by_label("Sessions attended").fill("90")
    page.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("heading", name="How much each cause could explain")).to_be_visible()
    no_violations(page)
