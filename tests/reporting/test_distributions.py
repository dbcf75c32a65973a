"""The week on a page: sent once to whoever may read it, the same in page, PDF and sheet, and frozen."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from io import BytesIO

import pytest
import python_calamine
from django.db import DatabaseError, transaction
from django.urls import reverse
from pypdf import PdfReader

from attendance_office.audit.models import Entry
from attendance_office.refusals import Refused
from interventions.actions.due import run_job
from interventions.actions.trawl import run_trawl
from letters.actions.outbox import deliver
from letters.models import Message
from registers.models import NonSchoolDay, Placement
from reporting.actions import distributions as actions
from reporting.models import Report, Sending, Subscription
from reporting.queries.distributions import is_last_of_week
from reporting.queries.explorer import Question, Reader, answer
from reporting.queries.kinds import KINDS
from reporting.queries.periods import Period
from reporting.queries.week_page import form_week_page, week_page
from tests.factories.cast import put_on_roll
from tests.factories.tagged import tags_of

from .conftest import put

FRIDAY = date(2026, 11, 20)
AT = datetime(2026, 11, 20, 14, 35, tzinfo=UTC)


def send(cast, at=AT):
    return actions.send_week(school=cast.thornbridge, on=FRIDAY, by=None, at=at)


def only(cast, user, year=9):
    actions.subscribe(school=cast.thornbridge, user=user, year_group=year, by_mail=True, by=cast.laila, at=AT)


@pytest.fixture
def sent(term):
    """The week as the head of year 9 was sent it."""
    run_trawl(school=term.thornbridge, on=FRIDAY, by=None, at=AT)
    only(term, term.adeyemi)
    send(term)
    return Sending.objects.get()


def test_each_head_of_year_is_sent_their_year_and_leadership_the_school(term):
    send(term)
    found = {one.user: one.year_group for one in Sending.objects.select_related("user")}
    assert found == {term.adeyemi: 9, term.nine: 8, term.laila: None, term.bea: None, term.sol: None}


def test_two_beats_make_one_sending(term):
    only(term, term.adeyemi)
    send(term)
    _, did, _ = send(term, AT + timedelta(minutes=1))
    assert (did["sent"], Sending.objects.count(), Message.objects.count()) == (0, 1, 1)


def test_page_pdf_and_sheet_say_what_the_explorer_says(sent, term):
    reader = Reader.of(term.adeyemi, term.thornbridge)
    week = answer(reader, Question(Period("week", "", FRIDAY - timedelta(days=4), FRIDAY)).also("year", "9")).figures
    row = sent.content["parts"][0]["rows"][0]
    assert row[2] == str(week.tally.possible)
    pdf = PdfReader(BytesIO(bytes(sent.pdf.content)))
    assert {"H1", "H2", "Table", "TH", "TD"} <= set(tags_of(bytes(sent.pdf.content)))
    text = " ".join(" ".join(page.extract_text() for page in pdf.pages).split())
    assert len(pdf.pages) == 1
    for part in sent.content["parts"]:
        for line in part["rows"]:
            assert all(" ".join(str(cell).split()) in text for cell in line[1:]), line
    sheet = python_calamine.load_workbook(BytesIO(bytes(sent.sheet.content))).get_sheet_by_index(0).to_python()
    held = {(one[0], one[1], one[2]): one for one in sheet}
    assert held["Attendance", "This week", "Possible sessions"][3] == week.tally.possible
    assert held["Attendance", "This week", "Attended"][4] == pytest.approx(float(week.tally.attendance_rate))


def test_the_same_week_last_year_is_of_the_same_pupils_in_the_year_group_they_were_in(term):
    ons = [date(2025, 11, 17) + timedelta(days=n) for n in range(5)]
    Placement.objects.filter(pupil=term.callum).update(from_on=FRIDAY)
    Placement.objects.create(
        school=term.thornbridge, pupil=term.callum, year_group=8, tutor_group=term.eight_c, from_on=date(2025, 9, 1),
        to_on=FRIDAY - timedelta(days=1),
    )  # fmt: skip
    put(term.thornbridge, {(term.callum, on, half): "O" if on == ons[0] else "/" for on in ons for half in ("AM",)})
    for user in (term.adeyemi, term.laila):
        page = KINDS[Report.FRIDAY].make(term.thornbridge, user, year_group=9, on=FRIDAY, at=AT)
        row = next(row for row in page.content["parts"][0]["rows"] if row[0] == "Same week last year")
        assert (row[1][:4], *row[2:]) == ("80.0", "5", "1")
    assert "whichever year group" in page.content["parts"][0]["note"]


def test_who_left_last_summer_is_not_of_the_pupils_who_are_here_now(term):
    """A leaver keeps the year group of the last day: 9 of last year is not this year's year 9."""
    (gone,) = put_on_roll((term.nine_a, "Longgone", "Lee", {}))
    gone.enrolments.update(starts_on=date(2024, 9, 3), ends_on=date(2026, 7, 22))
    year_ago = FRIDAY - timedelta(days=364)
    days = [year_ago - timedelta(days=n) for n in range(5)]
    put(term.thornbridge, {(gone, on, "AM"): "O" for on in days})
    put(term.thornbridge, {(term.callum, on, "AM"): "/" for on in days})
    for page in (
        week_page(term.thornbridge, term.adeyemi, year_group=9, on=FRIDAY, at=AT),
        form_week_page(term.thornbridge, term.pat, form=term.nine_a, on=FRIDAY, at=AT),
    ):
        same = next(row for row in page.content["parts"][0]["rows"] if row[0] == "Same week last year")
        assert same[1:] == ["100.0 %", "5", "0"]


def test_the_mail_names_no_pupil_and_leads_to_the_page(sent):
    message = sent.dispatches.get().message
    assert reverse("reporting:sent_detail", args=[sent.pk]) in message.body
    assert reverse("reporting:sent_detail", args=[sent.pk]) in message.html
    assert "Pupil" not in message.body + message.html
    for part in sent.content["mail"]:
        for name, said in part["rows"]:
            assert f"- {name}: {said}\n" in message.body
            assert name in message.html
            assert said in message.html
    assert [part["title"] for part in sent.content["mail"]] == ["Attendance", "Persistent and severe", "In the report"]
    assert message.attachment is None
    assert deliver(message_id=message.pk, at=AT) == "sent"


def test_what_went_last_week_is_not_told_again_as_this_weeks_movement(term):
    """The trawl of this week did not run: nothing is said to have moved, and the page says why."""
    for day, at in ((6, 6), (13, 13)):
        run_trawl(school=term.thornbridge, on=date(2026, 11, day), by=None, at=datetime(2026, 11, at, 7, tzinfo=UTC))
    page = KINDS[Report.FRIDAY].make(term.thornbridge, term.adeyemi, year_group=9, on=FRIDAY, at=AT)
    part = next(one for one in page.content["parts"] if one["key"] == "absent")
    assert [row[2:] for row in part["rows"]] == [["not known", "not known"]] * 2
    assert "This week's trawl has not run (the last is of Fri 13 Nov 2026)" in part["note"]
    talk = next(one for one in page.content["parts"] if one["key"] == "talk")
    assert not any("now persistently" in row[1].lower() for row in talk["rows"])


def test_the_first_week_of_the_year_has_no_movement_no_year_before_and_says_how_little_was_counted(term):
    day = date(2026, 9, 4)
    page = KINDS[Report.FRIDAY].make(
        term.thornbridge, term.adeyemi, year_group=9, on=day, at=datetime(2026, 9, 4, 13, 30, tzinfo=UTC)
    )
    parts = {one["key"]: one for one in page.content["parts"]}
    rows = {row[0]: row[1:] for row in parts["attendance"]["rows"]}
    assert rows["Last week"] == rows["Same week last year"] == ["no session", "0", "0"]
    assert "what is new is not known. The year has had 6 sessions so far" in parts["absent"]["note"]
    said = dict(row for part in page.content["mail"] for row in part["rows"])
    assert said["Last week"] == "no session"
    assert " new, " not in said["Persistently absent"]


def test_a_few_pupils_are_not_counted_out_in_the_mail(term):
    """One of year 8's two pupils is away: a mail about the two says nothing of them."""
    page = KINDS[Report.FRIDAY].make(term.thornbridge, term.nine, year_group=8, on=FRIDAY, at=AT)
    assert page.content["mail"] == []
    assert page.content["parts"][0]["rows"]


def test_the_preview_shows_the_mail_and_keeps_nothing(term, sign_in, at_morning):
    only(term, term.adeyemi)
    row = Subscription.objects.get(user=term.adeyemi)
    shown = sign_in(term.laila).get(reverse("reporting:distribution_preview", args=[row.pk])).content.decode()
    assert "The e-mail" in shown
    assert term.adeyemi.email in shown
    assert "- This week: " in shown
    assert not Message.objects.exists()
    assert not Sending.objects.exists()


def test_a_pupil_back_for_the_whole_week_is_praised_and_long_lists_say_how_many(term):
    page = KINDS[Report.FRIDAY].make(term.thornbridge, term.adeyemi, year_group=9, on=FRIDAY, at=AT)
    praise = {row[0]: row[1:] for row in next(one for one in page.content["parts"] if one["key"] == "praise")["rows"]}
    number, names = praise["Whole week after missing some of the last"]
    monday = FRIDAY - timedelta(days=4)
    away = {one for (one, on, _), code in term.marks.items() if FRIDAY >= on >= monday and code in "INOU"}
    before = {
        one for (one, on, _), code in term.marks.items()
        if monday > on >= monday - timedelta(days=7) and code in "INOU"
    }  # fmt: skip
    back = {one for one in before - away if one.year_group == 9}
    assert number == str(len(back))
    assert all(one.legal_surname in names for one in back)
    assert praise["Every session this week"][1] == "All in the sheet"


def test_who_was_sent_it_sees_the_mail_as_it_was_written(sent, term, sign_in):
    shown = sign_in(term.adeyemi).get(reverse("reporting:sent_detail", args=[sent.pk])).content.decode()
    assert "The e-mail as it was written" in shown
    assert f"To {term.adeyemi.email}." in shown


def test_who_lost_the_post_is_sent_nothing_and_reads_nothing_old(sent, term, sign_in):
    address = reverse("reporting:sent_detail", args=[sent.pk])
    assert sign_in(term.adeyemi).get(address).status_code == 200
    assert sign_in(term.nine).get(address).status_code == 404
    term.adeyemi.posts.update(year_group=8)
    _, did, words = actions.send_week(
        school=term.thornbridge, on=FRIDAY - timedelta(days=7), by=None, at=AT
    )  # fmt: skip
    assert (did["sent"], did["without_post"]) == (0, 1)
    assert "no longer hold the post" in words
    assert sign_in(term.adeyemi).get(address).status_code == 404
    with pytest.raises(Refused, match="no longer holds a post"):
        actions.send_again(sending=sent, by=term.laila, at=AT)


def test_a_report_that_breaks_for_one_does_not_stop_the_others(term, monkeypatch):
    made = KINDS[Report.FRIDAY]

    def breaks(school, user, **asked):
        if user == term.adeyemi:
            raise ValueError("broken")
        return made.make(school, user, **asked)

    monkeypatch.setitem(KINDS, Report.FRIDAY, replace(made, make=breaks))
    only(term, term.adeyemi)
    only(term, term.nine, 8)
    _, did, _ = send(term)
    assert (did["sent"], did["broken"]) == (1, 1)
    assert Sending.objects.get().user == term.nine


def test_it_is_sent_again_as_a_message_of_its_own_with_a_line_in_the_trail(sent, term):
    with pytest.raises(Refused, match="still on its way"):
        actions.send_again(sending=sent, by=term.laila, at=AT)
    deliver(message_id=sent.dispatches.get().message_id, at=AT)
    actions.send_again(sending=sent, by=term.laila, at=AT)
    assert Message.objects.filter(kind="report").count() == 2
    assert Entry.objects.filter(verb="sent a report again", by_id=term.laila.pk).count() == 1


def test_it_goes_on_the_last_school_day_of_the_week_alone(term):
    school = term.thornbridge
    thursday = FRIDAY - timedelta(days=1)
    assert is_last_of_week(school, FRIDAY)
    assert not is_last_of_week(school, thursday)
    run = run_job(school=school, job="friday", on=thursday, by=None, at=AT - timedelta(days=1))
    assert run.did == {"sent": 0}
    NonSchoolDay.objects.create(school=school, on=FRIDAY, kind="inset", name="INSET day")
    assert is_last_of_week(school, thursday)
    assert not is_last_of_week(school, FRIDAY)


def test_nobody_is_subscribed_to_more_than_their_post_reaches(cast):
    for user, year in ((cast.nine, 9), (cast.adeyemi, None), (cast.gov, None), (cast.olly, 9)):
        with pytest.raises(Refused, match="may not see all"):
            only(cast, user, year)
    assert Subscription.objects.count() == 0


def test_what_was_sent_is_never_changed(sent):
    with pytest.raises(DatabaseError), transaction.atomic():
        Sending.objects.update(content={})


def test_one_stops_ones_own_and_nobody_elses(term, sign_in):
    only(term, term.adeyemi)
    row = Subscription.objects.get()
    address = reverse("reporting:own_stop", args=[row.pk])
    assert sign_in(term.nine).post(address).status_code == 404
    assert sign_in(term.adeyemi).post(address).status_code == 302
    row.refresh_from_db()
    assert not row.is_on
    _, did, _ = send(term)
    assert did["sent"] == 0


def test_subscriptions_stand_report_by_report_and_are_found_by_person_form_or_year(term, sign_in, at_morning):
    actions.supply_subscriptions(school=term.thornbridge, by=term.laila, at=AT)
    form = actions.subscribe(
        school=term.thornbridge, user=term.pat, year_group=None, by_mail=True, by=term.laila, at=AT, form=term.nine_a
    )  # fmt: skip
    client, address = sign_in(term.laila), reverse("reporting:distributions")
    kinds = {one.report: one for one in client.get(address).context["kinds"]}
    assert set(kinds) == set(KINDS)
    assert not any(one.is_open for one in kinds.values())
    page = " ".join(client.get(address).content.decode().split())
    assert "Goes by itself, only if something new stands out" in page

    def found(**asked):
        shown = client.get(address, asked).context["kinds"]
        assert all(one.is_open for one in shown)
        return {(row.report, row.user, row.scope) for one in shown for row in one.rows}

    assert found(q=term.pat.last_name) == {(Report.FRIDAY, term.pat, "Form 9A")} == found(q="9a")
    assert {scope for _, _, scope in found(q="year 8")} == {"Year 8"}
    assert {report for report, _, _ in found(report="leavers")} == {Report.LEAVERS}
    assert found(q="Adeyemi", report="friday") == {(Report.FRIDAY, term.adeyemi, "Year 9")}
    assert "Nobody is subscribed so." in client.get(address, {"q": "nobody at all"}).content.decode()
    change = {"how": "off", "back_q": "9A", "back_open": "friday"}
    answer = client.post(reverse("reporting:subscription_set", args=[form.pk]), change)
    assert answer["Location"] == f"{address}?q=9A&open=friday"
    assert client.get(answer["Location"]).context["kinds"][0].off == 1


def test_what_was_sent_is_found_alike_and_goes_out_as_it_was_narrowed(term, sign_in, at_morning):
    send(term)
    client = sign_in(term.laila)
    shown = client.get(reverse("reporting:distributions"), {"q": "year 9", "report": "friday"})
    assert [one.user for one in shown.context["page"]] == [term.adeyemi]
    sheet = client.post(reverse("reporting:distributions_export", args=["csv"]), {"query": "q=year+9"})
    lines = b"".join(sheet).decode("utf-8-sig").splitlines()
    assert len(lines) == 2
    assert "The week on a page, Year 9" in lines[1]


def test_the_pages_ask_the_same_number_of_questions_for_any_number_sent(term, sign_in, count_queries):
    send(term)
    client = sign_in(term.laila)
    with count_queries(20):
        page = client.get(reverse("reporting:distributions")).content.decode()
    assert page.count("Waiting") == Sending.objects.count()
    with count_queries(14):
        assert "Whole school" in client.get(reverse("reporting:sent_list")).content.decode()
