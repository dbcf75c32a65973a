"""A pupil's file: shown, printed and sent out."""

from attendance_office.staff.roles import Can

from .way import Way

SEE = (Can.SEE_PUPILS,)


def pupil(cast):
    return {"pk": cast.callum.pk}


def pupil_csv(cast):
    return pupil(cast) | {"form": "csv"}


WAYS = {
    "reporting:pupil_file": Way(SEE, pupil, rows="group"),
    "reporting:pupil_file_print": Way(SEE, pupil, post=True, rows="group", is_fragment=True),
    "reporting:pupil_file_export": Way((Can.EXPORT,), pupil_csv, post=True, rows="group", also=SEE),
}
