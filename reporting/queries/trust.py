"""The schools of a trust side by side: counted by the one place that counts marks, each school by the same definitions.

However many schools there are, the marks are asked twice: for the period, and for the same period a year before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import groupby
from typing import Final

from attendance_office.staff.models import School, User
from attendance_office.staff.roles import Can
from attendance_office.web.charts import Bar, BarChart, spoken
from attendance_office.web.export import Cell, Column
from registers.queries.figures import counts_by_school, counts_by_school_and_pupil
from registers.rules.figures import Figures
from registers.rules.rates import Tally
from reporting.rules.small_numbers import SMALL, hidden, hidden_counts, tells_of_few

from .comparators import comparators, phase_of
from .periods import Period, year_before
from .sheets import NO_RATE, SUPPRESSED, Row, Sheet

_SUMS: Final = (
    "Attendance is sessions attended over sessions possible, summed over pupils; the trust's own line and each phase's"
    " are sums over sums, never means of schools."
)
_ABSENT: Final = (
    "A pupil is persistently absent who missed one tenth or more of the own possible sessions of the period, severely"
    " who missed half or more."
)
DEFINITIONS: Final = (_SUMS, _ABSENT, "A register that was not taken counts neither as presence nor as absence.")
_COLUMNS: Final = (
    Column("School"),
    Column("Phase"),
    Column("Pupils"),
    Column("Possible"),
    Column("Attendance", is_share=True),
    Column("A year before", is_share=True),
    Column("Change, points", is_share=True),
    Column("England", is_share=True),
    Column("Authorised", is_share=True),
    Column("Unauthorised", is_share=True),
    Column("Late marks"),
    Column("Persistent"),
    Column("Of pupils", is_share=True),
    Column("Severe"),
)
_COUNTS: Final = 3  # the last columns tell of pupils: persistent, its share, and severe


@dataclass(frozen=True)
class SchoolLine:
    """One school, or several taken as one: this period, a year before, and what DfE published of its phase."""

    name: str
    phase: str
    figures: Figures
    before: Tally
    england: Fraction | None
    school: School | None = None


@dataclass(frozen=True)
class TrustView:
    """The schools of a person's trusts over a period. `sees_pupils`: in each of them, so that nothing is held back."""

    period: Period
    before: Period
    lines: tuple[SchoolLine, ...]
    phases: tuple[SchoolLine, ...]
    whole: SchoolLine
    sees_pupils: bool
    edition: str


def trust_schools(user: User) -> list[School]:
    """Give the schools that a person may see side by side, by name: those where a post allows it."""
    standing = user.standing
    return sorted((one for one in standing.schools if standing.may(Can.SEE_TRUST, one.pk)), key=lambda one: one.name)


def trust_view(user: User, period: Period) -> TrustView:
    """Count the schools of a person's trusts over a period: two statements over the marks."""
    schools, before = trust_schools(user), year_before(period)
    keys = [school.pk for school in schools]
    now = counts_by_school_and_pupil(keys, period.from_on, period.to_on)
    then = counts_by_school(keys, before.from_on, before.to_on)
    lines, edition = [], ""
    for school in schools:
        england = comparators(school, period)[0]
        share = england.shares["attendance"]
        edition = england.edition.words
        lines.append(
            SchoolLine(
                school.name,
                phase_of(school),
                Figures.of_pupils(pupil.tally for pupil in now[school.pk]),
                then[school.pk],
                share if isinstance(share, Fraction) else None,
                school,
            )
        )
    by_phase = [(name, list(some)) for name, some in groupby(sorted(lines, key=_phase), key=_phase)]
    phases = (
        [_together(_named(name), name, some, some[0].england) for name, some in by_phase] if len(by_phase) > 1 else []
    )
    sees = all(user.standing.may(Can.SEE_PUPILS, key) for key in keys)
    whole = _together(f"All {len(schools)} schools", "", lines, None)
    return TrustView(period, before, tuple(lines), tuple(phases), whole, sees, edition)


def trust_sheet(view: TrustView) -> Sheet:
    """Give the table of the schools, for page and file, with the phases and the trust's own line at its end."""
    rows = [*_rows(view.lines, is_shy=not view.sees_pupils)]
    phases = _rows(view.phases, is_shy=not view.sees_pupils)
    if not view.sees_pupils:
        # A phase is the sum of some of the schools above it: what it counted would tell what one of them holds back.
        phases = (
            [] if hidden([line.figures.pupils for line in view.lines]) else [_without_counts(row) for row in phases]
        )
    whole = _rows([view.whole], is_shy=not view.sees_pupils)[0]
    notes = [
        *DEFINITIONS,
        f"England: what DfE published of the phase, {view.edition}." if view.edition else "",
        ""
        if view.sees_pupils
        else f"Fewer than {SMALL} pupils are suppressed, and with them what would give them away.",
    ]
    return Sheet(
        "Schools side by side",
        _COLUMNS,
        (*rows, *phases),
        whole,
        tuple(note for note in notes if note),
        trust_chart(view),
    )


def trust_chart(view: TrustView) -> BarChart | None:
    """Give absence by school beside England's of its phase, the highest first; None where nothing was possible."""
    gone: frozenset[int] = frozenset() if view.sees_pupils else hidden([line.figures.pupils for line in view.lines])
    known = [(line, line.figures.tally.absence_rate) for at, line in enumerate(view.lines) if at not in gone]
    bars = [
        Bar(
            line.name,
            rate,
            spoken(rate),
            1 - line.england if line.england is not None else None,
            spoken(1 - line.england) if line.england is not None else "",
        )
        for line, rate in sorted(known, key=lambda one: -(one[1] or Fraction(0)))
        if rate is not None
    ]
    if not bars:
        return None
    words = "; ".join(f"{bar.name} {bar.words}" for bar in bars)
    return BarChart(
        "trust", "Absence by school, the highest first", words, tuple(bars), "School", ("Absence", "England, its phase")
    )


def _rows(lines: Sequence[SchoolLine], *, is_shy: bool) -> list[Row]:
    pupils = [line.figures.pupils for line in lines]
    gone: frozenset[int] = hidden(pupils) if is_shy else frozenset()
    persistent = _held([line.figures.persistently_absent for line in lines], pupils, is_shy=is_shy)
    severe = _held([line.figures.severely_absent for line in lines], pupils, is_shy=is_shy)
    return [
        Row(_cells(line, is_gone=at in gone, few=(at in persistent, at in severe)), narrows=_key(line))
        for at, line in enumerate(lines)
    ]


def _without_counts(row: Row) -> Row:
    at = len(row.cells) - _COUNTS
    return replace(row, cells=(*row.cells[:at], *[SUPPRESSED] * _COUNTS))


def _held(counts: Sequence[int], pupils: Sequence[int], *, is_shy: bool) -> frozenset[int]:
    if not is_shy:
        return frozenset()
    if len(counts) == 1:
        return frozenset({0}) if tells_of_few(counts[0], pupils[0]) else frozenset()
    return hidden_counts(counts, pupils)


def _cells(line: SchoolLine, *, is_gone: bool, few: tuple[bool, bool]) -> tuple[Cell, ...]:
    if is_gone:
        return (line.name, line.phase, *[SUPPRESSED] * (len(_COLUMNS) - 2))
    figures, tally = line.figures, line.figures.tally
    rate, before = tally.attendance_rate, line.before.attendance_rate
    change = rate - before if rate is not None and before is not None else None
    share = Fraction(figures.persistently_absent, figures.pupils) if figures.pupils else None
    return (
        line.name, line.phase, figures.pupils, tally.possible, _rate(rate), _rate(before),
        change if change is not None else "", line.england if line.england is not None else "",
        _rate(tally.authorised_rate), _rate(tally.unauthorised_rate), tally.late,
        SUPPRESSED if few[0] else figures.persistently_absent, SUPPRESSED if few[0] else _rate(share),
        SUPPRESSED if few[1] else figures.severely_absent,
    )  # fmt: skip


def _together(name: str, phase: str, lines: Iterable[SchoolLine], england: Fraction | None) -> SchoolLine:
    each = list(lines)
    before = sum((line.before for line in each), Tally())
    return SchoolLine(name, phase, Figures.together(line.figures for line in each), before, england)


def _phase(line: SchoolLine) -> str:
    return line.phase


def _named(phase: str) -> str:
    return "Schools of all phases" if phase == "Total" else f"{phase} schools"


def _key(line: SchoolLine) -> tuple[tuple[str, str], ...]:
    return (("school", str(line.school.pk)),) if line.school else ()


def _rate(share: Fraction | None) -> Cell:
    return NO_RATE if share is None else share
