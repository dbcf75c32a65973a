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
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import Any, Final

from django.db.models import Q

from attendance_office.staff.models import School, User
from attendance_office.staff.roles import Can
from registers.models import Enrolment, Group, Membership, Placement, Pupil, Term
from registers.queries import figures as counting
from registers.queries import spread
from registers.rules.figures import Figures
from registers.rules.rates import Tally
from registers.rules.sessions import Session
from reporting.rules.bands import BANDS, Band, band_of, is_near

from .axes import AXES, GAPS, Axis, axes_for, value_of
from .periods import Period

_BANDS: Final = {band.key: band for band in BANDS}


@dataclass(frozen=True)
class Reader:
    """Who asks: the school, the rights, and the rows within reach. Without `sees_pupils`, figures only."""

    school_id: int
    allowed: frozenset[Can]
    rows: Q = field(default_factory=Q, compare=False)
    sees_pupils: bool = True

    @classmethod
    def of(cls, user: User, school: School) -> Reader:
        """Give what a person's posts in the school let them ask; a governor asks of the whole school, without names."""
        allowed = user.standing.allowed(school.pk)
        if Can.SEE_PUPILS not in allowed:
            return cls(school.pk, allowed, sees_pupils=False)
        return cls(school.pk, allowed, user.standing.rows(school="school", year="year_group", group="tutor_group"))

    @classmethod
    def of_school(cls, school: School, *, allowed: Collection[Can], sees_pupils: bool = True) -> Reader:
        """Give a reader of the whole school with these rights, for a job or a paper that is nobody's own."""
        return cls(school.pk, frozenset(allowed), sees_pupils=sees_pupils)

    @cached_property
    def axes(self) -> dict[str, Axis]:
        """Give the ways in which this reader may tell pupils apart, by key."""
        return {axis.key: axis for axis in axes_for(self.allowed)}


@dataclass(frozen=True)
class Question:
    """A period, and by what its pupils are narrowed: values by axis, and nearness to a threshold in per cent."""

    period: Period
    chosen: tuple[tuple[str, tuple[str, ...]], ...] = ()
    near: int | None = None
    within: int = 2

    @property
    def is_narrowed(self) -> bool:
        """Tell whether it asks of fewer than everybody."""
        return bool(self.chosen) or self.near is not None

    def also(self, axis: str, value: str) -> Question:
        """Give the question narrowed to one value of an axis."""
        return replace(self, chosen=(*((key, some) for key, some in self.chosen if key != axis), (axis, (value,))))


@dataclass(frozen=True, slots=True)
class Line:
    """One pupil of the answer: who it is, where it sat at the period's end, and its own sessions of the period."""

    pupil_id: int
    name: str
    year_group: int
    form: str
    starts_on: date | None
    ends_on: date | None
    tally: Tally
    values: Mapping[str, tuple[str, ...]]

    @property
    def is_persistent(self) -> bool:
        """Tell whether one tenth or more of the possible sessions was missed; nobody without any is."""
        return self.tally.persistently_absent is True

    @property
    def is_severe(self) -> bool:
        """Tell whether one half or more of the possible sessions was missed."""
        return self.tally.severely_absent is True

    @property
    def band(self) -> Band | None:
        """Give the band of absence, or None where nothing was possible."""
        return band_of(self.tally)


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
        """Give each group the reader may know beside everybody else; without those that have nobody on one side."""
        found = []
        for key in GAPS:
            axis = self.reader.axes.get(key)
            if axis is None:
                continue
            for value, words in axis.values:
                if axis.is_yes_no and value == "no":
                    continue
                inside = tuple(line for line in self.lines if value in line.values[key])
                outside = tuple(line for line in self.lines if value not in line.values[key])
                if inside and outside and value != "N":
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

    def receipt(self, *, upto: Session | None) -> Receipt:
        """Give the codes behind the answer, what is missing and who was on roll for a part: at most six questions."""
        school, period, some = self.reader.school_id, self.question.period, set(self.pupil_ids)
        codes: Counter[str] = Counter()
        for marks in counting.codes_by_pupil(school, period.from_on, period.to_on, self.pupil_ids).values():
            codes.update(marks)
        lacking = counting.missing_by_pupil(school, period.from_on, period.to_on, upto=upto)
        return Receipt(
            figures=replace(
                self.figures,
                codes=dict(sorted(codes.items())),
                missing=sum(number for pupil, number in lacking.items() if pupil in some),
            ),
            joined=tuple(line for line in self.lines if "joined" in line.values["roll"]),
            left=tuple(line for line in self.lines if "left" in line.values["roll"]),
        )


def answer(reader: Reader, question: Question) -> Answer:
    """Give the answer to a question, as far as the reader may ask it: six queries, seven where there are groups."""
    period = question.period
    groups = _groups(reader)
    everyone = tuple(_lines(reader, period, groups))
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


def _groups(reader: Reader) -> dict[str, str]:
    if "group" not in reader.axes:
        return {}
    return {str(pk): name for pk, name in Group.objects.filter(school=reader.school_id).values_list("pk", "name")}


def _lines(reader: Reader, period: Period, groups: Mapping[str, str]) -> list[Line]:
    """Give everybody who was on roll in the period or has a mark in it, within reach, by name."""
    school = reader.school_id
    counted = {one.pupil_id: one.tally for one in counting.counts_by_pupil(school, period.from_on, period.to_on)}
    stays, held = _stays(school, period), _held(school, period)
    placed = dict[int, tuple[int, str]]()
    for pupil_id, year, form in (
        Placement.objects.filter(school=school, from_on__lte=period.to_on)
        .order_by("from_on")
        .values_list("pupil_id", "year_group", "tutor_group__name")
    ):
        placed[pupil_id] = (year, form)
    inside = _memberships(school, period) if groups else {}
    fields = [axis.field for axis in reader.axes.values() if axis.field]
    found = []
    for row in (
        Pupil.objects.filter(reader.rows, school=school)
        .order_by("sort_name", "pk")
        .values("pk", "legal_surname", "legal_forename", "known_as", "year_group", "tutor_group__name", *fields)
    ):
        pk = row["pk"]
        if pk not in counted and pk not in stays:
            continue
        year, form = placed.get(pk, (row["year_group"], row["tutor_group__name"] or ""))
        tally = counted.get(pk, Tally())
        first, last = stays.get(pk, (None, None))
        found.append(
            Line(
                pupil_id=pk,
                name=f"{row['legal_surname']}, {row['known_as'] or row['legal_forename']}",
                year_group=year,
                form=form,
                starts_on=first,
                ends_on=last,
                tally=tally,
                values=_fields(reader, row)
                | {
                    "year": (str(year),),
                    "form": (form,),
                    "group": inside.get(pk, ()),
                    "roll": _roll(held, first, last),
                    **_counted(tally),
                },
            )
        )
    return found


def _fields(reader: Reader, row: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    return {key: (value_of(axis, row[axis.field]),) for key, axis in reader.axes.items() if axis.field}


def _counted(tally: Tally) -> dict[str, tuple[str, ...]]:
    """Give the values that the period's own sessions make; none where nothing was possible."""
    band = band_of(tally)
    if band is None:
        return {"band": (), "much": ()}
    much = [("persistent", tally.persistently_absent), ("severe", tally.severely_absent)]
    return {"band": (band.key,), "much": tuple(value for value, is_so in much if is_so) or ("neither",)}


def _roll(held: tuple[date, date], first: date | None, last: date | None) -> tuple[str, ...]:
    found = []
    if first is not None and first > held[0]:
        found.append("joined")
    if last is not None and last < held[1]:
        found.append("left")
    return tuple(found) or ("all",)


def _held(school_id: int, period: Period) -> tuple[date, date]:
    """Give the first and the last day of the period within a term: who starts in September is no joiner of August."""
    terms = list(
        Term.objects.filter(school=school_id, ends_on__gte=period.from_on, starts_on__lte=period.to_on)
        .order_by("starts_on")
        .values_list("starts_on", "ends_on")
    )
    if not terms:
        return period.from_on, period.to_on
    return max(period.from_on, terms[0][0]), min(period.to_on, terms[-1][1])


def _stays(school_id: int, period: Period) -> dict[int, tuple[date, date | None]]:
    """Give each pupil's first and last day on roll, of the enrolments that touch the period; None is open."""
    found: dict[int, tuple[date, date | None]] = {}
    rows = Enrolment.objects.filter(school=school_id, starts_on__lte=period.to_on).exclude(ends_on__lt=period.from_on)
    for pupil_id, starts_on, ends_on in rows.order_by("starts_on").values_list("pupil_id", "starts_on", "ends_on"):
        first = found[pupil_id][0] if pupil_id in found else starts_on
        found[pupil_id] = (first, ends_on)
    return found


def _memberships(school_id: int, period: Period) -> dict[int, tuple[str, ...]]:
    """Give the groups in which a pupil was on any day of the period."""
    found: dict[int, tuple[str, ...]] = {}
    rows = Membership.objects.filter(Q(to_on=None) | Q(to_on__gte=period.from_on), school=school_id)
    for pupil_id, group_id in rows.filter(from_on__lte=period.to_on).values_list("pupil_id", "group_id").distinct():
        found[pupil_id] = (*found.get(pupil_id, ()), str(group_id))
    return found
