"""What the office wrote of a pupil, in a browser: read by whoever works with the pupil, and kept from everyone else."""

from __future__ import annotations

from datetime import date

import pytest

from registers.actions.amendments import amend_mark
from registers.actions.pupils import change_pupil
from registers.models import Mark
from tests.conftest import MORNING
from tests.factories.letters import attend

from .conftest import DESK, PHONE
from .test_pupil_file import keep

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def told(live_server, cast, played_morning):
    """Give the cast after a mark of Callum was amended and his record changed, each with a reason."""
    attend(cast.nine_a, by=cast.pat, absent={cast.callum: 4}, code="N")
    mark = Mark.objects.filter(pupil=cast.callum, on=date(2026, 11, 10), half="AM").get()
    amend_mark(
        mark=mark, code="I", minutes_late=None, comment="Gran: sick all night", reason="Gran rang", by=cast.sandra,
        at=MORNING,
    )  # fmt: skip
    change_pupil(
        pupil=cast.callum, changes={"has_protection_plan": True, "former_surname": "Ash"}, reason="Core group of Monday",
        by=cast.sandra, at=MORNING,
    )  # fmt: skip
    return cast


@pytest.mark.parametrize(
    ("who", "path", "shown", "hidden", "picture"),
    [
        ("sol", "marks/", "comment kept by the office", "Gran", "kept-marks"),
        ("bea", "marks/", "Gran: sick all night", "kept by the office", "told-marks"),
        ("pat", "record/", "reason kept by the office", "Core group", "kept-record"),
        ("dee", "record/", "Core group of Monday", "kept by the office", "told-record"),
        ("ada", "/office/trail/", "kept by the office", "Ashworth", "kept-trail"),
    ],
)
def test_each_reads_as_much_as_the_role_may_know(
    told, signed_in_page, no_violations, who, path, shown, hidden, picture
):
    page = signed_in_page(told.people[who])
    page.goto(path if path.startswith("/") else f"/pupils/{told.callum.pk}/{path}")
    if who == "pat":
        page.keyboard.press("F8")  # a tutor's page begins in projector mode
    page.get_by_text(shown).first.wait_for()
    assert hidden not in page.locator("main").inner_text()
    for size, name in ((DESK, picture), (PHONE, f"{picture}-phone")):
        page.set_viewport_size(size)
        no_violations(page)
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
        keep(page, f"{name}.png")
