"""A morning of the demo, worked by its officer to an empty desk: messages, Ns on their last day, returns, an agreement
that ends, doubtful marks and a pupil nobody can be rung about.

With OFFICE_PICTURES set to a folder the pictures of docs/pictures are taken anew.
"""

from __future__ import annotations

import os
import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from playwright.sync_api import expect

from attendance_office import clock
from attendance_office.jobs.actions import ensure_schedules
from attendance_office.staff.models import User
from registers.actions import demo
from registers.actions.demo import cast as demo_cast
from registers.actions.demo import marks as demo_marks
from registers.models import AbsenceNote, Call, Contact, Doubt, LineMessage, Mark, Pupil
from reporting.queries.worklists import worklists

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FRIDAY = date(2026, 11, 20)
NINE = datetime(2026, 11, 20, 9, 0, 30, tzinfo=clock.LONDON).astimezone(UTC)
WORKED = datetime(2026, 11, 20, 9, 12, tzinfo=UTC)
SMALL = demo.Plan(**{**demo.THORNBRIDGE.__dict__, "letters": "AC", "per_group": 8})
# What the officer types for each thing that is said: a code, and until when.
HEARD = (
    ("Dentist", "m", "am"),
    ("chickenpox", "i", "5"),
    ("maybe tomorrow", "i", ""),
    ("missed the bus", "o", ""),
    ("", "i", ""),
)


@pytest.fixture
def picture():
    """Give a function that keeps a picture of a page where pictures are wanted."""
    folder = os.environ.get("OFFICE_PICTURES")

    def _take(page, name):
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=f"{folder}/working-day-{name}.png")

    return _take


@pytest.fixture
def school(transactional_db, monkeypatch):
    """Give the demo's school, smaller, on the morning of Friday 20 November 2026 with its work laid out."""
    monkeypatch.setitem(demo_cast.CAST, SMALL.urn, tuple(p for p in demo.CAST[SMALL.urn] if p.group in {"", "9A"}))
    monkeypatch.setitem(demo_cast.COVERS, SMALL.urn, ())
    monkeypatch.setitem(demo_marks.STILL_UNKNOWN, 5, 45)
    made = demo.make_school(plan=SMALL, seed=2, on=FRIDAY, by=None, at=NINE).school
    ensure_schedules(school=made, by=None, at=NINE)
    lonely = Pupil.objects.filter(school=made, tutor_group__name="8A").first()
    Contact.objects.filter(children__pupil=lonely).update(mobile="", home_phone="", work_phone="")
    demo.lay_out_morning(school=made, day=FRIDAY, seed=2, by=None, at=NINE)
    return made


def open_now(school, user, at):
    allowed = user.standing.allowed(school.pk)
    return {row.key: row.many for row in worklists(school, user=user, at=at, allowed=allowed)}


def job(page, key):
    return page.locator(f"section.job[aria-labelledby='job-{key}']")


def test_the_officer_works_the_morning_to_an_empty_desk(
    school, live_server, signed_in_page, played_morning, picture, no_violations
):
    played_morning(NINE)
    sandra = User.objects.get(email="sandra.pugh@thornbridge.example")
    before = open_now(school, sandra, NINE)
    assert (before["messages"], before["doubts"], before["returns"], before["agreements"]) == (8, 12, 3, 1)
    assert before["numbers"] >= 1
    page = signed_in_page(sandra)
    page.goto("/desk/")
    expect(job(page, "messages").locator(".cnt")).to_have_text("8")
    expect(job(page, "n")).to_contain_text("3 on or past the last day")
    no_violations(page)
    picture(page, "desk")

    work_the_messages(page, picture, no_violations)
    settle_the_ns(page, picture, no_violations)
    settle_the_doubts(page, picture, no_violations)
    mark_the_returns(page, picture, no_violations)
    extend_the_agreement(page, picture, no_violations)
    find_a_number(page, picture, no_violations)

    # The desk says so in words, each line with when it was last checked.
    played_morning(WORKED)
    page.goto("/desk/")
    for key, many in open_now(school, sandra, WORKED).items():
        assert many == 0, key
        expect(job(page, key).locator(".cnt")).to_have_text("0")
        expect(job(page, key)).to_contain_text("Last checked 09:12")
    expect(job(page, "messages")).to_contain_text("Every message is logged or put aside")
    expect(job(page, "n")).not_to_contain_text("on or past the last day")
    no_violations(page)
    job(page, "messages").scroll_into_view_if_needed()
    picture(page, "desk-empty")
    assert page.complaints == []

    # The record has what was said, who said it, and what was decided.
    assert LineMessage.objects.filter(school=school, state="worked").count() == 8
    assert Call.objects.filter(school=school, is_known=False).count() >= 2
    assert AbsenceNote.objects.filter(school=school, code="M", to_half="AM").count() == 1
    assert not Mark.objects.filter(school=school, code="N", on=date(2026, 11, 13)).exists()
    assert set(Doubt.objects.filter(school=school, on=date(2026, 11, 19)).values_list("state", flat=True)) == {
        "left",
        "repaired",
    }


def work_the_messages(page, picture, no_violations):
    """Work the queue, the oldest first, with nothing but keys."""
    job(page, "messages").get_by_role("link").click()
    page.wait_for_url("**/absence-line/**")
    page.locator("h1").click()
    page.keyboard.press("q")
    for number in range(8):
        said = page.locator(".heard .said")
        expect(said).to_be_visible()
        words = said.inner_text()
        _, code, until = next(one for one in HEARD if one[0] in words)
        expect(page.locator("#id_told")).to_be_focused()
        if number == 1:
            no_violations(page)
            picture(page, "message")
        page.keyboard.type(code)
        page.keyboard.press("Enter")
        page.keyboard.type(until)
        page.keyboard.press("Enter")
        page.keyboard.press("Enter")
        expect(page.locator("#toasts")).to_contain_text(re.compile("Logged:|Added to the note of"))
        page.wait_for_load_state()
    expect(page.get_by_role("heading", level=1)).to_have_text("Absence line")
    expect(page.locator("main")).to_contain_text("No message waits. Last checked 09:00")
    no_violations(page)
    picture(page, "line")


def settle_the_ns(page, picture, no_violations):
    """Give one its reason, and approve the O that is proposed for the two others."""
    page.goto("/marks/no-reason/?due=today")
    rows = page.locator("tr[data-row]")
    expect(rows).to_have_count(3)
    expect(rows.first).to_contain_text("O proposed")
    rows.first.focus()
    page.keyboard.press("x")
    no_violations(page)
    picture(page, "no-reason")
    page.select_option("#bar-code", "I")
    page.fill("#bar-reason", "Mother rang back: sickness")
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("1 mark changed")
    expect(rows).to_have_count(2)
    rows.first.focus()
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("o")
    expect(page.locator("#toasts")).to_contain_text("2 marks changed")
    expect(page.locator("tr[data-row]")).to_have_count(0)


def settle_the_doubts(page, picture, no_violations):
    """Accept what is proposed where something is, and leave the rest with the paper that stands behind it."""
    page.goto("/marks/doubtful/")
    expect(page.locator("tr[data-row]")).to_have_count(12)
    no_violations(page)
    picture(page, "doubts")
    for ground in ("no_part_time", "too_young_for_x", "no_dual", "late_after_close"):
        page.goto(f"/marks/doubtful/?ground={ground}")
        select_all(page)
        page.keyboard.press("a")
        expect(page.locator("#toasts")).to_contain_text("repaired")
    page.goto("/marks/doubtful/")
    page.locator("tr[data-row] th a").first.click()
    expect(page.get_by_role("heading", name="Why it is doubtful")).to_be_visible()
    no_violations(page)
    picture(page, "doubt")
    page.fill("#s-reason", "The list of the trip names the pupil")
    page.get_by_role("button", name="Leave it, because").click()
    expect(page.locator("#toasts")).to_contain_text("1 doubtful mark left")
    select_all(page)
    page.fill("#bar-reason", "Letter on file, looked at this morning")
    page.get_by_role("button", name="Leave, because").click()
    expect(page.locator("#toasts")).to_contain_text("doubtful marks left as they are")
    expect(page.locator("main")).to_contain_text("No mark is doubtful here.")


def select_all(page):
    """Select every row by key."""
    rows = page.locator("tr[data-row]")
    rows.first.focus()
    for number in range(rows.count()):
        page.keyboard.press("x")
        if number + 1 < rows.count():
            page.keyboard.press("j")


def mark_the_returns(page, picture, no_violations):
    """Mark the returns of the joiners and the leaver as sent through the council's portal."""
    page.goto("/admissions/")
    expect(page.get_by_role("heading", level=1)).to_have_text("2 joiners and 1 leaver")
    no_violations(page)
    picture(page, "admissions")
    for box in page.locator("input[name=pick]").all():
        box.check()
    page.fill("input[name=how]", "Council's portal")
    page.get_by_role("button", name="Mark the selected as sent").click()
    expect(page.locator("main")).to_contain_text("No return is due.")


def extend_the_agreement(page, picture, no_violations):
    """Agree with the family on four more weeks of the timetable."""
    page.goto("/agreements/?show=ending")
    page.locator("tbody th a").first.click()
    expect(page.locator("main")).to_contain_text("Ends within two weeks")
    no_violations(page)
    picture(page, "agreement")
    change = page.locator("form[action$='/change/']")
    change.locator("input[name=to_on]").fill("2026-12-18")
    change.locator("input[name=review_on]").fill("2026-12-11")
    change.locator("input[name=reason]").fill("Reviewed with the family: four weeks more")
    change.get_by_role("button", name="Save the change").click()
    expect(page.locator("#toasts")).to_contain_text("changed")


def find_a_number(page, picture, no_violations):
    """Give everybody whom nobody can be rung about a contact with a number."""
    page.goto("/contacts/")
    no_violations(page)
    picture(page, "contacts")
    for number in range(page.locator("tbody tr").count()):
        page.goto("/contacts/")
        page.locator("tbody th a").first.click()
        page.get_by_role("link", name="Add a contact").click()
        page.fill("input[name=surname]", f"Grandmother {number}")
        page.fill("input[name=mobile]", f"07700 900{990 + number}")
        page.fill("input[name=relationship]", "Grandmother")
        page.get_by_role("button", name="Save").click()
        page.wait_for_url("**/contacts/**")
        if page.get_by_text("is on record").count():
            page.get_by_label("Somebody else").check()
            page.get_by_role("button", name="Save").click()
    page.goto("/contacts/")
    expect(page.locator("main")).to_contain_text("Nobody is on this list.")
