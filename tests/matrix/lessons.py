"""The timetable, its lessons and their registers."""

from attendance_office.staff.roles import Can
from tests.conftest import MONDAY
from tests.factories.timetable import make_timetable

from .way import Way


def lesson(cast):
    """Name 9A's English on Monday, which Pat teaches, so that whoever takes 9A's registers takes this one."""
    return {"lesson_pk": make_timetable(cast).en_p1.pk, "on": MONDAY.isoformat()}


TAKE = (Can.TAKE_OWN_LESSON, Can.TAKE_ANY_REGISTER)
WAYS = {
    "registers:lesson_take": Way(TAKE, lesson, rows="take"),
    "registers:lesson_save": Way(TAKE, lesson, post=True, rows="take"),
}
