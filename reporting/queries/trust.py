"""The schools of a trust side by side: counted by the one place that counts marks, each school by the same definitions.

However many schools there are, the marks are asked twice: for the period, and for the days beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Final

from attendance_office.staff.models import School, User
from attendance_office.staff.roles import Can
from registers.queries.figures import PupilFigures, counts_by_school_and_pupil
from registers.queries.missing_of_schools import Due, missing_of_schools
from registers.rules.ages import school_year_starts
from registers.rules.figures import Figures
from reporting.rules.small_numbers import Division

from .comparators import comparators, phase_of
from .league import PERIODS as NAMED_BEFORE
from .league import period_before
from .periods import USUAL, Period, year_before
from .trust_groups import Choice, told
from .trust_held import Cell, Held, held_back

BESIDE: Final = (("year", "A year before"), ("before", "The days just before"), ("none", "Nothing"))
_DAY: Final = timedelta(days=1)
_WEEK: Final = timedelta(days=7)


@dataclass(frozen=True)
class Counted:
    """Figures of some pupils, how many sessions were due of how many of them, and their figures on the days beside."""

    figures: Figures = field(default_factory=Figures)
    due: int = 0
    on_roll: int = 0
    before: Figures = field(default_factory=Figures)

    @classmethod
    def together(cls, parts: Iterable[Counted]) -> Counted:
        """Give several taken as one: sums over sums."""
        each = list(parts)
        return cls(
            Figures.together(one.figures for one in each),
            sum(one.due for one in each),
            sum(one.on_roll for one in each),
            Figures.together(one.before for one in each),
        )


@dataclass(frozen=True)
class SchoolLine:
    """One school, or several taken as one: what was counted of it, and what DfE published of its phase."""

    name: str
    phase: str
    counted: Counted
    england: Fraction | None
    school: School | None = None

    @property
    def figures(self) -> Figures:
        """Give the figures of the period."""
        return self.counted.figures


@dataclass(frozen=True)
class TrustView:
    """The schools of a person's trusts over a period. `sees_pupils`: in each of them, so that nothing is held back.

    `held` names places of `every_line`. `choice` is the group of pupils that all of it is about, None for all pupils.
    """

    period: Period
    beside: Period | None
    choice: Choice | None
    lines: tuple[SchoolLine, ...]
    phases: tuple[SchoolLine, ...]
    whole: SchoolLine
    held: Held
    sees_pupils: bool
    edition: str

    @property
    def every_line(self) -> tuple[SchoolLine, ...]:
        """Give the schools, the phases and the trust, in this order."""
        return (*self.lines, *self.phases, self.whole)


def trust_schools(user: User) -> list[School]:
    """Give the schools that a person may see side by side, by name: those where a post allows it."""
    standing = user.standing
    return sorted((one for one in standing.schools if standing.may(Can.SEE_TRUST, one.pk)), key=lambda one: one.name)


def beside_of(school_id: int, period: Period, how: str) -> Period | None:
    """Give the days that a period is laid beside, as a key of `BESIDE` asks; None for nothing.

    Just before a week, half term or term lies the school's own one before, before a year to date the last school year,
    before any other days as many whole weeks as they take. Where nothing came before, the days are empty.
    """
    if how == "none":
        return None
    if how != "before":
        return replace(year_before(period), words="A year before")
    if period.key == USUAL:
        last = school_year_starts(period.from_on - _DAY)
        return Period("before", "The last school year", last, period.from_on - _DAY)
    if period.key in NAMED_BEFORE:
        return period_before(school_id, period)
    shift = -(-((period.to_on - period.from_on).days + 1) // 7) * _WEEK
    return Period("before", "The weeks before", period.from_on - shift, period.to_on - shift)


def trust_view(
    user: User,
    period: Period,
    beside: Period | None,
    *,
    at: datetime,
    choice: Choice | None = None,
    others: Sequence[Choice] = (),
) -> TrustView:
    """Count the schools of a person's trusts over a period and the days beside it: two statements over all marks.

    `others` are the choices that part the pupils with `choice`: what a group's table holds back hangs on theirs too.
    """
    schools = trust_schools(user)
    keys = [school.pk for school in schools]
    sees = all(user.standing.may(Can.SEE_PUPILS, key) for key in keys)
    values = [] if choice is None else [choice.value, *(one.value for one in others if one.value != choice.value)]
    if sees:
        values = values[:1]
    counted = _counted(keys, period, beside, at=at, choice=choice, values=values)
    lines, edition = [], ""
    for school in schools:
        england = comparators(school, period)[0]
        edition = england.edition.words
        share = england.shares["attendance"]
        lines.append(
            SchoolLine(school.name, phase_of(school), Counted(), share if isinstance(share, Fraction) else None, school)
        )
    columns = [_columns_of(lines, counted[value]) for value in ("", *values)]
    shown = 1 if values else 0
    schools_count = len(lines)
    tree = _tree(columns[0], schools_count)
    held = Held()
    if not sees:
        cells = [[Cell(one.figures, one.counted.on_roll, one.counted.before) for one in column] for column in columns]
        held = held_back(cells, tree, shown)
    rows = columns[shown]
    return TrustView(
        period=period,
        beside=beside,
        choice=choice,
        lines=tuple(rows[:schools_count]),
        phases=tuple(rows[schools_count:-1]),
        whole=rows[-1],
        held=held,
        sees_pupils=sees,
        edition=edition,
    )


def _columns_of(lines: Sequence[SchoolLine], counted: Mapping[int, Counted]) -> list[SchoolLine]:
    """Give the schools with what was counted, the phases where there are several, and all of them together."""
    rows = [replace(line, counted=counted[line.school.pk]) for line in lines if line.school]
    names = sorted({line.phase for line in rows})
    phases = []
    for name in names if len(names) > 1 else []:
        some = [line for line in rows if line.phase == name]
        phases.append(SchoolLine(_named(name), name, Counted.together(one.counted for one in some), some[0].england))
    whole = SchoolLine(f"All {len(rows)} schools", "", Counted.together(one.counted for one in rows), None)
    return [*rows, *phases, whole]


def _tree(rows: Sequence[SchoolLine], schools: int) -> list[Division]:
    """Tell which rows are sums of which: the trust of its schools and of its phases, a phase of its schools."""
    whole = len(rows) - 1
    found = [Division(whole, tuple(range(schools)))]
    phases = tuple(range(schools, whole))
    if phases:
        found.append(Division(whole, phases))
        found += [
            Division(phase, tuple(at for at in range(schools) if rows[at].phase == rows[phase].phase))
            for phase in phases
        ]
    return found


def _counted(
    keys: Sequence[int],
    period: Period,
    beside: Period | None,
    *,
    at: datetime,
    choice: Choice | None,
    values: Sequence[str],
) -> dict[str, dict[int, Counted]]:
    """Count each school, of all its pupils ("") and of those of each value, by value and school."""
    now = counts_by_school_and_pupil(keys, period.from_on, period.to_on)
    due = missing_of_schools(now, period.from_on, period.to_on, at=at)
    then = counts_by_school_and_pupil(keys, beside.from_on, beside.to_on) if beside else {key: [] for key in keys}
    found = {"": {key: _figures(now[key], due[key], then[key]) for key in keys}}
    if choice is None:
        return found
    here = told(choice.axis, keys, period.to_on)
    there = _told_then(choice, keys, here, period.to_on, beside)
    for value in values:
        found[value] = {
            key: _figures(
                [one for one in now[key] if here.get(one.pupil_id) == value],
                {pupil_id: one for pupil_id, one in due[key].items() if here.get(pupil_id) == value},
                [one for one in then[key] if there.get(one.pupil_id) == value],
            )
            for key in keys
        }
    return found


def _told_then(
    choice: Choice, keys: Sequence[int], here: dict[int, str], on: date, beside: Period | None
) -> dict[int, str]:
    """Give the values of the days beside: a year group's pupils are those who sat in it then."""
    if choice.axis.key != "year" or beside is None or beside.to_on == on:
        return here
    return told(choice.axis, keys, beside.to_on)


def _figures(now: Iterable[PupilFigures], due: Mapping[int, Due], then: Iterable[PupilFigures]) -> Counted:
    return Counted(
        Figures.of_pupils((one.tally for one in now), missing=sum(one.missing for one in due.values())),
        sum(one.due for one in due.values()),
        sum(one.due > 0 for one in due.values()),
        Figures.of_pupils(one.tally for one in then),
    )


def _named(phase: str) -> str:
    return "Schools of all phases" if phase == "Total" else f"{phase} schools"
