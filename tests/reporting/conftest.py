"""A school with a term of marks, for whoever asks questions of it."""

import random
from datetime import UTC, date, datetime, timedelta

import pytest

from registers.models import Mark
from registers.rules.codes import present_code
from registers.rules.sessions import monday
from tests.factories.cast import put_on_roll

AT = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
FROM, TO = date(2026, 9, 2), date(2026, 11, 20)
AWAY = {date(2026, 10, 23)} | {date(2026, 10, day) for day in range(26, 31)}


def put(school, marks):
    """Put marks {(pupil, on, half): code} on record."""
    Mark.objects.bulk_create(
        Mark(
            school=school, pupil=pupil, on=on, half=half, code=symbol, school_week=monday(on), origin="register",
            recorded_at=AT,
        )
        for (pupil, on, half), symbol in marks.items()
    )  # fmt: skip


def sessions(first=FROM, last=TO):
    """Give the sessions the cast's school held."""
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [(on, half) for on in days if on.weekday() < 5 and on not in AWAY for half in ("AM", "PM")]


def attend(pupil, missed, of, code="I"):
    """Give a pupil's marks of the first so many sessions, the first so many of them missed."""
    some = sessions()[:of]
    assert len(some) == of
    return {(pupil, on, half): code if at < missed else present_code(half) for at, (on, half) in enumerate(some)}


@pytest.fixture
def term(cast):
    """Give the cast with twenty more pupils in 9A and a term of marks, the same at every run."""
    rng = random.Random(5)
    more = put_on_roll(
        *(
            (
                cast.nine_a,
                f"Pupil{n:02d}",
                "Sam",
                {"sex": "F" if n % 2 else "M", "is_fsm": n % 3 == 0, "is_pp": n % 3 == 0},
            )
            for n in range(20)
        )
    )
    pupils = [cast.callum, cast.amina, cast.freya, cast.tyler, cast.ikra, *more]
    marks = {}
    for pupil in pupils:
        share = rng.choice([0.02, 0.05, 0.12, 0.3])
        for on, half in sessions():
            marks[pupil, on, half] = rng.choice("INOU") if rng.random() < share else present_code(half)
    marks[cast.callum, date(2026, 9, 3), "AM"] = "#"
    marks[cast.callum, date(2026, 9, 4), "AM"] = "D"
    put(cast.thornbridge, marks)
    put(cast.ridgeway, {(cast.canary, date(2026, 9, 3), "AM"): "O"})
    cast.marks, cast.more = marks, more
    return cast
