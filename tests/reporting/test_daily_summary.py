"""The day on a page: today beside yesterday, what is missing and who was not reached, each reader within their reach."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from io import BytesIO

import pytest
import python_calamine
from django.urls import reverse

from attendance_office.jobs.models import Job
from interventions.actions.calls import record_attempt
from interventions.actions.due import run_job
from interventions.actions.first_day import open_families
from interventions.models import Attempt
from interventions.queries.first_day import line_of
from registers.models import Contact, Mark
from registers.rules.rates import tally
from registers.rules.sessions import Session
from reporting.actions.distributions import subscribe
from reporting.models import Report, Sending, Subscription
from reporting.queries.day_page import day_page
from reporting.queries.explorer import Question, Reader, answer
from reporting.queries.periods import Period

from .conftest import put

MONDAY = date(2026, 11, 23)
FRIDAY = MONDAY - timedelta(days=3)
AT = datetime(2026, 11, 23, 11, 20, tzinfo=UTC)


def run(cast, at=AT):
    return run_job(school=cast.thornbridge, job=Job.DAILY_SUMMARY, on=MONDAY, by=None, at=at)


def part(content, key):
    return next(one for one in content["parts"] if one["key"] == key)


@pytest.fixture
def morning(term):
    """Monday morning: 9A is marked but for one pupil; Callum has no reason and Amina is late. 8C is not taken."""
    marks = {(pupil, MONDAY, "AM"): "/" for pupil in term.more[1:]}
    marks |= {(term.callum, MONDAY, "AM"): "N", (term.amina, MONDAY, "AM"): "L", (term.freya, MONDAY, "AM"): "U"}
    put(term.thornbridge, marks)
    return term


def test_heads_of_year_the_lead_and_pastoral_support_are_sent_it_and_leadership_the_week_alone(morning):
    done = run(morning)
    found = {(one.user, one.year_group) for one in Sending.objects.select_related("user")}
    assert found == {(morning.adeyemi, 9), (morning.nine, 8), (morning.laila, None), (morning.bea, None)}
    assert done.did["sent"] == 4
    assert not Subscription.objects.filter(user=morning.sol, report=Report.DAILY_SUMMARY).exists()


def test_today_stands_beside_the_day_before_and_the_week_before_as_the_explorer_has_them(morning):
    content = day_page(morning.thornbridge, morning.adeyemi, year_group=9, on=MONDAY, at=AT).content
    reader = Reader.of(morning.adeyemi, morning.thornbridge)
    counted = answer(reader, Question(Period("day", "", MONDAY, MONDAY)).also("year", "9")).figures.tally

    def rate(on):
        """Give the rate of a morning, of the marks themselves."""
        marks = Mark.objects.filter(pupil__year_group=9, school=morning.thornbridge, on=on, half="AM")
        codes = Counter(marks.values_list("code", flat=True))
        return counted, f"{float(tally(codes, on).attendance_rate) * 100:.1f} %".replace(" ", "\u00a0")

    (row,) = part(content, "attendance")["rows"]
    today, _ = rate(MONDAY)
    assert row[0] == "Year 9"
    assert (row[2], row[3]) == (f"{today.possible:,}", f"{today.absent:,}")
    assert [cell.replace("\u00a0", " ") for cell in row[4:]] == [
        rate(on)[1].replace("\u00a0", " ") for on in (FRIDAY, MONDAY - timedelta(days=7))
    ]


def test_what_is_known_of_the_afternoon_beforehand_does_not_count_before_it_opens(morning):
    """Codes known beforehand stand in the afternoon's register since 06:30, with nobody present beside them."""
    before = day_page(morning.thornbridge, morning.adeyemi, year_group=9, on=MONDAY, at=AT).content
    away = {(pupil, MONDAY, "PM"): "I" for pupil in morning.more[:10]}
    put(morning.thornbridge, away)
    now = day_page(morning.thornbridge, morning.adeyemi, year_group=9, on=MONDAY, at=AT).content
    assert part(now, "attendance")["rows"] == part(before, "attendance")["rows"]
    assert now["headline"][0] == before["headline"][0]
    assert now["headline"][0].startswith("Attended this morning: ")
    assert "the same session" in part(now, "attendance")["note"]
    later = day_page(morning.thornbridge, morning.adeyemi, year_group=9, on=MONDAY, at=AT + timedelta(hours=4)).content
    assert later["headline"][0].startswith("Attended today so far: ")
    assert int(part(later, "attendance")["rows"][0][3]) == int(part(before, "attendance")["rows"][0][3]) + 10


def test_the_mail_of_the_day_gives_the_rate_and_counts_out_no_few(morning):
    content = day_page(morning.thornbridge, morning.adeyemi, year_group=9, on=MONDAY, at=AT).content
    said = dict(row for one in content["mail"] for row in one["rows"])
    assert "of 2" in said["Year 9"]
    assert said["Late"] == "fewer than 5 pupils"
    assert said["Without a reason still"] == "fewer than 5 pupils"
    assert not any(pupil.legal_surname in str(content["mail"]) for pupil in (morning.callum, morning.amina))
    put(morning.thornbridge, {(morning.tyler, MONDAY, "AM"): "I", (morning.ikra, MONDAY, "AM"): "/"})
    small = day_page(morning.thornbridge, morning.nine, year_group=8, on=MONDAY, at=AT).content
    assert small["mail"] == []


def test_a_head_of_year_reads_of_no_other_year(morning):
    content = day_page(morning.thornbridge, morning.nine, year_group=8, on=MONDAY, at=AT).content
    assert "Amina" not in str(content)
    assert "9A" not in str(content)
    assert part(content, "registers")["rows"][0][0] == "8C"


def test_registers_missing_say_whose_they_are_and_how_far_they_came(morning):
    rows = part(day_page(morning.thornbridge, morning.laila, year_group=None, on=MONDAY, at=AT).content, "registers")
    assert [row[0] for row in rows["rows"]] == ["8C", "9A"]
    assert rows["rows"][1][3] == "22 of 23 marked"


def test_a_family_nobody_reached_is_named_and_one_spoken_with_is_not(morning):
    school, at = morning.thornbridge, AT - timedelta(hours=1)
    before = day_page(school, morning.adeyemi, year_group=9, on=MONDAY, at=AT).content
    assert part(before, "contact")["rows"] == []
    opened = open_families(
        school=school, session=Session(MONDAY, "AM"), pupil_ids=[morning.callum.pk], by=morning.sandra, at=at
    )
    number = line_of(school, morning.sandra, opened[0][0], at).numbers[0]

    def call(outcome, words, when):
        record_attempt(
            day=opened[0][0], contact=Contact.objects.get(pk=number.contact_id), way=number.way, outcome=outcome,
            words=words, by=morning.sandra, at=when,
        )  # fmt: skip

    call(Attempt.Outcome.NO_ANSWER, "", at)
    content = day_page(school, morning.adeyemi, year_group=9, on=MONDAY, at=AT).content
    assert [row[:2] for row in part(content, "nobody")["rows"]] == [[f"{morning.callum} (9A)", "1"]]
    call(Attempt.Outcome.SPOKE, "At the dentist", at + timedelta(minutes=5))
    content = day_page(school, morning.adeyemi, year_group=9, on=MONDAY, at=AT).content
    assert part(content, "nobody")["rows"] == []
    assert ["Spoken with", "1"] in part(content, "contact")["rows"]


def test_nobody_late_is_said_and_not_left_out(term):
    put(term.thornbridge, {(term.callum, MONDAY, "AM"): "/"})
    late = part(day_page(term.thornbridge, term.adeyemi, year_group=9, on=MONDAY, at=AT).content, "lates")
    assert (late["rows"], late["empty"]) == ([], "Nobody was late.")


def test_the_sheet_holds_the_numbers_of_the_page(morning):
    run(morning)
    sent = Sending.objects.get(user=morning.adeyemi)
    sheet = python_calamine.load_workbook(BytesIO(bytes(sent.sheet.content))).get_sheet_by_index(0).to_python()
    held = {(one[0], one[1], one[2]): one for one in sheet}
    row = part(sent.content, "attendance")["rows"][0]
    assert str(int(held["Attendance this morning", "Year 9", "Possible sessions"][3])) == row[2]
    assert sent.sheet.name == "day-year-9-2026-11-23.xlsx"


def test_two_beats_and_a_person_send_one(morning):
    run(morning)
    run(morning, AT + timedelta(seconds=30))
    assert Sending.objects.filter(user=morning.adeyemi).count() == 1


def test_the_week_and_the_day_are_two_subscriptions_and_both_can_be_read(morning, sign_in):
    for report in (Report.FRIDAY, Report.DAILY_SUMMARY):
        subscribe(
            school=morning.thornbridge, user=morning.adeyemi, report=report, year_group=9, by_mail=True,
            by=morning.laila, at=AT,
        )  # fmt: skip
    assert Subscription.objects.filter(user=morning.adeyemi).count() == 2
    run(morning)
    page = sign_in(morning.adeyemi).get(reverse("reporting:sent_list")).content.decode()
    assert "Daily summary, Year 9" in page


def test_the_questions_asked_do_not_grow_with_the_pupils(morning, count_queries):
    with count_queries(43):
        day_page(morning.thornbridge, morning.laila, year_group=None, on=MONDAY, at=AT)
