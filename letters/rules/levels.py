"""When attendance is below a level, and a pupil's time below it: opens, recovers, closes. Nothing is rounded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import Final

PERCENT: Final = 100


class Standing(StrEnum):
    """Where attendance stands to a level."""

    BELOW = "below"
    AT_OR_ABOVE = "at_or_above"
    TOO_FEW = "too_few"


class Step(StrEnum):
    """What a day does to a pupil's time below a level."""

    NOTHING = "nothing"
    OPENS = "opens"
    STANDS = "stands"
    RECOVERS = "recovers"
    FALLS_BACK = "falls_back"
    CLOSES = "closes"


@dataclass(frozen=True)
class Time:
    """A pupil's standing time below a level: since when, and since when at or above it again."""

    opened_on: date
    recovering_since_on: date | None = None


def is_below(attended: int, possible: int, below: Fraction) -> bool:
    """True where fewer than `below` per cent of the possible sessions were attended; never where none was possible.

    In whole numbers: 1,899 of 1,999 reads as 95.0 % and is below 95 %.

    Source: the school's policy; levels of 95 and 90 per cent have no standing in law. Rates: DfE attendance
    statistics method.
    """
    return attended * PERCENT * below.denominator < below.numerator * possible


def standing(attended: int, possible: int, *, below: Fraction, least_possible: int) -> Standing:
    """Give where attendance stands to a level; with fewer possible sessions than the least it stands nowhere.

    Source: the school's policy (least possible sessions before a letter).
    """
    if possible < max(1, least_possible):
        return Standing.TOO_FEW
    return Standing.BELOW if is_below(attended, possible, below) else Standing.AT_OR_ABOVE


def step(now: Standing, time: Time | None, on: date, *, recovers_after_days: int, year_starts: date) -> Step:
    """Give what a day does to the time below a level.

    A time of an earlier school year closes with it. Below the level a time opens, or stands, or a recovery is broken
    off. At or above it a recovery begins; when it has lasted `recovers_after_days` the time closes, and a later fall
    opens a new one. Too few sessions change nothing.

    Source: the school's policy (one letter for each fall below a level).
    """
    if time is not None and time.opened_on < year_starts:
        return Step.CLOSES
    if now is Standing.TOO_FEW:
        return Step.NOTHING
    if now is Standing.BELOW:
        if time is None:
            return Step.OPENS
        return Step.STANDS if time.recovering_since_on is None else Step.FALLS_BACK
    if time is None:
        return Step.NOTHING
    since = time.recovering_since_on
    if on - (since or on) >= timedelta(days=recovers_after_days):
        return Step.CLOSES
    return Step.RECOVERS if since is None else Step.NOTHING


def cools_until(last_sent_on: date, cooling_off_days: int) -> date:
    """Give the first day on which another level letter may go after one that went.

    Source: the school's policy (days between two letters).
    """
    return last_sent_on + timedelta(days=cooling_off_days)


def is_new(started_on: date, on: date, new_within_days: int) -> bool:
    """True where a pupil has been on roll for fewer days than the policy waits.

    Source: the school's policy (days on roll before a letter).
    """
    return (on - started_on).days < new_within_days


def period_start(on: date, counted: str, *, year_starts: date, term_starts: date | None, weeks: list[date]) -> date:
    """Give the first day counted for a policy that counts the "year", the "term" or the last school weeks.

    `weeks` are the Mondays of the school weeks up to `on`, in order; where fewer have been held than are counted, the
    count begins with the first.

    Source: the school's policy (period counted).
    """
    if counted == "term" and term_starts is not None:
        return term_starts
    if counted.startswith("weeks_"):
        many = int(counted.removeprefix("weeks_"))
        return weeks[-many:][0] if weeks else on
    return year_starts
