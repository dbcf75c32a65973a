"""Every page, full and empty: axe finds nothing, and nothing scrolls sideways at 320 px, which is 400 % zoom of 1280."""

from urllib.parse import urlencode

import pytest
from django.urls import reverse

from tests import test_permission_matrix as matrix

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WIDE, NARROW = {"width": 1280, "height": 1600}, {"width": 320, "height": 1600}
FRAGMENTS = {"reporting:desk_fresh", "letters:board_changes", "registers:pupil_find"}
# What is for posts of a trust is tried by one of them: its page in test_trust, visits in test_visits.
NOT_PAGES = {
    "office:home",
    "office:healthz",
    "office:readyz",
    "reporting:trust",
    "reporting:visit_log",
    "reporting:visit_correct",
} | FRAGMENTS
PAGES = sorted(
    name for name, way in matrix.MATRIX.items() if not way.post and not way.is_fragment and name not in NOT_PAGES
)


def overflow(page):
    """Give how many pixels the page is wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth")


@pytest.mark.parametrize("part", range(6))
def test_axe_finds_nothing_on_any_page_and_none_scrolls_sideways(part, cast, signed_in_page, no_violations):
    page = signed_in_page(cast.laila, viewport=WIDE)
    wrong = {}
    for name in PAGES[part::6]:
        way = matrix.MATRIX[name]
        page.set_viewport_size(WIDE)
        answer = page.goto(
            reverse(name, kwargs=matrix.kwargs_of(way, cast)) + (f"?{urlencode(way.get)}" if way.get else "")
        )
        assert answer.status == 200, name
        try:
            no_violations(page)
        except AssertionError as found:
            wrong[name] = str(found)[:600]
        page.set_viewport_size(NARROW)
        if overflow(page) > 0:
            wrong[name, "scrolls sideways"] = overflow(page)
    assert wrong == {}
    assert page.complaints == []


def test_axe_finds_nothing_where_a_person_is_refused_or_lost(cast, signed_in_page, no_violations):
    page = signed_in_page(cast.gov, viewport=WIDE)
    for path, status in (("/pupils/", 403), ("/nowhere/", 404), ("/help/", 200), ("/figures/", 200)):
        assert page.goto(path).status == status
        no_violations(page)


def test_a_school_that_has_nothing_yet_says_what_to_do(transactional_db, signed_in_page, no_violations):
    from tests.factories.cast import person
    from tests.factories.staff import SchoolFactory

    officer = person(SchoolFactory(name="New School"), "lead", "Ms", "Nell", "First")
    page = signed_in_page(officer, viewport=WIDE)
    for path in (
        "/desk/",
        "/registers/",
        "/missing/",
        "/pupils/",
        "/figures/",
        "/post/",
        "/jobs/",
        "/groups/",
        "/office/calendar/",
    ):
        assert page.goto(path).status == 200, path
        no_violations(page)
