"""Ns by their last date, O approved by a person alone, and marks nobody made."""

from datetime import UTC, date, datetime

import pytest
from django.urls import reverse

from attendance_office.audit.models import Entry
from attendance_office.refusals import Refused
from interventions.actions.due import run_due
from registers.actions import settling
from registers.actions.coding import Wanted, code_sessions
from registers.models import AbsenceNote, Amendment, Mark, NonSchoolDay
from registers.queries.calendar import calendar_of
from registers.queries.unexplained import due_counts, gaps, sessions_closed, unexplained
from registers.rules.sessions import Session
from tests.conftest import MONDAY, MORNING, postgres_says
from tests.factories.cast import put_on_roll
from tests.factories.marks import take

pytestmark = pytest.mark.django_db
AM = Session(MONDAY, "AM")


def n_on(cast, pupil, on, half="AM"):
    """Leave an N in the register of a day, as the office entered it."""
    code_sessions(
        school=cast.thornbridge, wanted=[Wanted(pupil.pk, Session(on, half), "N")], over=(), reason="Not there",
        verb="coded", words="Register", by=cast.sandra, at=datetime(on.year, on.month, on.day, 10, tzinfo=UTC),
    )  # fmt: skip
    return Mark.objects.get(pupil=pupil, on=on, half=half)


def test_ns_are_sorted_by_the_fifth_school_day_of_the_schools_own_calendar(cast):
    n_on(cast, cast.callum, date(2026, 11, 13))  # its fifth school day was Friday
    n_on(cast, cast.amina, date(2026, 11, 16))  # its fifth is today
    n_on(cast, cast.freya, date(2026, 11, 20))
    n_on(cast, cast.tyler, MONDAY)
    assert due_counts(cast.thornbridge, cast.sandra, MORNING) == {"past": 1, "today": 1, "week": 1, "later": 1}
    assert due_counts(cast.thornbridge, cast.adeyemi, MORNING)["later"] == 0
    NonSchoolDay.objects.create(school=cast.thornbridge, on=date(2026, 11, 18), kind="inset")
    assert due_counts(cast.thornbridge, cast.sandra, MORNING)["past"] == 0


def test_a_reason_settles_many_at_once_and_goes_back_within_ten_minutes(cast, sign_in, at_morning):
    marks = [n_on(cast, pupil, date(2026, 11, 20)) for pupil in (cast.callum, cast.amina)]
    client = sign_in(cast.sandra)
    sent = {"pick": [mark.pk for mark in marks], "code": "I", "reason": "Mothers rang", "act": "settle"}
    page = client.post(reverse("registers:unexplained_settle"), sent, follow=True).content.decode()
    assert "2 marks changed" in page
    assert set(Mark.objects.values_list("code", flat=True)) == {"I"}
    client.post(reverse("registers:coding_undo", args=[Entry.objects.get(verb="settled absences").pk]))
    assert set(Mark.objects.values_list("code", flat=True)) == {"N"}
    assert Amendment.objects.count() == 4


@pytest.mark.parametrize(("code", "words"), [("O", "proposed, and approved"), ("N", "N already")])
def test_o_and_n_are_not_chosen_in_bulk(cast, code, words):
    mark = n_on(cast, cast.callum, date(2026, 11, 13))
    with pytest.raises(Refused, match=words):
        settling.settle(school=cast.thornbridge, marks=[mark], code=code, reason="x", by=cast.sandra, at=MORNING)


def test_o_is_approved_by_a_person_and_only_from_the_last_date_on(cast, sign_in, at_morning):
    due, early = n_on(cast, cast.callum, date(2026, 11, 16)), n_on(cast, cast.amina, date(2026, 11, 17))
    with pytest.raises(Refused, match="1 of them may still be established until Tue 24 Nov 2026"):
        settling.approve_unknown(school=cast.thornbridge, marks=[due, early], by=cast.sandra, at=MORNING)
    client = sign_in(cast.sandra)
    assert "O proposed" in client.get(reverse("registers:unexplained_list")).content.decode()
    client.post(reverse("registers:unexplained_settle"), {"pick": [due.pk], "act": "unknown"})
    due.refresh_from_db()
    assert due.code == "O"
    assert "five school days" in Amendment.objects.get().reason
    early.refresh_from_db()
    assert early.code == "N"


def test_nothing_becomes_o_by_itself_however_often_the_clock_ticks(cast):
    n_on(cast, cast.callum, date(2026, 11, 2))
    for hour in (6, 7, 9, 13, 16):
        run_due(at=datetime(2026, 11, 23, hour, 50, tzinfo=UTC))
    assert Mark.objects.get(pupil=cast.callum, on=date(2026, 11, 2)).code == "N"


def test_the_list_says_what_is_known_and_three_thousand_open_in_fifteen_queries(
    cast, sign_in, at_morning, django_assert_max_num_queries
):
    AbsenceNote.objects.create(
        school=cast.thornbridge, pupil=cast.callum, from_on=MONDAY, to_on=MONDAY, told_code="M", code="M", reason="Dentist",
        logged_at=MORNING,
    )  # fmt: skip
    take(cast.nine_a, AM, by=cast.pat, at=MORNING, codes={cast.amina.pk: "N"})
    put_on_roll(*[(cast.nine_a, f"Many{n:03d}", "Max", {}) for n in range(60)])
    postgres_says(
        """INSERT INTO registers_mark (school_id, pupil_id, "on", half, code, comment, school_week, origin, recorded_at)
        SELECT p.school_id, p.id, d::date, h, 'N', '', d::date - (extract(isodow FROM d)::int - 1), 'import', now()
        FROM registers_pupil p, generate_series('2026-09-07'::date, '2026-11-20'::date, '1 day') d, unnest(ARRAY['AM','PM']) h
        WHERE p.legal_surname LIKE 'Many%%' AND extract(isodow FROM d) < 6 LIMIT 3000"""
    )
    client = sign_in(cast.sandra)
    client.get(reverse("registers:unexplained_list"))
    with django_assert_max_num_queries(15):
        page = client.get(reverse("registers:unexplained_list"), {"page": 2}).content.decode()
    assert "Absences without a reason, 3,001" in page
    with django_assert_max_num_queries(15):
        client.get(reverse("registers:missing_marks"))
    assert unexplained(cast.thornbridge, cast.sandra, MORNING).count() == 3001
    found = client.post(reverse("registers:unexplained_export", args=["csv"]), {"query": "q=begum"})
    assert found.content.decode().count("\n") == 2


def test_a_mark_nobody_made_is_completed_with_its_reason_and_one_made_meanwhile_is_left(cast, sign_in, at_morning):
    at = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
    sessions = sessions_closed(cast.thornbridge, calendar_of(cast.thornbridge.pk), at, many=1)
    assert sessions == [AM]
    found, total = gaps(cast.thornbridge, sessions)
    assert (total, {gap.group for gap in found}) == (5, {"8C", "9A"})
    take(cast.nine_a, AM, by=cast.pat, at=MORNING, only=[cast.callum], codes={cast.callum.pk: "N"}, finish=False)
    done = settling.complete_missing(
        school=cast.thornbridge, gaps=[(gap.pupil_id, gap.session) for gap in found], code="/", reason="Mrs Hargreave says",
        by=cast.sandra, at=at,
    )  # fmt: skip
    assert (done.done, [code for _, code in done.left]) == (4, ["N"])
    assert gaps(cast.thornbridge, sessions)[1] == 0
    client = sign_in(cast.sandra)
    sent = {
        "pick": [f"{cast.callum.pk}:2026-11-20:PM", "strange"],
        "code": "/",
        "reason": "Seen at lunch",
        "act": "settle",
    }
    client.post(reverse("registers:missing_complete"), sent)
    assert Mark.objects.get(pupil=cast.callum, on=date(2026, 11, 20)).code == "\\"
