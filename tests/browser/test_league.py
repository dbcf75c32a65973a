"""The form league in a browser: ranked, narrowed, and its sheets for the corridor printed.

With OFFICE_PICTURES set to a folder, pictures of the page are taken.
"""

from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from tests.factories.cast import put_on_roll
from tests.factories.staff import TutorGroupFactory
from tests.reporting.conftest import put, sessions, term  # noqa: F401 - the world that this file looks at

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@pytest.fixture
def forms(live_server, term):  # noqa: F811
    """Give the term's school with nine more forms, each away on some mornings of its own, and a form of one pupil."""
    school, marks = term.thornbridge, {}
    for at, name in enumerate(("7A", "7B", "7C", "8A", "8B", "9B", "10A", "10B", "11A")):
        group = TutorGroupFactory(school=school, name=name, year_group=int(name[:-1]))
        pupils = put_on_roll(*((group, f"Moorland{name}{n}", "Jo", {}) for n in range(8)))
        for n, pupil in enumerate(pupils):
            for place, (on, half) in enumerate(sessions()):
                is_away = at and (place * 7 + n * 3) % (40 - 3 * at) == 0
                marks[pupil, on, half] = ("I" if n % 2 else "O") if is_away else "/" if half == "AM" else "\\"
    lone = TutorGroupFactory(school=school, name="11Z", year_group=11)
    (one,) = put_on_roll((lone, "Quillfeather", "Marigold", {}))
    marks |= {(one, on, half): "O" for on, half in sessions()}
    put(school, marks)
    return term


def keep(name, content):
    """Keep a picture or a sheet where pictures are asked for."""
    folder = os.environ.get("OFFICE_PICTURES")
    if folder:
        (Path(folder) / name).write_bytes(content)


def test_the_office_ranks_the_forms_and_prints_sheets_that_name_nobody(forms, signed_in_page, no_violations):
    page = signed_in_page(forms.sandra)
    page.goto("/figures/")
    ways = page.get_by_role("navigation", name="Reports")
    ways.get_by_text("More reports").click()
    ways.get_by_role("link", name="Form league").click()
    page.get_by_role("heading", name="Form league, this half term").wait_for()
    for size in (WIDE, PHONE):
        page.set_viewport_size(size)
        no_violations(page)
        wider = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wider <= 0, (size["width"], wider)
        name = "league.png" if size is WIDE else "league-390.png"
        keep(name, page.screenshot(full_page=size is PHONE))
    page.set_viewport_size(WIDE)
    page.get_by_role("navigation", name="Period").get_by_role("link", name="Autumn term").click()
    page.locator("#league-medical").select_option("out")
    page.get_by_text("Sessions missed for illness (I)").wait_for()
    assert "period=term" in page.url
    page.get_by_label("Year", exact=True).select_option("7")
    page.wait_for_url("**year=7**")
    assert [row.inner_text().strip() for row in page.locator("tbody th[scope=row]").all()] == ["7A", "7B", "7C"]
    page.get_by_role("link", name="7A").click()
    page.wait_for_url("**/explorer/?**form=7A**")
    token = page.locator("input[name=csrfmiddlewaretoken]").first.get_attribute("value")
    for kind in ("league", "full", "improved"):
        told = page.request.post(
            f"/league/display/{kind}/",
            form={"csrfmiddlewaretoken": token, "query": "period=half_term"},
            headers={"Referer": page.url},
        )
        assert told.headers["content-type"] == "application/pdf"
        text = " ".join(sheet.extract_text() for sheet in PdfReader(BytesIO(told.body())).pages)
        assert "Thornbridge Academy" in text
        for name in ("Moorland", "Quillfeather", "11Z", "Ashworth", "Begum"):
            assert name not in text, (kind, name)
        keep(f"display-{kind}.pdf", told.body())
    assert page.complaints == []
