"""The admission register and contacts."""

from attendance_office.staff.roles import Can

from .unexplained import csv
from .way import Way


def pupil(cast):
    return {"pk": cast.callum.pk}


def stay(cast):
    return {"pk": cast.callum.enrolments.get().pk}


def link(cast):
    return {"pk": cast.callum.pk, "link": cast.callum.parents.get().pk}


EDIT = (Can.EDIT_PUPILS,)
WAYS = {
    "registers:admissions": Way(EDIT),
    "registers:pupil_enrol": Way(EDIT),
    "registers:return_mark": Way(EDIT, post=True),
    "registers:leaving_cancel": Way(EDIT, stay, post=True, rows="group"),
    "registers:upn_export": Way((Can.EXPORT,), csv, chooses=True, post=True, also=(Can.EDIT_PUPILS,)),
    "registers:return_export": Way((Can.EXPORT,), csv, chooses=True, post=True, also=EDIT),
    "registers:admission_export": Way((Can.EXPORT,), csv, chooses=True, post=True, also=EDIT),
    "registers:pupil_move": Way(EDIT, pupil, rows="group"),
    "registers:pupil_leave": Way(EDIT, pupil, rows="group"),
    "registers:contact_add": Way(EDIT, pupil, rows="group"),
    "registers:contact_change": Way(EDIT, link, rows="group"),
    "registers:contact_act": Way(EDIT, link, post=True, rows="group"),
    "registers:contact_health": Way((Can.SEE_CONTACTS,)),
    "registers:contact_export": Way((Can.EXPORT,), csv, chooses=True, post=True, also=(Can.SEE_CONTACTS,)),
}
