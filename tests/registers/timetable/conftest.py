"""The cast with a timetable, at the hour of each period."""

from datetime import UTC, datetime

import pytest

from tests.factories.timetable import make_timetable

IN_P1 = datetime(2026, 11, 23, 9, 14, tzinfo=UTC)
IN_P2 = datetime(2026, 11, 23, 10, 20, tzinfo=UTC)
IN_P3 = datetime(2026, 11, 23, 13, 45, tzinfo=UTC)


@pytest.fixture
def timetable(cast):
    return make_timetable(cast)


@pytest.fixture
def set_clock(monkeypatch):
    """Give a function that sets the office's clock for doors that read it."""
    from attendance_office import clock

    def _set(at):
        monkeypatch.setattr(clock, "now", lambda: at)

    return _set
