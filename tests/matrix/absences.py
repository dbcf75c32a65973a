"""The absence line."""

from attendance_office.staff.roles import Can
from registers.models import AbsenceNote, Call, LineMessage
from tests.conftest import MONDAY, MORNING

from .way import Way


def note(cast):
    row = AbsenceNote.objects.create(
        school=cast.thornbridge,
        pupil=cast.callum,
        from_on=MONDAY,
        to_on=MONDAY,
        told_code="I",
        code="I",
        logged_at=MORNING,
    )
    return {"pk": row.pk}


def call(cast):
    row = Call.objects.create(
        school=cast.thornbridge, note_id=note(cast)["pk"], channel="call", heard_at=MORNING, logged_at=MORNING
    )
    return {"pk": row.pk}


def message(cast):
    row = LineMessage.objects.create(
        school=cast.thornbridge,
        channel="voicemail",
        received_at=MORNING,
        logged_at=MORNING,
        body="Callum Ashworth is ill today.",
    )
    return {"pk": row.pk}


def csv(_cast):
    return {"form": "csv"}


LOG = (Can.LOG_ABSENCE,)
WAYS = {
    "registers:absence_line": Way(LOG),
    "registers:absence_find": Way(LOG, get={"q": "ash"}, is_fragment=True),
    "registers:absence_until": Way(LOG, get={"until": "fri"}, is_fragment=True),
    "registers:absence_log": Way(LOG, post=True),
    "registers:absence_note": Way(LOG, note, rows="group"),
    "registers:absence_change": Way(LOG, note, post=True, rows="group"),
    "registers:absence_close": Way(LOG, note, post=True, rows="group"),
    "registers:absence_undo": Way(LOG, call, post=True, rows="group"),
    "registers:absence_also": Way(LOG, call, post=True, rows="group"),
    "registers:message_list": Way(LOG),
    "registers:message_export": Way((Can.EXPORT,), csv, chooses=True, post=True, also=LOG),
    "registers:message_back": Way(LOG, message, post=True, rows="group"),
    "registers:message_add": Way(LOG),
    "registers:message_aside": Way(LOG, message, post=True, rows="group"),
    "registers:absence_export": Way((Can.EXPORT,), csv, chooses=True, post=True),
}
