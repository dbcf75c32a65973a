"""The board by keyboard: one key to chase, one to enter for the teacher, one for the walk-round list."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_one_key_chases_one_enters_for_the_teacher_and_one_prints_the_walk_round_list(cast, signed_in_page):
    page = signed_in_page(cast.sandra)
    page.goto("/missing/")
    row = page.locator(f"#r-{cast.nine_a.pk}")
    row.focus()
    page.keyboard.press("c")
    page.locator("#over-title").wait_for()
    assert "9A" in page.locator("#over").inner_text()
    page.keyboard.press("Escape")
    page.locator("#over-title").wait_for(state="hidden")

    page.locator("h1").click()
    page.keyboard.press("p")
    page.wait_for_url("**/walk-round/**")
    assert "8C" in page.locator("main").inner_text()

    page.goto("/missing/")
    row.focus()
    page.keyboard.press("e")
    page.wait_for_url(f"**/registers/{cast.nine_a.pk}/2026-11-23/AM/")
