"""The demo's trawls: those of the last four Fridays, each counted to its day, and what became of the older ones."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from attendance_office import clock
from attendance_office.jobs.actions import DEFAULTS
from attendance_office.jobs.due import instant
from attendance_office.jobs.models import Job
from attendance_office.staff.models import Post, School
from attendance_office.staff.roles import Role
from interventions.actions.due import run_job
from interventions.actions.trawl import put_aside, take_up
from interventions.models import CaseProposal, Trawl
from registers.queries.calendar import calendar_of

FRIDAYS: Final = 4
_FRIDAY: Final = 4
_ASIDE: Final = (
    "In hospital until the new year, the ward school teaches",
    "Parent met on Thursday, plan agreed with the head of year",
)


def trawl_past_fridays(*, school: School, at: datetime) -> int:
    """Run the trawls of the last four Fridays that have none, as the clock would have; give how many were run.

    On the Monday after each but the last the attendance lead put two proposals aside and took the others up.
    """
    today = clock.local(at).date()
    days = calendar_of(school.pk).days(today - timedelta(weeks=12), today)
    due = DEFAULTS[Job.ABSENCE_TRAWL]
    fridays = [on for on in days if on.weekday() == _FRIDAY and instant(on, due) <= at][-FRIDAYS:]
    run = 0
    for on in fridays:
        if Trawl.objects.filter(school=school, on=on).exists():
            continue
        run_job(school=school, job=Job.ABSENCE_TRAWL, on=on, by=None, at=instant(on, due))
        run += 1
        if on != fridays[-1]:
            _work_through(school, at=instant(on + timedelta(days=3), due) + timedelta(hours=2))
    return run


def _work_through(school: School, *, at: datetime) -> None:
    lead = Post.objects.filter(school=school, role=Role.LEAD, ended_on=None).select_related("user").first()
    rows = list(CaseProposal.objects.filter(school=school, state=CaseProposal.State.PROPOSED).order_by("gravity", "pk"))
    if lead is None:
        return
    for row, why in zip(rows, _ASIDE, strict=False):
        put_aside(school=school, proposals=[row], why=why, by=lead.user, at=at)
    if rest := rows[len(_ASIDE) :]:
        take_up(school=school, proposals=rest, by=lead.user, at=at + timedelta(minutes=20))
