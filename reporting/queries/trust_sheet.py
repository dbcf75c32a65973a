"""The schools of a trust as one table and chart, for page and file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from attendance_office.web.charts import Bar, BarChart, spoken
from attendance_office.web.export import Cell, Column
from registers.rules.dates import spoken_date
from reporting.rules.safe_rates import UNSAFE, could_be, is_unsafe
from reporting.rules.small_numbers import SMALL

from . import charts
from .sheets import NO_RATE, SUPPRESSED, Row, Sheet
from .trust import SchoolLine, TrustView

_SUMS: Final = (
    "Attendance is sessions attended over sessions possible, summed over pupils; the trust's own line and each phase's"
    " are sums over sums, never means of schools."
)
_ABSENT: Final = (
    "A pupil is persistently absent who missed one tenth or more of the own possible sessions of the period, severely"
    " who missed half or more."
)
_NO_MARK: Final = (
    "No mark: sessions that were due by now of pupils on roll and have no mark. They count neither as presence nor as"
    f" absence. Where {UNSAFE.numerator} in {UNSAFE.denominator} or more of the marks due are missing, attendance is"
    " unsafe to read: beside it stands the lowest and the highest that it could be."
)
DEFINITIONS: Final = (_SUMS, _ABSENT, _NO_MARK)
SCHOOL: Final = "School"
NO_MARK: Final = "No mark"
PERSISTENT: Final = "Persistent"
SEVERE: Final = "Severe"
PUPILS: Final = "Pupils"
REGISTERS: Final = "Registers"
UNSAFE_READ: Final = "unsafe"


@dataclass(frozen=True)
class _Head:
    """One column: its head, and what a line shows in it; `held` names the rows where that is held back."""

    column: Column
    cell: Callable[[SchoolLine], Cell]
    held: frozenset[int] = frozenset()


def trust_sheet(view: TrustView) -> Sheet:
    """Give the table of the schools, for page and file, with the phases and the trust's own line at its end."""
    heads = _heads(view)
    rows = [
        Row(
            tuple(
                SUPPRESSED if at in head.held or (at in view.held.rows and place > 1) else head.cell(line)
                for place, head in enumerate(heads)
            ),
            narrows=(("school", str(line.school.pk)),) if line.school else (),
        )
        for at, line in enumerate(view.every_line)
    ]
    schools = len(view.lines)
    return Sheet(
        "Schools side by side",
        tuple(head.column for head in heads),
        tuple(rows[:schools]),
        rows[-1],
        tuple(_notes(view)),
        trust_chart(view),
        sums=tuple(rows[schools:-1]),
    )


def trust_chart(view: TrustView) -> BarChart | None:
    """Give absence by school, the highest first, beside England's of its phase where all pupils are shown.

    None where nothing was possible.
    """
    known = [line for at, line in enumerate(view.lines) if at not in view.held.rows]
    bars = []
    for line in sorted(known, key=lambda one: -(one.figures.tally.absence_rate or Fraction(0))):
        rate = line.figures.tally.absence_rate
        if rate is None:
            continue
        england = 1 - line.england if line.england is not None and view.choice is None else None
        words = f"{spoken(rate)}, {UNSAFE_READ}" if _is_unsafe(line) else spoken(rate)
        bars.append(Bar(line.name, rate, words, england, spoken(england) if england is not None else ""))
    return charts.of_schools(bars, beside="" if view.choice else "England, its phase") if bars else None


def unsafe_lines(view: TrustView) -> list[SchoolLine]:
    """Give the schools whose attendance is unsafe to read for want of marks, as far as they are shown."""
    return [line for at, line in enumerate(view.lines) if at not in view.held.rows and _is_unsafe(line)]


def _heads(view: TrustView) -> list[_Head]:
    """Give the columns, for what is laid beside and for whom."""
    held, whole = view.held, view.whole.figures.tally.attendance_rate
    no_whole = frozenset(range(len(view.every_line))) if len(view.every_line) - 1 in held.rows else frozenset[int]()
    heads = [
        _Head(Column(SCHOOL), lambda line: line.name),
        _Head(Column("Phase"), lambda line: line.phase),
        _Head(Column(PUPILS), lambda line: line.figures.pupils),
        _Head(Column("Possible"), lambda line: line.figures.tally.possible),
        _Head(Column("Attendance", is_share=True), lambda line: _rate(line.figures.tally.attendance_rate)),
        _Head(Column(REGISTERS), _registers),
    ]
    if view.beside is not None:
        heads += [
            _Head(
                Column(view.beside.words, is_share=True),
                lambda line: _rate(line.counted.before.tally.attendance_rate),
                held.before,
            ),
            _Head(
                Column("Change, points", is_points=True),
                lambda line: _less(line.figures.tally.attendance_rate, line.counted.before.tally.attendance_rate),
                held.before,
            ),
        ]
    heads.append(
        _Head(
            Column("Against the trust, points", is_points=True),
            lambda line: "" if line is view.whole else _less(line.figures.tally.attendance_rate, whole),
            no_whole,
        )
    )
    if view.choice is None:
        heads.append(_Head(Column("England", is_share=True), lambda line: "" if line.england is None else line.england))
    return [
        *heads,
        _Head(Column(PERSISTENT), lambda line: line.figures.persistently_absent, held.persistent),
        _Head(
            Column("Persistent, share", is_share=True),
            lambda line: _share(line.figures.persistently_absent, line.figures.pupils),
            held.persistent,
        ),
        _Head(Column(SEVERE), lambda line: line.figures.severely_absent, held.severe),
        _Head(Column("Authorised", is_share=True), lambda line: _rate(line.figures.tally.authorised_rate)),
        _Head(Column("Unauthorised", is_share=True), lambda line: _rate(line.figures.tally.unauthorised_rate)),
        _Head(Column("Late marks"), lambda line: line.figures.tally.late),
        _Head(Column(NO_MARK), lambda line: line.figures.missing),
        _Head(Column("No mark, share", is_share=True), lambda line: _share(line.figures.missing, line.counted.due)),
    ]


def _notes(view: TrustView) -> list[str]:
    notes = [*DEFINITIONS]
    beside = view.beside
    if beside is not None and beside.from_on <= beside.to_on:
        notes.append(
            f"{beside.words}: {spoken_date(beside.from_on)} to {spoken_date(beside.to_on)}. A change is attendance less"
            " attendance then, in percentage points, each the sum over its own sessions."
        )
    if view.choice is not None:
        notes.append(f"Of these pupils only: {view.choice.words}, {view.choice.axis.kept.value}.")
    elif view.edition:
        notes.append(f"England: what DfE published of the phase, {view.edition}.")
    if not view.sees_pupils:
        notes.append(f"Fewer than {SMALL} pupils are suppressed, and with them what would give them away.")
    return notes


def _registers(line: SchoolLine) -> Cell:
    """Say whether a rate can be read: a register not taken is neither presence nor absence."""
    if not line.counted.due:
        return "none due"
    if not line.figures.missing:
        return "all marked"
    between = could_be(line.figures.tally, line.figures.missing)
    if not _is_unsafe(line) or between is None:
        return "safe to read"
    return f"{UNSAFE_READ}: {spoken(between[0])} to {spoken(between[1])}"


def _is_unsafe(line: SchoolLine) -> bool:
    return is_unsafe(line.figures.missing, line.counted.due)


def _less(rate: Fraction | None, other: Fraction | None) -> Cell:
    return "" if rate is None or other is None else rate - other


def _share(some: int, whole: int) -> Cell:
    return Fraction(some, whole) if whole else ""


def _rate(share: Fraction | None) -> Cell:
    return NO_RATE if share is None else share
