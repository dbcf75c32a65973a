"""What every page of a pupil shows at its top, in whichever wing the page is."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from attendance_office import clock
from attendance_office.staff.roles import Can
from registers.models import Pupil, SessionTimes
from registers.queries import figures, pupil_marks, pupils
from registers.queries.kept_words import reads_comments
from registers.queries.pupil_marks import Marked
from registers.rules.sessions import Calendar


def frame(
    pupil: Pupil,
    tab: str,
    *,
    allowed: Collection[Can],
    at: datetime,
    calendar: Calendar | None = None,
    times: Mapping[str, SessionTimes] | None = None,
    today: Sequence[Marked] | None = None,
) -> dict[str, Any]:
    """Give the identity bar, the tabs and this session's state, as far as the person may see them.

    `calendar`, `times` of the day and `today`, its marks, are read where the page has not read them.
    """
    on = clock.local(at).date()
    if today is None:
        today = pupil_marks.marks_of(pupil, on, on, allowed=allowed)
    due = figures.latest_due(pupil.school_id, at, calendar=calendar, times=times)
    is_today = due is not None and due.on == on
    return {
        "pupil": pupil,
        "identity": pupils.identity(pupil, allowed=allowed, on=on),
        "tab": tab,
        "state": next((mark for mark in today if due is not None and mark.session == due), None),
        "state_half": {"AM": "this morning", "PM": "this afternoon"}[due.half] if is_today and due else "",
        "may_amend": Can.AMEND_MARKS in allowed,
        "sees_contacts": Can.SEE_CONTACTS in allowed,
        "sees_letters": Can.SEE_LETTERS in allowed,
        "reads_comments": reads_comments(allowed),
        "may_edit": Can.EDIT_PUPILS in allowed,
    }
