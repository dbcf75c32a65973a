"""The reports of a day in the browser: from the mail's link to the page, and the illness monitor, wide and narrow."""

from datetime import datetime

import pytest
from django.urls import reverse

from attendance_office.jobs.models import Job
from interventions.actions.due import run_job
from registers.models import Mark
from registers.rules.sessions import monday
from reporting.models import Report, Sending
from tests.browser.conftest import PHONE
from tests.conftest import MONDAY, MORNING
from tests.reporting.test_illness import AT, TUESDAY, known, sick  # noqa: F401 - the world that this file looks at

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def day(sick, played_morning):  # noqa: F811
    """Thirty school days on which somebody had a cold, four with the stomach on Tuesday, and Amina late on Monday."""
    cast = sick
    Mark.objects.create(
        school=cast.thornbridge, pupil=cast.amina, on=MONDAY, half="AM", code="L", minutes_late=7,
        school_week=monday(MONDAY), origin="register", recorded_at=MORNING,
    )  # fmt: skip
    for job, on in ((Job.LATES_MORNING, MONDAY), (Job.DAILY_SUMMARY, MONDAY), (Job.ILLNESS, TUESDAY)):
        run_job(school=cast.thornbridge, job=job, on=on, by=None, at=datetime.combine(on, AT.timetz()))
    played_morning(AT)
    return cast


def test_a_head_of_year_reads_the_day_and_the_lates_she_was_sent_on_a_telephone(day, signed_in_page, no_violations):
    page = signed_in_page(day.adeyemi, viewport=PHONE)
    page.goto(reverse("reporting:sent_list"))
    no_violations(page)
    page.get_by_role("link", name="Lates at the start of school, Year 9").click()
    page.get_by_role("heading", name="Year 9: late to the start of school, Mon 23 Nov 2026").wait_for()
    assert page.get_by_role("row", name="Begum, Amina 9A 7").is_visible()
    no_violations(page)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    daily = Sending.objects.get(user=day.adeyemi, report=Report.DAILY_SUMMARY)
    page.goto(reverse("reporting:sent_detail", args=[daily.pk]))
    page.get_by_role("heading", name="Registers missing").wait_for()
    no_violations(page)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_the_head_is_told_of_an_illness_and_finds_it_in_the_table_marked_in_words(day, signed_in_page, no_violations):
    page = signed_in_page(day.sol)
    page.goto(reverse("reporting:sent_list"))
    page.get_by_role("link", name="Illness monitor, Whole school").click()
    page.get_by_role("heading", name="What stands out").wait_for()
    no_violations(page)
    page.get_by_role("link", name="Figures", exact=True).or_(page.get_by_role("link", name="Reports")).first.click()
    page.get_by_role("link", name="Illness", exact=True).click()
    page.get_by_role("heading", name="Illness by year and day").wait_for()
    assert page.get_by_role(
        "row", name="Stomach (sickness, diarrhoea) Year 8 Tue 24 Nov 2026 4 none before"
    ).is_visible()
    assert page.get_by_role("row", name="Year 8: Stomach").get_by_text("Tue 24 Nov", exact=True).is_visible()
    folded = page.get_by_role("row", name="Year 9: Cold")
    assert not folded.is_visible()
    page.get_by_text("By year group: 1 more line").click()
    assert folded.is_visible()
    no_violations(page)
    page.set_viewport_size(PHONE)
    no_violations(page)
    assert page.evaluate("[...document.querySelectorAll('.scroll')].every((box) => box.scrollWidth <= box.clientWidth)")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


# Of each table drawn as cards: whether it lies in its box, and whether every cell with words stands under its head.
CARDS = """() => [...document.querySelectorAll("main table.stack")].map((table) => ({
    aside: table.scrollWidth - table.parentElement.clientWidth,
    told: [...table.querySelectorAll("tbody td")].every((cell) => !cell.textContent.trim() || cell.dataset.label),
    roles: [...table.querySelectorAll("tr, th, td, tbody, thead")].every((part) => part.hasAttribute("role")),
    names: [...table.querySelectorAll("tbody tr")].every((row) => row.querySelector("th").offsetTop <= row.querySelector("td").offsetTop),
}))"""


def test_what_was_sent_is_read_on_a_telephone_a_card_a_row_and_stays_a_table_for_the_ear(
    day, signed_in_page, no_violations
):
    page = signed_in_page(day.laila, viewport=PHONE)
    for sending in Sending.objects.filter(user=day.laila):
        page.goto(reverse("reporting:sent_detail", args=[sending.pk]))
        cards = page.evaluate(CARDS)
        assert cards, sending
        for one in cards:
            assert (one["aside"] <= 0, one["told"], one["roles"], one["names"]) == (True,) * 4, (sending, one)
        no_violations(page)
    page.goto(
        reverse("reporting:sent_detail", args=[Sending.objects.get(user=day.laila, report=Report.LATES_MORNING).pk])
    )
    tree = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    said = {one.get("role", {}).get("value") for one in tree}
    assert {"table", "row", "columnheader", "rowheader", "cell"} <= said


def test_a_grid_on_a_telephone_says_that_it_scrolls_and_keeps_its_names_in_sight(day, signed_in_page, no_violations):
    page = signed_in_page(day.laila, viewport=PHONE)
    page.goto(reverse("reporting:sent_detail", args=[Sending.objects.get(user=day.laila, report=Report.ILLNESS).pk]))
    grid = page.get_by_role("region", name="Day by day")
    hint = grid.evaluate("box => getComputedStyle(box, '::before').content")
    assert "Swipe sideways" in hint
    name = grid.get_by_role("rowheader").first
    before = name.bounding_box()["x"]
    grid.evaluate("box => { box.scrollLeft = 200; }")
    assert name.bounding_box()["x"] == before
    no_violations(page)


def test_the_places_of_the_reports_are_one_button_on_a_telephone(day, signed_in_page, no_violations):
    page = signed_in_page(day.laila, viewport=PHONE)
    page.goto(reverse("reporting:sent_list"))
    no_violations(page)
    page.get_by_text("Other reports").click()
    no_violations(page, context="nav.phone-only")
    page.get_by_role("link", name="Illness", exact=True).click()
    page.get_by_role("heading", name="Illness by year and day").wait_for()
