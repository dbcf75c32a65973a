"""Letters of a level and what followed them, and whether they fall evenly at the same absence."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from fractions import Fraction
from typing import Final

from attendance_office import clock
from attendance_office.staff.models import School
from attendance_office.web.export import Cell
from letters.models import Letter, LetterKind
from registers.queries import spread
from registers.rules.rates import Tally
from reporting.rules.following import WEEKS, Change, change_of
from reporting.rules.small_numbers import is_small
from reporting.rules.thresholds import is_near

from .explorer import Answer, Part
from .sheets import SUPPRESSED

_LEVELS: Final = ((LetterKind.LEVEL_1, "Level 1", 95), (LetterKind.LEVEL_2, "Level 2", 90))
_WENT: Final = (Letter.State.SENT, Letter.State.DELIVERED)
_NEAR: Final = 2
_AROUND: Final = timedelta(weeks=WEEKS + 1)
# An axis, the value that sets a group apart from the others, and the words for both.
_FAIR_BY: Final = (
    ("pp", "no", "Not pupil premium", "Pupil premium"),
    ("sen", "N", "No special needs", "SEN support or plan"),
    ("sex", "F", "Girls", "Boys"),
)
# Below this absence no letter of a level is due.
_FROM_BAND: Final = 1


def letters_gone(school: School, from_on: date, to_on: date) -> dict[str, dict[int, date]]:
    """Give, by kind of level letter, the pupils about whom one went, by the day of the first: one query."""
    rows = Letter.objects.filter(school=school, kind__in=[kind for kind, _, _ in _LEVELS], state__in=_WENT).order_by(
        "sent_at"
    )
    found: dict[str, dict[int, date]] = {kind: {} for kind, _, _ in _LEVELS}
    for kind, pupil, sent_at in rows.values_list("kind", "pupil_id", "sent_at"):
        if sent_at is None:
            continue
        on = clock.local(sent_at).date()
        if from_on <= on <= to_on:
            found[kind].setdefault(pupil, on)
    return found


def followed_rows(school: School, found: Answer) -> list[tuple[Cell, ...]]:
    """Give a line for each level: pupils, four weeks before and after, and those near the line who had no letter.

    Two queries. What stands for few pupils is held back.
    """
    period = found.question.period
    gone = letters_gone(school, period.from_on, period.to_on)
    had = {pupil for pupils in gone.values() for pupil in pupils}
    near = {
        kind: [line.pupil_id for line in found.lines if line.pupil_id not in had and is_near(line.tally, level, _NEAR)]
        for kind, _, level in _LEVELS
    }
    weeks = _weeks(school, period.from_on - _AROUND, period.to_on, had.union(*near.values()))
    rows = []
    for kind, words, _ in _LEVELS:
        if not gone[kind]:
            continue
        ours = change_of(gone[kind].items(), weeks)
        days = set(gone[kind].values())
        theirs = change_of(((pupil, on) for pupil in near[kind] for on in sorted(days)), weeks)
        rows.append((words, *_ours(ours), *_theirs(theirs, len(near[kind]))))
    return rows


def fairness_rows(school: School, found: Answer) -> tuple[list[tuple[Cell, ...]], int]:
    """Give, for each band of absence from 5 % on and each group, how many had a letter for each hundred: one query.

    The second is how many comparisons are held back because a number of few pupils stands in them.
    """
    period = found.question.period
    had = {pupil for pupils in letters_gone(school, period.from_on, period.to_on).values() for pupil in pupils}
    rows: list[tuple[Cell, ...]] = []
    held_back = 0
    if not had:
        return rows, held_back
    for band, part in found.bands()[_FROM_BAND:]:
        for key, value, words, others in _FAIR_BY:
            if key in found.reader.axes:
                pair = _evenly(band.words, part, had, (key, value, words, others))
                rows += pair or []
                held_back += pair is None
    return rows, held_back


def _evenly(band: str, part: Part, had: set[int], by: tuple[str, str, str, str]) -> list[tuple[Cell, ...]] | None:
    """Give two groups of a band side by side; None where a small number would show, [] where one is empty."""
    key, value, words, others = by
    ours = [line.pupil_id for line in part.lines if value in line.values[key]]
    theirs = [line.pupil_id for line in part.lines if value not in line.values[key] and "U" not in line.values[key]]
    if not ours or not theirs:
        return []
    pairs = [(words, len(ours), len(had.intersection(ours))), (others, len(theirs), len(had.intersection(theirs)))]
    if any(is_small(pupils) or is_small(some) or is_small(pupils - some) for _, pupils, some in pairs):
        return None
    return [(band, name, pupils, some, f"{float(Fraction(100 * some, pupils)):.0f}") for name, pupils, some in pairs]


def _ours(change: Change) -> tuple[Cell, ...]:
    if is_small(change.pupils) or not change.pupils:
        return ("too early" if not change.pupils else SUPPRESSED, None, None, None)
    return (change.pupils, change.before.attendance_rate, change.after.attendance_rate, change.points)


def _theirs(change: Change, pupils: int) -> tuple[Cell, ...]:
    if not change.pupils or is_small(pupils):
        return (SUPPRESSED if is_small(pupils) else pupils, None)
    return (pupils, change.points)


def _weeks(school: School, from_on: date, to_on: date, pupils: set[int]) -> dict[int, Mapping[date, Tally]]:
    named = [(pupil, str(pupil)) for pupil in sorted(pupils)]
    return {int(key): weeks for key, weeks in spread.counts_by_week(school.pk, from_on, to_on, named).items()}
