"""Ready letters sent by GOV.UK Notify, and a run whose letter a stop overtook, by an officer in the browser."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from letters.actions import making, outbox, runs
from letters.actions.stops import keep_stop
from letters.models import Letter, Message
from tests.conftest import MORNING
from tests.factories.post_room import WEEK, mark_week, settle_in, write
from tests.letters.notify_server import KEY, NotifyServer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def notify(settings):
    server = NotifyServer()
    settings.OFFICE_POST = "smtp"
    settings.OFFICE_NOTIFY_KEY, settings.OFFICE_NOTIFY_URL = KEY, server.url
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def school(cast):
    settle_in(cast)
    mark_week(cast.nine_a, WEEK, by=cast.sandra)
    mark_week(cast.eight_c, WEEK, by=cast.sandra)
    write(cast, cast.callum, cast.amina, cast.freya)
    make_all()
    return cast


def make_all():
    while making.make_next(at=MORNING) is not None:
        pass


def stop(cast, pupil):
    keep_stop(
        pupil=pupil, covers="all", reason="Bereavement", is_private=False, owner=cast.bea, to_on=None,
        by=cast.bea, at=MORNING,
    )  # fmt: skip


def test_an_officer_hands_letters_to_notify_and_prints_here_what_it_refused(
    school, notify, signed_in_page, no_violations
):
    stop(school, school.amina)
    page = signed_in_page(school.sandra)
    page.goto(reverse("letters:run_list"))
    page.get_by_role("link", name="Send by GOV.UK Notify").click()
    expect(page.locator("tbody tr")).to_have_count(3)
    expect(page.locator("tbody")).to_contain_text("Bereavement")
    no_violations(page)
    page.get_by_role("button", name="Hand over to GOV.UK Notify").click()
    expect(page.locator("#toasts")).to_contain_text("2 letters laid out for GOV.UK Notify")
    expect(page.locator("#toasts")).to_contain_text("1 letter held back")
    make_all()
    notify.answers = [400]
    for message in Message.objects.filter(state="waiting").order_by("pk"):
        outbox.deliver(message_id=message.pk, at=MORNING)
    assert len(notify.taken) == 1
    page.goto(reverse("letters:run_list"))
    expect(page.locator(".banner.stop")).to_contain_text("did not post 1 letter")
    no_violations(page)
    page.get_by_role("button", name="Print it here instead").click()
    expect(page.locator("#toasts")).to_contain_text("1 letter made again to be printed here")
    page.goto(reverse("letters:message_list"))
    page.locator("summary", has_text="Every sum fits").click()
    expect(page.get_by_role("table", name="Sums of the proof")).to_be_visible()
    no_violations(page)
    assert page.complaints == []


def test_an_officer_takes_the_letter_that_a_stop_overtook_out_of_the_paper(school, signed_in_page, no_violations):
    run = runs.put_together(school=school.thornbridge, order="postcode", by=school.sandra, at=MORNING)
    runs.join_next(at=MORNING)
    stop(school, school.amina)
    page = signed_in_page(school.sandra)
    page.goto(reverse("letters:run_detail", args=[run.pk]))
    expect(page.locator(".banner.stop")).to_contain_text("1 letter in this run is not due any more")
    no_violations(page)
    page.get_by_role("button", name="Taken out: hold it back").click()
    expect(page.locator(".banner.stop")).to_contain_text("Take 1 out by hand")
    page.get_by_role("button", name="Mark as posted").click()
    expect(page.locator("#toasts")).to_contain_text("2 letters marked as posted")
    assert Letter.objects.get(pupil=school.amina).state == "held_back"
    assert page.complaints == []
