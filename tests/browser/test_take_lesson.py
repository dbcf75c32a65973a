"""Taking a lesson's register in a browser: the keys and thumbs of the session register, with where a pupil is besides."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from registers.models import LessonMark, LessonRegister
from registers.rules.sessions import Session
from tests.browser.conftest import PHONE
from tests.conftest import MONDAY, MORNING
from tests.factories.marks import take
from tests.factories.timetable import make_timetable, take_lesson

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def timetable(cast):
    """Give the timetable, with the morning's register taken: Freya is ill."""
    take(cast.nine_a, Session(MONDAY, "AM"), by=cast.sandra, at=MORNING, codes={cast.freya.pk: "I"})
    return make_timetable(cast)


def open_sheet(page, lesson):
    page.goto(f"/lessons/{lesson.pk}/2026-11-23/")
    return page


def row_of(page, name):
    return page.locator("tr[data-pupil]", has=page.locator("th", has_text=name))


def press(page, keys):
    for key in keys:
        page.keyboard.press(key)


def said():
    return {
        one.pupil.legal_surname: (one.code, one.minutes_late, one.comment)
        for one in LessonMark.objects.select_related("pupil")
    }


def test_a_teacher_comes_from_the_list_and_takes_it_by_keyboard(cast, timetable, signed_in_page, no_violations):
    page = signed_in_page(cast.pat)
    page.goto("/registers/")
    page.get_by_role("link", name="Take the register of 9A/En, P1").click()
    page.wait_for_url("**/lessons/**")
    page.wait_for_load_state("load")
    expect(row_of(page, "Ashworth").locator("input.code")).to_be_focused()
    expect(row_of(page, "Blackwood")).to_contain_text("Absent this morning")
    press(page, ["l", "6", "Enter", "m"])
    expect(row_of(page, "Begum").locator("input.whr")).to_be_focused()
    page.keyboard.type("Nurse")
    press(page, ["Enter", "n"])
    expect(page.locator("#finish")).to_be_focused()
    expect(page.locator('[data-count="not_possible"]')).to_have_text("1")
    press(page, ["Enter"])
    expect(page.locator("#toasts")).to_contain_text("9A/En P1 register taken 09:14")
    assert said() == {
        "Ashworth": ("L", 6, ""), "Begum": ("M", None, "Nurse"), "Blackwood": ("N", None, ""),
    }  # fmt: skip
    register = LessonRegister.objects.get()
    assert (register.saved_by, register.completed_at) == (cast.pat, MORNING)
    no_violations(page)
    assert page.complaints == []


def test_blanks_are_there_but_for_who_is_absent_in_the_session(cast, timetable, signed_in_page):
    page = open_sheet(signed_in_page(cast.pat), timetable.en_p1)
    press(page, ["F2"])
    expect(page.locator(".undo")).to_contain_text("2 marked present, 1 not there as in the session")
    press(page, ["Enter"])
    expect(page.locator("#toasts")).to_contain_text("register taken")
    assert {name: code for name, (code, _, _) in said().items()} == {"Ashworth": "/", "Begum": "/", "Blackwood": "N"}


def test_a_contradiction_with_the_session_is_said_beside_the_name(cast, timetable, signed_in_page):
    page = open_sheet(signed_in_page(cast.pat), timetable.en_p1)
    press(page, ["n"])
    expect(row_of(page, "Ashworth")).to_contain_text("present in the session, not in the lesson")


def test_codes_of_a_session_are_no_marks_of_a_lesson(cast, timetable, signed_in_page):
    page = open_sheet(signed_in_page(cast.pat), timetable.en_p1)
    press(page, ["i"])
    expect(row_of(page, "Ashworth")).to_contain_text("I is not a code you can enter")
    press(page, ["?"])
    expect(page.get_by_role("dialog")).to_contain_text("Elsewhere in school, known")
    page.keyboard.type("elsewhere")
    press(page, ["Enter"])
    expect(row_of(page, "Ashworth").locator("input.whr")).to_be_focused()


def test_two_people_choose_whose_entry_stays(cast, timetable, signed_in_page):
    page = open_sheet(signed_in_page(cast.pat), timetable.en_p1)
    take_lesson(timetable.en_p1, {cast.callum: "N"}, by=cast.sandra, at=MORNING)
    press(page, ["/"])
    row = row_of(page, "Ashworth")
    expect(row).to_contain_text("Mrs S. Pugh wrote N at 09:14")
    row.get_by_role("button", name="Use /").click()
    expect(row.locator(".saved")).to_contain_text("09:14 saved")
    assert said()["Ashworth"][0] == "/"


def test_by_thumb(cast, timetable, signed_in_page, played_morning, no_violations):
    played_morning(datetime(2026, 11, 23, 10, 20, tzinfo=UTC))
    page = open_sheet(signed_in_page(cast.hal, viewport=PHONE, has_touch=True), timetable.sc_p2)
    row_of(page, "Ashworth").get_by_role("button", name="There", exact=True).tap()
    expect(row_of(page, "Ashworth").get_by_role("button", name="There", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    row_of(page, "Begum").get_by_role("button", name="Elsewhere in school, known").tap()
    row_of(page, "Begum").locator("input.whr").fill("Music lesson")
    row_of(page, "Blackwood").get_by_role("button", name="Not there").tap()
    page.locator("#finish").tap()
    expect(page.locator("#toasts")).to_contain_text("9A/Sc P2 register taken 10:20")
    assert said()["Begum"] == ("M", None, "Music lesson")
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    no_violations(page)
