"""First-day contact: alerts, the call sheet, and what went to safeguarding."""

from uuid import uuid4

from attendance_office.staff.roles import Can
from interventions.actions.first_day import open_families
from interventions.actions.safeguarding import raise_item
from registers.actions.attendance import Entry, save_marks
from registers.models import LineMessage
from registers.rules.sessions import Session
from tests.conftest import MONDAY, MORNING

from .unexplained import csv
from .way import Way

CONTACT = (Can.CONTACT_HOME,)
AM = Session(MONDAY, "AM")


def family(cast):
    """Open the family of Callum, who is marked N."""
    save_marks(
        school=cast.thornbridge, tutor_group=cast.nine_a, session=AM, entries=[Entry(pupil_id=cast.callum.pk, code="N")],
        key=uuid4(), finish=False, by=cast.pat, at=MORNING,
    )  # fmt: skip
    ((day, _),) = open_families(
        school=cast.thornbridge, session=AM, pupil_ids=[cast.callum.pk], by=cast.sandra, at=MORNING
    )
    return day


def day(cast):
    return {"pk": family(cast).pk}


def number(cast):
    return day(cast) | {"contact": cast.callum.parents.get().contact_id, "way": "mobile"}


def answer(cast):
    row = LineMessage.objects.create(
        school=cast.thornbridge, channel="text", received_at=MORNING, body="Callum is ill", logged_at=MORNING,
        sender=cast.callum.parents.get().contact.mobile,
    )  # fmt: skip
    return day(cast) | {"message": row.pk}


def item(cast):
    return {"pk": raise_item(day=family(cast), why="Nobody answers", by=cast.sandra, at=MORNING).pk}


WAYS = {
    "interventions:first_day": Way(CONTACT),
    "interventions:alert_preview": Way(CONTACT),
    "interventions:alert_prepare": Way(CONTACT, post=True),
    "interventions:alert_stop": Way(CONTACT, post=True),
    "interventions:alert_settings": Way((Can.EDIT_LETTERS,)),
    "interventions:call_sheet": Way(CONTACT),
    "interventions:first_day_export": Way(CONTACT, csv, chooses=True, post=True, also=(Can.EXPORT,)),
    "interventions:call_sheet_export": Way(CONTACT, csv, chooses=True, post=True, also=(Can.EXPORT,)),
    "interventions:call_begin": Way(CONTACT, post=True),
    "interventions:call_spoke": Way(CONTACT, number, rows="group"),
    "interventions:call_outcome": Way(CONTACT, day, post=True, rows="group"),
    "interventions:reply_agree": Way(CONTACT, answer, post=True, rows="group", also=(Can.LOG_ABSENCE,)),
    "interventions:item_raise": Way(CONTACT, day, post=True, rows="group"),
    "interventions:safeguarding_list": Way(CONTACT),
    "interventions:safeguarding_list_export": Way((Can.EXPORT,), csv, chooses=True, post=True, also=CONTACT),
    "interventions:safeguarding_item": Way(CONTACT, item, rows="group"),
    "interventions:item_step": Way(CONTACT, item, post=True, rows="group"),
    "interventions:item_close": Way((Can.SETTLE_SAFEGUARDING,), item, post=True, rows="group"),
}
