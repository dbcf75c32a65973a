"""Days as they come in addresses and forms, where anybody may type anything."""

from __future__ import annotations

from datetime import date
from typing import Final

# What may be asked of: a school year to either side of these can still be counted.
EARLIEST: Final = date(1900, 1, 1)
LATEST: Final = date(2099, 12, 31)


def may_be_asked(on: date) -> bool:
    """Tell whether a day lies in the years that a page answers for; a slip like 0206 or 9999 does not."""
    return EARLIEST <= on <= LATEST


def read_day(text: str) -> date:
    """Give the day a text is, like 2026-11-27. Raises ValueError for what is none, and for one out of all bounds."""
    day = date.fromisoformat(text)
    if not may_be_asked(day):
        raise ValueError(f"{text} is before {EARLIEST} or after {LATEST}")
    return day
