"""A case study and a folder in a browser: from a pupil's file to what a governor reads and an inspector is given."""

from __future__ import annotations

from io import BytesIO
from zipfile import ZipFile

import pytest

from reporting.models import CaseStudy
from tests.reporting.case_studies.conftest import callum  # noqa: F401 - the pupil that this file looks at

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


def is_good(page, no_violations, what):
    """Assert that what a page shows is clean to axe and does not scroll sideways, at a desk and on a phone."""
    for size in (WIDE, PHONE):
        page.set_viewport_size(size)
        no_violations(page)
        wider = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wider <= 0, (what, size["width"], wider)
    page.set_viewport_size(WIDE)


def test_from_a_file_to_governors_and_into_a_folder(live_server, cast, callum, signed_in_page, no_violations):  # noqa: F811
    page = signed_in_page(cast.laila)
    page.goto(f"/pupils/{callum.pk}/file/")
    page.get_by_role("button", name="Case study").click()
    page.get_by_role("heading", name="Case study, Pupil A", level=1).wait_for()
    is_good(page, no_violations, "a draft")
    page.get_by_label("In one line").fill("From half of sessions to nine in ten")
    page.get_by_label("What was tried").fill("Ms Noor met the family. Rosa Noor is a poet.")
    page.locator("#id_row-0-subject").fill("English")
    page.locator("#id_row-0-before").fill("Below")
    page.locator("#id_row-0-after").fill("As expected")
    page.get_by_role("button", name="Keep these words").click()
    page.get_by_role("heading", name="Could name somebody (1)").wait_for()
    is_good(page, no_violations, "a draft with a word that names")
    page.get_by_role("button", name="Issue without a name").click()
    page.get_by_text("One word could still name somebody").first.wait_for()
    # By keyboard alone: the reason, and Enter.
    page.get_by_label("Why “Noor” may stand").fill("The poet of the lesson, who is not on the staff")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Could name somebody (0)").wait_for()
    page.get_by_role("button", name="Issue without a name").click()
    page.get_by_role("link", name="Open the PDF").wait_for()
    is_good(page, no_violations, "an issued study")
    study = CaseStudy.objects.get()

    governor = signed_in_page(cast.gov)
    governor.goto("/case-studies/")
    is_good(governor, no_violations, "the list")
    governor.get_by_role("link", name="Case study, Pupil A", exact=True).click()
    governor.get_by_role("heading", name="Case study, Pupil A", level=1).wait_for()
    assert "Ashworth" not in governor.content()
    assert governor.request.get("/evidence/").status == 403

    page.goto("/evidence/")
    is_good(page, no_violations, "no folder yet")
    page.get_by_label("Title").fill("Inspection")
    page.get_by_role("button", name="Begin the folder").click()
    page.get_by_text("Nothing is in the folder yet.").wait_for()
    page.get_by_label("What", exact=True).select_option(f"study:{study.pk}")
    page.locator("#put-why").fill("One pupil, from the first letter on")
    page.get_by_role("button", name="Put it in").click()
    page.get_by_text("One pupil, from the first letter on").first.wait_for()
    plan = {"name": "Panel.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 Callum"}
    page.get_by_label("File", exact=True).set_input_files(plan)
    page.get_by_role("button", name="Put the document in").click()
    page.get_by_text("Names pupils", exact=True).first.wait_for()
    is_good(page, no_violations, "a folder")
    page.get_by_text("Change Panel").click()
    is_good(page, no_violations, "an entry being changed")
    with page.expect_download() as given:
        page.get_by_role("button", name="Download the folder").click()
    with ZipFile(BytesIO(given.value.path().read_bytes())) as book:
        assert book.namelist() == ["00 Contents.pdf", "02 Case study Pupil A 23 Nov 2026.pdf"]
    page.get_by_role("button", name="Close the folder").click()
    page.get_by_text("Closed Mon 23 Nov 2026").first.wait_for()
    assert page.get_by_role("button", name="Put it in").count() == 0
    assert page.complaints == []
