"""Lates."""

from attendance_office.staff.roles import Can

from .unexplained import csv
from .way import Way


def year(_cast):
    return {"year": 9}


SEE = (Can.SEE_LATES,)
WAYS = {
    "registers:late_list": Way(SEE),
    "registers:late_sheet": Way(SEE, year, chooses=True),
    "registers:late_export": Way((Can.EXPORT,), csv, chooses=True, post=True, also=SEE),
}
