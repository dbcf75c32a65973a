"""One question about attendance, and its one answer: screen, mail, paper, PDF and spreadsheet all ask here.

    period = periods.named_periods(school.pk, on)[0]
    reader = Reader.of(user, school)                       # what this person may see
    reader = Reader.of_school(school, allowed={...})       # a job or a paper: the whole school, with these rights
    found = answer(reader, Question(period, (("year", ("9",)), ("pp", ("yes",)))))

    found.figures.tally.attendance_rate     # Fraction or None; sums over sums
    found.figures.pupils                    # with at least one possible session; also persistently_absent, ...
    found.lines                             # the pupils behind it, each with name, form, tally, is_persistent, band
    for part in found.parts("year"):        # part.words, part.figures, part.lines
    for gap in found.gaps():                # gap.inside, gap.outside: parts; gap.points: Fraction or None
    found.weeks(), found.weekdays()         # by Monday; by (day of the week, half)
    found.receipt(upto=...)                 # codes, sessions left out, missing, who joined and left

Several values of one axis mean either; several axes mean all of them. A value that is none, and an axis that the reader
may not use, narrows nothing. Where `reader.sees_pupils` is false nothing may be shown without `small_numbers`:
`tables` does so for every table it makes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import Final

from interventions.rules.trawl import BANDS, Band
from registers.queries import figures as counting
from registers.queries import spread
from registers.rules.figures import Figures
from registers.rules.rates import Tally
from registers.rules.sessions import Session
from reporting.rules.thresholds import is_near

from .axes import AXES, GAPS, Axis
from .lines import Line, Reader, groups_of, lines_of
from .periods import Period

__all__ = ["Answer", "Gap", "Line", "Part", "Question", "Reader", "Receipt", "answer"]
_BANDS: Final = {band.key: band for band in BANDS}
WITHIN: Final = Fraction(2)  # points, where nothing else is asked


@dataclass(frozen=True)
class Question:
    """A period, and by what its pupils are narrowed: values by axis, and nearness to a threshold in per cent."""

    period: Period
    chosen: tuple[tuple[str, tuple[str, ...]], ...] = ()
    near: Fraction | None = None
    within: Fraction = WITHIN

    @property
    def is_narrowed(self) -> bool:
        """Tell whether it asks of fewer than everybody."""
        return bool(self.chosen) or self.near is not None

    def also(self, axis: str, value: str) -> Question:
        """Give the question narrowed to one value of an axis."""
        return replace(self, chosen=(*((key, some) for key, some in self.chosen if key != axis), (axis, (value,))))


@dataclass(frozen=True)
class Part:
    """The pupils of one value of an axis, and their figures."""

    value: str
    words: str
    lines: tuple[Line, ...]

    @cached_property
    def figures(self) -> Figures:
        """Give the figures: rates are sums over sums."""
        return Figures.of_pupils(line.tally for line in self.lines)

    @property
    def pupil_ids(self) -> list[int]:
        """Give the pupils' primary keys."""
        return [line.pupil_id for line in self.lines]


@dataclass(frozen=True)
class Gap:
    """A group beside everybody else of the same answer; `points` is its attendance rate less theirs."""

    axis: Axis
    inside: Part
    outside: Part

    @property
    def points(self) -> Fraction | None:
        """Give the gap as a share, exact; None where either has no rate."""
        ours, theirs = self.inside.figures.tally.attendance_rate, self.outside.figures.tally.attendance_rate
        return None if ours is None or theirs is None else ours - theirs


@dataclass(frozen=True)
class Receipt:
    """What a figure is made of: its figures with codes and missing sessions, and who was on roll for a part of it."""

    figures: Figures
    joined: tuple[Line, ...]
    left: tuple[Line, ...]


@dataclass(frozen=True)
class Answer:
    """The pupils a question names, and all figures that can be made of them.

    `everyone` holds those of the period before narrowing, within the reader's reach.
    """

    reader: Reader
    question: Question
    everyone: tuple[Line, ...]
    lines: tuple[Line, ...]
    groups: Mapping[str, str]

    @cached_property
    def figures(self) -> Figures:
        """Give the figures of all of them together."""
        return Figures.of_pupils(line.tally for line in self.lines)

    @cached_property
    def pupil_ids(self) -> list[int]:
        """Give the pupils' primary keys, in the order of names."""
        return [line.pupil_id for line in self.lines]

    def choices(self, key: str) -> list[tuple[str, str]]:
        """Give the values of an axis with their words, in order: those that somebody of the period has."""
        axis = AXES[key]
        if key == "group":
            return sorted(self.groups.items(), key=lambda named: named[1])
        if axis.values:
            return list(axis.values)
        some = {line.values[key][0]: line.year_group for line in self.everyone}
        if key == "year":
            return [(value, f"Year {value}") for value in sorted(some, key=int)]
        return [(value, value or "No form") for value in sorted(some, key=lambda value: (some[value], value))]

    def words(self, key: str, value: str) -> str:
        """Give the words of one value of an axis."""
        return dict(self.choices(key)).get(value, value)

    def parts(self, key: str) -> list[Part]:
        """Give the answer by the values of an axis, in order, without those that nobody has.

        Values that a pupil may have several of (groups) overlap: their sum is not the whole.
        """
        members: dict[str, list[Line]] = {}
        for line in self.lines:
            for value in line.values.get(key, ()):
                members.setdefault(value, []).append(line)
        return [Part(value, words, tuple(members[value])) for value, words in self.choices(key) if value in members]

    def gaps(self) -> list[Gap]:
        """Give each group the reader may know beside everybody else; without those that have no session on one side."""
        found = []
        for key in GAPS:
            axis = self.reader.axes.get(key)
            if axis is None:
                continue
            for value, words in self.choices(key):
                if axis.is_yes_no and value == "no":
                    continue
                inside = tuple(line for line in self.lines if value in line.values[key])
                outside = tuple(line for line in self.lines if value not in line.values[key])
                if value != "N" and _has_sessions(inside) and _has_sessions(outside):
                    name = axis.words if axis.is_yes_no else words
                    found.append(Gap(axis, Part(value, name, inside), Part("", "Everybody else", outside)))
        return found

    def bands(self) -> list[tuple[Band, Part]]:
        """Give every band of absence with its pupils, empty ones too."""
        inside: dict[str, list[Line]] = {key: [] for key in _BANDS}
        for line in self.lines:
            if line.band is not None:
                inside[line.band.key].append(line)
        return [(band, Part(key, band.words, tuple(inside[key]))) for key, band in _BANDS.items()]

    def weeks(self, key: str = "") -> list[tuple[str, dict[date, Tally]]]:
        """Give the sessions week by week, of all or for each value of an axis: one question."""
        period = self.question.period
        if not key:
            named = [(line.pupil_id, "") for line in self.lines]
            words = {"": "All"}
        else:
            parts = self.parts(key)
            named = [(pupil, part.value) for part in parts for pupil in part.pupil_ids]
            words = {part.value: part.words for part in parts}
        found = spread.counts_by_week(self.reader.school_id, period.from_on, period.to_on, named)
        return [
            (words[value], weeks) for value, weeks in sorted(found.items(), key=lambda one: list(words).index(one[0]))
        ]

    def weekdays(self) -> dict[tuple[int, str], Tally]:
        """Give the sessions by day of the week (Monday is 1) and half: one question, of the marks themselves."""
        period = self.question.period
        some = self.pupil_ids if len(self.lines) < len(self.everyone) or self.reader.rows else None
        return spread.counts_by_weekday(self.reader.school_id, period.from_on, period.to_on, some)

    def codes(self) -> dict[str, int]:
        """Give how many marks there are of each code: one question."""
        period, found = self.question.period, Counter[str]()
        if len(self.lines) == len(self.everyone) and not self.reader.rows:
            return counting.codes(self.reader.school_id, period.from_on, period.to_on)
        for marks in counting.codes_by_pupil(
            self.reader.school_id, period.from_on, period.to_on, self.pupil_ids
        ).values():
            found.update(marks)
        return dict(sorted(found.items()))

    def receipt(self, *, upto: Session | None) -> Receipt:
        """Give the codes behind the answer, what is missing and who was on roll for a part: at most six questions."""
        school, period, some = self.reader.school_id, self.question.period, set(self.pupil_ids)
        lacking = counting.missing_by_pupil(school, period.from_on, period.to_on, upto=upto)
        return Receipt(
            figures=replace(
                self.figures,
                codes=self.codes(),
                missing=sum(number for pupil, number in lacking.items() if pupil in some),
            ),
            joined=tuple(line for line in self.lines if "joined" in line.values["roll"]),
            left=tuple(line for line in self.lines if "left" in line.values["roll"]),
        )


def _has_sessions(lines: tuple[Line, ...]) -> bool:
    return any(line.tally.possible for line in lines)


def answer(reader: Reader, question: Question) -> Answer:
    """Give the answer to a question, as far as the reader may ask it: six queries, seven where there are groups."""
    period = question.period
    groups = groups_of(reader)
    everyone = tuple(lines_of(reader, period, groups))
    wanted = [
        (key, frozenset(values))
        for key, values in question.chosen
        if key in reader.axes and (not AXES[key].values or frozenset(values) & {value for value, _ in AXES[key].values})
    ]
    lines = tuple(
        line
        for line in everyone
        if all(values.intersection(line.values.get(key, ())) for key, values in wanted)
        and (question.near is None or is_near(line.tally, question.near, question.within))
    )
    return Answer(reader, question, everyone, lines, groups)
