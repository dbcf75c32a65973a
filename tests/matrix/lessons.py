"""The timetable, its classes, its lessons and their registers."""

from attendance_office.staff.roles import Can
from registers.models import Seat, TimetableWeek
from tests.conftest import MONDAY
from tests.factories.timetable import make_timetable

from .unexplained import csv
from .way import Way


def lesson(cast):
    """Name 9A's English on Monday, which Pat teaches, so that whoever takes 9A's registers takes this one."""
    return {"lesson_pk": make_timetable(cast).en_p1.pk, "on": MONDAY.isoformat()}


def group(cast):
    return {"pk": make_timetable(cast).nine_en.pk}


def seats_csv(cast):
    return group(cast) | {"form": "csv"}


def seat(cast):
    row = Seat.objects.get(teaching_group=make_timetable(cast).nine_en, pupil=cast.callum)
    return {"pk": row.teaching_group_id, "seat": row.pk}


def period(cast):
    return {"pk": make_timetable(cast).p1.pk}


def week(cast):
    make_timetable(cast)
    return {"pk": TimetableWeek.objects.get(school=cast.thornbridge).pk}


TAKE = (Can.TAKE_OWN_LESSON, Can.TAKE_ANY_REGISTER)
DAY = (Can.TAKE_OWN_LESSON, Can.ARRANGE_COVER)
SEE, EDIT, COVER = (Can.SEE_PUPILS,), (Can.EDIT_TIMETABLE,), (Can.ARRANGE_COVER,)
WAYS = {
    "registers:lesson_take": Way(TAKE, lesson, rows="take"),
    "registers:lesson_save": Way(TAKE, lesson, post=True, rows="take"),
    "registers:lesson_day": Way(DAY),
    "registers:lesson_day_export": Way((Can.EXPORT,), csv, chooses=True, post=True, also=(Can.TAKE_OWN_LESSON,)),
    "registers:lesson_cover": Way(COVER, lesson),
    "registers:lesson_cover_end": Way(COVER, lesson, post=True),
    "registers:timetable": Way(SEE),
    "registers:timetable_export": Way((Can.EXPORT,), csv, chooses=True, post=True, also=SEE),
    "registers:timetable_days": Way(EDIT),
    "registers:period_add": Way(EDIT),
    "registers:period_change": Way(EDIT, period),
    "registers:period_remove": Way(EDIT, period, post=True, once=True),
    "registers:week_set": Way(EDIT, post=True),
    "registers:week_remove": Way(EDIT, week, post=True, once=True),
    "registers:class_list": Way(SEE),
    "registers:class_export": Way((Can.EXPORT,), csv, chooses=True, post=True, also=SEE),
    "registers:class_make": Way(EDIT),
    "registers:class_detail": Way(SEE, group),
    "registers:class_change": Way(EDIT, group),
    "registers:class_lessons": Way(EDIT, group),
    "registers:seat_export": Way((Can.EXPORT,), seats_csv, post=True, also=SEE),
    "registers:seat_add": Way(EDIT, group, post=True),
    "registers:seat_end": Way(EDIT, seat, post=True, rows="group"),
}
