"""The main job from end to end: a school from files, nine o'clock, six told, one takes the register by thumb, the board
turns, a mark is amended and shows its history, and a tutor of another school finds nothing.

With OFFICE_PICTURES set to a folder the pictures of docs/pictures are taken anew.
"""

import os
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from django.core.management import call_command
from playwright.sync_api import expect

from attendance_office.jobs import actions as jobs
from attendance_office.staff.models import School, TutorGroup, User
from interventions.actions.due import run_due
from letters.actions.outbox import deliver
from letters.models import Message
from registers.actions.attendance import Entry, save_marks
from registers.models import Amendment, Mark, Pupil
from registers.rules.sessions import Session
from tests.browser.conftest import PHONE
from tests.conftest import MONDAY
from tests.factories.cast import person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SAMPLE = Path(__file__).parents[2] / "docs" / "samples" / "school"
AM = Session(MONDAY, "AM")


def at(hour, minute):
    return datetime(2026, 11, 23, hour, minute, tzinfo=UTC)


@pytest.fixture
def picture():
    """Give a function that keeps a picture of a page where pictures are wanted."""
    folder = os.environ.get("OFFICE_PICTURES")

    def _take(page, name, **how):
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=f"{folder}/{name}.png", **how)

    return _take


def take(school, name, when):
    """Take a group's register whole, as its tutor would."""
    group = TutorGroup.objects.get(school=school, name=name)
    pupils = Pupil.objects.filter(tutor_group=group, enrolments__ends_on=None)
    entries = [Entry(pupil_id=pupil.pk, code="/") for pupil in pupils]
    save_marks(
        school=school, tutor_group=group, session=AM, entries=entries, key=uuid4(), finish=True,
        by=User.objects.get(posts__tutor_group=group), at=when,
    )  # fmt: skip


def test_the_first_morning(transactional_db, live_server, signed_in_page, played_morning, picture, no_violations):
    # The school comes from files.
    played_morning(at(8, 30))
    call_command("import_school", str(SAMPLE), verbosity=0)
    school = School.objects.get(urn="137901")
    jobs.ensure_schedules(school=school, at=at(8, 31))

    # Two registers are taken; nine o'clock passes with six missing; six people are told.
    take(school, "9A", at(8, 50))
    take(school, "8C", at(8, 55))
    runs = run_due(at=at(9, 0))
    assert [run.job for run in runs] == ["known_codes", "letter_proposals", "am_sweep"]
    for message in Message.objects.filter(state="waiting"):
        deliver(message_id=message.pk, at=at(9, 0))
    told = Message.objects.filter(school=school, kind="chase", state="sent")
    assert told.count() == 6
    assert len(set(told.values_list("recipient", flat=True))) == 6

    played_morning(at(9, 4))
    officer = signed_in_page(User.objects.get(email="s.lund@hartwell.invalid"))
    officer.goto("/desk/")
    expect(officer.get_by_role("heading", name="Registers missing")).to_be_visible()
    expect(officer.locator("#job-missing").locator("xpath=../../..").locator(".cnt")).to_have_text("6")
    no_violations(officer)
    picture(officer, "desk")
    officer.goto("/missing/")
    expect(officer.get_by_role("heading", level=1)).to_contain_text("Missing registers")
    no_violations(officer)
    picture(officer, "board")
    officer.goto("/post/")
    expect(officer.locator("main")).to_contain_text("Sent")
    picture(officer, "post")

    # One tutor takes the register on a telephone.
    group = TutorGroup.objects.get(school=school, name="7A")
    tutor = signed_in_page(User.objects.get(posts__tutor_group=group), viewport=PHONE, has_touch=True, is_mobile=True)
    tutor.goto("/registers/")
    tutor.get_by_role("link", name="7A").first.tap()
    tutor.wait_for_url("**/registers/*/2026-11-23/AM/")
    rows = tutor.locator("tr[data-pupil]")
    for number in range(rows.count()):
        button = "N" if number == 1 else "/"
        rows.nth(number).locator(".quick button", has_text=button).first.tap()
    expect(tutor.locator("#all-saved")).to_contain_text("All saved")
    picture(tutor, "register-phone")
    tutor.get_by_role("button", name="Finish").tap()
    expect(tutor.locator("#toasts")).to_contain_text("7A register taken")

    # The board turns.
    officer.goto("/missing/")
    expect(officer.locator("main")).to_contain_text("5 of 8")
    absent = Mark.objects.get(pupil__tutor_group=group, on=MONDAY, half="AM", code="N").pupil

    # The officer amends the mark and sees its history.
    officer.goto(f"/pupils/{absent.pk}/")
    chip = officer.locator("#s-2026-11-23-AM")
    chip.click()
    officer.select_option("#over select[name=code]", "I")
    officer.fill("#over textarea[name=reason]", "Mother rang at 09:05, sickness")
    officer.locator("#over button.primary").click()
    expect(chip).to_have_text("I")
    no_violations(officer)
    picture(officer, "pupil")
    officer.goto(f"/pupils/{absent.pk}/marks/?code=amended")
    expect(officer.locator(".history")).to_contain_text("N to I")
    expect(officer.locator(".history")).to_contain_text("Mother rang at 09:05, sickness")
    picture(officer, "history")
    amendment = Amendment.objects.get()
    assert (amendment.from_code, amendment.to_code, amendment.by_name) == ("N", "I", "Mrs S. Lund")

    # A tutor of another school finds nothing.
    elsewhere = person(School.objects.create(urn="137902", name="Ridgeway School", la_code="302", estab_number="4998", phase="Secondary"), "officer", "Mr", "Olly", "Marsden")  # fmt: skip
    stranger = signed_in_page(elsewhere)
    assert stranger.goto(f"/pupils/{absent.pk}/").status == 404
    assert stranger.goto(f"/registers/{group.pk}/2026-11-23/AM/").status == 404
    assert officer.complaints == []
    assert tutor.complaints == []
