"""What the tests of the project package's own room share."""

import io
import logging

import pytest

from attendance_office.web.logs import NoPupilData


@pytest.fixture
def console():
    """Give what the console handler writes, through its own filter."""
    handler = next(
        handler
        for handler in logging.getLogger().handlers
        if any(isinstance(one, NoPupilData) for one in handler.filters)
    )
    written = io.StringIO()
    before = handler.setStream(written)
    yield written
    handler.setStream(before)
