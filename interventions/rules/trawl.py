"""The persistent-absence trawl: bands of absence, what moved between two runs, and when a case is proposed."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import Final

from registers.rules.rates import PERSISTENT, SEVERE, Tally

# A week-old rate over few sessions says little: before four weeks of sessions nothing is proposed on it.
LEAST_POSSIBLE: Final = 40
# Four school weeks without an absence are a good run, as the letters' and rewards' pages call it.
GOOD_RUN: Final = 4
# Five school weeks in a row with an absence in each: broken weeks that a home hears of.
BROKEN_RUN: Final = 5
# One fifth of the last four weeks missed by somebody already persistently absent: getting worse.
WORSENING: Final = Fraction(1, 5)
WEEKS: Final = 4


@dataclass(frozen=True, slots=True)
class Band:
    """A band of absence: its key, its words, the same for the head of a table in per cent, and where it begins."""

    key: str
    words: str
    short: str
    at_least: Fraction


BANDS: Final[tuple[Band, ...]] = (
    Band("0", "Under 5 %", "under 5", Fraction(0)),
    Band("5", "5 to under 10 %", "5 to 10", Fraction(5, 100)),
    Band("10", "10 to under 15 %", "10 to 15", PERSISTENT),
    Band("15", "15 to under 20 %", "15 to 20", Fraction(15, 100)),
    Band("20", "20 to under 50 %", "20 to 50", Fraction(20, 100)),
    Band("50", "50 % or more", "50 or more", SEVERE),
)
_CROSSED: Final = {95: 1, 90: 2, 50: 5}  # attendance, and the first band that has fallen to or below it


class Moved(StrEnum):
    """What happened to a pupil between two runs."""

    BELOW_50 = "below_50"
    BELOW_90 = "below_90"
    BELOW_95 = "below_95"
    BROKE_RUN = "broke_run"
    ABOVE_50 = "above_50"
    ABOVE_90 = "above_90"
    ABOVE_95 = "above_95"
    RECOVERED = "recovered"
    NEW = "new"
    LOST = "lost"


MOVED_WORDS: Final = {
    Moved.BELOW_50: "Now severely absent: 50 % or less attended",
    Moved.BELOW_90: "Now persistently absent: 90 % or less attended",
    Moved.BELOW_95: "Fell to 95 % or less",
    Moved.BROKE_RUN: "Broke a good run of four weeks or more",
    Moved.ABOVE_50: "No longer severely absent",
    Moved.ABOVE_90: "No longer persistently absent",
    Moved.ABOVE_95: "Rose above 95 %",
    Moved.RECOVERED: "Recovered: last four weeks above 95 %, and were at 90 % or less",
    Moved.NEW: "Joined since",
    Moved.LOST: "Left since",
}
MOVED_SHORT: Final = {
    Moved.BELOW_50: "fell to 50 %",
    Moved.BELOW_90: "fell to 90 %",
    Moved.BELOW_95: "fell to 95 %",
    Moved.BROKE_RUN: "broke a run",
    Moved.ABOVE_50: "rose above 50 %",
    Moved.ABOVE_90: "rose above 90 %",
    Moved.ABOVE_95: "rose above 95 %",
    Moved.RECOVERED: "recovered",
    Moved.NEW: "joined",
    Moved.LOST: "left",
}


class Ground(StrEnum):
    """Why a case is proposed, the gravest first."""

    SEVERE = "severe"
    NEWLY_PERSISTENT = "newly_persistent"
    WORSENING = "worsening"
    BROKEN_WEEKS = "broken_weeks"


GROUNDS: Final = tuple(Ground)
GROUND_WORDS: Final = {
    Ground.SEVERE: "Severely absent",
    Ground.NEWLY_PERSISTENT: "Newly persistently absent",
    Ground.WORSENING: "Persistently absent and getting worse",
    Ground.BROKEN_WEEKS: "Broken weeks in a row",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """What one run says of one pupil: the year so far, the last four school weeks, and the weeks in a row."""

    year: Tally = field(default_factory=Tally)
    weeks: Tally = field(default_factory=Tally)
    good_run: int = 0
    broken_run: int = 0
    broken_weeks: int = 0


def band_of(tally: Tally) -> int | None:
    """Give the place of a pupil's band in `BANDS`, or None where nothing was possible.

    The lower bound belongs to the band; the test is in whole numbers, so that 38 of 380 is in the third band, and 39
    of 391, which reads as 10.0 %, is not.

    Source: DfE absence statistics method 3.2 (persistent from 10 per cent, severe from 50); bands as DfE publishes
    them, absence of 20 to under 50 per cent taken as one.
    """
    if not tally.possible:
        return None
    return max(
        place
        for place, band in enumerate(BANDS)
        if tally.absent * band.at_least.denominator >= tally.possible * band.at_least.numerator
    )


def movements(before: Standing | None, now: Standing | None) -> frozenset[Moved]:
    """Give what happened to a pupil between two runs; `None` is a run in which the pupil does not stand.

    Levels are crossed where the year's band passes 5, 10 or 50 per cent of absence; both runs need a possible session
    for that. A good run is broken by a week with an absence after four without one. Recovered is who missed a
    tenth or more of the last four weeks and now less than a twentieth of them.

    Source: DfE absence statistics method 3.2 for 10 and 50 per cent; 95 per cent, the good run and recovery are the
    office's own yardsticks.
    """
    if before is None or now is None:
        return frozenset({Moved.NEW} if now is not None else {Moved.LOST} if before is not None else ())
    found = set()
    was, stands = band_of(before.year), band_of(now.year)
    if was is not None and stands is not None:
        for level, first in _CROSSED.items():
            if was < first <= stands:
                found.add(Moved(f"below_{level}"))
            elif stands < first <= was:
                found.add(Moved(f"above_{level}"))
    if before.good_run >= GOOD_RUN and now.broken_weeks > before.broken_weeks:
        found.add(Moved.BROKE_RUN)
    if before.weeks.persistently_absent and band_of(now.weeks) == 0:
        found.add(Moved.RECOVERED)
    return frozenset(found)


def ground_for(before: Standing | None, now: Standing) -> Ground | None:
    """Give the gravest ground on which a case is proposed, or None.

    Nothing is proposed on fewer than forty possible sessions. Newly persistent is who was not at the run before,
    and stood in it; without a run before nobody is new.

    Source: Working together to improve school attendance (WTISA), which asks schools to target support at pupils who
    are persistently or severely absent or becoming so; the numbers are the office's own.
    """
    if now.year.possible < LEAST_POSSIBLE:
        return None
    if now.year.severely_absent:
        return Ground.SEVERE
    if now.year.persistently_absent:
        if before is not None and before.year.persistently_absent is False:
            return Ground.NEWLY_PERSISTENT
        share = now.weeks.absence_rate
        if share is not None and share >= WORSENING:
            return Ground.WORSENING
    if now.broken_run >= BROKEN_RUN and band_of(now.year) != 0:
        return Ground.BROKEN_WEEKS
    return None


def is_graver(ground: Ground, than: Ground) -> bool:
    """Tell whether one ground is graver than another: what was put aside comes up again only on a graver one.

    Source: the office's own order; severe absence first, as WTISA has it.
    """
    return GROUNDS.index(ground) < GROUNDS.index(than)
