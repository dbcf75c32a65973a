"""When the clock last looked at a session's registers, as the record of runs has it."""

from __future__ import annotations

from datetime import datetime

from attendance_office.jobs.models import Job, Run
from attendance_office.staff.models import School
from registers.rules.sessions import Session

_SWEEPS = {"AM": (Job.AM_SWEEP, Job.AM_SECOND_PASS), "PM": (Job.PM_SWEEP, Job.PM_SECOND_PASS)}


def swept_at(school: School, session: Session) -> datetime | None:
    """Give when the first pass over a session ran, or None."""
    rows = Run.objects.filter(school=school, due_on=session.on, job=_SWEEPS[session.half][0], state=Run.State.DONE)
    return rows.values_list("started_at", flat=True).first()
