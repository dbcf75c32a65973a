"""Letters of a level and what followed them, and whether they fall evenly at the same absence."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Final

from attendance_office import clock
from attendance_office.staff.models import School
from attendance_office.web.export import Cell
from letters.models import Letter, LetterKind
from letters.queries.policies import below_of, below_words, policies_in_force
from registers.queries import spread
from registers.rules.ages import school_year_starts
from registers.rules.rates import Tally
from registers.rules.sessions import monday
from reporting.rules.following import beside, change_of, is_complete, says_little, sides, stood_near
from reporting.rules.small_numbers import is_small

from .explorer import Answer, Part
from .sheets import SUPPRESSED

# A letter's kind, its level, and the line it has where the school keeps no rule of its own, in per cent.
_LEVELS: Final = ((LetterKind.LEVEL_1, 1, Fraction(95)), (LetterKind.LEVEL_2, 2, Fraction(90)))
_WENT: Final = (Letter.State.SENT, Letter.State.DELIVERED)
_NEAR: Final = 2
_Weeks = Mapping[int, Mapping[date, Tally]]
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

    Of each pupil the first letter of the level in the school year, if it lies in the period and its four weeks after
    are over. Beside them whoever stood within two points of the school's line as the letter's week began and had no
    letter of any level in the school year. Three queries. What stands for few pupils is held back.
    """
    period = found.question.period
    began = school_year_starts(period.from_on)
    gone = letters_gone(school, began, period.to_on)
    had = {pupil for pupils in gone.values() for pupil in pupils}
    ours = {kind: {pupil: on for pupil, on in pupils.items() if on >= period.from_on} for kind, pupils in gone.items()}
    if not any(ours.values()):
        return []
    weeks = _weeks(school, began, period.to_on, had.union(found.pupil_ids))
    others = {pupil: own for pupil, own in weeks.items() if pupil not in had}
    policies = policies_in_force(school.pk, period.to_on)
    rows = []
    for kind, level, usual in _LEVELS:
        if ours[kind]:
            line = below_of(policies[level]) if level in policies else usual
            counted = _counted(ours[kind], weeks, period.to_on)
            rows.append((f"Level {level}, below {below_words(line)}", *_line(counted, weeks, others, line)))
    return rows


def _counted(letters: Mapping[int, date], weeks: _Weeks, upto: date) -> dict[int, date]:
    """Give the letters that have two sides: their weeks after are over, and the pupil had sessions before and after."""
    return {
        pupil: on
        for pupil, on in letters.items()
        if is_complete(on, upto) and sides(weeks.get(pupil, {}), on) is not None
    }


def _line(letters: Mapping[int, date], weeks: _Weeks, others: _Weeks, level: Fraction) -> tuple[Cell, ...]:
    if not letters:
        return ("too early", None, None, None, None, None)
    if is_small(len(letters)):
        return (SUPPRESSED,) * 6
    change = change_of(letters.items(), weeks)
    near = stood_near(others, [monday(on) for on in letters.values()], level, _NEAR)
    theirs = beside(letters.values(), near, others)
    few = is_small(theirs.pupils)
    return (
        _many(change.pupils),
        change.before.attendance_rate,
        change.after.attendance_rate,
        change.points,
        SUPPRESSED if few else _many(theirs.pupils),
        SUPPRESSED if few else theirs.points,
    )


def _many(pupils: int) -> Cell:
    return f"{pupils}: says little" if says_little(pupils) else pupils


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


def _weeks(school: School, from_on: date, to_on: date, pupils: set[int]) -> _Weeks:
    named = [(pupil, str(pupil)) for pupil in sorted(pupils)]
    return {int(key): weeks for key, weeks in spread.counts_by_week(school.pk, from_on, to_on, named).items()}
