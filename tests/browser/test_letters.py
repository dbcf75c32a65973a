"""A letter changed in the editor, written about a pupil, printed and taken to the post: in the browser, with axe."""

import pytest
from django.urls import reverse

from letters.actions import making, runs
from letters.models import Letter, LetterTemplate, PrintRun
from tests.conftest import MORNING
from tests.factories.post_room import WEEK, mark_week, settle_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def school(cast):
    settle_in(cast)
    mark_week(cast.nine_a, WEEK, by=cast.sandra, codes={cast.callum.pk: lambda day, half: "I" if half == "PM" else ""})
    return cast


def test_a_letter_is_changed_with_a_preview_that_follows_the_typing(school, signed_in_page, no_violations):
    template = LetterTemplate.objects.get(school=school.thornbridge, kind="concern")
    page = signed_in_page(school.sandra)
    page.goto(reverse("letters:template_list"))
    page.get_by_role("link", name="Attendance concern", exact=True).click()
    page.get_by_label("About").fill("Ashworth")
    page.locator("#trial").get_by_text("As it reads about Ashworth, Callum, 9A").wait_for()
    body = page.get_by_label("Body")
    body.fill("Dear words about ((forename)).\n\n((shoe size))")
    page.locator("#trial").get_by_text("Line 3: “shoe size” is no field of the list.").wait_for()
    no_violations(page)
    page.get_by_role("button", name="Save as version 2").click()
    page.get_by_text("There is a problem").wait_for()
    no_violations(page)
    page.get_by_label("Body").fill("Dear words about ((forename)).\n\n> Please ring ((adult to ring)).")
    page.locator("#trial").get_by_text("Dear words about").wait_for()
    page.get_by_role("button", name="Save as version 2").click()
    page.get_by_role("region", name="Messages").get_by_text("version 2 from now on").wait_for()
    page.get_by_role("link", name="Versions").click()
    page.locator("ins", has_text="Dear words about ((forename)).").wait_for()
    no_violations(page)
    assert template.versions.count() == 2
    assert page.complaints == []


def test_from_a_pupils_page_to_the_post(school, signed_in_page, no_violations):
    page = signed_in_page(school.sandra)
    page.goto(reverse("registers:pupil_detail", args=[school.callum.pk]))
    page.get_by_role("link", name="Write a letter").click()
    page.get_by_role("link", name="Attendance concern").click()
    no_violations(page)
    page.get_by_role("button", name="Look at who gets it").click()
    page.get_by_role("heading", name="Look before it goes").wait_for()
    no_violations(page)
    page.get_by_role("button", name="Approve 1 letter").click()
    page.get_by_role("region", name="Messages").get_by_text("1 letter approved").wait_for()
    making.make_next(at=MORNING)
    page.reload()
    page.get_by_role("button", name="Put 1 together").click()
    page.get_by_text("They are being joined").wait_for()
    runs.join_next(at=MORNING)
    page.get_by_role("link", name="The file to print").wait_for()
    no_violations(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="The file to print").click()
    assert download.value.suggested_filename == f"print-run-{PrintRun.objects.get().pk}.pdf"
    page.get_by_role("button", name="Mark as posted").click()
    page.get_by_role("region", name="Messages").get_by_text("1 letter marked as posted").wait_for()
    assert Letter.objects.get().state == "sent"
    assert page.complaints == []


def test_certificates_are_chosen_by_ticks(school, signed_in_page, no_violations):
    page = signed_in_page(school.sandra)
    page.goto(reverse("letters:certificates") + f"?from_on={WEEK[0]}&to_on={WEEK[-1]}&least_possible=5")
    page.get_by_label("Select Begum, Amina").uncheck()
    no_violations(page)
    page.get_by_role("button", name="Make the certificates").click()
    page.get_by_text("0 of 1 made").wait_for()
    assert Letter.objects.get().pupil == school.freya
    assert page.complaints == []
