"""Closures."""

from attendance_office.staff.roles import Can
from registers.models import Closure
from tests.conftest import MONDAY, MORNING

from .unexplained import csv
from .way import Way


def closure(cast):
    row = Closure.objects.create(
        school=cast.thornbridge,
        code="Y3",
        name="Boiler",
        from_on=MONDAY,
        to_on=MONDAY,
        year_groups=[9],
        made_at=MORNING,
    )
    return {"pk": row.pk}


SEE = (Can.SEE_PUPILS, Can.EDIT_CALENDAR)
PLAN = {"also": (Can.USE_OFFICE_CODES,)}
WAYS = {
    "registers:closure_list": Way(SEE),
    "registers:closure_plan": Way((Can.EDIT_CALENDAR,), also=(Can.USE_OFFICE_CODES, Can.SEE_PUPILS)),
    "registers:closure_detail": Way(SEE, closure),
    "registers:closure_take_back": Way((Can.EDIT_CALENDAR,), closure, post=True, **PLAN),
    "registers:closure_export": Way((Can.EXPORT,), csv, chooses=True, post=True, also=(Can.SEE_PUPILS,)),
}
