"""The absence line by keyboard alone: how many keys one pupil and one day take, counted as the browser hears them."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from registers.models import AbsenceNote, Call

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

AT_MOST = 12
COUNT_KEYS = """
    sessionStorage.keys = sessionStorage.keys || 0;
    addEventListener("keydown", () => { sessionStorage.keys = Number(sessionStorage.keys) + 1; }, true);
"""


def keys_pressed(page):
    return int(page.evaluate("sessionStorage.keys"))


def test_one_pupil_one_day_is_logged_with_twelve_keys_at_most(cast, signed_in_page, no_violations):
    page = signed_in_page(cast.sandra)
    page.add_init_script(COUNT_KEYS)
    page.goto("/absence-line/")
    no_violations(page)
    for key in ("a", "s", "h", "Enter"):
        page.keyboard.press(key)
    expect(page.locator("#id_told")).to_be_focused()
    page.keyboard.press("i")
    expect(page.locator("#told-name")).to_contain_text("Illness")
    page.keyboard.press("Enter")
    expect(page.locator("#id_until")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("1")
    no_violations(page)
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("Logged: Ashworth, Callum: I, today")
    assert keys_pressed(page) <= AT_MOST
    assert keys_pressed(page) == 9
    call = Call.objects.get()
    assert (call.note.pupil, call.note.code, call.is_known) == (cast.callum, "I", True)
    expect(page.locator("#id_who")).to_be_focused()
    assert page.complaints == []


def test_three_letters_typed_faster_than_the_office_answers_still_find_the_pupil(cast, signed_in_page):
    page = signed_in_page(cast.sandra)
    page.goto("/absence-line/")
    page.keyboard.type("beg")
    page.keyboard.press("Enter")
    expect(page.locator("#id_told")).to_be_focused()
    page.keyboard.type("m")
    page.keyboard.press("Enter")
    page.keyboard.type("fri")
    expect(page.locator("#until-words")).to_contain_text("Fri 27 Nov 2026")
    page.keyboard.press("Enter")
    page.keyboard.type("Aunt Jo")
    expect(page.locator("#caller-words")).to_contain_text("it will be flagged")
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("The caller is no contact.")
    note = AbsenceNote.objects.get()
    assert (note.pupil, note.code, note.to_on.isoformat()) == (cast.amina, "M", "2026-11-27")
