"""What the tests of pupils stand on: a term of marks for Callum, made of a pattern that is easy to count."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from registers.actions.amendments import amend_mark
from registers.models import Mark
from registers.queries.calendar import calendar_of
from registers.rules.codes import present_code
from registers.rules.sessions import Session, monday

MARKER = "SG-CANARY"


def make_marks(pupil, from_on, to_on, *, leave_out=(), by=None, **codes):
    """Mark every school session of a stretch: present, but for the codes given as {(date, half): code}."""
    given = codes.pop("given", {})
    rows = []
    for session in calendar_of(pupil.school_id).sessions(from_on, to_on):
        if session in leave_out:
            continue
        code, minutes = given.get((session.on, session.half), (present_code(session.half), None))
        rows.append(
            Mark(
                school_id=pupil.school_id,
                pupil=pupil,
                on=session.on,
                half=session.half,
                code=code,
                minutes_late=minutes,
                school_week=monday(session.on),
                origin=Mark.Origin.REGISTER,
                recorded_at=datetime.combine(session.on, datetime.min.time(), tzinfo=UTC)
                + timedelta(hours=8 if session.half == "AM" else 13, minutes=52),
                recorded_by=by,
            )
        )
    return Mark.objects.bulk_create(rows)


@pytest.fixture
def year(cast):
    """Give the cast with Callum's autumn: 6 unauthorised, 4 ill, 2 late, 2 not possible, one session without a mark."""
    given = {
        (date(2026, 9, 7), "AM"): ("O", None),
        (date(2026, 9, 7), "PM"): ("O", None),
        (date(2026, 10, 5), "AM"): ("O", None),
        (date(2026, 10, 5), "PM"): ("O", None),
        (date(2026, 11, 2), "AM"): ("O", None),
        (date(2026, 11, 9), "AM"): ("U", 40),
        (date(2026, 9, 15), "AM"): ("I", None),
        (date(2026, 9, 15), "PM"): ("I", None),
        (date(2026, 9, 16), "AM"): ("I", None),
        (date(2026, 9, 16), "PM"): ("M", None),
        (date(2026, 10, 12), "AM"): ("L", 6),
        (date(2026, 10, 19), "AM"): ("L", 4),
        (date(2026, 11, 4), "AM"): ("D", None),
        (date(2026, 11, 4), "PM"): ("Y4", None),
    }
    make_marks(
        cast.callum,
        date(2026, 9, 2),
        date(2026, 11, 20),
        given=given,
        leave_out={Session(date(2026, 11, 18), "PM")},
        by=cast.pat,
    )
    make_marks(cast.amina, date(2026, 9, 2), date(2026, 11, 20), by=cast.pat)
    cast.people["callum_mark"] = Mark.objects.get(pupil=cast.callum, on=date(2026, 11, 2), half="AM")
    return cast


@pytest.fixture
def amended(year):
    """Give the year with one mark of Callum amended on Fri 20 Nov, 11:30."""
    amend_mark(
        mark=year.callum_mark,
        code="M",
        minutes_late=None,
        comment=f"{MARKER} letter",
        reason=f"{MARKER} dentist rang",
        by=year.sandra,
        at=datetime(2026, 11, 20, 11, 30, tzinfo=UTC),
    )
    return year
