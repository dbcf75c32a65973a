"""Letters of a level and what followed them, and whether they fall evenly at the same absence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final

from attendance_office import clock
from attendance_office.staff.models import School
from attendance_office.web.charts import Bar
from attendance_office.web.export import Cell
from letters.models import Letter, LetterKind
from letters.queries.policies import below_of, below_words, policies_in_force
from registers.queries import spread
from registers.rules.ages import school_year_starts
from registers.rules.rates import Tally
from registers.rules.sessions import monday
from reporting.rules.following import beside, change_of, is_complete, says_little, sides, stood_near, without_letter
from reporting.rules.linked import Held
from reporting.rules.linked_figures import Side, band_name, compared
from reporting.rules.small_numbers import in_words, is_small, tells_of_few

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
FROM_BAND: Final = 1
_OURS, _THEIRS, _UNKNOWN = "ours", "theirs", "unknown"


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
    are over. Beside them whoever stood within two points of the school's line as the letter's week began and had had no
    letter of any level in the school year when its four weeks after were over. Three queries. What stands for few
    pupils is held back.
    """
    period = found.question.period
    began = school_year_starts(period.from_on)
    gone = letters_gone(school, began, period.to_on)
    first: dict[int, date] = {}
    for pupils in gone.values():
        for pupil, on in pupils.items():
            first[pupil] = min(on, first.get(pupil, on))
    ours = {kind: {pupil: on for pupil, on in pupils.items() if on >= period.from_on} for kind, pupils in gone.items()}
    if not any(ours.values()):
        return []
    weeks = _weeks(school, began, period.to_on, {*first, *found.pupil_ids})
    policies = policies_in_force(school.pk, period.to_on)
    rows = []
    for kind, level, usual in _LEVELS:
        if ours[kind]:
            line = below_of(policies[level]) if level in policies else usual
            counted = _counted(ours[kind], weeks, period.to_on)
            rows.append((f"Level {level}, below {below_words(line)}", *_line(counted, weeks, first, line)))
    return rows


def _counted(letters: Mapping[int, date], weeks: _Weeks, upto: date) -> dict[int, date]:
    """Give the letters that have two sides: their weeks after are over, and the pupil had sessions before and after."""
    return {
        pupil: on
        for pupil, on in letters.items()
        if is_complete(on, upto) and sides(weeks.get(pupil, {}), on) is not None
    }


def _line(letters: Mapping[int, date], weeks: _Weeks, first: Mapping[int, date], level: Fraction) -> tuple[Cell, ...]:
    if not letters:
        return ("too early", None, None, None, None, None)
    if is_small(len(letters)):
        return (SUPPRESSED,) * 6
    change = change_of(letters.items(), weeks)
    near = stood_near(weeks, [monday(on) for on in letters.values()], level, _NEAR)
    theirs = beside(letters.values(), without_letter(near, first), weeks)
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


@dataclass(frozen=True)
class Fairness:
    """Who had a letter at the same absence: the sides of each comparison, by axis, and the names of both."""

    found: Answer
    sides: Mapping[str, tuple[Side, ...]]
    had: tuple[int, ...]

    @property
    def comparisons(self) -> list[tuple[str, tuple[Side, ...]]]:
        """Give the sides of each comparison with its axis, for what is held back."""
        return list(self.sides.items())


def fairness_of(school: School, found: Answer) -> Fairness:
    """Give, for each band of absence and each group, how many pupils there are and how many had a letter: one query."""
    period = found.question.period
    had = {pupil for pupils in letters_gone(school, period.from_on, period.to_on).values() for pupil in pupils}
    bands = [part for _, part in found.bands()]
    found_sides: dict[str, tuple[Side, ...]] = {}
    for key, value, words, others in _FAIR_BY if had else ():
        if key in found.reader.axes:
            parts = {one: _set_apart(one, value) for one in (part.value for part in found.parts(key))}
            named = ((words, _OURS), (others, _THEIRS), ("", _UNKNOWN))
            found_sides[key] = tuple(
                side
                for name, which in named
                if (side := _side(name, key, tuple(one for one, of in parts.items() if of == which), bands, had))
            )
    return Fairness(found, found_sides, tuple(len(had.intersection(part.pupil_ids)) for part in bands))


def fairness_rows(fairness: Fairness, held: Held) -> tuple[list[tuple[Cell, ...]], int]:
    """Give the lines of the comparisons that may be shown, both groups of each, and how many are held back."""
    rows: list[tuple[Cell, ...]] = []
    held_back = 0
    for at, (band, part) in enumerate(fairness.found.bands()):
        if at < FROM_BAND or not part.lines:
            continue
        for key, each in fairness.sides.items():
            if _is_shown(key, each, at, held):
                rows += [
                    (band.words, side.name, side.pupils[at], side.chosen[at], f"{float(100 * _share(side, at)):.0f}")
                    for side in each
                    if side.is_open
                ]
            else:
                held_back += _compares(each, at)
    return rows, held_back


def fairness_words(fairness: Fairness, held: Held) -> list[str]:
    """Say of the bands in which nearly every pupil had a letter, or nearly none, that there is nothing to compare."""
    said = []
    for at, (band, part) in enumerate(fairness.found.bands()):
        pupils = len(part.lines)
        if at < FROM_BAND or band_name(at) in held or not tells_of_few(fairness.had[at], pupils):
            continue
        few = in_words(fairness.had[at], pupils)
        said.append(f"{band.words}: {few} of {pupils:,} pupils had a letter, so that there is nothing to compare.")
    return said


def fairness_bars(fairness: Fairness, held: Held) -> list[Bar]:
    """Give the comparisons that may be shown as pairs of bars: the group, and under it everybody else."""
    bars = []
    for at, (band, part) in enumerate(fairness.found.bands()):
        for key, each in fairness.sides.items():
            if at >= FROM_BAND and part.lines and _is_shown(key, each, at, held):
                rest, group = (side for side in each if side.is_open)
                bars.append(
                    Bar(
                        f"{group.name}, {band.words}",
                        _share(group, at),
                        f"{float(100 * _share(group, at)):.0f}",
                        _share(rest, at),
                        f"{rest.name}: {float(100 * _share(rest, at)):.0f}",
                    )
                )
    return bars


def _compares(each: Sequence[Side], at: int) -> bool:
    known = [side for side in each if side.is_open]
    return len(known) == 2 and all(side.pupils[at] for side in known)


def _is_shown(key: str, each: Sequence[Side], at: int, held: Held) -> bool:
    return _compares(each, at) and not any(f"{compared(key, at)}:{side.name}" in held for side in each)


def _share(side: Side, at: int) -> Fraction:
    return Fraction(side.chosen[at], side.pupils[at])


def _set_apart(value: str, ours: str) -> str:
    if value == "U":
        return _UNKNOWN
    return _OURS if value == ours else _THEIRS


def _side(name: str, key: str, values: tuple[str, ...], bands: list[Part], had: set[int]) -> Side | None:
    """Give one side of a comparison over all bands; None where no pupil stands on it."""
    if not values:
        return None
    inside = [[line.pupil_id for line in part.lines if line.values[key][0] in values] for part in bands]
    return Side(
        name or _UNKNOWN,
        values,
        tuple(len(pupils) for pupils in inside),
        tuple(len(had.intersection(pupils)) for pupils in inside),
        is_open=bool(name),
    )


def _weeks(school: School, from_on: date, to_on: date, pupils: set[int]) -> _Weeks:
    named = [(pupil, str(pupil)) for pupil in sorted(pupils)]
    return {int(key): weeks for key, weeks in spread.counts_by_week(school.pk, from_on, to_on, named).items()}
