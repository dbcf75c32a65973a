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
    assert page.get_by_role("row", name="Year 8: Stomach").get_by_text("stands out").is_visible()
    no_violations(page)
    page.set_viewport_size(PHONE)
    no_violations(page)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
