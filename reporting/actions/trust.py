"""What is done on the page of the schools of a trust: one goes into one of them."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from attendance_office.audit.trail import record, signed
from attendance_office.refusals import Refused
from attendance_office.staff.models import School, User
from attendance_office.staff.roles import Can
from registers.rules.dates import spoken_date
from reporting.queries.periods import Period

# What may be opened of a school, and how the trail calls it.
OPENED: Final = {
    "explorer": "Figures",
    "pupils": "Pupils",
    "persistent": "Persistently absent pupils",
    "severe": "Severely absent pupils",
    "missing": "Missing marks",
}


def open_from_trust(*, school: School, what: str, period: Period, group: str, by: User, at: datetime) -> None:
    """Write into a school's trail that its figures were opened from the page of the trust: which, and of which days.

    Raises Refused for who may not see the schools of a trust side by side there.
    """
    if not by.standing.may(Can.SEE_TRUST, school.pk):
        raise Refused("Your role does not show this school beside others.")
    days = f"{spoken_date(period.from_on)} to {spoken_date(period.to_on)}"
    with signed(by=by, at=at, school_id=school.pk):
        record(
            verb="figures opened",
            by=by,
            at=at,
            school_id=school.pk,
            subject_kind="trust",
            subject_id=what,
            words=f"{OPENED[what]}{f' ({group})' if group else ''} opened from the trust's page, {days}",
        )
