"""The timetable's pages: grids, classes, pasted lists, clashes before saving, cover of a day, exports."""

from datetime import timedelta

import pytest
from django.urls import reverse

from registers.models import Lesson, LessonCover, Period, Seat, TeachingGroup, TimetableWeek
from tests.conftest import MONDAY
from tests.factories.timetable import take_lesson

from .conftest import IN_P1, IN_P2

NEXT_MONDAY = (MONDAY + timedelta(weeks=1)).isoformat()
SEAT = {"from_on": NEXT_MONDAY}


def page(client, name, /, *args, status=200, **asked):
    answer = client.get(reverse(f"registers:{name}", args=args), asked)
    assert answer.status_code == status
    return answer.content.decode()


def send(client, name, /, *args, status=302, **said):
    answer = client.post(reverse(f"registers:{name}", args=args), said)
    assert answer.status_code == status, answer.content.decode()[:2000]
    return answer.content.decode()


@pytest.fixture
def office(timetable, cast, sign_in, set_clock):
    set_clock(IN_P1)
    return sign_in(cast.max)


# ---------- grids ----------


def test_a_teacher_sees_the_own_two_weeks_first(timetable, cast, sign_in, set_clock):
    set_clock(IN_P1)
    shown = page(sign_in(cast.pat), "timetable")
    assert "Timetable of Mrs P. Hargreave" in shown
    assert "which is in a week B" in shown
    assert "3 lessons in two weeks" in shown
    assert shown.count("8C/En") == 2


def test_by_class_room_and_pupil(timetable, cast, office):
    assert "2 lessons in two weeks" in page(office, "timetable", by="class", who=timetable.nine_en.pk)
    assert "1 lesson in two weeks" in page(office, "timetable", by="room", who="S2")
    of_callum = page(office, "timetable", by="pupil", who=cast.callum.pk)
    assert "Timetable of Callum Ashworth" in of_callum
    assert "3 lessons in two weeks" in of_callum
    assert "8C/En" not in of_callum
    assert "Choose whose timetable to see" in page(office, "timetable", by="room", who="nowhere")


def test_a_pupil_out_of_reach_has_no_timetable_here(timetable, cast, sign_in, set_clock):
    set_clock(IN_P1)
    shown = page(sign_in(cast.pat), "timetable", by="pupil", who=cast.tyler.pk)
    assert "Maddox" not in shown
    assert "0 lessons" in shown


def test_the_grid_is_as_it_holds_on_the_day(timetable, cast, office):
    Lesson.objects.filter(pk=timetable.en_p1.pk).update(to_on=MONDAY)
    assert "1 lesson in two weeks" in page(office, "timetable", by="class", who=timetable.nine_en.pk, on=NEXT_MONDAY)


def test_grids_in_few_queries(timetable, cast, office, count_queries):
    for by, who in (("teacher", cast.pat.pk), ("class", timetable.nine_en.pk), ("pupil", cast.callum.pk)):
        with count_queries(14):
            page(office, "timetable", by=by, who=who)
    with count_queries(17):
        page(office, "class_detail", timetable.nine_en.pk)
    with count_queries(14):
        page(office, "lesson_day")


# ---------- periods and weeks ----------


def test_periods_and_weeks_are_kept_on_one_page(timetable, office):
    shown = page(office, "timetable_days")
    assert "The next school weeks" in shown
    assert "Mon 30 Nov 2026" in shown
    send(office, "period_add", name="P4", half="PM", starts_at="14:40", ends_at="15:40")
    p4 = Period.objects.get(name="P4")
    send(office, "period_change", p4.pk, name="P5", half="PM", starts_at="14:40", ends_at="15:40")
    assert "lies over P1" in send(
        office, "period_add", name="P6", half="AM", starts_at="09:00", ends_at="09:30", status=422
    )
    send(office, "period_remove", p4.pk)
    assert not Period.objects.filter(name="P5").exists()
    send(office, "week_set", on=NEXT_MONDAY, letter="B")
    row = TimetableWeek.objects.get(monday=NEXT_MONDAY)
    send(office, "week_remove", row.pk)
    assert TimetableWeek.objects.count() == 1
    assert "Enter a valid date" in send(office, "week_set", on="x", letter="B", status=422)


# ---------- classes ----------


def test_a_class_is_made_listed_and_changed(timetable, office):
    send(office, "class_make", name="9B/En", subject="English", year_group="9", is_used="on")
    made = TeachingGroup.objects.get(name="9B/En")
    assert "called 9b/en already" in send(office, "class_make", name="9b/en", status=422)
    send(office, "class_change", made.pk, name="9B/En2", subject="English", year_group="9", is_used="on")
    assert "Classes, 2" in page(office, "class_list", q="english", year="9")
    assert "9B/En2" in page(office, "class_list", q="9b")
    assert "No class is called so" in page(office, "class_list", q="zzz")


def test_a_class_shows_its_pupils_within_reach_and_its_next_lessons(timetable, cast, office, sign_in):
    shown = page(office, "class_detail", timetable.nine_en.pk)
    assert "In it now, 3" in shown
    assert "Mon 23 Nov" in shown
    assert "Mon 30 Nov" in shown
    assert "In it now, 0" in page(sign_in(cast.hal), "class_detail", timetable.nine_en.pk)


def test_a_pasted_list_seats_pupils_and_leaves_what_it_did_not_understand(timetable, cast, office):
    shown = send(
        office,
        "seat_add",
        timetable.nine_en.pk,
        who=f"Maddox, Tyler\n{cast.ikra.upn}\nNobody, Noname",
        status=422,
        **SEAT,
    )
    assert "Nobody on roll is called so" in shown
    assert Seat.objects.filter(teaching_group=timetable.nine_en, from_on=NEXT_MONDAY).count() == 2
    box = shown[shown.index("<textarea") : shown.index("</textarea>")]
    assert box.strip().endswith("Nobody, Noname")


def test_a_pasted_list_that_clashes_asks_first(timetable, cast, office):
    shown = send(office, "seat_add", timetable.eight_en.pk, who="Ashworth, Callum", status=422, **SEAT)
    assert "Nothing was saved yet: 1 would be in two places" in shown
    assert "in 9A/Sc as well" in shown
    assert not Seat.objects.filter(teaching_group=timetable.eight_en, pupil=cast.callum).exists()
    send(office, "seat_add", timetable.eight_en.pk, who="Ashworth, Callum", in_spite="1", **SEAT)
    seat = Seat.objects.get(teaching_group=timetable.eight_en, pupil=cast.callum)
    send(office, "seat_end", timetable.eight_en.pk, seat.pk, last_on=NEXT_MONDAY)
    seat.refresh_from_db()
    assert seat.to_on.isoformat() == NEXT_MONDAY
    send(office, "seat_end", timetable.eight_en.pk, seat.pk, last_on="soon")


def rows_of(*rows, from_on=NEXT_MONDAY):
    said = {"from_on": from_on, "l-TOTAL_FORMS": str(len(rows)), "l-INITIAL_FORMS": "0"}
    for number, row in enumerate(rows):
        said |= {f"l-{number}-{name}": str(value) for name, value in row.items()}
    return said


def test_the_lessons_of_a_class_change_from_a_day_on(timetable, cast, office):
    shown = page(office, "class_lessons", timetable.nine_en.pk)
    assert 'value="E14"' in shown
    row = {"week": "", "weekday": 2, "period": timetable.p1.pk, "teacher": cast.pat.pk, "room": "E14"}
    blank = {"week": "", "weekday": "", "period": "", "teacher": "", "room": ""}
    send(office, "class_lessons", timetable.nine_en.pk, **rows_of(row, blank))
    assert Lesson.objects.get(teaching_group=timetable.nine_en, to_on=None).weekday == 2
    assert Lesson.objects.filter(teaching_group=timetable.nine_en).count() == 3
    half = {"week": "", "weekday": 2, "period": "", "teacher": "", "room": ""}
    assert "Choose the period" in send(office, "class_lessons", timetable.nine_en.pk, status=422, **rows_of(half))


def test_lessons_that_clash_ask_first(timetable, cast, office):
    row = {"week": "", "weekday": 1, "period": timetable.p2.pk, "teacher": cast.pat.pk, "room": ""}
    shown = send(office, "class_lessons", timetable.nine_en.pk, status=422, **rows_of(row))
    assert "Mrs P. Hargreave: Monday P2 from Mon 30 Nov 2026 also has 8C/En." in shown
    assert Lesson.objects.count() == 4
    send(office, "class_lessons", timetable.nine_en.pk, in_spite="1", **rows_of(row))
    assert Lesson.objects.filter(teaching_group=timetable.nine_en, to_on=None).count() == 1


def test_a_change_that_would_alter_the_past_is_refused_on_the_page(timetable, cast, office):
    take_lesson(timetable.en_p1, {cast.callum: "/"}, by=cast.pat, at=IN_P1)
    shown = send(office, "class_lessons", timetable.nine_en.pk, status=422, **rows_of(from_on=MONDAY.isoformat()))
    assert "A register of 9A/En was taken on Mon 23 Nov 2026" in shown


# ---------- the lessons of a day, and cover ----------


def test_the_lessons_of_a_day_by_period_teacher_and_what_is_owed(timetable, cast, office, set_clock):
    set_clock(IN_P2)
    assert "Lessons of Mon 23 Nov 2026, 4" in page(office, "lesson_day")
    assert "Lessons of Mon 23 Nov 2026, 3" in page(office, "lesson_day", show="owed")
    assert "Lessons of Mon 23 Nov 2026, 1" in page(office, "lesson_day", teacher=cast.hal.pk)
    assert "Lessons of Mon 23 Nov 2026, 2" in page(office, "lesson_day", period=timetable.p2.pk)
    assert "No lesson fits" in page(office, "lesson_day", show="cover")
    assert "The school does not meet" in page(office, "lesson_day", on="2026-11-22")


def test_cover_offers_who_is_free_and_is_taken_back(timetable, cast, office):
    on = MONDAY.isoformat()
    shown = page(office, "lesson_cover", timetable.sc_p2.pk, on)
    assert "Farrant, Ms B. Farrant" in shown
    assert "Hargreave, Mrs" not in shown
    send(office, "lesson_cover", timetable.sc_p2.pk, on, user=cast.bea.pk, name="", room="", why="Course")
    assert LessonCover.objects.get().user == cast.bea
    assert "Ms B. Farrant" in page(office, "lesson_day", show="cover")
    assert "Farrant, Ms B. Farrant" in page(office, "lesson_cover", timetable.sc_p2.pk, on)
    assert "Choose a colleague" in send(
        office, "lesson_cover", timetable.sc_p2.pk, on, user="", name="", room="", why="", status=422
    )
    send(office, "lesson_cover_end", timetable.sc_p2.pk, on)
    assert not LessonCover.objects.exists()
    page(office, "lesson_cover", timetable.sc_p2.pk, "2026-11-24", status=404)


def test_whoever_covers_sees_the_lesson_among_their_own(timetable, cast, office, sign_in):
    on = MONDAY.isoformat()
    send(office, "lesson_cover", timetable.sc_p2.pk, on, user=cast.bea.pk, name="", room="Hall", why="")
    shown = sign_in(cast.bea).get(reverse("registers:register_list")).content.decode()
    assert "cover for Mr H. Tranter" in shown
    assert "Hall" in shown
    assert "covered by Ms B. Farrant" in sign_in(cast.hal).get(reverse("registers:register_list")).content.decode()


def test_the_pupils_of_a_class_go_out_as_far_as_they_are_seen(timetable, cast, office, sign_in):
    url = reverse("registers:seat_export", args=[timetable.nine_en.pk, "csv"])
    assert '"Ashworth, Callum","9A","2026-09-07",' in office.post(url).content.decode("utf-8-sig")
    assert "Ashworth" not in sign_in(cast.nine).post(url).content.decode("utf-8-sig")


@pytest.mark.parametrize(
    ("name", "asked", "line"),
    [
        ("timetable_export", "by=room&who=S2", "A,Monday,P2,9A/Sc,Science,Mr H. Tranter,S2"),
        ("class_export", "q=9A/Sc", "9A/Sc,Science,9,3,yes"),
        ("lesson_day_export", "on=2026-11-23&show=all", "P2,9A/Sc,Mr H. Tranter,,S2,,3,"),
    ],
)
def test_lists_go_out_as_they_are_shown(timetable, office, name, asked, line):
    answer = office.post(reverse(f"registers:{name}", args=["csv"]), {"query": asked})
    assert answer.status_code == 200
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    assert line in body.decode("utf-8-sig").replace('"', "")
