"""The timetable's pages with a timetable in them: axe finds nothing, and nothing scrolls sideways on a narrow screen."""

import pytest
from playwright.sync_api import expect

from registers.models import LessonCover
from tests.conftest import MONDAY, MORNING
from tests.factories.timetable import make_timetable, take_lesson

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WIDE, NARROW = {"width": 1280, "height": 1600}, {"width": 320, "height": 1600}


@pytest.fixture
def timetable(cast):
    timetable = make_timetable(cast)
    take_lesson(timetable.en_p1, {cast.callum: ("L", 6), cast.amina: "N"}, by=cast.pat, at=MORNING)
    return timetable


def look(page, path, no_violations):
    page.set_viewport_size(WIDE)
    assert page.goto(path).status == 200, path
    no_violations(page)
    page.set_viewport_size(NARROW)
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0, path


def test_the_pages_of_a_timetable(cast, timetable, signed_in_page, no_violations):
    page = signed_in_page(cast.laila)
    for path in (
        f"/timetable/?by=teacher&who={cast.pat.pk}",
        f"/timetable/?by=class&who={timetable.nine_en.pk}",
        f"/timetable/?by=pupil&who={cast.callum.pk}",
        "/lessons/",
        f"/classes/{timetable.nine_en.pk}/",
        f"/classes/{timetable.nine_en.pk}/lessons/",
        f"/lessons/{timetable.en_p1.pk}/{MONDAY}/",
        f"/pupils/{cast.callum.pk}/marks/",
        "/lates/?of=lessons",
        "/lates/?of=lessons&view=periods",
        "/lates/year/9/",
    ):
        look(page, path, no_violations)
    assert page.complaints == []


def test_cover_is_arranged_from_the_lessons_of_the_day_and_undone(cast, timetable, signed_in_page, no_violations):
    page = signed_in_page(cast.sandra, viewport=WIDE)
    page.goto("/lessons/")
    page.get_by_role("link", name="Cover 9A/Sc, P2").click()
    page.get_by_label("Colleague who is free").select_option(label="Farrant, Ms B. Farrant")
    page.get_by_label("Why").fill("On a course")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("row", name="9A/Sc")).to_contain_text("Ms B. Farrant")
    assert LessonCover.objects.get().why == "On a course"
    no_violations(page)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("row", name="9A/Sc")).not_to_contain_text("Ms B. Farrant")
    assert not LessonCover.objects.exists()


def test_a_clash_is_asked_about_before_it_is_saved(cast, timetable, signed_in_page, no_violations):
    page = signed_in_page(cast.max, viewport=WIDE)
    page.goto(f"/classes/{timetable.eight_en.pk}/")
    page.get_by_label("Pupils", exact=True).fill("Ashworth, Callum")
    page.get_by_role("button", name="Seat", exact=True).click()
    expect(page.locator("[data-errors]")).to_contain_text("would be in two places")
    no_violations(page)
    page.get_by_role("button", name="Seat all the same").click()
    expect(page.locator("#toasts")).to_contain_text("1 pupil sits in 8C/En from Mon 23 Nov 2026")
