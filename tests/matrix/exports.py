"""Lists as files: who may see the list and may export."""

from attendance_office.staff.roles import Can
from registers.models import Group

from .way import Way


def csv(_cast):
    return {"form": "csv"}


def pupil(cast):
    return {"pk": cast.callum.pk, "form": "xlsx"}


def group(cast):
    return {"pk": Group.objects.create(school=cast.thornbridge, name="Breakfast club").pk, "form": "csv"}


ANYBODY = (Can.SEE_PUPILS, Can.EDIT_CALENDAR, Can.SEE_FIGURES, Can.EDIT_STAFF)
WAYS = {
    "letters:board_export": Way((Can.EXPORT,), csv, chooses=True, post=True, also=(Can.SEE_BOARD,)),
    "letters:message_export": Way((Can.EXPORT,), csv, chooses=True, post=True, also=(Can.SEE_OUTBOX,)),
    "office:staff_export": Way((Can.EXPORT,), csv, chooses=True, post=True, also=(Can.EDIT_STAFF,)),
    "office:trail_export": Way((Can.EXPORT,), csv, chooses=True, post=True, also=(Can.SEE_AUDIT,)),
    "office:role_export": Way((Can.EDIT_STAFF, Can.SEE_AUDIT), csv, chooses=True, post=True, also=(Can.EXPORT,)),
    "interventions:job_export": Way((Can.EDIT_JOBS, Can.RUN_JOBS), csv, chooses=True, post=True, also=(Can.EXPORT,)),
    "interventions:run_export": Way((Can.EDIT_JOBS, Can.RUN_JOBS), csv, chooses=True, post=True, also=(Can.EXPORT,)),
    "registers:calendar_export": Way(ANYBODY, csv, chooses=True, post=True, also=(Can.EXPORT,)),
    "registers:code_export": Way(ANYBODY, csv, chooses=True, post=True, also=(Can.EXPORT,)),
    "registers:group_list_export": Way((Can.SEE_PUPILS,), csv, chooses=True, post=True, also=(Can.EXPORT,)),
    "registers:group_export": Way((Can.SEE_PUPILS,), group, post=True, also=(Can.EXPORT,)),
    "registers:import_export": Way((Can.IMPORT,), csv, chooses=True, post=True, also=(Can.EXPORT,)),
    "registers:register_list_export": Way((Can.EXPORT,), csv, chooses=True, post=True, also=(Can.TAKE_OWN_REGISTER,)),
    "registers:pupil_marks_export": Way((Can.EXPORT,), pupil, post=True, rows="group"),
}
