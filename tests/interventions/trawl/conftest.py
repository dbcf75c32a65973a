"""Marks laid down in bulk, and a school of chance."""

import random
from datetime import UTC, date, datetime, timedelta

import pytest

from interventions.actions.patterns import find_patterns
from interventions.actions.trawl import run_trawl
from registers.models import Mark
from registers.queries.calendar import calendar_of
from registers.rules.sessions import monday
from tests.conftest import MORNING
from tests.factories.cast import put_on_roll

FRIDAY = date(2026, 11, 20)
THURSDAY = date(2026, 11, 19)
AT_SEVEN = datetime(2026, 11, 20, 7, 0, tzinfo=UTC)
WEEK = timedelta(days=7)


def put(school, marks):
    """Put marks {(pupil, on, half): code} on record."""
    Mark.objects.bulk_create(
        Mark(
            school=school, pupil=pupil, on=on, half=half, code=code, school_week=monday(on), origin="register",
            recorded_at=AT_SEVEN,
        )
        for (pupil, on, half), code in marks.items()
    )  # fmt: skip


def attend(pupil, *, absent=0, possible=None, to_on=THURSDAY, from_on=date(2026, 9, 2), code="O", first=False):
    """Mark a pupil for the year's sessions, the last `absent` of them (or the first) missed."""
    sessions = calendar_of(pupil.school_id).sessions(from_on, to_on)
    sessions = sessions if possible is None else sessions[-possible:]
    away = sessions[:absent] if first else sessions[len(sessions) - absent :]
    put(
        pupil.school,
        {(pupil, s.on, s.half): code if s in away else ("/" if s.half == "AM" else "\\") for s in sessions},
    )


@pytest.fixture
def chance(cast):
    """Give the cast with sixty more pupils and a term of marks by chance, some ill for long."""
    rng = random.Random(5)
    more = put_on_roll(*((cast.nine_a if n % 2 else cast.eight_c, f"Chance{n:02d}", "Sam", {}) for n in range(60)))
    marks = {}
    sessions = calendar_of(cast.thornbridge.pk).sessions(date(2026, 9, 2), date(2026, 11, 27))
    for pupil in (*more, cast.callum, cast.amina, cast.freya, cast.tyler, cast.ikra):
        share = rng.choice([0, 0, 0.02, 0.05, 0.1, 0.2, 0.6])
        for session in sessions:
            turned = 1 - share if rng.random() < 0.03 else share
            if rng.random() < 0.97:
                away = rng.random() < turned
                marks[pupil, session.on, session.half] = (
                    rng.choice("IOMUG") if away else rng.choice(["/", "L", "V", "D"])
                )
    put(cast.thornbridge, marks)
    cast.more = more
    cast.marks = marks
    return cast


def away(cast, pupil, wanted, rng_days=()):
    """Mark a pupil's year, away where `wanted(session)` says or on the days named."""
    sessions = calendar_of(cast.thornbridge.pk).sessions(date(2026, 9, 2), date(2026, 11, 19))
    put(cast.thornbridge, {
        (pupil, s.on, s.half): "O" if wanted(s) or s.on in rng_days else ("/" if s.half == "AM" else "\\") for s in sessions
    })  # fmt: skip


def run(cast):
    return run_trawl(school=cast.thornbridge, on=FRIDAY, by=None, at=datetime(2026, 11, 20, 7, tzinfo=UTC)).trawl


@pytest.fixture
def patterned(cast):
    """Forty pupils away on days of no pattern, and Callum on every Friday afternoon but one."""
    days = calendar_of(cast.thornbridge.pk).days(date(2026, 9, 7), date(2026, 11, 19))
    others = put_on_roll(*((cast.nine_a, f"Other{n:02d}", "Jo", {}) for n in range(40)))
    for n, pupil in enumerate(others):
        away(cast, pupil, lambda s: False, {days[(n * 7 + k * 11) % len(days)] for k in range(6)})
    fridays = [on for on in days if on.weekday() == 4]
    away(cast, cast.callum, lambda s: s.on in fridays[1:] and s.half == "PM")
    cast.trawl = run(cast)
    find_patterns(trawl=cast.trawl, by=None, at=MORNING)
    return cast
