"""The reports on paper: whose they are, of which days, printed when; nothing to press, no column cut, in black on white."""

import pytest
from django.urls import reverse

from reporting.models import Report, Sending
from tests.browser.test_reports import day, known, sick  # noqa: F401 - the world that this file looks at

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# A4 less the margins of print.css, at 96 pixels to the inch.
UPRIGHT, ASIDE = {"width": 703, "height": 1009}, {"width": 1032, "height": 679}
PAGES = {
    "/figures/": UPRIGHT,
    "/figures/differs/": UPRIGHT,
    "/explorer/": UPRIGHT,
    "/explorer/?view=table&by=year": UPRIGHT,
    "/explorer/?view=gaps": UPRIGHT,
    "/league/": UPRIGHT,
    "/illness/": ASIDE,
    "/absence/": ASIDE,
    "/absence/patterns/": UPRIGHT,
}
PRESSED = ".bar, .nav, .btn, .filters, .seg, .crumbs, .pager ul"
SEEN = "parts => parts.filter((part) => part.checkVisibility()).map((part) => part.className)"
CUT = """() => [...document.querySelectorAll("main table")].filter((table) => table.checkVisibility())
    .filter((table) => table.getBoundingClientRect().right > innerWidth + 1).map((table) => table.innerText.slice(0, 80))"""
HEADS = """() => [...document.querySelectorAll("main .tbl:not(.broad) thead")]
    .every((head) => getComputedStyle(head).display === "table-header-group")"""


def on_paper(page, path, size):
    page.emulate_media(media="print")
    page.set_viewport_size(size)
    page.goto(path)
    assert page.locator(PRESSED).evaluate_all(SEEN) == [], path
    head = page.locator(".printhead")
    assert "Thornbridge Academy" in head.inner_text()
    assert "Printed Tue 24 Nov 2026" in head.inner_text()
    assert page.locator("h1").is_visible()
    assert page.evaluate(CUT) == [], path
    assert page.evaluate(HEADS), path


def test_every_report_page_prints_with_its_school_and_day_and_without_what_is_pressed(day, signed_in_page):  # noqa: F811
    page = signed_in_page(day.laila)
    for path, size in PAGES.items():
        on_paper(page, path, size)
        sheet = page.pdf(prefer_css_page_size=True)
        assert (b"/MediaBox [0 0 841" in sheet) == (size is ASIDE), path
    for report in (Report.LATES_MORNING, Report.DAILY_SUMMARY, Report.ILLNESS):
        sending = Sending.objects.get(user=day.laila, report=report)
        on_paper(page, reverse("reporting:sent_detail", args=[sending.pk]), UPRIGHT)


def test_a_table_too_broad_for_paper_prints_a_block_a_row_with_each_number_after_its_head(day, signed_in_page):  # noqa: F811
    page = signed_in_page(day.laila)
    page.goto("/explorer/?view=table&by=year&by2=sex")
    page.locator("main table").evaluate("table => table.classList.add('broad')")
    page.set_viewport_size(UPRIGHT)
    page.emulate_media(media="print")
    assert page.evaluate(CUT) == []
    assert not page.locator("main table.broad thead").is_visible()
    label = page.locator("main table.broad td.num").first
    assert label.evaluate("cell => getComputedStyle(cell, '::before').content") not in ("none", "normal")
