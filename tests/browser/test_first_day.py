"""First-day contact, worked in the browser: fourteen families alerted, answers agreed to, one alert stopped, the call sheet
worked by keys, and one family with safeguarding.

With OFFICE_PICTURES set to a folder the pictures of docs/pictures are taken anew.
"""

import os
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import expect

from interventions.actions.demo import begin_first_day
from interventions.models import Attempt, SafeguardingItem
from letters.models import Message
from registers.models import Contact, ContactFault, Mark
from registers.rules.sessions import Session
from tests.browser.conftest import DESK, PHONE
from tests.conftest import MONDAY
from tests.factories.cast import put_on_roll
from tests.factories.marks import take

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NINE = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
AT = datetime(2026, 11, 23, 9, 14, tzinfo=UTC)


@pytest.fixture
def fourteen(cast):
    """Give the cast with fourteen pupils of 9A marked N, and highly vulnerable Tyler; their contact begun."""
    names = ["Ada", "Bob", "Cas", "Dov", "Eve", "Fay", "Gus", "Hal", "Ida", "Jon", "Kit", "Lea", "Max", "Nia"]
    away = put_on_roll(*((cast.nine_a, f"Away{place:02d}", name, {}) for place, name in enumerate(names)))
    for place, contact in enumerate(Contact.objects.filter(school=cast.thornbridge).order_by("pk")):
        contact.mobile, contact.home_phone, contact.work_phone = f"07700 9004{place:02d}", "", ""
        contact.save()
    take(cast.nine_a, Session(MONDAY, "AM"), by=cast.pat, at=NINE, codes={pupil.pk: "N" for pupil in away})
    take(cast.eight_c, Session(MONDAY, "AM"), by=cast.hal, at=NINE, codes={cast.tyler.pk: "N"})
    assert begin_first_day(school=cast.thornbridge, at=AT) == 14
    assert begin_first_day(school=cast.thornbridge, at=AT) == 0
    return cast


def picture(page, name):
    if folder := os.environ.get("OFFICE_PICTURES"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{folder}/first-day-{name}.png")


def test_a_morning_of_fourteen_families_is_worked(fourteen, signed_in_page, played_morning, no_violations):
    played_morning(AT)
    page = signed_in_page(fourteen.sandra)
    page.goto("/first-day/")
    expect(page.get_by_role("heading", level=1)).to_have_text("First day, 15 families without a reason")
    expect(page.locator(".answer")).to_have_count(3)
    no_violations(page)
    picture(page, "list")

    # One of the two that still count down is stopped, by key.
    page.locator("tr[data-row]", has_text="Goes at").first.focus()
    page.keyboard.press("s")
    expect(page.locator("#toasts")).to_contain_text("1 alert stopped")
    assert Message.objects.filter(kind="alert", state="cancelled").count() == 1

    # What two parents answered is agreed to.
    for words in ("sick in the night", "dentist appointment"):
        page.locator(".answer", has_text=words).get_by_role("button").click()
        expect(page.locator("#toasts")).to_contain_text("Logged:")
    assert Mark.objects.filter(on=MONDAY, half="AM", code__in="IM").count() == 2

    # The call sheet: the vulnerable pupil, the alert that was stopped, the number that does not exist.
    page.goto("/first-day/calls/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Call sheet, 3 families to ring")
    no_violations(page)
    picture(page, "calls")
    for key, outcome in (("n", "no answer"), ("v", "left a voicemail"), ("b", "will call back"), ("d", "number dead")):
        page.locator(".callfamily", has_text="Tyler").locator("tr[data-row]").first.focus()
        page.keyboard.press(key)
        expect(page.locator("#toasts")).to_contain_text(outcome)
    assert Attempt.objects.count() == 4
    assert ContactFault.objects.filter(way="mobile").count() == 2
    stopped = page.locator(".callfamily", has_text="Stopped in the countdown").first
    stopped.locator("tr[data-row]").first.focus()
    page.keyboard.press("s")
    page.wait_for_url("**/spoke/**")
    no_violations(page)
    page.get_by_label("What was said").fill("Overslept, on the way now")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#toasts")).to_contain_text("written down")

    # Who is not reached goes to safeguarding; somebody's word is kept as theirs.
    tyler = page.locator(".callfamily", has_text="Tyler")
    tyler.get_by_text("Raise with safeguarding now").click()
    tyler.locator("input[name=why]").fill("Nobody answers, and the number is dead")
    tyler.get_by_role("button", name="Raise now").click()
    page.wait_for_url("**/safeguarding/**")
    no_violations(page)

    dsl = signed_in_page(fourteen.dee)
    dsl.goto("/desk/")
    expect(dsl.locator("section.job[aria-labelledby='job-safeguarding'] .cnt")).to_have_text("1")
    assert SafeguardingItem.objects.get().closed_at is None
    assert (page.complaints, dsl.complaints) == ([], [])


def test_on_a_phone_nothing_scrolls_sideways(fourteen, signed_in_page, played_morning, no_violations):
    played_morning(AT)
    page = signed_in_page(fourteen.sandra, viewport=PHONE)
    for path in ("/first-day/", "/first-day/dry-run/", "/first-day/calls/", "/first-day/settings/"):
        page.goto(path)
        no_violations(page)
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0, path
    button = page.goto("/first-day/calls/") and page.get_by_role("button", name=re.compile("Voicemail")).first
    assert button.bounding_box()["height"] >= 24
    page.set_viewport_size(DESK)
