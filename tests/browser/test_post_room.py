"""The post room on a morning of the demo, from end to end: letters of both levels approved, one held back, made and posted;
a letter recalled with its apology; certificates; fifteen families to alert of whom one is stopped; answers agreed to; the
call sheet worked by keys; nobody reached, and somebody's word that a child is safe.

With OFFICE_PICTURES set to a folder the pictures of docs/pictures are taken anew, PDF pages among them.
"""

from __future__ import annotations

import os
import re
import subprocess
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pypdf
import pytest
from playwright.sync_api import expect

from attendance_office.jobs.actions import ensure_schedules
from attendance_office.jobs.models import Job
from attendance_office.staff.models import User
from interventions.actions.due import run_job
from interventions.models import Attempt, FirstDay, SafeguardingItem, SafeguardingStep
from interventions.tasks import run_due
from letters.actions import demo as letters_demo
from letters.actions.outbox import reference_of
from letters.actions.templates import supply_templates
from letters.models import Letter, Letterhead, Message
from letters.queries.proof import proof_of
from letters.tasks import deliver_waiting, make_waiting
from registers.actions import demo
from registers.actions.demo import cast as demo_cast
from registers.actions.demo import marks as demo_marks
from registers.models import AbsenceNote, ContactFault, LineMessage, Mark
from tests.browser.conftest import DESK, PHONE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FRIDAY = date(2026, 11, 20)
AT = datetime(2026, 11, 20, 9, 14, tzinfo=UTC)
ELEVEN = datetime(2026, 11, 20, 11, 0, 30, tzinfo=UTC)
SMALL = demo.Plan(**{**demo.THORNBRIDGE.__dict__, "letters": "ABCD", "per_group": 14})
NOT_LOOKED_FOR = timedelta(weeks=2)
ALERTED = 14
TOKEN = "told-by-notify"
State = Letter.State


class Album:
    """Pictures kept where they are wanted, and the width of each page on a phone."""

    def __init__(self, folder):
        self.folder = folder

    def take(self, page, name):
        """Keep what the window shows."""
        if self.folder:
            page.screenshot(path=f"{self.folder}/post-{name}.png")

    def take_pdf(self, content, number, name):
        """Keep one page of a PDF."""
        if self.folder:
            command = ["pdftoppm", "-r", "96", "-png", "-singlefile", "-f", str(number), "-l", str(number), "-"]
            subprocess.run([*command, f"{self.folder}/{name}"], input=content, check=True)


@pytest.fixture
def album():
    """Give the album, which keeps nothing unless pictures are asked for."""
    folder = os.environ.get("OFFICE_PICTURES")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
    return Album(folder)


@pytest.fixture
def look(no_violations):
    """Give a function that holds a page against axe at the desk's width, and against a phone's width."""

    def _look(page):
        no_violations(page)
        page.set_viewport_size(PHONE)
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0, page.url
        no_violations(page)
        page.set_viewport_size(DESK)

    return _look


@pytest.fixture
def school(transactional_db, monkeypatch, settings):
    """Give the demo's school, smaller, on Friday 20 November 2026: nobody has looked for letters for two weeks."""
    settings.OFFICE_NOTIFY_CALLBACK_TOKEN = TOKEN
    monkeypatch.setitem(demo_cast.COVERS, SMALL.urn, ())
    monkeypatch.setitem(demo_cast.CAST, SMALL.urn, tuple(p for p in demo.CAST[SMALL.urn] if p.group in {"", "9A"}))
    monkeypatch.setattr(demo_marks, "UNKNOWN_THIS_MORNING", 0.9)
    play_term = letters_demo._play_term
    monkeypatch.setattr(
        letters_demo, "_play_term", lambda school, day, *, by: play_term(school, day - NOT_LOOKED_FOR, by=by)
    )
    made = demo.make_school(plan=SMALL, seed=2, on=FRIDAY, by=None, at=AT).school
    supply_templates(school=made, by=None, at=AT)
    Letterhead.objects.filter(school=made).update(ring_phone="01632 960 142")
    ensure_schedules(school=made, by=None, at=AT)
    proposed_at = letters_demo.lay_out_letters(school=made, day=FRIDAY, by=None, at=AT)
    run_job(school=made, job=Job.LETTER_PROPOSALS.value, on=FRIDAY, by=None, at=proposed_at)
    letters_demo.correct_after_proposal(school=made, day=FRIDAY, by=None, at=AT)
    return made


def test_a_morning_in_the_post_room(school, signed_in_page, played_morning, album, look):
    played_morning(AT)
    page = signed_in_page(User.objects.get(email="sandra.pugh@thornbridge.example"))
    letters_are_approved_and_one_is_held_back(page, album, look)
    letters_are_made_read_and_posted(page, album, look)
    a_letter_is_recalled(page, album, look)
    certificates_are_made(page, album, look)

    played_morning(AT + timedelta(minutes=10))
    fourteen_families_are_alerted(page, played_morning, album, look)
    answers_settle_the_ns(page, album, look)
    the_call_sheet_is_worked(page, album, look)

    played_morning(ELEVEN)
    dsl = signed_in_page(User.objects.get(email="dee.lacey@thornbridge.example"))
    nobody_was_reached(dsl, album, look)
    assert (page.complaints, dsl.complaints) == ([], [])


def letters_are_approved_and_one_is_held_back(page, album, look):
    """Approve both levels, one pupil left out; who lost the ground at 09:02 is held back with the reason."""
    page.goto("/letters/due/")
    look(page)
    album.take(page, "due")
    proposed = {level: Letter.objects.filter(kind=f"level_{level}", state=State.PROPOSED).count() for level in (1, 2)}
    assert proposed[1] >= 4
    assert proposed[2] >= 2

    # Any can be read as it would be printed; one is taken out by key, and what goes is asked before it goes.
    first = page.locator("tr[data-row]:not(.off)").first
    first.focus()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("#preview .sheet")).to_be_visible()
    page.keyboard.press("x")
    page.keyboard.press("a")
    expect(page.locator("h1")).to_contain_text("Approve")
    expect(page.locator("main")).to_contain_text("Not chosen")
    look(page)
    album.take(page, "ask")
    page.get_by_role("button", name="Approve").click()
    expect(page.locator("#toasts")).to_contain_text("1 held back when the marks were read again.")
    expect(page.locator("#toasts")).to_contain_text("Mark changed at 09:02")
    expect(page.locator("tr.off", has_text="Held back")).to_contain_text("no longer below 95 %")
    album.take(page, "held-back")
    look(page)
    held = Letter.objects.get(state=State.HELD_BACK)
    assert held.ended_why.startswith("Mark changed at 09:02")
    assert Letter.objects.filter(kind="level_1", state=State.PROPOSED).count() >= 1

    page.goto("/letters/due/?level=2")
    look(page)
    page.locator("tr[data-row]").first.focus()
    page.keyboard.press("a")
    page.get_by_role("button", name="Approve").click()
    expect(page.locator("#toasts")).to_contain_text("approved. They are being made now.")
    assert Letter.objects.filter(kind="level_2", state=State.WAITING).count() == proposed[2]
    page.goto("/letters/due/none/")
    look(page)
    album.take(page, "none")


def letters_are_made_read_and_posted(page, album, look):
    """The worker makes them; the file is opened, read, and marked as posted."""
    waiting = Letter.objects.filter(state=State.WAITING).count()
    assert make_waiting() == waiting
    ready = list(Letter.objects.filter(state=State.READY))
    assert len(ready) == waiting
    page.goto("/letters/runs/")
    look(page)
    page.get_by_role("button", name=f"Put {waiting} together").click()
    expect(page.locator("main")).to_contain_text("being joined")
    make_waiting()
    page.get_by_role("link", name="The file to print").wait_for()
    look(page)
    album.take(page, "run")
    content = downloaded(page, page.get_by_role("link", name="The file to print"))
    pages = [one.extract_text() for one in pypdf.PdfReader(BytesIO(content)).pages]
    assert "Print run" in pages[0]
    assert sum("Dear " in words for words in pages) == waiting
    assert not any("((" in words for words in pages)
    album.take_pdf(content, 1, "print_run_cover")
    page.get_by_role("button", name="Mark as posted").click()
    expect(page.locator("#toasts")).to_contain_text(f"{waiting} letters marked as posted")

    for kind in ("level_1", "level_2"):
        letter = next(one for one in ready if one.kind == kind)
        page.goto(f"/letters/{letter.pk}/")
        look(page)
        album.take(page, f"why-{kind.replace('_', '-')}")
        expect(page.locator("main")).to_contain_text("possible sessions attended")
        printed = downloaded(page, page.get_by_role("link", name="PDF"))
        assert printed == bytes(letter.file.content)
        album.take_pdf(printed, 1, f"letter_{kind}")


def downloaded(page, link):
    """Give the file behind a link."""
    with page.expect_download() as download:
        link.click()
    return Path(download.value.path()).read_bytes()


def a_letter_is_recalled(page, album, look):
    """A letter that went, and that the register no longer supports, is recalled; its apology is approved."""
    page.goto("/letters/")
    page.locator(".banner").get_by_role("link", name="Look at it").click()
    look(page)
    page.locator("tbody th a").first.click()
    expect(page.locator(".banner")).to_contain_text("The register no longer supports this letter.")
    look(page)
    album.take(page, "doubted")
    page.get_by_label("Why it is recalled").fill("The supply teacher's list shows the pupil was there")
    page.get_by_role("button", name="Recall this letter").click()
    expect(page.locator("#toasts")).to_contain_text("Recalled.")
    page.goto("/letters/due/?level=other")
    expect(page.locator("tr[data-row]")).to_have_count(1)
    expect(page.locator("#preview")).to_contain_text("sorry")
    look(page)
    album.take(page, "apology")
    page.locator("tr[data-row]").first.focus()
    page.keyboard.press("a")
    page.get_by_role("button", name="Approve 1 letter").click()
    expect(page.locator("#toasts")).to_contain_text("1 letter approved")
    assert make_waiting() == 1
    apology = Letter.objects.get(kind="apology")
    assert (apology.state, apology.corrects.recalled_by.first_name) == (State.READY, "Sandra")
    page.goto(f"/letters/{apology.pk}/")
    album.take_pdf(downloaded(page, page.get_by_role("link", name="PDF")), 1, "letter_apology")


def certificates_are_made(page, album, look):
    """Certificates for full attendance, many to a PDF."""
    page.goto("/letters/certificates/?from_on=2026-11-02&to_on=2026-11-19&least_possible=10")
    look(page)
    album.take(page, "certificates")
    page.get_by_role("button", name="Make the certificates").click()
    page.wait_for_url("**/letters/runs/*/")
    make_waiting()
    page.reload()
    content = downloaded(page, page.get_by_role("link", name="The file to print"))
    pages = [one.extract_text() for one in pypdf.PdfReader(BytesIO(content)).pages]
    number = next(place for place, words in enumerate(pages, 1) if "This is to say that" in words)
    assert (
        sum("This is to say that" in words for words in pages) == Letter.objects.filter(kind="certificate_full").count()
    )
    album.take_pdf(content, number, "certificate")


def fourteen_families_are_alerted(page, played_morning, album, look):
    """Dry run, countdown, one stopped by key; fourteen are sent to the outbox of the demo."""
    page.goto("/first-day/")
    look(page)
    page.keyboard.press("p")
    expect(page.locator("h1")).to_contain_text("Dry run: 15 alerts, 2 families to ring")
    look(page)
    album.take(page, "dry-run")
    assert not Message.objects.filter(kind="alert").exists()
    page.get_by_role("button", name="Prepare the alerts").click()
    expect(page.locator("#toasts")).to_contain_text("15 alerts prepared, going at 09:29; 2 families on the call sheet")
    expect(page.locator(".banner")).to_contain_text("15 alerts counting down.")
    look(page)
    album.take(page, "countdown")
    page.locator("tr[data-row]", has_text="Goes at").last.focus()
    page.keyboard.press("s")
    expect(page.locator("#toasts")).to_contain_text("1 alert stopped")

    alerts = Message.objects.filter(kind="alert")
    deliver_waiting()
    assert set(alerts.values_list("state", flat=True)) == {"cancelled", "waiting"}
    played_morning(AT + timedelta(minutes=16))
    deliver_waiting()
    assert sorted(alerts.values_list("state", flat=True)) == ["cancelled"] + ["sent"] * ALERTED
    page.goto("/post/")
    expect(page.locator("main")).to_contain_text("Nothing leaves this machine")
    expect(page.locator(".banner.stop")).to_have_count(0)
    assert proof_of(Message.objects.first().school, at=AT + timedelta(minutes=16)).words == "Every sum fits"
    look(page)
    album.take(page, "outbox")
    page.goto(f"/post/{alerts.filter(state='sent').first().pk}/")
    look(page)
    page.set_viewport_size(PHONE)
    album.take(page, "text")
    page.set_viewport_size(DESK)


def told_by_notify(page, what, **said):
    """Say something as GOV.UK Notify does: over its callback, with its token."""
    answer = page.request.post(f"/post/notify/{what}/", data=said, headers={"Authorization": f"Bearer {TOKEN}"})
    assert (answer.status, answer.json()) == (200, {"known": True})


def answers_settle_the_ns(page, album, look):
    """Thirteen texts arrived, one number is dead; two parents answer by text and one rings: the officer agrees."""
    sent = list(Message.objects.filter(kind="alert", state="sent").order_by("pk"))
    for place, message in enumerate(sent):
        status = "permanent-failure" if place == ALERTED - 1 else "delivered"
        told_by_notify(page, "delivery", id=f"n-{message.pk}", reference=reference_of(message), status=status)
    for place, words in enumerate(("{name} was sick in the night, sorry", "{name} has a dentist appointment till 11")):
        text = words.format(name=sent[place].pupil.forename)
        told_by_notify(page, "reply", id=f"r-{place}", source_number=sent[place].address, message=text)
    page.goto("/absence-line/message/")
    page.locator("[name=channel]").select_option("voicemail")
    page.fill("[name=sender]", sent[2].address)
    page.fill("[name=text]", f"{sent[2].pupil.forename} has a temperature and stays in bed")
    page.get_by_role("button", name="Put it into the queue").click()
    expect(page.locator("#toasts")).to_contain_text("Message taken in")

    page.goto("/first-day/")
    expect(page.locator(".answer")).to_have_count(3)
    look(page)
    album.take(page, "answers")
    for number, code in enumerate("IMI"):
        pupil = sent[number].pupil
        row = page.locator("tr[data-row]", has_text=str(pupil))
        expect(row.locator("select")).to_have_value(code)
        row.get_by_role("button", name="Agree").click()
        expect(page.locator("#toasts")).to_contain_text(f"Logged: {pupil}, {code}")
        assert Mark.objects.get(pupil=pupil, on=FRIDAY, half="AM").code == code
    expect(page.locator("main")).to_contain_text("Reason came in, 3")
    assert LineMessage.objects.filter(state="waiting").count() == 0
    assert AbsenceNote.objects.filter(pupil=sent[2].pupil, from_on=FRIDAY).exists()


def the_call_sheet_is_worked(page, album, look):
    """One key an outcome; what was said becomes the note, a dead number goes to the contact's health."""
    page.goto("/first-day/calls/")
    expect(page.locator("h1")).to_have_text("Call sheet, 4 families to ring")
    look(page)
    album.take(page, "calls")
    families = [one.get_attribute("id") for one in page.locator(".callfamily").all()[:4]]
    dead = ContactFault.objects.count()
    for key, outcome, family in (
        ("v", "left a voicemail", families[0]),
        ("d", "number dead", families[0]),
        ("b", "will call back", families[1]),
        ("n", "no answer", families[1]),
    ):
        page.locator(f"#{family} tr[data-row]").first.focus()
        page.keyboard.press(key)
        expect(page.locator("#toasts")).to_contain_text(outcome)
    assert ContactFault.objects.count() == dead + 1
    for key, family, words in (
        ("r", families[2], "Would rather not say"),
        ("s", families[3], "A bad cold, back on Monday"),
    ):
        page.locator(f"#{family} tr[data-row]:not(.off)").first.focus()
        page.keyboard.press(key)
        page.wait_for_url("**/spoke/**")
        look(page)
        page.get_by_label("What was said").fill(words)
        if key == "s":
            page.locator("[name=code]").select_option("I")
            album.take(page, "spoke")
        page.get_by_role("button", name="Save").click()
        expect(page.locator("#toasts")).to_contain_text("written down")
    spoken = FirstDay.objects.get(pk=families[3].removeprefix("family-"))
    marks = Mark.objects.filter(pupil__in=spoken.pupils.values("pupil"), on=FRIDAY, half="AM")
    assert set(marks.values_list("code", flat=True)) == {"I"}
    assert sorted(Attempt.objects.values_list("outcome", flat=True)) == sorted(
        ["voicemail", "dead", "calls_back", "no_answer", "refused", "spoke"]
    )
    page.goto("/first-day/calls/")
    look(page)
    album.take(page, "calls-tried")


def nobody_was_reached(page, album, look):
    """At eleven who is without a reason goes to safeguarding; who said that the child is safe is kept, and one is closed."""
    run_due()
    deliver_waiting()
    open_items = SafeguardingItem.objects.filter(closed_at=None)
    assert open_items.count() >= 4
    told = Message.objects.filter(
        kind="safeguarding", recipient__email="dee.lacey@thornbridge.example", channel="email"
    )
    assert told.filter(subject__startswith="Nobody reached").count() == open_items.count()
    page.goto("/desk/")
    expect(page.locator("section.job[aria-labelledby='job-safeguarding'] .cnt")).to_have_text(str(open_items.count()))
    page.goto("/first-day/safeguarding/")
    look(page)
    album.take(page, "nobody-reached")
    page.locator("tbody th a").first.click()
    page.locator("[name=kind]").select_option("safe_and_well")
    page.get_by_label("What was done or said").fill("At home with a grandmother, unwell")
    page.get_by_label("Who said so").fill("PC 4411 Marsh")
    page.get_by_label("How they know").fill("Seen at the door")
    page.get_by_role("button", name="Write down").click()
    expect(page.locator("#toasts")).to_contain_text("stays open until a person closes it")
    expect(page.locator("main")).to_contain_text(re.compile("PC 4411 Marsh said at 11:00 that: At home"))
    look(page)
    album.take(page, "safe-and-well")
    assert SafeguardingStep.objects.get().item.closed_at is None
    page.get_by_label("Who was reached, and what they said").fill(
        "Grandmother reached at 11:00: unwell, seen by the police"
    )
    page.get_by_role("button", name="Close with these words").click()
    expect(page.locator("#toasts")).to_contain_text("Closed, with your words")
