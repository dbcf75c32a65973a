"""A visit of the trust, logged, read by the school and settled; what is done about a pattern; a reward: in a browser."""

import re

import pytest
from django.urls import reverse

from interventions.models import PatternStep
from letters.models import Reward
from reporting.models import VisitStep
from tests.interventions.trawl.conftest import patterned  # noqa: F401 - a fixture of the trawl's tests

WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}

pytestmark = pytest.mark.django_db(transaction=True)


def look(page, no_violations):
    """Have axe look at both widths, and see that nothing scrolls sideways."""
    for size in (PHONE, WIDE):
        page.set_viewport_size(size)
        no_violations(page)
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0


def test_the_trust_logs_a_visit_and_the_school_says_what_became_of_it(cast, signed_in_page, no_violations):
    page = signed_in_page(cast.tess)
    page.goto(reverse("reporting:visit_list"))
    page.get_by_role("link", name="Log a visit").click()
    page.get_by_label("What was found").wait_for()
    look(page, no_violations)
    page.get_by_label("What was found").fill("Registers are closed in time.")
    page.get_by_role("button", name="Log", exact=True).click()
    page.get_by_role("heading", name="Then and now").wait_for()
    page.get_by_label("What was agreed").fill("Send letters on Mondays")
    page.get_by_role("button", name="Put down what was agreed").click()
    page.get_by_role("rowheader", name="Send letters on Mondays").wait_for()
    look(page, no_violations)
    page.get_by_role("link", name="Correct").click()
    page.get_by_label("Why it is corrected").wait_for()
    look(page, no_violations)
    school = signed_in_page(cast.laila)
    school.goto(reverse("reporting:visit_list"))
    look(school, no_violations)
    school.locator("tbody tr[data-row] th a").click()
    school.get_by_text("Settle").click()
    school.get_by_label("How it was done").fill("The rule runs each Monday")
    school.get_by_role("button", name="Done").click()
    school.get_by_text("The rule runs each Monday").wait_for()
    assert VisitStep.objects.get().state == "done"


def test_a_head_of_year_rings_about_a_pattern_and_puts_a_reward_on_record(patterned, signed_in_page, no_violations):  # noqa: F811
    page = signed_in_page(patterned.adeyemi)
    page.goto(reverse("interventions:pattern_list") + "?done=open")
    look(page, no_violations)
    page.locator("tbody tr[data-row] th a").click()
    page.get_by_role("heading", name="What it stands on").wait_for()
    page.get_by_label("With whom of the family").select_option(index=1)
    page.get_by_label("What was said or found").fill("He is tired on Fridays.")
    page.get_by_role("button", name="Put on record").click()
    page.get_by_text("He is tired on Fridays.").wait_for()
    look(page, no_violations)
    assert PatternStep.objects.get().kind == "rang"
    page.goto(reverse("letters:reward_give") + f"?pupil={patterned.amina.pk}")
    look(page, no_violations)
    page.get_by_label("What was given").fill("Badge")
    page.get_by_role("button", name="Put on record").click()
    page.get_by_role("rowheader", name=re.compile("Amina")).wait_for()
    look(page, no_violations)
    assert Reward.objects.get().name == "Badge"
