"""Registers of lessons: who takes them, what may be entered, two people at once, and what stands beside them."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.urls import reverse

from attendance_office.refusals import Conflict, Refused
from registers.actions.attendance import EntriesRefused
from registers.models import LessonMark, LessonRegister, Mark, Seat
from registers.queries import figures
from registers.queries.calendar import calendar_of
from registers.queries.lessons import lessons_of_day, own_lessons
from registers.queries.registers import Status
from registers.queries.timetable import letter_on, place_of
from registers.rules.sessions import Session
from registers.rules.timetable import lessons_of_day as by_rule
from tests.conftest import MONDAY
from tests.factories.marks import take
from tests.factories.timetable import take_lesson

from .conftest import IN_P1, IN_P2, IN_P3

TUESDAY_MORNING = IN_P1 + timedelta(days=1)


def url(name, lesson, on=MONDAY):
    return reverse(f"registers:{name}", args=[lesson.pk, on.isoformat()])


def send(client, lesson, entries, *, key=None, finish=False, on=MONDAY):
    body = {"key": str(key or uuid4()), "finish": finish, "entries": entries}
    return client.post(url("lesson_save", lesson, on), json.dumps(body), content_type="application/json")


def mark(lesson, pupil):
    return LessonMark.objects.get(lesson=lesson, pupil=pupil)


# ---------- the day ----------


def test_monday_23_november_is_a_week_b(timetable):
    assert letter_on(timetable.school.pk, MONDAY) == "B"
    assert letter_on(timetable.school.pk, MONDAY + timedelta(weeks=1)) == "A"


@pytest.mark.parametrize("on", [MONDAY, MONDAY - timedelta(weeks=1), date(2026, 10, 26), date(2026, 9, 2)])
def test_the_query_and_the_rule_name_the_same_lessons(timetable, on):
    calendar = calendar_of(timetable.school.pk)
    lessons = list(timetable.school.lessons.select_related("period"))
    ruled = by_rule([(one, place_of(one)) for one in lessons], on, letter_on(timetable.school.pk, on))
    held = [one for one in ruled if calendar.has_session(Session(on, one.period.half))]
    assert {line.lesson.pk for line in lessons_of_day(timetable.school, on, calendar)} == {one.pk for one in held}


def test_a_teachers_day_has_own_and_covered_lessons_in_order(timetable, cast):
    from registers.actions.lesson_cover import set_lesson_cover

    set_lesson_cover(lesson=timetable.sc_p2, on=MONDAY, user=cast.bea, by=cast.sandra, at=IN_P1)
    calendar = calendar_of(timetable.school.pk)

    def day(user):
        return [line.lesson.pk for line in own_lessons(user, timetable.school, MONDAY, calendar)]

    assert day(cast.pat) == [timetable.en_p1.pk, timetable.eight_p2.pk, timetable.en_p3.pk]
    assert day(cast.bea) == [timetable.sc_p2.pk]
    (hals,) = own_lessons(cast.hal, timetable.school, MONDAY, calendar)
    assert (hals.owner, hals.is_covered) == ("Ms B. Farrant", True)


# ---------- saving ----------


def test_what_a_teacher_enters_is_kept_and_the_register_is_taken(timetable, cast):
    saved = take_lesson(
        timetable.en_p1, {cast.callum: ("L", 6), cast.amina: "/", cast.freya: ("M", None, "Music lesson")},
        by=cast.pat, at=IN_P1, finish=True,
    )  # fmt: skip
    assert saved.counts == {
        "present": 1, "late": 1, "absent": 0, "not_possible": 1, "unmarked": 0, "expected": 3,
    }  # fmt: skip
    assert (mark(timetable.en_p1, cast.callum).code, mark(timetable.en_p1, cast.callum).minutes_late) == ("L", 6)
    assert mark(timetable.en_p1, cast.freya).comment == "Music lesson"
    assert mark(timetable.en_p1, cast.amina).recorded_by == cast.pat
    assert LessonRegister.objects.get().completed_at == IN_P1


def test_late_without_minutes_is_late_by_the_clock_of_the_lesson(timetable, cast):
    take_lesson(timetable.en_p1, {cast.callum: "L"}, by=cast.pat, at=IN_P1)
    assert mark(timetable.en_p1, cast.callum).minutes_late == 4
    take_lesson(timetable.en_p1, {cast.amina: "L"}, by=cast.sandra, at=TUESDAY_MORNING)
    assert mark(timetable.en_p1, cast.amina).minutes_late is None


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("I", "I is no mark of a lesson"),
        (("/", 5), "Minutes late belong to L, not to /"),
        (("L", 60), "minutes late are from 1 to 59"),
        (("L", 0), "minutes late are from 1 to 59"),
        (("N", None, "Nurse"), "belongs to M, not to N"),
        (("M", None, "x" * 201), "at most 200"),
    ],
)
def test_an_entry_that_cannot_be_is_refused_by_name_and_nothing_is_saved(timetable, cast, said, words):
    with pytest.raises(EntriesRefused, match="Ashworth, Callum") as refused:
        take_lesson(timetable.en_p1, {cast.callum: said, cast.amina: "/"}, by=cast.pat, at=IN_P1)
    assert words in refused.value.by_pupil[cast.callum.pk]
    assert not LessonMark.objects.exists()


def test_a_lesson_that_has_not_begun_or_is_not_held_is_refused(timetable, cast):
    with pytest.raises(Refused, match="8C/En, P2 on Mon 23 Nov 2026 begins at 10:10"):
        take_lesson(timetable.eight_p2, {cast.tyler: "/"}, by=cast.pat, at=IN_P1)
    for on in (MONDAY - timedelta(weeks=1), date(2026, 10, 26), date(2026, 11, 24)):
        with pytest.raises(Refused, match="is not held on"):
            take_lesson(timetable.en_p3, {cast.callum: "/"}, by=cast.sandra, at=IN_P3, on=on)


def test_a_pupil_of_another_class_and_a_finish_with_blanks_are_refused(timetable, cast):
    with pytest.raises(Refused, match="1 pupil is not in 9A/En"):
        take_lesson(timetable.en_p1, {cast.tyler: "/"}, by=cast.pat, at=IN_P1)
    with pytest.raises(Refused, match="2 pupils are not marked: Begum, Amina; Blackwood, Freya"):
        take_lesson(timetable.en_p1, {cast.callum: "/"}, by=cast.pat, at=IN_P1, finish=True)
    Seat.objects.filter(teaching_group=timetable.nine_en, pupil=cast.freya).update(to_on=date(2026, 11, 20))
    with pytest.raises(Refused, match="not in 9A/En on Mon 23 Nov 2026"):
        take_lesson(timetable.en_p1, {cast.freya: "/"}, by=cast.pat, at=IN_P1)


def test_the_same_batch_five_times_is_one_save(timetable, cast):
    key = uuid4()
    answers = [take_lesson(timetable.en_p1, {cast.callum: "N"}, by=cast.pat, at=IN_P1, key=key) for _ in range(5)]
    assert all(one == answers[0] for one in answers)
    with pytest.raises(Refused, match="already sent for another register"):
        take_lesson(timetable.sc_p2, {cast.callum: "N"}, by=cast.hal, at=IN_P2, key=key)


def test_two_peoples_entries_that_differ_are_a_conflict_with_both_shown(timetable, cast):
    take_lesson(timetable.en_p1, {cast.callum: "N"}, by=cast.pat, at=IN_P1)
    with pytest.raises(Conflict) as clash:
        take_lesson(
            timetable.en_p1, {cast.callum: "/", cast.amina: "/"}, by=cast.sandra, at=IN_P1, was={cast.callum: ""}
        )
    (one,) = clash.value.details
    assert (one.name, one.theirs, one.yours, one.who) == ("Ashworth, Callum", "N", "/", "Mrs P. Hargreave")
    assert not LessonMark.objects.filter(pupil=cast.amina).exists()
    take_lesson(timetable.en_p1, {cast.callum: "N"}, by=cast.sandra, at=IN_P1, was={cast.callum: ""})


def test_a_changed_mark_keeps_what_it_said(timetable, cast):
    take_lesson(timetable.en_p1, {cast.callum: "N"}, by=cast.pat, at=IN_P1)
    take_lesson(timetable.en_p1, {cast.callum: ("L", 9)}, by=cast.pat, at=IN_P1 + timedelta(minutes=5))
    kept = LessonMark.pgh_event_model.objects.get(pgh_obj_id=mark(timetable.en_p1, cast.callum).pk)
    assert (kept.code, kept.recorded_at) == ("N", IN_P1)


def test_on_a_later_day_only_the_office_changes_a_mark_and_a_teacher_fills_blanks(timetable, cast):
    take_lesson(timetable.en_p1, {cast.callum: "N"}, by=cast.pat, at=IN_P1)
    take_lesson(timetable.en_p1, {cast.amina: "/"}, by=cast.pat, at=TUESDAY_MORNING)
    with pytest.raises(EntriesRefused, match="Ask the office to change it"):
        take_lesson(timetable.en_p1, {cast.callum: "/"}, by=cast.pat, at=TUESDAY_MORNING)
    take_lesson(timetable.en_p1, {cast.callum: "/"}, by=cast.sandra, at=TUESDAY_MORNING)
    assert mark(timetable.en_p1, cast.callum).code == "/"


def test_a_contradiction_with_the_session_is_said_at_once(timetable, cast):
    take(cast.nine_a, Session(MONDAY, "AM"), by=cast.pat, at=IN_P1, codes={cast.callum.pk: "I", cast.freya.pk: "N"})
    saved = take_lesson(timetable.en_p1, {cast.callum: "/", cast.amina: "N", cast.freya: "N"}, by=cast.pat, at=IN_P1)
    assert saved.notes == {
        cast.callum.pk: "I this morning: absent in the session, in the lesson now.",
        cast.amina.pk: "/ this morning: present in the session, not in the lesson.",
    }


def test_lesson_marks_count_in_no_statutory_figure(timetable, cast):
    take(cast.nine_a, Session(MONDAY, "AM"), by=cast.pat, at=IN_P1)
    before = figures.school_counts(timetable.school.pk, MONDAY, MONDAY), list(Mark.objects.values_list())
    take_lesson(timetable.en_p1, {cast.callum: "N", cast.amina: ("L", 3)}, by=cast.pat, at=IN_P1)
    assert (figures.school_counts(timetable.school.pk, MONDAY, MONDAY), list(Mark.objects.values_list())) == before


@pytest.mark.django_db(transaction=True)
def test_saves_at_the_same_instant_wait_for_one_another(timetable, cast):
    key, pupils = uuid4(), [cast.callum, cast.amina, cast.freya]

    def one(n):
        try:
            # The first four are one click sent again; the others write the same pupils in another order.
            marks = dict.fromkeys(pupils if n < 4 else reversed(pupils), "/" if n < 4 else "N")
            return take_lesson(timetable.en_p1, marks, by=cast.sandra, at=IN_P1, key=key if n < 4 else uuid4())
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as clicks:
        saved = list(clicks.map(one, range(8)))
    assert all(answer == saved[0] for answer in saved[:4])
    assert LessonRegister.objects.count() == 1
    assert len(set(LessonMark.objects.values_list("code", flat=True))) == 1
    assert LessonMark.objects.count() == 3


# ---------- the pages ----------


def test_the_sheet_shows_the_session_marks_beside_each_name(timetable, cast, sign_in, set_clock):
    set_clock(IN_P1)
    take(cast.nine_a, Session(MONDAY, "AM"), by=cast.pat, at=IN_P1, codes={cast.callum.pk: "I"})
    page = sign_in(cast.pat).get(url("lesson_take", timetable.en_p1)).content.decode()
    assert "Absent this morning" in page
    assert "Session marks: morning illness" in page.replace("(not medical or dental appointment)", "").lower() or (
        "morning ill" in page.lower()
    )
    assert 'data-fill="N"' in page
    assert "room E14" in page
    assert "Music lesson" in page


def test_without_script_the_blanks_are_filled_but_for_who_is_absent_in_the_session(timetable, cast, sign_in, set_clock):
    set_clock(IN_P1)
    take(cast.nine_a, Session(MONDAY, "AM"), by=cast.pat, at=IN_P1, codes={cast.callum.pk: "I"})
    form = {"key": str(uuid4()), "fill": "1"} | {
        f"code-{pk}": "" for pk in (cast.callum.pk, cast.amina.pk, cast.freya.pk)
    }
    answer = sign_in(cast.pat).post(url("lesson_save", timetable.en_p1), form)
    assert answer.status_code == 302
    assert dict(LessonMark.objects.values_list("pupil", "code")) == {
        cast.callum.pk: "N", cast.amina.pk: "/", cast.freya.pk: "/",
    }  # fmt: skip


def test_without_script_a_conflict_is_a_page_that_asks(timetable, cast, sign_in, set_clock):
    set_clock(IN_P1)
    take_lesson(timetable.en_p1, {cast.callum: "N"}, by=cast.sandra, at=IN_P1)
    form = {
        "key": str(uuid4()), f"code-{cast.callum.pk}": "M", f"was-{cast.callum.pk}": "",
        f"where-{cast.callum.pk}": "Nurse", f"code-{cast.amina.pk}": "/", f"was-{cast.amina.pk}": "",
    }  # fmt: skip
    client = sign_in(cast.pat)
    answer = client.post(url("lesson_save", timetable.en_p1), form)
    assert answer.status_code == 409
    assert "somebody else changed 1 mark" in answer.content.decode()
    assert 'value="Nurse"' in answer.content.decode()
    again = form | {"key": str(uuid4()), f"was-{cast.callum.pk}": "N", f"keep-{cast.callum.pk}": "mine"}
    assert client.post(url("lesson_save", timetable.en_p1), again).status_code == 302
    assert mark(timetable.en_p1, cast.callum).comment == "Nurse"
    assert mark(timetable.en_p1, cast.amina).code == "/"


def test_the_answers_to_batches(timetable, cast, sign_in, set_clock):
    set_clock(IN_P1)
    client = sign_in(cast.pat)
    body = send(client, timetable.en_p1, [{"pupil": cast.callum.pk, "code": "M", "where": "Nurse", "was": ""}]).json()
    assert body["marks"] == {str(cast.callum.pk): ["M", None]}
    assert mark(timetable.en_p1, cast.callum).comment == "Nurse"
    refused = send(client, timetable.en_p1, [{"pupil": cast.amina.pk, "code": "I"}])
    assert refused.status_code == 422
    assert "no mark of a lesson" in refused.json()["pupils"][str(cast.amina.pk)]
    clash = send(client, timetable.en_p1, [{"pupil": cast.callum.pk, "code": "/", "was": "N"}])
    assert clash.status_code == 409
    assert clash.json()["clashes"][0]["theirs"] == "M"
    assert client.post(url("lesson_save", timetable.en_p1), "[]", content_type="application/json").status_code == 400


def test_the_teacher_takes_it_a_colleague_does_not_and_the_office_and_head_of_year_do(
    timetable, cast, sign_in, set_clock
):
    set_clock(IN_P1)
    for who, status in (("pat", 200), ("hal", 404), ("sandra", 200), ("adeyemi", 200), ("nine", 404), ("olly", 404)):
        assert sign_in(getattr(cast, who)).get(url("lesson_take", timetable.en_p1)).status_code == status, who
    assert sign_in(cast.pat).get(url("lesson_take", timetable.en_p3, MONDAY - timedelta(weeks=1))).status_code == 404


def test_a_teacher_reaches_no_pupils_page_from_a_class_that_is_not_their_form(timetable, cast, sign_in, set_clock):
    set_clock(IN_P2)
    page = sign_in(cast.pat).get(url("lesson_take", timetable.eight_p2)).content.decode()
    assert "Maddox, Tyler" in page
    assert f"/pupils/{cast.tyler.pk}/" not in page


def test_the_days_lessons_are_on_the_list_of_registers(timetable, cast, sign_in, set_clock):
    set_clock(IN_P1)
    take_lesson(
        timetable.en_p1, {cast.callum: "/", cast.amina: "/", cast.freya: "/"}, by=cast.pat, at=IN_P1, finish=True
    )
    page = sign_in(cast.pat).get(reverse("registers:register_list")).content.decode()
    assert "Your lessons, Mon 23 Nov 2026" in page
    assert "Taken 09:14" in page
    assert "Begins 10:10" in page
    assert url("lesson_take", timetable.en_p3) in page
    assert "Your lessons" not in sign_in(cast.sandra).get(reverse("registers:register_list")).content.decode()


def test_a_status_is_complete_only_when_everybody_is_marked(timetable, cast):
    take_lesson(timetable.sc_p2, {cast.callum: "/", cast.amina: "/"}, by=cast.hal, at=IN_P2)
    calendar = calendar_of(timetable.school.pk)
    (line,) = own_lessons(cast.hal, timetable.school, MONDAY, calendar)
    assert (line.status, line.expected, line.marked) == (Status.PART, 3, 2)
    take_lesson(timetable.sc_p2, {cast.freya: "N"}, by=cast.hal, at=IN_P2, finish=True)
    (line,) = own_lessons(cast.hal, timetable.school, MONDAY, calendar)
    assert line.status is Status.COMPLETE


def test_sheet_list_and_save_take_few_queries(timetable, cast, sign_in, set_clock, count_queries):
    set_clock(IN_P1)
    client = sign_in(cast.pat)
    client.get(url("lesson_take", timetable.en_p1))
    with count_queries(20):
        client.get(url("lesson_take", timetable.en_p1))
    with count_queries(24):
        assert send(client, timetable.en_p1, [{"pupil": cast.callum.pk, "code": "/", "was": ""}]).status_code == 200
