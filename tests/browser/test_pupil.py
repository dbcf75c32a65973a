"""The pupil's page in a browser: found by three letters, the receipt, an amendment, the calendar by key."""

from __future__ import annotations

from datetime import date

import pytest
from playwright.sync_api import expect

from registers.models import Mark
from tests.registers.pupils.conftest import make_marks

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def autumn(live_server, cast):
    """Give the cast with an autumn of Callum's marks, one Monday missed."""
    given = {(date(2026, 10, 5), half): ("O", None) for half in ("AM", "PM")}
    make_marks(cast.callum, date(2026, 9, 2), date(2026, 11, 20), given=given, by=cast.pat)
    return cast


def test_a_pupil_is_found_and_a_mark_amended_with_its_history(autumn, signed_in_page, no_violations):
    page = signed_in_page(autumn.sandra)
    page.goto("/pupils/")
    no_violations(page)
    page.keyboard.press("/")
    page.keyboard.type("ash")
    page.locator("#found a").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/pupils/*/")
    assert page.locator("h1").inner_text() == "Callum Ashworth"
    assert page.locator(".receipt summary").inner_text() == "102 of 104 possible"
    no_violations(page)

    chip = page.locator("#s-2026-10-05-AM")
    chip.click()
    page.locator("#over-title").wait_for()
    assert page.locator("#over-title").inner_text() == "Amend Mon 5 Oct 2026, am"
    no_violations(page)
    assert page.evaluate("document.activeElement.name") == "code"
    page.fill("#over textarea[name=reason]", "x")
    page.locator("#over button.primary").click()
    page.locator("#over [data-errors]").wait_for()
    assert "Nothing is other than before" in page.locator("#over [data-errors]").inner_text()
    page.select_option("#over select[name=code]", "I")
    page.fill("#over textarea[name=reason]", "Mother wrote, flu")
    page.locator("#over button.primary").click()

    expect(page.locator("#over")).to_be_hidden()
    expect(chip).to_be_focused()
    expect(chip).to_have_text("I")
    assert chip.get_attribute("aria-label") == "Mon 5 Oct am: I, illness, amended"
    assert "Missed, authorised" in page.locator("#totals").inner_text()
    assert page.locator("#totals .sum .num").last.inner_text() == "102"
    assert Mark.objects.get(pupil=autumn.callum, on=date(2026, 10, 5), half="AM").code == "I"

    page.goto(page.url.split("?")[0] + "marks/?code=amended")
    history = page.locator(".history").inner_text()
    assert "O to I" in history
    assert "Mrs S. Pugh (attendance officer): Mother wrote, flu" in history
    no_violations(page)
    page.get_by_role("link", name="Amend Mon 5 Oct am").click()
    page.select_option("#over select[name=code]", "M")
    page.fill("#over textarea[name=reason]", "It was the dentist")
    page.locator("#over button.primary").click()
    expect(page.get_by_role("link", name="Amend Mon 5 Oct am")).to_be_focused()
    expect(page.locator(".history")).to_contain_text("I to M")
    assert page.complaints == []


def test_the_calendar_is_one_stop_and_arrows_walk_its_sessions(autumn, signed_in_page):
    page = signed_in_page(autumn.sandra)
    page.goto(f"/pupils/{autumn.callum.pk}/?period=2026/27")
    assert page.locator("table.cal .c[tabindex='0']").count() == 1
    page.locator("#s-2026-10-05-AM").focus()
    walked = []
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "ArrowLeft", "ArrowUp", "ArrowUp", "ArrowUp"):
        page.keyboard.press(key)
        walked.append(page.evaluate("document.activeElement.id"))
    assert walked == [
        "s-2026-10-05-PM",
        "s-2026-10-06-AM",
        "s-2026-10-13-AM",
        "s-2026-10-06-AM",
        "s-2026-10-05-PM",
        "s-2026-10-05-AM",
        "s-2026-10-02-PM",
    ]
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('.cal')") is None
    assert page.complaints == []


def test_projector_mode_hides_flags_codes_and_reasons(autumn, signed_in_page):
    page = signed_in_page(autumn.sandra)
    page.goto(f"/pupils/{autumn.callum.pk}/")
    assert page.locator("table.cal").is_visible()
    page.keyboard.press("F8")
    assert not page.locator("table.cal").is_visible()
    assert not page.locator("#totals .big").is_visible()
    assert page.locator("h1").is_visible()


def test_pupils_selected_in_the_list_go_into_a_group_and_out_again(autumn, signed_in_page):
    from registers.models import Group, Membership

    Group.objects.create(school=autumn.thornbridge, name="Breakfast club")
    page = signed_in_page(autumn.sandra)
    page.goto("/pupils/")
    bar = page.locator("[data-bar]")
    assert not bar.is_visible()
    page.get_by_label("Select all 5 on this page").check()
    assert "5 pupils selected" in bar.inner_text()
    page.get_by_label("Select Callum Ashworth").uncheck()
    page.select_option("#id_bulk_group", label="Breakfast club")
    bar.get_by_role("button", name="Add to the group").click()
    page.wait_for_url("**/groups/*/")
    assert page.locator("h1").inner_text() == "Breakfast club, 4 pupils"
    page.get_by_role("button", name="Undo").click()
    page.wait_for_load_state()
    assert page.locator("h1").inner_text() == "Breakfast club, 0 pupils"
    assert not Membership.objects.exists()


def test_no_page_scrolls_sideways_on_a_phone(autumn, signed_in_page, no_violations):
    page = signed_in_page(autumn.sandra, viewport={"width": 390, "height": 844})
    pupil = autumn.callum.pk
    for path in (
        "/pupils/",
        f"/pupils/{pupil}/",
        f"/pupils/{pupil}/marks/",
        f"/pupils/{pupil}/contacts/",
        f"/pupils/{pupil}/record/",
        f"/pupils/{pupil}/record/change/",
        f"/pupils/{pupil}/?as_at=2026-11-20T11:05",
        "/groups/",
    ):
        page.set_viewport_size({"width": 390, "height": 844})
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
        # Only filters turn between the two widths: axe looks at pages that have them in both.
        if page.locator(".filters").count():
            no_violations(page)
        page.set_viewport_size({"width": 320, "height": 640})
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
        no_violations(page)
