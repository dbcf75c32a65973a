"""Certificates: exactly who has earned one, ties, who is left out and why; read again when made; one file by form."""

from datetime import timedelta
from io import BytesIO
from uuid import uuid4

import pypdf
import pytest

from attendance_office.refusals import Refused
from letters.actions import making, runs
from letters.actions.writing import make_certificates
from letters.models import Letter, LetterKind, PrintRun, Stop
from letters.queries.earning import Asked, earning, words_of
from registers.actions.amendments import amend_mark
from registers.rules.sessions import Session
from tests.factories.marks import take
from tests.factories.post_room import EARLIER, MORNING, WEEK, mark_week

ON = MORNING.date()
FULL = Asked(LetterKind.CERTIFICATE_FULL, WEEK[0], WEEK[-1], least_possible=5)


def found(cast, asked=FULL, user=None):
    return earning(cast.thornbridge, asked, user=user or cast.sandra, at=MORNING)


def names(answer):
    return [one.pupil.forename for one in answer.earned]


def improved(**more):
    return Asked(
        LetterKind.CERTIFICATE_IMPROVED, WEEK[0], WEEK[-1], EARLIER[0], EARLIER[-1], **{"least_possible": 5} | more
    )


def order(cast, ids, asked=FULL, token=None, is_landscape=False):
    return make_certificates(
        school=cast.thornbridge, asked=asked, pupil_ids=ids, is_landscape=is_landscape, token=token or uuid4(),
        by=cast.sandra, at=MORNING,
    )  # fmt: skip


def test_full_attendance_is_every_session_and_late_counts_as_here(school):
    answer = found(school)
    assert names(answer) == ["Ikra", "Tyler", "Amina", "Freya"]
    assert words_of(answer.earned[0]) == "10 of 10 sessions, 100.0 %"
    assert "Callum" not in [one.pupil.forename for one in answer.left_out]


def test_too_few_sessions_a_stop_and_a_missing_register_leave_out_with_the_reason(school):
    short = found(school, Asked(FULL.kind, WEEK[0], WEEK[-1], least_possible=11))
    assert short.earned == []
    assert {one.why for one in short.left_out} == {"10 possible sessions, fewer than 11"}
    Stop.objects.create(
        school=school.thornbridge, pupil=school.ikra, reason="Private", owner=school.bea, from_on=WEEK[0],
        made_at=MORNING,
    )  # fmt: skip
    whys = {one.pupil.forename: one.why for one in found(school).left_out}
    assert whys == {"Ikra": "Do not send: a stop stands"}
    lacking = found(school, Asked(FULL.kind, EARLIER[-1], WEEK[-1], least_possible=5))
    assert {one.why for one in lacking.left_out if "mark" in one.why} == {
        "2 sessions without a mark: take those registers first"
    }


def test_a_session_that_is_not_due_yet_takes_nothing_from_full_attendance(school):
    """At 09:14 on Monday the morning is due and not taken; the afternoon, and Tuesday, are not looked at."""
    to_tuesday = Asked(FULL.kind, WEEK[0], ON + timedelta(days=1), least_possible=5)
    assert {one.why for one in found(school, to_tuesday).left_out} == {
        "1 session without a mark: take those registers first"
    }
    take(school.nine_a, Session(ON, "AM"), by=school.sandra, at=MORNING)
    assert names(found(school, to_tuesday)) == ["Amina", "Freya"]


def test_the_most_improved_are_found_exactly_and_ties_share_the_last_place(school):
    gone = {
        school.callum.pk: lambda day, half: "O",
        school.amina.pk: lambda day, half: "O" if day == EARLIER[0] else "",
        school.freya.pk: lambda day, half: "I" if day == EARLIER[1] else "",
    }
    mark_week(school.nine_a, EARLIER, by=school.sandra, codes=gone)
    mark_week(school.eight_c, EARLIER, by=school.sandra)
    answer = found(school, improved(best=2))
    places = {one.pupil.forename: (one.place, one.is_tied) for one in answer.earned}
    assert places == {"Callum": (1, False), "Amina": (2, True), "Freya": (2, True)}
    assert names(found(school, improved(best=1))) == ["Callum"]


def test_a_head_of_year_sees_the_own_year_only(school):
    assert names(found(school, user=school.adeyemi)) == ["Amina", "Freya"]


def test_certificates_are_made_in_one_file_by_form(school):
    ids = [one.pupil.pk for one in found(school).earned]
    run = order(school, ids, is_landscape=True)
    while making.make_next(at=MORNING) is not None:
        pass
    runs.join_next(at=MORNING)
    run.refresh_from_db()
    cover, *sheets = pypdf.PdfReader(BytesIO(bytes(run.file.content))).pages
    assert "4 letters, 4 pages" in cover.extract_text()
    assert [next(n for n in ("Ikra", "Tyler", "Amina", "Freya") if n in one.extract_text()) for one in sheets] == [
        "Ikra",
        "Tyler",
        "Amina",
        "Freya",
    ]
    assert all(one.mediabox.width > one.mediabox.height for one in sheets)
    assert "was here for every one of 10 sessions" in sheets[0].extract_text()


def test_a_mark_that_changed_meanwhile_holds_its_certificate_back(school):
    run = order(school, [school.amina.pk, school.freya.pk])
    amend_mark(
        mark=school.amina.marks.get(on=WEEK[0], half="AM"), code="I", minutes_late=None, comment="", reason="She was ill",
        by=school.sandra, at=MORNING,
    )  # fmt: skip
    while making.make_next(at=MORNING) is not None:
        pass
    held = Letter.objects.get(print_run=run, pupil=school.amina)
    assert held.state == Letter.State.HELD_BACK
    assert held.ended_why == "Now 9 of 10 sessions attended: no longer all of them"
    runs.join_next(at=MORNING)
    run.refresh_from_db()
    assert run.pages == 2


def test_who_has_not_earned_one_gets_none_and_the_same_press_is_one_run(school):
    with pytest.raises(Refused, match="has not earned it"):
        order(school, [school.callum.pk])
    with pytest.raises(Refused):
        order(school, [])
    token = uuid4()
    assert order(school, [school.amina.pk], token=token) == order(school, [school.amina.pk], token=token)
    assert PrintRun.objects.count() == 1


def test_earning_asks_a_fixed_number_of_questions(school, count_queries):
    found(school)
    with count_queries(9):
        found(school)
