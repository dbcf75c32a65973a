"""Which mark an arrival earns."""

from __future__ import annotations

from datetime import time
from typing import Final

from registers.rules.codes import Half, present_code

OPEN_AT_MOST_MINUTES: Final = 30

# What an arrival after the close may be instead of U, as it is offered where an L is entered; any other may be chosen.
BETTER_AFTER_CLOSE: Final = ("M", "I")


def arrival_code(
    taken_at: time,
    closes_at: time,
    arrived_at: time,
    *,
    half: Half = "AM",
    fitting: str | None = None,
    closing_minute_is_late: bool = False,
) -> str:
    """Give the code of a pupil who arrives at a time of the session's day.

    There when the register begins to be taken: the present mark of that half. Before it closes: "L". After:
    "U", or `fitting` where another code describes the absence better (M after the dentist). The minute of
    closing is after it has closed, unless the school says `closing_minute_is_late`, which makes it "L".

    Raises ValueError where the register closes before it is taken.

    Source: SI 2024/208 reg 10(2) Table 1 (L) and Table 3 (U, "where no other code applies").
    """
    if closes_at < taken_at:
        raise ValueError(f"The register closes at {closes_at:%H:%M}, before it is taken at {taken_at:%H:%M}.")
    if arrived_at <= taken_at:
        return present_code(half)
    if arrived_at < closes_at or (closing_minute_is_late and arrived_at == closes_at):
        return "L"
    return fitting or "U"


def open_too_long(taken_at: time, closes_at: time, *, limit: int = OPEN_AT_MOST_MINUTES) -> bool:
    """True where a register stays open for more minutes than guidance allows; a warning, not a bar.

    Source: WTISA (not longer than 30 minutes).
    """
    return _minutes(closes_at) - _minutes(taken_at) > limit


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute
