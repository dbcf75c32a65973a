"""The leaver sheet: who left and joined since the last one, on which ground and where to, and the returns owed."""

from datetime import UTC, date, datetime, timedelta
from io import BytesIO

import pytest
import python_calamine

from attendance_office.jobs.models import Job
from interventions.actions.due import run_job
from registers.actions.roll import leave_roll, mark_return
from registers.models import Enrolment
from reporting.models import Sending
from reporting.queries.leavers_page import leavers_page, sheet_begins
from tests.factories.cast import put_on_roll

FRIDAY = date(2026, 11, 27)
AT = datetime(2026, 11, 27, 15, 5, tzinfo=UTC)
DAY = timedelta(days=1)


def run(cast, on=FRIDAY):
    return run_job(school=cast.thornbridge, job=Job.LEAVERS, on=on, by=None, at=datetime.combine(on, AT.timetz()))


def sheet(cast, user, year=None, on=FRIDAY):
    page = leavers_page(cast.thornbridge, user, year_group=year, on=on, at=AT)
    return {one["key"]: one["rows"] for one in page.content["parts"]}, page.content


@pytest.fixture
def moved(cast):
    """Callum left on Thursday for another school; Nadia joined 9A on Tuesday; Ikra of year 8 leaves next week."""
    (cast.nadia,) = put_on_roll((cast.nine_a, "Newcomer", "Nadia", {"last_school": "Ridgeway School"}))
    Enrolment.objects.filter(pupil=cast.nadia).update(starts_on=FRIDAY - 3 * DAY)
    at = AT - timedelta(days=2)
    for pupil, last in ((cast.callum, FRIDAY - DAY), (cast.ikra, FRIDAY + 5 * DAY)):
        leave_roll(
            pupil=pupil, last_on=last, ground="a", confirmed={0, 1, 2}, destination="Westfield Academy",
            destination_from_on=last + DAY, by=cast.laila, at=at,
        )  # fmt: skip
    return cast


def test_a_leaver_stands_with_form_ground_destination_and_the_return_that_is_owed(moved):
    rows, content = sheet(moved, moved.sandra)
    (row,) = rows["leavers"]
    assert row == [
        f"{moved.callum} (9A)", "Thu 26 Nov 2026", "(a) Registered at another school", "Westfield Academy",
        "Fri 27 Nov 2026", "Overdue since Thu 26 Nov 2026",
    ]  # fmt: skip
    assert content["headline"][0] == "Mon 23 Nov 2026 to Fri 27 Nov 2026: 1 leaver, 1 joiner."


def test_a_return_that_was_sent_is_said_so_and_owed_no_more(moved):
    mark_return(
        enrolments=Enrolment.objects.filter(pupil=moved.callum), kind="deletion", sent_on=FRIDAY, how="portal",
        by=moved.sandra, at=AT,
    )  # fmt: skip
    rows, _ = sheet(moved, moved.sandra)
    assert rows["leavers"][0][-1] == "Sent Fri 27 Nov 2026"
    assert not any("Callum" in row[0] and "Deletion" in row[1] for row in rows["returns"])


def test_a_joiner_stands_with_the_last_school_and_the_new_pupil_return(moved):
    rows, _ = sheet(moved, moved.sandra)
    (row,) = rows["joiners"]
    assert row[1:3] == ["Tue 24 Nov 2026", "Ridgeway School"]
    assert row[3].startswith("Due by")


def test_who_leaves_in_the_two_weeks_to_come_is_known_beforehand(moved):
    rows, _ = sheet(moved, moved.sandra)
    assert [row[1:] for row in rows["coming"]] == [["Leaves", "Wed 2 Dec 2026", "Westfield Academy"]]


def test_a_head_of_year_is_told_of_her_own_year_alone(moved):
    rows, _ = sheet(moved, moved.nine, 8)
    assert (rows["leavers"], rows["joiners"]) == ([], [])
    assert [row[0].split(",")[0] for row in rows["coming"]] == [moved.ikra.legal_surname]
    other, _ = sheet(moved, moved.adeyemi, 9)
    assert moved.ikra.legal_surname not in str(other)


def test_a_week_whose_sheet_did_not_go_is_in_the_next_one(moved):
    assert sheet_begins(moved.thornbridge, FRIDAY) == FRIDAY - 6 * DAY
    run(moved, FRIDAY - 14 * DAY)
    assert sheet_begins(moved.thornbridge, FRIDAY) == FRIDAY - 13 * DAY
    run(moved)
    assert sheet_begins(moved.thornbridge, FRIDAY) == FRIDAY - 13 * DAY
    assert sheet_begins(moved.thornbridge, FRIDAY + 7 * DAY) == FRIDAY + DAY
    assert sheet_begins(moved.thornbridge, FRIDAY + 70 * DAY) == FRIDAY + 42 * DAY


def test_who_is_written_down_after_the_sheet_of_those_days_is_in_the_next(moved):
    """Lee began on Monday, and was put on the roll only after Friday's sheet; Freya's last day was that Friday."""
    run(moved)
    (late,) = put_on_roll((moved.nine_a, "Latecome", "Lee", {}))
    Enrolment.objects.filter(pupil=late).update(starts_on=FRIDAY - 4 * DAY)
    leave_roll(
        pupil=moved.freya, last_on=FRIDAY, ground="a", confirmed={0, 1, 2}, destination="Westfield Academy",
        destination_from_on=FRIDAY + 3 * DAY, by=moved.laila, at=AT + timedelta(minutes=30),
    )  # fmt: skip
    rows, content = sheet(moved, moved.sandra, on=FRIDAY + 7 * DAY)
    assert [row[0] for row in rows["joiners"]] == [f"{late} (9A)"]
    assert [row[1] for row in rows["leavers"]] == ["Fri 27 Nov 2026", "Wed 2 Dec 2026"]
    assert content["headline"][1] == "2 of them from before these days: written down since the last sheet."
    run(moved, FRIDAY + 7 * DAY)
    after, content = sheet(moved, moved.sandra, on=FRIDAY + 14 * DAY)
    assert (after["leavers"], after["joiners"]) == ([], [])
    assert "written down since" not in str(content["headline"])


def test_it_goes_to_the_office_and_the_heads_of_year_with_a_list_as_a_sheet(moved):
    run(moved)
    told = {one.user for one in Sending.objects.select_related("user")}
    assert told == {moved.sandra, moved.laila, moved.max, moved.adeyemi, moved.nine}
    sent = Sending.objects.get(user=moved.sandra)
    rows = python_calamine.load_workbook(BytesIO(bytes(sent.sheet.content))).get_sheet_by_index(0).to_python()
    assert rows[1][:2] == ["Left", str(moved.callum)]
    assert rows[1][6] == date(2026, 11, 26)
    assert rows[2][0] == "Joined"


def test_a_week_in_which_nobody_moved_says_so(cast):
    rows, content = sheet(cast, cast.sandra)
    assert rows["leavers"] == rows["joiners"] == []
    assert next(one for one in content["parts"] if one["key"] == "leavers")["empty"] == "Nobody left."


def test_the_questions_asked_do_not_grow_with_who_moved(moved, count_queries):
    with count_queries(12):
        leavers_page(moved.thornbridge, moved.sandra, year_group=None, on=FRIDAY, at=AT)
