"""Which sessions a span covers, and which of several known codes stands in a session."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from typing import Final, TypeVar

from registers.rules.codes import Half
from registers.rules.sessions import HALVES, Calendar, Session

T = TypeVar("T")
_PLACES: Final = 10


@dataclass(frozen=True, slots=True)
class Span:
    """From one session to another, both included; no end yet where `to_on` is None.

    Source: SI 2024/208 reg 10(7)-(9) (the circumstances of an absence, session by session).
    """

    from_on: date
    from_half: Half
    to_on: date | None
    to_half: Half

    def covers(self, session: Session) -> bool:
        """True of a session within the span. Source: as the class."""
        if session < Session(self.from_on, self.from_half):
            return False
        return self.to_on is None or session <= Session(self.to_on, self.to_half)


def are_one(one: Span, other: Span, calendar: Calendar) -> bool:
    """True where no session is held between two spans that neither covers: a child due in between was away twice.

    Source: SI 2024/208 reg 10(7)-(9) (the circumstances of an absence, session by session).
    """
    starts = sorted(Session(span.from_on, span.from_half) for span in (one, other))
    between = (held for held in calendar.sessions(starts[0].on, starts[1].on) if starts[0] <= held < starts[1])
    return all(one.covers(held) or other.covers(held) for held in between)


def in_pattern(weekly: str, session: Session) -> bool:
    """True where a week of ten sessions, Monday AM to Friday PM, has this one.

    Raises ValueError where the pattern has not ten places of 0 and 1.

    Source: SI 2024/208 reg 11(6) (a part-time timetable states the times and dates).
    """
    if len(weekly) != _PLACES or set(weekly) - {"0", "1"}:
        raise ValueError(f"A week has ten sessions of 0 or 1, not {weekly!r}.")
    place = session.on.weekday() * 2 + HALVES.index(session.half)
    return place < _PLACES and weekly[place] == "1"


class Standing(IntEnum):
    """Whose code stands where several are known: the lowest.

    Another school's session (D) is that school's to record, even when this one is closed; a closure holds for
    whoever was due here; a reason of the pupil's own (illness, an appointment) takes its own code before that of a
    part-time timetable or a visit missed, and before what only hindered (Y1, Y2, Y6, Y7) whoever was due and well.

    Source: SI 2024/208 reg 10 (D; # and Y), reg 11(6); DfE guidance on C2 (other reasons take their own code).
    """

    OTHER_SCHOOL = 1
    CLOSURE = 2
    NOTE = 3
    AGREEMENT = 4
    HINDRANCE = 5


def standing_first(known: Sequence[tuple[Standing, int, T]]) -> T:
    """Give what stands of several known things, each with its standing and its age: the latest of the foremost.

    The number of each is its age, the larger the later. Raises ValueError where there is none.

    Source: as `Standing`.
    """
    if not known:
        raise ValueError("Nothing is known of the session.")
    return min(known, key=lambda one: (one[0], -one[1]))[2]
