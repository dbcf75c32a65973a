"""Who is sent which report, and one's own reports."""

from datetime import timedelta

from attendance_office.staff.roles import Can
from reporting.actions import holds
from reporting.actions.distributions import send_week, subscribe
from reporting.models import Report, Sending, Turn
from tests.conftest import MONDAY, MORNING

from .unexplained import csv
from .way import Way

KEEP = (Can.KEEP_REPORTS,)


def subscription(cast):
    row = subscribe(
        school=cast.thornbridge, user=cast.adeyemi, year_group=9, by_mail=True, by=cast.laila, at=MORNING
    )  # fmt: skip
    return {"pk": row.pk}


def sending(cast):
    subscription(cast)
    on = MONDAY - timedelta(days=3)
    send_week(school=cast.thornbridge, on=on, by=None, at=MORNING - timedelta(days=2))
    return {"pk": Sending.objects.get().pk}


def hold(cast):
    on = MONDAY + timedelta(days=4)
    row = holds.hold(school=cast.thornbridge, report=Report.FRIDAY, on=on, why="A trip", by=cast.laila, at=MORNING)
    return {"pk": row.pk}


def turn(cast):
    sending(cast)
    return {"pk": Turn.objects.get().pk}


def coming(cast):
    return {"report": "friday", "on": (MONDAY + timedelta(days=4)).isoformat()}


def file(cast):
    return {**sending(cast), "form": "pdf"}


WAYS = {
    "reporting:sent_list": Way((Can.READ_SENT,)),
    "reporting:distributions": Way(KEEP),
    "reporting:distributions_export": Way(KEEP, csv, chooses=True, post=True, also=(Can.EXPORT,)),
    "reporting:subscription_add": Way(KEEP, post=True),
    "reporting:subscription_set": Way(KEEP, subscription, post=True),
    "reporting:distribution_preview": Way(KEEP, subscription),
    "reporting:sent_list_export": Way((Can.EXPORT,), csv, chooses=True, post=True, also=(Can.READ_SENT,)),
    "reporting:sent_detail": Way((Can.READ_SENT,), sending, rows="sent"),
    "reporting:sent_file": Way((Can.READ_SENT,), file, rows="sent", is_fragment=True),
    "reporting:own_stop": Way((Can.READ_SENT,), subscription, post=True, rows="own"),
    "reporting:sent_again": Way(KEEP, sending, post=True),
    "reporting:mail_choice": Way(KEEP),
    "reporting:mail_choose": Way((Can.CHOOSE_MAIL,), post=True),
    "reporting:round": Way(KEEP, coming, chooses=True),
    "reporting:round_hold": Way(KEEP, coming, chooses=True, post=True),
    "reporting:turn_again": Way(KEEP, turn, post=True),
    "reporting:hold_release": Way(KEEP, hold, post=True),
}
