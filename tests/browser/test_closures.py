"""A closure in the browser: planned from the calendar, looked at, written, and taken back."""

import os

import pytest
from playwright.sync_api import expect

from registers.actions.agreements import Terms, make_agreement
from registers.models import AbsenceNote, Call, Mark
from tests.conftest import MONDAY, MORNING
from tests.factories.marks import take
from tests.registers.closures.test_closures import AM, TUESDAY, close, dual, mark

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


def looked_at(page, no_violations, name):
    """Find nothing wrong with the page at both widths, and keep what it looks like where that is asked for."""
    for size in (WIDE, NARROW):
        page.set_viewport_size(size)
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
        if where := os.environ.get("OFFICE_PICTURES"):
            page.screenshot(path=f"{where}/{name}-{size['width']}.png", full_page=True)
    page.set_viewport_size(WIDE)
    no_violations(page)


def test_an_officer_closes_the_school_from_the_calendar_and_takes_it_back(cast, signed_in_page, no_violations):
    mark(cast, cast.callum, "I", comment="Sick bug")
    dual(cast, cast.amina)
    page = signed_in_page(cast.sandra, viewport=WIDE)
    page.goto("/office/calendar/")
    page.get_by_role("link", name="Plan a closure").click()
    page.get_by_label("Code it writes").select_option("Y4")
    page.get_by_label("What happened").fill("Boiler")
    page.get_by_label("Closed").select_option("AM")
    looked_at(page, no_violations, "closure-plan")
    page.get_by_role("button", name="Show what it writes").click()
    expect(page.get_by_role("heading", name="Boiler writes Y4")).to_be_visible()
    expect(page.get_by_text("Stays: at the other school")).to_be_visible()
    expect(page.get_by_text("The school does not meet in 1 session:")).to_be_visible()
    looked_at(page, no_violations, "closure-look")
    page.get_by_role("button", name="Close, and write Y4").click()
    expect(page.get_by_role("heading", name="Boiler", exact=True)).to_be_visible()
    assert Mark.objects.filter(code="Y4").count() == 4
    looked_at(page, no_violations, "closure")
    page.get_by_label("Why it is taken back").fill("The heating came on")
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_text("3 marks taken back, 1 restored").first).to_be_visible()
    assert Mark.objects.get(pupil=cast.callum, half="AM").code == "I"
    close(cast, code="Y3", name="Flood in the east block", year_groups=(8,), from_on=TUESDAY, to_on=TUESDAY)
    page.goto("/office/closures/")
    looked_at(page, no_violations, "closures")


def test_a_pupils_page_with_notes_and_agreements_reads_at_both_widths(cast, signed_in_page, no_violations):
    take(cast.nine_a, AM, by=cast.pat, at=MORNING, codes={cast.callum.pk: "N"})
    note = AbsenceNote.objects.create(
        school=cast.thornbridge, pupil=cast.callum, from_on=MONDAY, to_on=None, told_code="I", code="G",
        why_refused="Seen at the airport", reason="Sick bug", logged_at=MORNING, logged_by=cast.sandra,
    )  # fmt: skip
    Call.objects.create(
        school=cast.thornbridge, note=note, channel="call", caller="Gran", heard_at=MORNING, logged_at=MORNING
    )
    terms = Terms(
        kind="part_time", code="C2", name="Mornings only", from_on=MONDAY, to_on=TUESDAY, weekly="01" * 5, agreed_on=MONDAY,
        agreed_by="Dr Abara", agreed_with=cast.callum.parents.get().contact,
    )  # fmt: skip
    make_agreement(school=cast.thornbridge, pupils=[cast.callum], terms=terms, by=cast.sandra, at=MORNING)
    page = signed_in_page(cast.sandra, viewport=WIDE)
    page.goto(f"/pupils/{cast.callum.pk}/")
    expect(page.get_by_role("heading", name="Absence notes")).to_be_visible()
    expect(page.get_by_role("heading", name="Agreements", exact=True)).to_be_visible()
    looked_at(page, no_violations, "pupil")
