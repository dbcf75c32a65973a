"""What makes a mark doubtful: the grounds on which the weekly trawl looks, each with what would put it right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from registers.rules.codes import Counts, dated_codes

# Ten school days of one and the same code are a spell to look at: the length at which an absence is returned.
IDENTICAL_SESSIONS: Final = 20


@dataclass(frozen=True, slots=True)
class Ground:
    """One ground of doubt: its key, what it is called, what is wrong, and the code that would usually be right.

    Source: SI 2024/208 reg 10 Tables 1-3 and reg 11; WTISA (July 2026) on the accuracy of registers.
    """

    key: str
    title: str
    wrong: str
    proposed: str = ""


GROUNDS: Final[Mapping[str, Ground]] = MappingProxyType(
    {
        ground.key: ground
        for ground in (
            Ground("skipped_lesson", "Present, then not in the lesson",
                   "Present when the register was taken, and not in a lesson of the same session."),
            Ground("seen_in_lesson", "Absent, but seen in a lesson",
                   "Absent in the session, and in a lesson of it.", "/"),
            Ground("left_at_noon", "Present in the morning, gone in the afternoon",
                   "Present in the morning and absent without a reason in the afternoon."),
            Ground("no_part_time", "C2 without an agreement",
                   "C2 needs a part-time timetable agreed for this session.", "O"),
            Ground("no_place", "Elsewhere, nobody says where",
                   "B, K, P, V and W say that the pupil was at a place: neither agreement nor comment names it."),
            Ground("too_young_for_x", "X of compulsory school age",
                   "X is only for a pupil who is not of compulsory school age.", "O"),
            Ground("no_dual", "D without dual registration",
                   "D needs another school at which the pupil is registered.", "O"),
            Ground("no_suspension", "E without a suspension",
                   "E needs a suspension or exclusion: the mark does not name one."),
            Ground("school_was_open", "Closed, while the school was open",
                   "# and Y3, Y4 say that the school or a part of it was closed; no closure is on record."),
            Ground("not_held", "Mark on a day without school",
                   "The school held no session then. Only # can stand there.", "#"),
            Ground("not_on_roll", "Mark outside the time on roll",
                   "The pupil was not on the roll on that day."),
            Ground("ended_code", "Code that had ended",
                   "The code was no longer law on that day."),
            Ground("late_after_close", "L after the register closed",
                   "The pupil came after the register had closed: L counts as present, U is the code.", "U"),
            Ground("same_for_ten_days", "The same code for ten school days",
                   "Twenty sessions of the same absence without a break: is it still the reason?"),
        )
    }
)  # fmt: skip


def ended_codes() -> tuple[tuple[str, date], ...]:
    """Give the codes that are law no longer, each with its last day.

    Source: DfE's notes on the codes that ended on 18 Aug 2024.
    """
    last: dict[str, date | None] = {}
    for code in dated_codes():
        there = last.get(code.symbol, date.min)
        if there is not None:
            last[code.symbol] = None if code.to_on is None else max(there, code.to_on)
    return tuple((symbol, on) for symbol, on in last.items() if on is not None)


def absent_codes() -> tuple[str, ...]:
    """Give every code that is or was an absence. Source: DfE attendance statistics method."""
    kinds = {Counts.AUTHORISED, Counts.UNAUTHORISED}
    return tuple(dict.fromkeys(code.symbol for code in dated_codes() if code.counts in kinds))
