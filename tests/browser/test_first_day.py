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
from tests.browser.conftest import PHONE
from tests.conftest import MONDAY
from tests.factories.cast import put_on_roll
from tests.factories.marks import take

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

NINE = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
AT = datetime(2026, 11, 23, 9, 14, tzinfo=UTC)


@pytest.fixture
def away(cast):
    """Give the cast with fourteen pupils of 9A marked N, and highly vulnerable Tyler."""
    names = ["Ada", "Bob", "Cas", "Dov", "Eve", "Fay", "Gus", "Hal", "Ida", "Jon", "Kit", "Lea", "Max", "Nia"]
    away = put_on_roll(*((cast.nine_a, f"Away{place:02d}", name, {}) for place, name in enumerate(names)))
    for place, contact in enumerate(Contact.objects.filter(school=cast.thornbridge).order_by("pk")):
        contact.mobile, contact.home_phone, contact.work_phone = f"07700 9004{place:02d}", "", ""
        contact.save()
    take(cast.nine_a, Session(MONDAY, "AM"), by=cast.pat, at=NINE, codes={pupil.pk: "N" for pupil in away})
    take(cast.eight_c, Session(MONDAY, "AM"), by=cast.hal, at=NINE, codes={cast.tyler.pk: "N"})
    return cast


@pytest.fixture
def fourteen(away):
    """Give the same with their contact begun."""
    cast = away
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
    page = signed_in_page(fourteen.sandra, viewport=PHONE, has_touch=True)
    for path in ("/first-day/", "/first-day/dry-run/", "/first-day/calls/", "/first-day/settings/"):
        page.goto(path)
        no_violations(page)
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0, path
    page.goto("/first-day/calls/")
    button = page.get_by_role("button", name=re.compile("Voicemail")).first
    assert button.bounding_box()["height"] >= 24
    button.tap()
    expect(page.locator("#toasts")).to_contain_text("left a voicemail")
    page.locator(".callfamily").first.get_by_role("link", name=re.compile("Spoke")).first.tap()
    page.wait_for_url("**/spoke/**")
    looks_right(page, no_violations)
    page.get_by_label("What was said").fill("She left for school at eight")
    page.get_by_label(re.compile("They believed the child in school")).check()
    page.get_by_role("button", name="Save").tap()
    expect(page.locator("#toasts")).to_contain_text("believed the child in school, written down")
    page.goto("/first-day/safeguarding/")
    looks_right(page, no_violations)
    page.locator("tbody th a").first.tap()
    page.wait_for_url("**/safeguarding/*/")
    looks_right(page, no_violations)
    picture(page, "item-phone")
    assert page.complaints == []


def looks_right(page, no_violations):
    """Hold a page of a phone against axe, and against its own width."""
    no_violations(page)
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0, page.url


def tab_to(page, place, at_most=80):
    """Press Tab until the focus is at a place, as somebody without a mouse does; give how often."""
    for pressed in range(1, at_most + 1):
        page.keyboard.press("Tab")
        if page.evaluate("place => document.activeElement.matches(place)", place):
            return pressed
    raise AssertionError(f"{place} is not reached by Tab on {page.url}")


def test_a_morning_without_a_mouse(away, signed_in_page, played_morning):
    played_morning(AT)
    page = signed_in_page(away.sandra)
    page.goto("/first-day/")
    page.keyboard.press("p")
    expect(page.get_by_role("heading", level=1)).to_have_text("Dry run: 14 alerts, 1 family to ring")
    tab_to(page, "tr[data-row]")
    page.keyboard.press("x")
    tab_to(page, "form .btn.primary")
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("13 alerts prepared, going at 09:19; 1 family on the call sheet")
    # The first is to be rung, the second was left out: the third counts down.
    tab_to(page, "tr[data-row]")
    for key in "jjs":
        page.keyboard.press(key)
    expect(page.locator("#toasts")).to_contain_text("1 alert stopped")
    assert (
        sorted(Message.objects.filter(kind="alert").values_list("state", flat=True)) == ["cancelled"] + ["waiting"] * 12
    )

    # The call sheet: after an outcome one Tab is on the first number of the same family again.
    tab_to(page, "a[href*='/first-day/calls/']")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Call sheet, 2 families to ring")
    tab_to(page, ".callfamily tr[data-row]")
    for key, outcome in (("v", "left a voicemail"), ("n", "no answer"), ("b", "will call back")):
        page.keyboard.press(key)
        expect(page.locator("#toasts")).to_contain_text(outcome)
        assert tab_to(page, ".callfamily tr[data-row]") == 1
    page.keyboard.press("s")
    page.wait_for_url("**/spoke/**")
    tab_to(page, "[name=words]")
    page.keyboard.type("Ill since the night")
    tab_to(page, "[name=code]")
    page.keyboard.type("I ")
    tab_to(page, "form .btn.primary")
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("spoke, written down")
    assert Mark.objects.filter(on=MONDAY, half="AM", code="I").count() == 1
    assert page.complaints == []
