"""The lates reports: who came late to school and to which lesson, how many minutes and how often this half term."""

from datetime import UTC, date, datetime, timedelta
from io import BytesIO

import pytest
import python_calamine

from attendance_office.jobs.models import Job
from interventions.actions.due import run_job
from letters.models import Message
from registers.models import Mark
from registers.rules.sessions import monday
from reporting.models import Report, Sending, Subscription
from reporting.queries.lates_page import lates_lessons_page, lates_morning_page
from tests.factories.timetable import make_timetable, take_lesson

MONDAY = date(2026, 11, 23)
AT = datetime(2026, 11, 23, 10, 5, tzinfo=UTC)
BACK = date(2026, 11, 2)  # the first day after the half-term holiday


def late(pupil, on, code="L", minutes=None, half="AM"):
    Mark.objects.create(
        school=pupil.school, pupil=pupil, on=on, half=half, code=code, minutes_late=minutes, school_week=monday(on),
        origin="register", recorded_at=AT,
    )  # fmt: skip


def listed(page):
    return next(one for one in page.content["parts"] if one["key"] == "late")


def morning(cast, user, year=None):
    return lates_morning_page(cast.thornbridge, user, year_group=year, on=MONDAY, at=AT)


@pytest.fixture
def lates(cast):
    """Amina is late for the third time this half term, Tyler once, after the close; Freya in the afternoon alone."""
    late(cast.amina, date(2026, 10, 22))  # before half term: counts no more
    for on in (BACK, BACK + timedelta(days=1)):
        late(cast.amina, on, "U")
    late(cast.amina, MONDAY, minutes=7)
    late(cast.tyler, MONDAY, "U", minutes=41)
    late(cast.freya, MONDAY, half="PM")
    return cast


def test_the_latest_comers_stand_first_with_minutes_and_how_often_this_half_term(lates):
    page = morning(lates, lates.laila)
    assert [row[0].split(",")[0] for row in listed(page)["rows"]] == [
        lates.tyler.legal_surname,
        lates.amina.legal_surname,
    ]
    assert [row[2:] for row in listed(page)["rows"]] == [
        ["41", "After the close", "1", "1"],
        ["7", "Before the close", "3", "2"],
    ]
    assert page.content["headline"][0] == "Late to the start of school: 2 pupils, 1 after the register closed."
    assert page.content["headline"][1] == "Late three times or more this half term: 1 of them."


def test_a_head_of_year_reads_her_own_year_alone(lates):
    rows = listed(morning(lates, lates.adeyemi, 9))["rows"]
    assert [row[1] for row in rows] == ["9A"]
    assert "Tyler" not in str(morning(lates, lates.adeyemi, 9).content)
    assert listed(morning(lates, lates.olly))["rows"] == []


def test_minutes_that_nobody_gave_are_not_said_and_not_nought(cast):
    late(cast.amina, MONDAY)
    assert listed(morning(cast, cast.laila))["rows"][0][2] == "Not said"


def test_the_report_of_a_day_on_which_nobody_was_late_says_so(cast):
    part = listed(morning(cast, cast.laila))
    assert (part["rows"], part["empty"]) == ([], "Nobody was late.")


def test_the_sheet_is_the_list_itself_with_numbers_as_numbers(lates):
    run_job(school=lates.thornbridge, job=Job.LATES_MORNING, on=MONDAY, by=None, at=AT)
    sent = Sending.objects.get(user=lates.laila)
    sheet = python_calamine.load_workbook(BytesIO(bytes(sent.sheet.content))).get_sheet_by_index(0).to_python()
    assert sheet[0][:4] == ["Pupil", "Form", "Minutes", "When"]
    assert sheet[1][2] == 41
    assert sent.sheet.name == "lates-morning-school-2026-11-23.xlsx"


def test_the_clock_sends_it_once_and_the_mail_names_nobody(lates):
    for minute in (0, 1):
        run_job(school=lates.thornbridge, job=Job.LATES_MORNING, on=MONDAY, by=None, at=AT + timedelta(minutes=minute))
    users = list(Sending.objects.order_by("user").values_list("user", flat=True))
    assert sorted(users) == sorted(one.pk for one in (lates.adeyemi, lates.nine, lates.laila, lates.bea))
    message = Message.objects.get(recipient=lates.adeyemi)
    assert message.subject == "Year 9: late to the start of school, Mon 23 Nov 2026"
    assert "Amina" not in message.body + message.html
    assert lates.amina.legal_surname not in message.body + message.html


def test_lates_to_lessons_stand_period_by_period_with_class_and_minutes(cast):
    t = make_timetable(cast)
    at = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
    take_lesson(t.en_p1, {cast.callum: ("L", 6), cast.amina: "/", cast.freya: "/"}, by=cast.pat, at=at)
    take_lesson(t.sc_p2, {cast.callum: ("L", 3), cast.amina: "N"}, by=cast.hal, at=at + timedelta(hours=1))
    page = lates_lessons_page(cast.thornbridge, cast.adeyemi, year_group=9, on=MONDAY, at=AT)
    parts = {one["title"]: one["rows"] for one in page.content["parts"]}
    assert parts["By period"] == [["P1", "1"], ["P2", "1"]]
    assert parts["P1"][0][1:] == ["9A", "9A/En", "6", "2"]
    assert page.content["headline"][0] == "Late to lessons: 2 times, by 1 pupil."
    assert "2 lesson registers" in page.content["headline"][1]
    other = lates_lessons_page(cast.thornbridge, cast.nine, year_group=8, on=MONDAY, at=AT)
    assert other.content["parts"][0]["rows"] == []
    assert other.content["parts"][0]["empty"] == "Nobody was late to a lesson."


def test_a_day_without_a_lesson_register_sends_nothing_and_says_why(cast):
    run = run_job(
        school=cast.thornbridge, job=Job.LATES_LESSONS, on=MONDAY, by=None, at=AT + timedelta(hours=6)
    )  # fmt: skip
    assert run.words == "No lesson register was saved: nothing is sent."
    assert Sending.objects.count() == 0


def test_a_school_that_keeps_the_week_gets_the_new_reports_as_well_and_its_own_choices_stay(cast):
    Subscription.objects.create(school=cast.thornbridge, user=cast.adeyemi, report=Report.FRIDAY, year_group=9)
    run_job(school=cast.thornbridge, job=Job.LATES_MORNING, on=MONDAY, by=None, at=AT)
    assert Subscription.objects.filter(report=Report.FRIDAY).count() == 1
    assert Subscription.objects.filter(report=Report.LATES_MORNING).count() == 4


@pytest.mark.parametrize(("make", "most"), [(lates_morning_page, 8), (lates_lessons_page, 8)])
def test_the_questions_asked_do_not_grow_with_the_lates(lates, count_queries, make, most):
    with count_queries(most):
        make(lates.thornbridge, lates.laila, year_group=None, on=MONDAY, at=AT)
