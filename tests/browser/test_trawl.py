"""The Friday trawl in the browser: from what moved to the pupils behind it, and the proposals worked by keyboard."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from interventions.actions.patterns import find_patterns
from interventions.actions.trawl import run_trawl
from interventions.models import CaseProposal
from tests.conftest import MORNING
from tests.interventions.trawl.conftest import FRIDAY, WEEK, attend

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NARROW = {"width": 320, "height": 1600}


@pytest.fixture
def two_runs(cast):
    """Callum fell to 89 % in a week, Tyler stands severely absent; both are proposed."""
    attend(cast.callum, absent=4, to_on=FRIDAY - timedelta(days=8))
    attend(cast.callum, absent=8, from_on=FRIDAY - WEEK, to_on=FRIDAY - timedelta(days=1))
    attend(cast.tyler, absent=70)
    attend(cast.amina)
    for on in (FRIDAY - WEEK, FRIDAY):
        made = run_trawl(school=cast.thornbridge, on=on, by=None, at=datetime(on.year, on.month, on.day, 7, tzinfo=UTC))
    find_patterns(trawl=made.trawl, by=None, at=MORNING)
    return cast


def test_from_what_moved_to_the_pupil_and_the_case_taken_up_by_keyboard(two_runs, signed_in_page, no_violations):
    page = signed_in_page(two_runs.laila)
    page.goto(reverse("interventions:trawl"))
    no_violations(page)
    page.get_by_role("link", name="Now persistently absent: 90 % or less attended").click()
    page.get_by_role("link", name="Ashworth, Callum").click()
    page.get_by_text("fell to 90 %, fell to 95 %").wait_for()
    no_violations(page)
    page.goto(reverse("registers:pupil_detail", args=[two_runs.callum.pk]))
    page.get_by_role("heading", name="Absence, trawl by trawl").wait_for()
    no_violations(page)
    page.goto(reverse("interventions:proposal_list"))
    no_violations(page)
    page.get_by_role("checkbox", name="Select Maddox, Tyler").press("x")
    page.get_by_text("1 proposal selected").wait_for()
    page.keyboard.press("t")
    page.get_by_text("1 proposal taken up").first.wait_for()
    assert CaseProposal.objects.get(pupil=two_runs.tyler).state == "taken_up"
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("Taken back: 1 open again").first.wait_for()
    assert page.complaints == []


def test_no_page_of_the_trawl_scrolls_sideways_on_a_phone(two_runs, signed_in_page, no_violations):
    page = signed_in_page(two_runs.laila, viewport=NARROW)
    for path in (
        reverse("interventions:trawl") + "?band=all",
        reverse("interventions:proposal_list"),
        reverse("interventions:pattern_list"),
        reverse("interventions:pupil_absence", args=[two_runs.callum.pk]),
    ):
        page.goto(path)
        no_violations(page)
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0, path
