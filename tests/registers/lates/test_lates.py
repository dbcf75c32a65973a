"""Lates by session and by lesson: who is in the lists, the sheet for a head of year, exports, and who may see them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.urls import reverse

from attendance_office.audit.models import Entry
from registers.queries import lates
from registers.rules.sessions import Session
from tests.conftest import MONDAY
from tests.factories.marks import take
from tests.factories.timetable import make_timetable, take_lesson

AM = Session(MONDAY, "AM")
NINE = datetime(2026, 11, 23, 9, 14, tzinfo=UTC)
ELEVEN = datetime(2026, 11, 23, 10, 30, tzinfo=UTC)


@pytest.fixture
def late(cast):
    """Give a Monday on which Callum came 6 minutes late, Amina after the close, and three weeks of lessons with lates.

    Callum was late to English P1 by 4, 8 and 6 minutes on three Mondays; Tyler to 8C's English P2 by 12 today.
    """
    timetable = make_timetable(cast)
    take(cast.nine_a, AM, by=cast.sandra, at=NINE, codes={cast.callum.pk: "L", cast.amina.pk: "U"})
    cast.callum.marks.update(minutes_late=6)
    cast.amina.marks.update(minutes_late=40)
    for weeks, minutes in ((2, 4), (1, 8), (0, 6)):
        day = timedelta(weeks=weeks)
        take_lesson(
            timetable.en_p1, {cast.callum: ("L", minutes), cast.amina: "/"}, by=cast.sandra, at=NINE, on=MONDAY - day
        )
    take_lesson(timetable.eight_p2, {cast.tyler: ("L", 12)}, by=cast.sandra, at=ELEVEN)
    return timetable


@pytest.fixture
def page(cast, sign_in, at_morning):
    """Give a function that reads the list as a person: page("sandra", view="pupils")."""

    def _page(who, status=200, **asked):
        answer = sign_in(getattr(cast, who)).get(reverse("registers:late_list"), asked)
        assert answer.status_code == status
        return answer.content.decode()

    return _page


def names(lines):
    return [one.name for one in lines]


# ---------- the answers ----------


def test_sessions_before_and_after_the_close(late, cast):
    marks = lates.lates(late.school, cast.sandra, MONDAY, MONDAY)
    assert [(one.pupil, one.code) for one in marks] == [(cast.callum, "L"), (cast.amina, "U")]
    assert [one.pupil for one in lates.lates(late.school, cast.sandra, MONDAY, MONDAY, after=True)] == [cast.amina]
    (line, _) = lates.by_pupil(marks)
    assert (line.name, line.form, line.late, line.after, line.minutes, line.last_on) == (
        "Ashworth, Callum", "9A", 1, 0, 6, MONDAY,
    )  # fmt: skip


def test_lessons_by_pupil_form_year_and_period_with_the_mean_minutes(late, cast):
    marks = lates.lesson_lates(late.school, cast.sandra, MONDAY - timedelta(weeks=4), MONDAY)
    assert [(one.name, one.total, one.minutes) for one in lates.by_pupil(marks)] == [
        ("Ashworth, Callum", 3, 6), ("Maddox, Tyler", 1, 12),
    ]  # fmt: skip
    assert [(one.name, one.total) for one in lates.by_group(marks, lates.FORM)] == [("9A", 3), ("8C", 1)]
    assert [(one.name, one.total) for one in lates.by_group(marks, lates.YEAR)] == [("Year 9", 3), ("Year 8", 1)]
    assert [(one.name, one.total) for one in lates.by_group(marks, lates.PERIOD)] == [("P1", 3), ("P2", 1)]
    assert names(lates.by_pupil(marks, least=lates.REPEATED)) == ["Ashworth, Callum"]


def test_only_those_within_reach_and_of_the_school_are_there(late, cast):
    days = MONDAY - timedelta(weeks=4), MONDAY
    assert {one.pupil for one in lates.lesson_lates(late.school, cast.nine, *days)} == {cast.tyler}
    assert not lates.lesson_lates(cast.ridgeway, cast.olly, *days).exists()
    assert not lates.lates(late.school, cast.olly, *days).exists()
    assert names(lates.by_pupil(lates.lesson_lates(late.school, cast.sandra, *days, year="8"))) == ["Maddox, Tyler"]
    assert names(lates.by_pupil(lates.lesson_lates(late.school, cast.sandra, *days, q="maddox"))) == ["Maddox, Tyler"]


def test_a_mark_that_was_taken_back_is_no_late(late, cast):
    take_lesson(late.eight_p2, {cast.tyler: "/"}, by=cast.sandra, at=ELEVEN)
    assert not lates.lesson_lates(late.school, cast.sandra, MONDAY, MONDAY, year="8").exists()


def test_the_sheet_of_a_year_in_six_queries(late, cast, count_queries):
    _ = cast.sandra.standing.posts
    with count_queries(6):
        sheet = lates.sheet_of(late.school, cast.sandra, 9, MONDAY)
    assert [one.pupil for one in sheet.day] == [cast.callum, cast.amina]
    assert [one.minutes_late for one in sheet.lessons] == [6]
    assert names(sheet.week) == ["Ashworth, Callum", "Begum, Amina"]
    assert names(sheet.lesson_week) == ["Ashworth, Callum"]
    assert names(sheet.repeated) == []
    assert names(sheet.lesson_repeated) == ["Ashworth, Callum"]


# ---------- the pages ----------


def test_each_late_of_today(late, page):
    shown = page("sandra")
    assert "Lates, 2" in shown
    assert "Ashworth, Callum" in shown
    assert "By period" not in shown
    assert "Lates, 1" in page("sandra", after="1")
    assert "Lates, 1" in page("sandra", q="begum")
    assert "Lates, 0" in page("sandra", year="8")


def test_each_late_to_a_lesson_has_its_period_class_and_minutes(late, page):
    shown = page("sandra", of="lessons")
    assert "Late to lessons, 2" in shown
    assert "9A/En" in shown
    assert ">12</td>" in shown
    assert "Only U" not in shown
    assert "count in no attendance figure" in shown


@pytest.mark.parametrize(
    ("view", "words"),
    [
        ("pupils", "Late to lessons, 2 lines"),
        ("forms", "Late to lessons, 2 lines"),
        ("years", "Late to lessons, 2 lines"),
        ("periods", "Late to lessons, 2 lines"),
        ("repeated", "Late to lessons 3 times or more in four weeks, 1"),
        ("nonsense", "Late to lessons, 4"),
    ],
)
def test_lessons_are_listed_in_every_way(late, page, view, words):
    asked = {"from": (MONDAY - timedelta(weeks=4)).isoformat(), "to": MONDAY.isoformat()}
    assert words in page("sandra", of="lessons", view=view, **asked)


def test_sessions_have_no_periods_and_repeated_looks_back_four_weeks(late, page):
    assert "Lates, 2<" in page("sandra", view="periods").replace("</h1>", "<")
    assert "Late 1 times or more in four weeks, 2" in page("sandra", view="repeated", least="1")
    assert "Nobody was late" in page("sandra", view="repeated", least="99")


def test_strange_days_are_read_as_today(late, page):
    assert "Lates, 2" in page("sandra", **{"from": "yesterday", "to": "2020-99-99"})
    assert "Mon 23 Nov 2026" in page("sandra", **{"from": "2026-11-24", "to": "2026-11-23"})


def test_a_head_of_year_sees_the_own_year_and_a_tutor_nothing(late, page):
    asked = {"of": "lessons"}
    assert "Maddox" not in page("adeyemi", **asked)
    assert "Maddox" in page("nine", **asked)
    page("pat", 403)
    page("gov", 403)


def test_the_sheet_for_the_head_of_year(late, cast, sign_in, at_morning):
    client = sign_in(cast.adeyemi)
    shown = client.get(reverse("registers:late_sheet", args=[9])).content.decode()
    assert "2 to registers and 1 to lessons today" in shown
    assert "To lessons 3 times or more, 1" in shown
    assert client.get(reverse("registers:late_sheet", args=[12])).status_code == 404
    empty = sign_in(cast.adeyemi).get(reverse("registers:late_sheet", args=[8])).content.decode()
    assert "Nobody was late to a lesson today" in empty
    assert "Maddox" not in empty


@pytest.mark.parametrize(
    ("asked", "heads", "line"),
    [
        ("", "Pupil,Form,Day,Session,Code,Minutes late", "Ashworth, Callum,9A,2026-11-23,AM,L,6"),
        ("of=lessons", "Pupil,Form,Day,Period,Class,Minutes late", "Maddox, Tyler,8C,2026-11-23,P2,8C/En,12"),
        ("view=pupils", "Name,Form,Late,After the close,Minutes on average,Last", "Begum, Amina,9A,0,1,40,2026-11-23"),
        ("of=lessons&view=periods", "Name,Form,Late,Minutes on average,Last", "P2,,1,12,2026-11-23"),
    ],
)
def test_the_list_goes_out_as_it_is_shown_and_is_logged(late, cast, sign_in, at_morning, asked, heads, line):
    answer = sign_in(cast.sandra).post(reverse("registers:late_export", args=["csv"]), {"query": asked})
    body = answer.content.decode("utf-8-sig").replace('"', "")
    assert body.splitlines()[0] == heads
    assert line in body
    assert Entry.objects.filter(verb__contains="export").count() == 1


def test_the_pages_in_few_queries(late, cast, sign_in, at_morning, count_queries):
    client = sign_in(cast.sandra)
    for asked in ({}, {"of": "lessons"}, {"of": "lessons", "view": "periods"}, {"view": "repeated"}):
        client.get(reverse("registers:late_list"), asked)
        with count_queries(9):
            client.get(reverse("registers:late_list"), asked)
    with count_queries(13):
        client.get(reverse("registers:late_sheet", args=[9]))


def test_a_period_of_another_year_is_not_asked_for(late, page):
    shown = page("sandra", **{"from": date(2024, 1, 1).isoformat(), "to": MONDAY.isoformat()})
    assert "Mon 23 Nov 2026" in shown
