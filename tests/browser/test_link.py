"""The link to Wonde from setting it to a settled doubt, in the browser.

With OFFICE_PICTURES set to a folder, pictures of the pages are taken.
"""

import os
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from registers.actions.attendance import save_marks
from registers.actions.entries import Entry
from registers.actions.imports.running import run_waiting
from registers.actions.links.keeping import refresh_codes
from registers.actions.links.pulling import pull_due
from registers.actions.links.writing_back import write_back
from registers.models import Pupil, Writeback
from registers.rules.sessions import Session
from tests.browser.conftest import DESK, PHONE
from tests.conftest import MONDAY, MORNING
from tests.factories.wonde import SCHOOL, TOKEN, WondeServer, contact, student

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def wonde(settings):
    server = WondeServer()
    settings.OFFICE_WONDE_URL, settings.OFFICE_WONDE_TOKEN = server.url, TOKEN
    yield server
    server.stop()


def picture(page, name):
    if folder := os.environ.get("OFFICE_PICTURES"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        for size, window in (("desk", DESK), ("phone", PHONE)):
            page.set_viewport_size(window)
            page.screenshot(path=f"{folder}/{name}-{size}.png", full_page=True)
        page.set_viewport_size(DESK)


def tick(at):
    """Do what the beat has the worker do."""
    refresh_codes(at=at)
    pull_due(at=at, in_time=lambda: True)
    run_waiting(at=at)
    return write_back(at=at, in_time=lambda: True)


def test_a_lead_links_the_school_looks_at_the_files_and_settles_a_doubt(
    cast, wonde, signed_in_page, played_morning, no_violations
):
    for pupil, upn in ((cast.callum, "H801200001001"), (cast.amina, "E830410124011")):
        Pupil.objects.filter(pk=pupil.pk).update(upn=upn)
    wonde.students += [
        student("S1", "H801200001001", "Callum", "Ashworth", contacts=[contact("P1", "Jo", "Ashworth", mobile="07700 900111")]),
        student("S2", "E830410124011", "Amina", "Begum", gender="FEMALE"),
    ]  # fmt: skip
    page = signed_in_page(cast.laila)
    page.goto("/office/")
    page.get_by_role("link", name="Link to Wonde").click()
    no_violations(page)
    picture(page, "link-none")
    page.get_by_label("The school's number in Wonde").fill("A1 2")
    page.get_by_role("button", name="Set the link").click()
    expect(page.locator("main")).to_contain_text("letters and digits")
    page.get_by_label("The school's number in Wonde").fill(SCHOOL)
    page.get_by_label("Session marks").select_option("out")
    page.get_by_role("button", name="Set the link").click()
    expect(page.locator("#toasts")).to_contain_text("The link is set.")

    # The first files wait for a look.
    tick(MORNING)
    for number, heading in enumerate(("Pupils", "Contacts")):
        at = MORNING + timedelta(minutes=number + 1)
        played_morning(at)
        tick(at)
        page.goto("/office/wonde/")
        expect(page.locator(".banner")).to_contain_text("wait for somebody to look at them")
        page.get_by_role("region", name="Runs").get_by_role("link", name=heading).click()
        page.get_by_role("button", name="Read it for good").click()
        page.wait_for_url("**/imports/*/")
        tick(at + timedelta(seconds=20))
    tick(MORNING + timedelta(minutes=4))
    page.goto("/office/wonde/")
    expect(page.get_by_role("region", name="Runs")).to_contain_text("Brought in")
    expect(page.locator("main")).to_contain_text("2 pupils known by id")
    no_violations(page)
    picture(page, "link-set")

    # A code that Wonde's letters do not settle is matched by hand.
    page.get_by_text("Which of Wonde's codes is which of ours").click()
    page.get_by_label("Wonde's code for C,").select_option("C073")
    page.get_by_role("button", name="Save the codes").click()
    expect(page.locator("#toasts")).to_contain_text("1 code matched anew.")

    # Two marks go out; over one the line breaks.
    entries = [Entry(cast.callum.pk, "/"), Entry(cast.amina.pk, "N")]
    save_marks(
        school=cast.thornbridge, tutor_group=cast.nine_a, session=Session(MONDAY, "AM"), entries=entries, key=uuid4(), finish=False,
        by=cast.pat, at=MORNING + timedelta(minutes=5),
    )  # fmt: skip
    wonde.faults = ["cut"]
    assert tick(MORNING + timedelta(minutes=5)) == 0
    played_morning(MORNING + timedelta(minutes=6))
    page.goto("/office/wonde/")
    expect(page.locator("main")).to_contain_text("2 coded marks may or may not have arrived.")
    page.get_by_role("link", name="in doubt").click()
    no_violations(page)
    page.get_by_label("Select Begum, Amina").check()
    picture(page, "link-doubt")
    page.get_by_role("button", name="They stand there").click()
    expect(page.locator("#toasts")).to_contain_text("1 mark noted as arrived.")
    page.get_by_label("Select Ashworth, Callum").check()
    page.get_by_role("button", name="Send them again").click()
    expect(page.locator("#toasts")).to_contain_text("1 mark will be sent again.")
    assert tick(MORNING + timedelta(minutes=7)) == 1
    assert [mark["student_id"] for mark in wonde.sent()] == ["S1"]
    assert set(Writeback.objects.values_list("state", flat=True)) == {"sent"}
    page.goto("/office/wonde/out/")
    picture(page, "link-out")
    assert page.complaints == []


def test_a_file_that_is_too_large_is_told_before_it_is_sent(cast, signed_in_page, tmp_path):
    large = tmp_path / "large.csv"
    with large.open("wb") as file:
        file.truncate(26 * 1024 * 1024)
    page = signed_in_page(cast.sandra)
    page.goto("/imports/")
    picture(page, "imports-empty")
    box = page.get_by_label("A file from another system")
    box.set_input_files(large)
    assert "large.csv is larger than 25 MB" in box.evaluate("box => box.validationMessage")
    page.get_by_role("button", name="Upload and match").click()
    expect(page).to_have_url(page.url)
    expect(page.locator("h1")).to_have_text("Files read in, 0")
