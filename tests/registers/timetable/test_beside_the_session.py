"""Lesson marks beside the session's on the pupil's page, and the trawl's grounds about lessons, end to end."""

from datetime import timedelta

import pytest
from django.urls import reverse

from registers.actions.doubts import run_trawl
from registers.models import Doubt, Mark
from registers.queries.doubt_search import search
from registers.rules.sessions import Session
from tests.conftest import MONDAY
from tests.factories.marks import take
from tests.factories.timetable import take_lesson

from .conftest import IN_P1, IN_P2, IN_P3

AM, PM = Session(MONDAY, "AM"), Session(MONDAY, "PM")


@pytest.fixture
def day(timetable, cast):
    """Give a Monday: Callum skips P2; Amina is ill and seen in P1; Freya is with the nurse in P2 and late to P3."""
    take(cast.nine_a, AM, by=cast.pat, at=IN_P1, codes={cast.amina.pk: "I"})
    take(cast.nine_a, PM, by=cast.pat, at=IN_P3)
    take_lesson(
        timetable.en_p1, {cast.callum: "/", cast.amina: "/", cast.freya: "/"}, by=cast.pat, at=IN_P1, finish=True
    )
    take_lesson(
        timetable.sc_p2, {cast.callum: "N", cast.amina: "N", cast.freya: ("M", None, "Nurse")}, by=cast.hal, at=IN_P2,
        finish=True,
    )  # fmt: skip
    take_lesson(timetable.en_p3, {cast.callum: "/", cast.amina: "/", cast.freya: ("L", 7)}, by=cast.pat, at=IN_P3)
    return timetable


def found(school):
    return {
        (one.ground, one.pupil_id, one.session): one
        for one in search(school.pk, MONDAY - timedelta(days=7), MONDAY)
        if one.ground in {"skipped_lesson", "seen_in_lesson"}
    }


# ---------- the trawl ----------


def test_who_was_present_and_not_in_a_lesson_and_the_reverse_is_found(day, cast):
    doubts = found(day.school)
    assert set(doubts) == {("skipped_lesson", cast.callum.pk, AM), ("seen_in_lesson", cast.amina.pk, AM)}
    skipped = doubts["skipped_lesson", cast.callum.pk, AM]
    assert (skipped.code, skipped.words, skipped.proposed) == ("/", "Not in P2, and / in the session.", "")
    seen = doubts["seen_in_lesson", cast.amina.pk, AM]
    assert (seen.code, seen.words, seen.proposed) == ("I", "In P1, and I in the session.", "/")


def test_elsewhere_and_known_late_and_absent_all_along_are_no_doubt(day, cast):
    assert not [key for key in found(day.school) if key[1] == cast.freya.pk]
    take_lesson(day.en_p1, {cast.amina: "N"}, by=cast.sandra, at=IN_P3)
    take_lesson(day.sc_p2, {cast.callum: ("M", None, "Music lesson")}, by=cast.sandra, at=IN_P3)
    assert found(day.school) == {}


def test_whoever_came_after_the_close_is_seen_in_lessons_without_doubt(day, cast):
    Mark.objects.filter(pupil=cast.amina, on=MONDAY, half="AM").update(code="U")
    assert not [key for key in found(day.school) if key[0] == "seen_in_lesson"]


def test_a_lesson_of_the_afternoon_is_held_against_the_afternoons_mark(day, cast):
    take_lesson(day.en_p3, {cast.callum: "N"}, by=cast.sandra, at=IN_P3)
    assert ("skipped_lesson", cast.callum.pk, PM) in found(day.school)
    doubt = found(day.school)["skipped_lesson", cast.callum.pk, PM]
    assert doubt.words == "Not in P3, and \\ in the session."


def test_two_lessons_of_a_session_are_one_doubt_that_names_both(day, cast):
    take_lesson(day.en_p1, {cast.callum: "N"}, by=cast.sandra, at=IN_P3)
    assert found(day.school)["skipped_lesson", cast.callum.pk, AM].words == "Not in P1, P2, and / in the session."


def test_the_run_keeps_them_and_they_go_when_the_lesson_is_put_right(day, cast):
    trawl = {"school": day.school, "from_on": MONDAY, "to_on": MONDAY, "by": cast.sandra}
    run_trawl(at=IN_P3, **trawl)
    doubts = Doubt.objects.filter(ground__in=["skipped_lesson", "seen_in_lesson"])
    assert {(one.ground, one.pupil_id, one.state) for one in doubts} == {
        ("skipped_lesson", cast.callum.pk, "open"),
        ("seen_in_lesson", cast.amina.pk, "open"),
    }
    take_lesson(day.sc_p2, {cast.callum: ("M", None, "Nurse")}, by=cast.sandra, at=IN_P3)
    run_trawl(at=IN_P3 + timedelta(hours=1), **trawl)
    assert Doubt.objects.get(ground="skipped_lesson").state != "open"
    assert Doubt.objects.get(ground="seen_in_lesson").state == "open"


def test_another_schools_lessons_are_not_looked_at(day, cast):
    assert found(cast.ridgeway) == {}


# ---------- the pupil's page ----------


def marks_page(client, pupil, **asked):
    return client.get(reverse("registers:pupil_marks", args=[pupil.pk]), asked)


def test_a_session_shows_its_lessons_under_its_mark(day, cast, sign_in, set_clock):
    set_clock(IN_P3)
    shown = marks_page(sign_in(cast.sandra), cast.freya).content.decode()
    morning = shown[shown.index('id="m-2026-11-23-AM"') :]
    morning = morning[: morning.index("</tr>")]
    assert "P1" in morning
    assert "elsewhere in school, known" in morning
    assert "Nurse" in morning
    assert "P3" not in morning
    afternoon = shown[shown.index('id="m-2026-11-23-PM"') : shown.index('id="m-2026-11-23-AM"')]
    assert "P3" in afternoon
    assert "7 min" in afternoon


def test_where_a_pupil_was_is_for_those_who_see_reasons(day, cast, sign_in, set_clock):
    set_clock(IN_P3)
    shown = marks_page(sign_in(cast.pat), cast.freya).content.decode()
    assert "elsewhere in school, known" in shown
    assert "Nurse" not in shown
    assert marks_page(sign_in(cast.hal), cast.freya).status_code == 404


def test_the_marks_go_out_with_what_their_lessons_said(day, cast, sign_in, set_clock):
    set_clock(IN_P3)
    url = reverse("registers:pupil_marks_export", args=[cast.freya.pk, "csv"])
    body = sign_in(cast.sandra).post(url, {"query": ""}).content.decode("utf-8-sig")
    assert '"P1 /; P2 M Nurse"' in body
    assert '"P3 L 7 min"' in body


def test_lessons_cost_the_page_one_query(day, cast, sign_in, set_clock, count_queries):
    set_clock(IN_P3)
    client = sign_in(cast.sandra)
    marks_page(client, cast.freya)
    with count_queries(14):
        marks_page(client, cast.freya)
