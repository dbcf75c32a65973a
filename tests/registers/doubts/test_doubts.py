"""The trawl: each ground finds its mark and no other, and what a person decided stays decided."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.urls import reverse

from attendance_office.jobs.models import Run
from attendance_office.refusals import Refused
from interventions.actions.due import run_due, run_job
from registers.actions import doubts
from registers.actions.coding import Wanted, code_sessions
from registers.models import (
    Agreement,
    AgreementPupil,
    Amendment,
    Closure,
    Doubt,
    Enrolment,
    Lesson,
    LessonMark,
    Mark,
    NonSchoolDay,
    Period,
    TeachingGroup,
)  # fmt: skip
from registers.queries.doubt_search import search
from registers.queries.doubts import open_doubts
from registers.rules.doubts import GROUNDS, absent_codes, ended_codes
from registers.rules.sessions import Session
from tests.conftest import MONDAY, MORNING, postgres_says

pytestmark = pytest.mark.django_db
FRIDAY = date(2026, 11, 20)
FROM = date(2026, 10, 1)


def marked(pupil, *days, code, half="AM", minutes=None, comment="", origin="register", at=None):
    """Put marks into the record as a file brings them: some of these the office itself would refuse."""
    Mark.objects.bulk_create(
        Mark(
            school=pupil.school, pupil=pupil, on=on, half=half, code=code, minutes_late=minutes, comment=comment,
            school_week=on - timedelta(days=on.weekday()), origin=origin,
            recorded_at=at or datetime(on.year, on.month, on.day, 8, 45, tzinfo=UTC),
        )
        for on in days
    )  # fmt: skip


def agree(pupil, code, place="", weekly="1" * 10):
    row = Agreement.objects.create(
        school=pupil.school, kind="provision", code=code, name="Agreed", place=place, from_on=FROM, to_on=MONDAY,
        ends_on=MONDAY, weekly=weekly, agreed_on=FROM, agreed_by="Dr Abara", made_at=MORNING,
    )  # fmt: skip
    AgreementPupil.objects.create(school=pupil.school, agreement=row, pupil=pupil)


def lesson(cast, half="AM"):
    period = Period.objects.create(
        school=cast.thornbridge, name=f"P{half}", half=half, starts_at=time(9, 10), ends_at=time(10, 10)
    )
    taught = TeachingGroup.objects.create(school=cast.thornbridge, name=f"9a/{half}")
    return Lesson.objects.create(school=cast.thornbridge, teaching_group=taught, weekday=5, period=period, from_on=FROM)


def found(cast):
    return {(one.ground, one.pupil_id) for one in search(cast.thornbridge.pk, FROM, MONDAY)}


def test_each_ground_finds_the_mark_without_its_ground_and_not_the_one_with_it(cast):
    a, b = cast.callum, cast.amina
    marked(a, FRIDAY, code="C2")
    marked(b, FRIDAY, code="C2")
    agree(b, "C2")
    marked(a, date(2026, 11, 19), code="V")
    marked(b, date(2026, 11, 19), code="V", comment="Castleton")
    marked(a, date(2026, 11, 18), code="D")
    marked(b, date(2026, 11, 18), code="D")
    Enrolment.objects.filter(pupil=b).update(kind="M")
    marked(a, date(2026, 11, 17), code="E")
    marked(b, date(2026, 11, 17), code="E", comment="Suspended 16 Nov")
    marked(a, date(2026, 11, 16), code="X")
    marked(a, date(2026, 11, 13), code="Y4")
    marked(b, date(2026, 11, 13), code="Y3")
    Closure.objects.create(
        school=cast.thornbridge, code="Y3", name="Boiler", from_on=date(2026, 11, 13), to_on=date(2026, 11, 13),
        year_groups=[9], made_at=MORNING,
    )  # fmt: skip
    marked(a, date(2026, 11, 12), code="L", minutes=30)
    marked(b, date(2026, 11, 12), code="L", minutes=29)
    marked(a, date(2026, 10, 27), code="I")  # half term
    marked(b, date(2026, 10, 27), code="#")
    Enrolment.objects.filter(pupil=cast.freya).update(ends_on=date(2026, 11, 18))
    marked(cast.freya, date(2026, 11, 19), code="I")
    assert found(cast) == {
        ("no_part_time", a.pk), ("no_place", a.pk), ("no_dual", a.pk), ("no_suspension", a.pk), ("too_young_for_x", a.pk),
        ("school_was_open", a.pk), ("late_after_close", a.pk), ("not_held", a.pk), ("not_on_roll", cast.freya.pk),
    }  # fmt: skip


def test_an_agreement_counts_on_its_own_sessions_alone(cast):
    marked(cast.callum, FRIDAY, code="C2")
    agree(cast.callum, "C2", weekly="1111111110")
    assert ("no_part_time", cast.callum.pk) not in found(cast)
    marked(cast.callum, FRIDAY, code="C2", half="PM")
    assert ("no_part_time", cast.callum.pk) in found(cast)


def test_a_lesson_and_its_session_are_held_against_each_other(cast):
    taught = lesson(cast)
    for pupil, session, seen in ((cast.callum, "/", "N"), (cast.amina, "I", "/"), (cast.freya, "/", "/")):
        marked(pupil, FRIDAY, code=session)
        LessonMark.objects.create(
            school=cast.thornbridge, pupil=pupil, lesson=taught, on=FRIDAY, code=seen, recorded_at=MORNING
        )
    assert found(cast) == {("skipped_lesson", cast.callum.pk), ("seen_in_lesson", cast.amina.pk)}


def test_gone_after_noon_without_a_reason(cast):
    for pupil, code in ((cast.callum, "N"), (cast.amina, "M")):
        marked(pupil, FRIDAY, code="/")
        marked(pupil, FRIDAY, code=code, half="PM")
    assert found(cast) == {("left_at_noon", cast.callum.pk)}


def test_ten_school_days_of_one_code_are_one_doubt_and_a_day_less_is_none(cast):
    days = [date(2026, 11, 2) + timedelta(days=n) for n in range(12) if (n % 7) < 5]
    for half in ("AM", "PM"):
        marked(cast.callum, *days, code="I", half=half)
        marked(cast.amina, *days[:-1], code="I", half=half)
    spells = [one for one in search(cast.thornbridge.pk, FROM, MONDAY) if one.ground == "same_for_ten_days"]
    assert [(one.pupil_id, one.session) for one in spells] == [(cast.callum.pk, Session(date(2026, 11, 2), "AM"))]
    assert spells[0].words == "I in 20 sessions without a break, to Fri 13 Nov 2026."


def test_codes_that_ended_are_known_with_their_last_day():
    assert dict(ended_codes())["H"] == date(2024, 8, 18)
    assert "I" not in dict(ended_codes())
    assert {"N", "I", "C2", "H"} <= set(absent_codes())
    assert all(ground.wrong.endswith((".", "?")) for ground in GROUNDS.values())


# ---------- what a person decides ----------


@pytest.fixture
def two(cast):
    marked(cast.callum, FRIDAY, code="C2")
    marked(cast.amina, FRIDAY, code="V")
    doubts.run_trawl(school=cast.thornbridge, from_on=FROM, to_on=MONDAY, by=None, at=MORNING)
    return {row.ground: row for row in Doubt.objects.all()}


def trawl(cast):
    return doubts.run_trawl(
        school=cast.thornbridge, from_on=FROM, to_on=MONDAY, by=None, at=MORNING + timedelta(days=7)
    )


def test_a_repair_amends_the_mark_with_the_reason_and_is_undone_within_ten_minutes(cast, two):
    coded = doubts.repair(
        school=cast.thornbridge,
        doubts=[two["no_part_time"]],
        reason="No agreement was made",
        by=cast.sandra,
        at=MORNING,
    )
    assert Amendment.objects.get().to_code == "O"
    assert open_doubts(cast.thornbridge, cast.sandra) == {"no_place": 1}
    doubts.undo_settling(school=cast.thornbridge, entry_id=coded.entry.pk, by=cast.sandra, at=MORNING)
    assert Mark.objects.get(pupil=cast.callum).code == "C2"
    assert open_doubts(cast.thornbridge, cast.sandra)["no_part_time"] == 1


def test_what_has_no_proposal_asks_for_a_code(cast, two):
    with pytest.raises(Refused, match="1 of them have no proposed code"):
        doubts.repair(school=cast.thornbridge, doubts=two.values(), reason="x", by=cast.sandra, at=MORNING)
    assert Amendment.objects.count() == 0


def test_a_mark_that_was_left_comes_up_again_only_after_it_has_changed(cast, two):
    with pytest.raises(Refused, match="Say why"):
        doubts.leave(school=cast.thornbridge, doubts=two.values(), because=" ", by=cast.sandra, at=MORNING)
    doubts.leave(school=cast.thornbridge, doubts=two.values(), because="Head agreed", by=cast.sandra, at=MORNING)
    assert (trawl(cast).again, open_doubts(cast.thornbridge, cast.sandra)) == (0, {})
    code_sessions(
        school=cast.thornbridge, wanted=[Wanted(cast.amina.pk, Session(FRIDAY, "AM"), "W")], over=None, reason="It was work",
        verb="coded", words="x", by=cast.sandra, at=MORNING,
    )  # fmt: skip
    assert trawl(cast).again == 1
    assert open_doubts(cast.thornbridge, cast.sandra) == {"no_place": 1}


def test_what_was_put_right_elsewhere_is_gone(cast, two):
    agree(cast.callum, "C2")
    assert trawl(cast).gone == 1
    assert Doubt.objects.get(ground="no_part_time").state == "gone"


def test_the_clock_trawls_on_thursdays_and_touches_no_mark(cast):
    marked(cast.callum, FRIDAY, code="C2")
    NonSchoolDay.objects.create(school=cast.ridgeway, on=date(2026, 11, 26), kind="inset")
    run_due(at=datetime(2026, 11, 25, 15, 50, tzinfo=UTC))
    assert [run.school for run in Run.objects.filter(job="doubt_trawl")] == [cast.ridgeway]  # has no school on Thursday
    run_due(at=datetime(2026, 11, 26, 15, 50, tzinfo=UTC))
    run = Run.objects.get(job="doubt_trawl", school=cast.thornbridge)
    assert (run.state, run.words) == ("done", "1 doubtful mark: 1 new, 0 again, 0 put right since. 1 open.")
    assert Amendment.objects.count() == 0
    again = run_job(school=cast.thornbridge, job="doubt_trawl", on=date(2026, 11, 26), by=cast.sandra, at=run.started_at + timedelta(hours=1))  # fmt: skip
    assert again.pk == run.pk


def test_the_pages_work_it_and_three_thousand_open_in_fifteen_queries(cast, two, sign_in, at_morning, count_queries):
    postgres_says(
        """INSERT INTO registers_doubt (school_id, pupil_id, "on", half, ground, code, words, proposed, facts, found_at, state, why)
        SELECT %s, %s, '2019-01-01'::date + n, 'AM', 'no_place', 'V', 'x', '', '{}', now(), 'open', '' FROM generate_series(1, 3000) n""",
        [cast.thornbridge.pk, cast.callum.pk],
    )
    client = sign_in(cast.sandra)
    client.get(reverse("registers:doubt_list"))
    with count_queries(15):
        page = client.get(reverse("registers:doubt_list"), {"page": 2}).content.decode()
    assert "Doubtful marks, 3,002" in page
    page = client.get(reverse("registers:doubt_detail", args=[two["no_part_time"].pk])).content.decode()
    assert "C2 needs a part-time timetable" in page
    sent = {"pick": [two["no_part_time"].pk], "act": "accept", "reason": "None was made"}
    assert "1 mark repaired" in client.post(reverse("registers:doubt_settle"), sent, follow=True).content.decode()
    assert "new" in client.post(reverse("registers:doubt_trawl"), {"period": "4"}, follow=True).content.decode()
