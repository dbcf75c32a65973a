"""A tutor is sent the week of her form and no other; e-mails name pupils where the school chose so, and only then."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse

from attendance_office.audit.models import Entry
from attendance_office.refusals import Refused
from interventions.actions.trawl import run_trawl
from letters.actions.outbox import deliver, settle
from letters.models import Message
from registers.models import Mark
from reporting.actions import distributions as actions
from reporting.actions.mail_choice import choose_mail
from reporting.models import MailChoice, Report, Sending, Subscription
from reporting.queries.explorer import Question, Reader, answer
from reporting.queries.periods import Period

FRIDAY = date(2026, 11, 20)
AT = datetime(2026, 11, 20, 14, 35, tzinfo=UTC)


def of_form(cast, user, form):
    return actions.subscribe(
        school=cast.thornbridge, user=user, year_group=None, form=form, by_mail=True, by=cast.laila, at=AT
    )  # fmt: skip


def send(cast, at=AT):
    return actions.send_week(school=cast.thornbridge, on=FRIDAY, by=None, at=at)


def choose(cast, names="initials", why="The head and the DPO agreed on 3 November", at=AT):
    return choose_mail(school=cast.thornbridge, names=names, why=why, by=cast.laila, at=at)


@pytest.fixture
def form(term):
    """The week of 9A as its tutor was sent it; Ikra of 9A has an absence nobody has explained."""
    pupil = term.more[0]
    Mark.objects.filter(pupil=pupil, on=FRIDAY - timedelta(days=1), half="AM").update(code="N")
    run_trawl(school=term.thornbridge, on=FRIDAY, by=None, at=AT)
    of_form(term, term.pat, term.nine_a)
    term.open = pupil
    return term


def test_a_tutor_is_sent_her_form_as_the_explorer_counts_it(form):
    send(form)
    sent = Sending.objects.get()
    assert (sent.scope, sent.content["title"]) == ("Form 9A", "Form 9A: the week to Fri 20 Nov 2026")
    reader = Reader.of(form.pat, form.thornbridge)
    week = answer(reader, Question(Period("week", "", FRIDAY - timedelta(days=4), FRIDAY)).also("form", "9A")).figures
    assert sent.content["parts"][0]["rows"][0][2] == str(week.tally.possible)
    assert sent.pdf.name == "week-form-9a-2026-11-20.pdf"


def test_a_form_with_a_name_of_any_kind_has_a_file_that_downloads(form, sign_in):
    form.nine_a.name = 'Mr "O\'Dé"/9\u2192'
    form.nine_a.save()
    send(form)
    sent = Sending.objects.get()
    assert sent.pdf.name == "week-form-mr-ode9-2026-11-20.pdf"
    answered = sign_in(form.pat).get(reverse("reporting:sent_file", args=[sent.pk, "pdf"]))
    assert answered["Content-Disposition"] == f'inline; filename="{sent.pdf.name}"'


def test_letters_are_left_out_for_who_may_not_see_them(form):
    of_form(form, form.adeyemi, form.nine_a)
    send(form)
    parts = {one.user: [part["key"] for part in one.content["parts"]] for one in Sending.objects.select_related("user")}
    assert "letters" not in parts[form.pat]
    assert "letters" in parts[form.adeyemi]


def test_a_form_names_nobody_of_another_form(form):
    send(form)
    words = str(Sending.objects.get().content)
    assert str(form.open) in words
    assert not [pupil for pupil in form.pupils.values() if pupil.tutor_group != form.nine_a and str(pupil) in words]


def test_nobody_is_subscribed_to_a_form_their_post_does_not_reach(form):
    for user in (form.hal, form.nine, form.gov, form.olly):
        with pytest.raises(Refused, match="may not see all of Form 9A"):
            of_form(form, user, form.nine_a)
    with pytest.raises(Refused, match="may not see all of Year 9"):
        actions.subscribe(
            school=form.thornbridge, user=form.pat, year_group=9, by_mail=True, by=form.laila, at=AT
        )  # fmt: skip


def test_a_tutor_reads_what_she_was_sent_and_loses_it_with_the_form(form, sign_in):
    send(form)
    sent = Sending.objects.get()
    address = reverse("reporting:sent_detail", args=[sent.pk])
    client = sign_in(form.pat)
    listed = client.get(reverse("reporting:sent_list")).content.decode()
    assert "Form 9A" in listed
    assert client.get(address).status_code == 200
    assert client.get(reverse("reporting:sent_file", args=[sent.pk, "pdf"])).status_code == 200
    assert client.get(reverse("reporting:figures")).status_code == 403
    assert sign_in(form.hal).get(address).status_code == 404
    form.pat.posts.update(tutor_group=form.eight_c)
    assert sign_in(form.pat).get(address).status_code == 404


def test_every_tutor_is_subscribed_to_their_own_form_with_one_press(form, sign_in):
    Subscription.objects.filter(user=form.pat).update(is_on=False)
    client = sign_in(form.laila)
    client.post(reverse("reporting:subscription_add"), {"act": "tutors"})
    found = {(one.user_id, one.tutor_group_id): one.is_on for one in Subscription.objects.all()}
    posts = set(
        form.thornbridge.posts.filter(role="tutor").exclude(tutor_group=None).values_list("user", "tutor_group")
    )
    assert set(found) == posts
    assert found.pop((form.pat.pk, form.nine_a.pk)) is False
    assert all(found.values())
    client.post(reverse("reporting:subscription_add"), {"act": "tutors"})
    assert Subscription.objects.count() == len(posts)


def test_a_form_and_a_year_are_chosen_on_the_page(form, sign_in):
    client = sign_in(form.laila)
    asked = {"user": form.adeyemi.pk, "report": "friday", "how": "mail"}
    client.post(reverse("reporting:subscription_add"), asked | {"about": f"form-{form.nine_a.pk}"})
    client.post(reverse("reporting:subscription_add"), asked | {"about": "year-9"})
    for bad in ("form-999999", "year-", "form-9A", "year-123", "both-1"):
        client.post(reverse("reporting:subscription_add"), asked | {"about": bad})
    scopes = {one.scope for one in Subscription.objects.filter(user=form.adeyemi).select_related("tutor_group")}
    assert scopes == {"Form 9A", "Year 9"}


def test_the_mail_names_nobody_until_the_school_chooses_so(form):
    send(form)
    message = Message.objects.get()
    assert form.open.legal_surname not in message.body + message.html
    assert "Who needs a conversation" not in message.html
    assert "Attended this week" not in message.body + message.html


@pytest.mark.parametrize(("names", "said"), [("initials", "S.P. (9A)"), ("full", ", Sam (9A)")])
def test_by_the_schools_choice_the_mail_lists_who_needs_a_conversation_and_whom_to_praise(form, names, said):
    choose(form, names)
    send(form)
    message = Message.objects.get()
    for words in (message.body, message.html):
        assert said in words
        assert "Who needs a conversation" in words
        assert "To praise" in words
        assert "by the school&#x27;s choice" in words or "by the school's choice" in words
        assert (", Sam" in words) is (names == "full")
    assert "Pupil" not in message.subject
    assert deliver(message_id=message.pk, at=AT) == "sent"


def test_what_is_sent_again_follows_the_choice_in_force_then(form):
    choose(form, "full")
    send(form)
    deliver(message_id=Message.objects.get().pk, at=AT)
    choose(form, "nobody", why="A message was forwarded", at=AT + timedelta(hours=1))
    again = actions.send_again(sending=Sending.objects.get(), by=form.laila, at=AT + timedelta(hours=2))
    assert ", Sam" not in again.body + again.html


def test_a_mail_that_still_waits_follows_the_choice_in_force_when_it_goes(form):
    choose(form, "full")
    send(form)
    message = Message.objects.get()
    assert ", Sam" in message.body
    choose(form, "nobody", why="A message was forwarded", at=AT + timedelta(minutes=1))
    assert deliver(message_id=message.pk, at=AT + timedelta(minutes=2)) == "sent"
    message.refresh_from_db()
    assert ", Sam" not in message.body + message.html
    assert "stays behind the sign-in" in message.body


def test_a_mail_that_waits_does_not_go_to_who_lost_the_post_meanwhile(form):
    choose(form, "full")
    send(form)
    message = Message.objects.get()
    form.pat.posts.update(ended_on=FRIDAY)
    assert deliver(message_id=message.pk, at=AT + timedelta(minutes=2)) == "cancelled"
    message.refresh_from_db()
    assert message.sent_at is None
    assert message.ended_why == f"{form.pat.signature} no longer holds a post that may read this report."


def test_a_mail_that_failed_is_not_sent_again_to_who_teaches_another_form_by_then(form):
    choose(form, "full")
    send(form)
    message = Message.objects.get()
    Message.objects.filter(pk=message.pk).update(state=Message.State.FAILED)
    form.pat.posts.update(tutor_group=form.eight_c)
    settle(message=Message.objects.get(), went=False, by=form.laila, at=AT + timedelta(days=21))
    assert deliver(message_id=message.pk, at=AT + timedelta(days=21)) == "cancelled"


def test_the_choice_says_why_and_is_on_record(form):
    with pytest.raises(Refused, match="Say why"):
        choose(form, why=" ")
    with pytest.raises(Refused, match="so chosen already"):
        choose(form, "nobody")
    made = choose(form)
    entry = Entry.objects.get(verb="chose what e-mails say of pupils")
    assert (entry.by_id, entry.before, entry.after) == (form.laila.pk, {"names": "nobody"}, {"names": "initials"})
    assert entry.reason == made.why
    with pytest.raises(DatabaseError), transaction.atomic():
        MailChoice.objects.update(names="full")


def test_the_page_warns_and_only_the_lead_and_leadership_choose(form, sign_in):
    address = reverse("reporting:mail_choice")
    page = sign_in(form.sandra).get(address).content.decode()
    assert "The attendance lead or leadership chooses" in page
    assert sign_in(form.sandra).post(reverse("reporting:mail_choose"), {"names": "full", "why": "x"}).status_code == 403
    client = sign_in(form.sol)
    assert "leaves the school&#x27;s hands" in client.get(address).content.decode() or "leaves the school's hands" in (
        client.get(address).content.decode()
    )
    client.post(reverse("reporting:mail_choose"), {"names": "initials", "why": "Agreed with the DPO"})
    page = client.get(address).content.decode()
    assert "Agreed with the DPO" in page
    assert "E-mails of the week hold" in page
    assert "initials" in client.get(reverse("reporting:distributions")).content.decode()


def test_a_tutor_is_sent_the_day_and_the_lates_of_her_form_without_what_she_may_not_see(form, sign_in):
    for report in (Report.DAILY_SUMMARY, Report.LATES_MORNING, Report.LATES_LESSONS):
        actions.subscribe(
            school=form.thornbridge, user=form.pat, report=report, year_group=None, form=form.nine_a, by_mail=True,
            by=form.laila, at=AT,
        )  # fmt: skip
    Mark.objects.filter(pupil__in=[form.amina, form.tyler], on=FRIDAY, half="AM").update(code="L")
    for report in (Report.DAILY_SUMMARY, Report.LATES_MORNING):
        actions.send_report(school=form.thornbridge, report=report, on=FRIDAY, by=None, at=AT)
    day = Sending.objects.get(user=form.pat, report=Report.DAILY_SUMMARY)
    assert [part["key"] for part in day.content["parts"]] == ["attendance", "registers", "open", "lates"]
    assert [row[0] for row in day.content["parts"][0]["rows"]] == ["9A"]
    assert day.content["mail"] == []
    morning = Sending.objects.get(user=form.pat, report=Report.LATES_MORNING)
    assert morning.content["title"].startswith("Form 9A: late to the start of school")
    assert any(form.amina.legal_surname in row[0] for row in morning.content["parts"][0]["rows"])
    assert form.tyler.legal_surname not in str((day.content, morning.content))
    client = sign_in(form.pat)
    for one in (day, morning):
        assert client.get(reverse("reporting:sent_detail", args=[one.pk])).status_code == 200
    with pytest.raises(Refused, match="may not see"):
        actions.subscribe(
            school=form.thornbridge, user=form.pat, report=Report.LATES_MORNING, year_group=9, by_mail=True,
            by=form.laila, at=AT,
        )  # fmt: skip
    with pytest.raises(Refused, match="not made of one form"):
        actions.subscribe(
            school=form.thornbridge, user=form.pat, report=Report.LEAVERS, year_group=None, form=form.nine_a,
            by_mail=True, by=form.laila, at=AT,
        )  # fmt: skip
