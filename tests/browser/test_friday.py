"""Friday in a browser: the head of year's mail to the page behind it, the officer who holds and releases, the trawl."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from urllib.parse import urlsplit

import pytest
import python_calamine
from django.urls import reverse
from pypdf import PdfReader

from interventions.actions.due import run_job
from interventions.actions.trawl import run_trawl
from interventions.actions.trawl_asks import run_asked
from interventions.models import Trawl
from letters.actions.outbox import deliver
from letters.models import Message
from reporting.actions import distributions, turns
from reporting.actions.mail_choice import choose_mail
from reporting.models import Hold, Sending
from tests.reporting.conftest import term  # noqa: F401 - the world that this file looks at

from .conftest import DESK, PHONE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PASSWORD = "correct horse battery"
FRIDAY = date(2026, 11, 20)
AT = datetime(2026, 11, 20, 14, 35, tzinfo=UTC)
MORNING = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
WEEK, MINUTE = timedelta(days=7), timedelta(minutes=1)


@pytest.fixture
def autumn(live_server, term, settings, played_morning):  # noqa: F811
    """The term's school with three trawls, its heads of year subscribed; Friday morning."""
    settings.OFFICE_SECOND_FACTOR = False
    played_morning(MORNING)
    for on in (FRIDAY - 2 * WEEK, FRIDAY - WEEK, FRIDAY):
        run_trawl(school=term.thornbridge, on=on, by=None, at=datetime(on.year, on.month, on.day, 7, tzinfo=UTC))
    for user, year in ((term.adeyemi, 9), (term.nine, 8)):
        distributions.subscribe(
            school=term.thornbridge, user=user, year_group=year, by_mail=True, by=term.laila, at=MORNING
        )  # fmt: skip
    return term


def is_good(page, no_violations):
    """Assert that what a page shows is clean to axe and does not scroll sideways, at a desk and on a phone."""
    for size in (PHONE, DESK):
        page.set_viewport_size(size)
        no_violations(page)
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0, (page.url, size)


def received(user, at=AT + MINUTE):
    """Deliver what waits for a person, and give the message as it went."""
    message = Message.objects.filter(recipient=user, kind="report").latest("pk")
    assert deliver(message_id=message.pk, at=at) == "sent"
    message.refresh_from_db()
    return message


def open_mail(page, message, no_violations):
    """Show a message as a mail programme does, at both widths; give where its button leads."""
    page.goto("about:blank")
    page.set_content(message.html)
    is_good(page, no_violations)
    return urlsplit(page.get_by_role("link", name="Read the report").get_attribute("href")).path


def test_a_head_of_year_opens_her_mail_signs_in_and_takes_page_pdf_and_sheet(
    autumn, signed_in_page, no_violations, played_morning
):
    run_job(school=autumn.thornbridge, job="friday", on=FRIDAY, by=None, at=AT)
    message = received(autumn.adeyemi)
    played_morning(AT + 5 * MINUTE)
    page = signed_in_page(autumn.adeyemi, viewport=PHONE)
    page.context.clear_cookies()
    path = open_mail(page, message, no_violations)
    assert "Pupil" not in page.content()
    page.goto(path)
    page.get_by_label("E-mail").fill(autumn.adeyemi.email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Year 9: the week to Fri 20 Nov 2026").wait_for()
    assert urlsplit(page.url).path == path
    is_good(page, no_violations)
    sending = Sending.objects.get(user=autumn.adeyemi)
    possible = sending.content["parts"][0]["rows"][0][2]
    page.locator("#week-attendance").get_by_text(possible, exact=True).first.wait_for()
    page.get_by_text(re.compile(r"Sent .*14:36")).first.wait_for()
    pdf = page.request.get(page.get_by_role("link", name="PDF").get_attribute("href"))
    words = " ".join(PdfReader(BytesIO(pdf.body())).pages[0].extract_text().split())
    assert "Who needs a conversation" in words
    assert possible in words
    sheet = page.request.get(page.get_by_role("link", name="Sheet").get_attribute("href"))
    rows = python_calamine.load_workbook(BytesIO(sheet.body())).get_sheet_by_index(0).to_python()
    assert ["Attendance", "This week", "Possible sessions", int(possible)] in [row[:4] for row in rows]
    page.emulate_media(media="print")
    page.get_by_role("heading", name="Who needs a conversation").wait_for()
    assert page.complaints == []


def test_a_mail_that_names_pupils_by_choice_reads_on_a_phone_and_says_so(autumn, signed_in_page, no_violations):
    choose_mail(
        school=autumn.thornbridge, names="initials", why="Agreed with the DPO", by=autumn.laila, at=MORNING
    )  # fmt: skip
    run_job(school=autumn.thornbridge, job="friday", on=FRIDAY, by=None, at=AT)
    page = signed_in_page(autumn.adeyemi, viewport=PHONE)
    open_mail(page, received(autumn.adeyemi), no_violations)
    page.get_by_role("heading", name="Who needs a conversation").wait_for()
    page.get_by_text("by the school's choice of Fri 20 Nov 2026").wait_for()
    assert "Pupil0" not in page.content()


def test_the_officer_holds_for_one_and_for_all_releases_and_sends_again_to_one(
    autumn, signed_in_page, no_violations, played_morning
):
    played_morning(AT - 5 * MINUTE)
    page = signed_in_page(autumn.sandra)
    page.goto(reverse("reporting:distributions"))
    is_good(page, no_violations)
    page.get_by_role("link", name=re.compile(r"The week on a page\s*, Fri 20 Nov 2026: look")).click()
    is_good(page, no_violations)
    page.get_by_text(re.compile("^Hold for everybody$")).click()
    page.get_by_label("Why it is held").first.fill("9A is being put right")
    page.get_by_role("button", name="Hold it back").first.click()
    page.get_by_text("Held for everybody by Mrs S. Pugh").wait_for()
    is_good(page, no_violations)
    done = run_job(school=autumn.thornbridge, job="friday", on=FRIDAY, by=None, at=AT)
    assert (done.did["sent"], done.did["held"]) == (0, 2)
    played_morning(AT + MINUTE)
    page.reload()
    row = page.get_by_role("row").filter(has_text="Year 8")
    row.locator("summary").click()
    row.get_by_label("Why it is held").fill("She is away until Monday")
    row.get_by_role("button", name="Hold it back").click()
    page.get_by_text("She is away until Monday").first.wait_for()
    page.get_by_role("button", name="Release for everybody").click()
    page.get_by_text("Released: what is due goes within a minute").first.wait_for()
    assert turns.make_waiting(at=AT + 2 * MINUTE) == 1
    assert Sending.objects.get().user == autumn.adeyemi
    received(autumn.adeyemi, at=AT + 3 * MINUTE)
    page.reload()
    is_good(page, no_violations)
    page.get_by_role("row").filter(has_text="Year 9").get_by_role("button", name="Send again").click()
    page.get_by_text("On its way again to").first.wait_for()
    assert Message.objects.filter(recipient=autumn.adeyemi, kind="report").count() == 2
    assert Hold.objects.filter(released_at=None).count() == 1
    assert page.complaints == []


def test_the_lead_finds_who_is_sent_what_changes_it_and_sees_the_mail_before_it_goes(
    autumn, signed_in_page, no_violations, played_morning
):
    distributions.supply_subscriptions(school=autumn.thornbridge, by=autumn.laila, at=MORNING)
    page = signed_in_page(autumn.laila)
    page.goto(reverse("reporting:distributions"))
    assert page.get_by_role("link", name=re.compile("^Preview of")).count() == 0  # folded, report by report
    page.locator("#kind-daily_summary summary").click()
    is_good(page, no_violations)
    page.get_by_label("Person, form or year").fill("year 9")
    page.get_by_role("button", name="Find", exact=True).click()
    how = page.get_by_label(re.compile("is sent The week on a page, Year 9$"))
    how.select_option("On the page only")
    page.get_by_role("button", name=re.compile("^Change The week on a page, Year 9")).click()
    page.get_by_text("Changed").first.wait_for()
    assert page.get_by_label("Person, form or year").input_value() == "year 9"
    assert how.input_value() == "page"
    is_good(page, no_violations)
    page.get_by_role("link", name="Show all").click()
    page.locator("#kind-friday summary").click()
    page.get_by_role("link", name=re.compile("^Preview of The week on a page, Year 8")).click()
    page.get_by_text("The e-mail", exact=True).click()
    assert page.get_by_text("Read it, or take it as PDF or sheet, here").is_visible()
    is_good(page, no_violations)
    assert page.complaints == []


def test_leadership_reads_the_warning_before_mails_name_pupils(autumn, signed_in_page, no_violations):
    page = signed_in_page(autumn.sol)
    page.goto(reverse("reporting:mail_choice"))
    is_good(page, no_violations)
    page.get_by_text("An e-mail leaves the school's hands.").wait_for()
    page.get_by_label("Initials and form").check()
    page.get_by_label("Why, and who agreed").fill("Agreed with the DPO on 3 November")
    page.get_by_role("button", name="Choose").click()
    page.get_by_text("E-mails of the week hold initials").wait_for()
    is_good(page, no_violations)


def test_a_tutor_finds_the_week_of_her_form_and_nothing_else_under_reports(autumn, signed_in_page, no_violations):
    distributions.subscribe(
        school=autumn.thornbridge, user=autumn.pat, year_group=None, form=autumn.nine_a, by_mail=True, by=autumn.laila,
        at=MORNING,
    )  # fmt: skip
    run_job(school=autumn.thornbridge, job="friday", on=FRIDAY, by=None, at=AT)
    page = signed_in_page(autumn.pat)
    page.goto("/")
    page.get_by_role("navigation").get_by_role("link", name="Reports").first.click()
    page.get_by_role("link", name=re.compile("The week on a page, Form 9A")).click()
    page.get_by_role("heading", name="Form 9A: the week to Fri 20 Nov 2026").wait_for()
    is_good(page, no_violations)


def test_trawl_now_works_while_the_page_waits_and_is_held_against_an_older_run(
    autumn, signed_in_page, no_violations, played_morning
):
    page = signed_in_page(autumn.sandra)
    page.goto(reverse("interventions:trawl"))
    page.get_by_role("button", name="Trawl now").click()
    page.get_by_text("A trawl is in line: asked for by Mrs S. Pugh at 09:00").wait_for()
    is_good(page, no_violations)
    assert page.get_by_role("button", name="Trawl now").count() == 0
    assert run_asked(at=MORNING) == 1
    page.get_by_text("Asked for by Mrs S. Pugh at 09:00").wait_for()
    page.get_by_role("button", name="Trawl now").wait_for()
    is_good(page, no_violations)
    older = Trawl.objects.filter(school=autumn.thornbridge).earliest("on")
    page.get_by_label("Compared with").select_option(str(older.pk))
    page.get_by_role("heading", name="Since Fri 6 Nov").wait_for()
    page.goto(reverse("interventions:proposal_list"))
    is_good(page, no_violations)
    page.emulate_media(media="print")
    assert page.complaints == []
