"""The cast's Monday morning, as the post room sees it."""

from datetime import UTC, date, datetime

import pytest

from letters.actions.chases import chase_registers
from registers.queries.registers import registers_of
from registers.rules.sessions import Session

NINE = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
MONDAY_AM = Session(date(2026, 11, 23), "AM")


@pytest.fixture
def chase(cast):
    """Give a function that chases what Thornbridge owes on Monday morning."""

    def _chase(step="first", at=NINE, by=None, **more):
        lines = more.pop("lines", None) or registers_of(cast.thornbridge, MONDAY_AM)
        return chase_registers(school=cast.thornbridge, session=MONDAY_AM, lines=lines, step=step, by=by, at=at, **more)

    return _chase
