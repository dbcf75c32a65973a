"""Lists as files: who may see the list and may export."""

from attendance_office.staff.roles import Can

from .way import Way


def csv(_cast):
    return {"form": "csv"}


def pupil(cast):
    return {"pk": cast.callum.pk, "form": "xlsx"}


WAYS = {
    "letters:board_export": Way((Can.EXPORT,), csv, chooses=True, post=True),
    "letters:message_export": Way((Can.EXPORT,), csv, chooses=True, post=True, also=(Can.SEE_OUTBOX,)),
    "office:staff_export": Way((Can.EXPORT,), csv, chooses=True, post=True, also=(Can.EDIT_STAFF,)),
    "office:trail_export": Way((Can.EXPORT,), csv, chooses=True, post=True, also=(Can.SEE_AUDIT,)),
    "registers:register_list_export": Way((Can.EXPORT,), csv, chooses=True, post=True, also=(Can.TAKE_OWN_REGISTER,)),
    "registers:pupil_marks_export": Way((Can.EXPORT,), pupil, post=True, rows="group"),
}
