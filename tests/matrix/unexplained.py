"""Absences without a reason, and marks nobody made."""

from attendance_office.staff.roles import Can

from .way import Way


def csv(_cast):
    return {"form": "csv"}


def entry(_cast):
    return {"entry": 1}


AMEND = (Can.AMEND_MARKS,)
WAYS = {
    "registers:unexplained_list": Way(AMEND),
    "registers:unexplained_settle": Way(AMEND, post=True),
    "registers:unexplained_export": Way((Can.EXPORT,), csv, chooses=True, post=True, also=AMEND),
    "registers:missing_marks": Way(AMEND),
    "registers:missing_complete": Way(AMEND, post=True),
    "registers:missing_export": Way((Can.EXPORT,), csv, chooses=True, post=True, also=AMEND),
    "registers:coding_undo": Way(AMEND, entry, chooses=True, post=True),
}
