"""A pupil's year at a glance: the calendar of codes, the totals with their receipt, the rolling rate."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Final

from attendance_office import clock
from registers.models import Enrolment, Pupil, SessionTimes
from registers.queries.calendar import opening, session_times
from registers.queries.pupil_marks import Marked
from registers.rules import codes, rates
from registers.rules.codes import Counts, Half
from registers.rules.sessions import HALVES, Calendar, Session, monday

ROLLING: Final = 40
_FEBRUARY: Final = 2
_TO_WEDNESDAY: Final = timedelta(days=2)
_WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True)
class Period:
    """A stretch of days to look at, with its name in the address and on the page."""

    key: str
    name: str
    from_on: date
    to_on: date


def periods_of(calendar: Calendar, on: date, years: Mapping[str, tuple[date, date]]) -> list[Period]:
    """Give what may be chosen on a day: the last twelve months, the terms and school years begun, the newest first.

    `years` names each school year's first and last day.
    """
    latest = calendar.latest_day(on) or on
    back = latest.replace(year=latest.year - 1, day=min(latest.day, 28 if latest.month == _FEBRUARY else 31))
    found = [Period("12m", "Last twelve months", back + timedelta(days=1), on)]
    found += [
        Period(name, f"School year {name}", first, min(last, on))
        for name, (first, last) in sorted(years.items(), reverse=True)
        if first <= on
    ]
    for term in sorted(calendar.terms, key=lambda term: term.starts_on, reverse=True):
        if term.starts_on <= on:
            found.append(
                Period(f"{term.starts_on}", f"{term.name} {term.starts_on.year}", term.starts_on, min(term.ends_on, on))
            )
    return found


def sessions_due(
    pupil: Pupil,
    calendar: Calendar,
    from_on: date,
    to_on: date,
    at: datetime,
    *,
    times: Mapping[str, SessionTimes] | None = None,
) -> list[Session]:
    """Give the sessions held while the pupil was on roll and begun by `at`: those a mark is owed for.

    `times` are those of the day, where they are known already. Two queries at most.
    """
    stays = list(Enrolment.objects.filter(pupil=pupil).values_list("starts_on", "ends_on"))
    here = clock.local(at).date()
    times = session_times(pupil.school_id, here) if times is None else times

    def begun(session: Session) -> bool:
        if session.on < here:
            return True
        return session.half not in times or opening(times[session.half], here) <= at

    return [
        session
        for session in calendar.sessions(from_on, min(to_on, here))
        if begun(session) and any(first <= session.on and (last is None or session.on <= last) for first, last in stays)
    ]


@dataclass(frozen=True)
class CodeCount:
    """How many sessions carry one code, and what the code is called."""

    symbol: str
    meaning: str
    sessions: int


@dataclass(frozen=True)
class Receipt:
    """How a rate came about, from the school's sessions down to the sessions attended.

    `sessions` + `outside` - `missing` - what is left out = `tally.possible`.

    Source: DfE attendance statistics method (what is not a possible attendance is left out of both).
    """

    sessions: int
    outside: int
    missing: int
    left_out: tuple[CodeCount, ...]
    authorised: tuple[CodeCount, ...]
    unauthorised: tuple[CodeCount, ...]
    late: int
    tally: rates.Tally

    @property
    def exact(self) -> str:
        """Give the rate with two decimals, cut and not rounded: what the shown figure is rounded from."""
        rate = self.tally.attendance_rate
        if rate is None:
            return ""
        hundredths = int(rate * 10_000)
        return f"{hundredths // 100}.{hundredths % 100:02d}"

    @property
    def is_cut(self) -> bool:
        """Tell whether `exact` leaves digits away."""
        rate = self.tally.attendance_rate
        return rate is not None and (rate * 10_000).denominator != 1


def receipt(marks: Sequence[Marked], due: Sequence[Session]) -> Receipt:
    """Give the receipt of marks against the sessions for which a mark is owed.

    A mark on a session nobody owes one for (a Saturday school, a day since closed) is counted and said apart; one that
    counts nothing there is left away.
    """
    owed = set(due)
    counted: dict[Counts, Counter[tuple[str, str]]] = {kind: Counter() for kind in Counts}
    by_day: dict[date, Counter[str]] = {}
    outside = late = known = 0
    for mark in marks:
        code = codes.code(mark.code, mark.session.on)
        if mark.session in owed:
            known += 1
        elif code.counts is Counts.ADMINISTRATIVE:
            continue
        else:
            outside += 1
        counted[code.counts][mark.code, code.meaning] += 1
        by_day.setdefault(mark.session.on, Counter())[mark.code] += 1
        late += code.late and code.counts.is_attended
    return Receipt(
        sessions=len(owed),
        outside=outside,
        missing=len(owed) - known,
        left_out=_by_code(counted[Counts.NOT_POSSIBLE] + counted[Counts.ADMINISTRATIVE]),
        authorised=_by_code(counted[Counts.AUTHORISED]),
        unauthorised=_by_code(counted[Counts.UNAUTHORISED]),
        late=late,
        tally=sum((rates.tally(count, on) for on, count in by_day.items()), rates.Tally.zero()),
    )


def _by_code(counts: Mapping[tuple[str, str], int]) -> tuple[CodeCount, ...]:
    most = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    return tuple(CodeCount(symbol, meaning, sessions) for (symbol, meaning), sessions in most)


@dataclass(frozen=True)
class Point:
    """The rate over the last forty possible sessions, at one session."""

    session: Session
    rate: Fraction


def rolling(marks: Iterable[Marked], *, over: int = ROLLING) -> list[Point]:
    """Give the rate of the last `over` possible sessions at each session from the first at which there are so many.

    Source: arithmetic; forty sessions are four school weeks.
    """
    window: deque[bool] = deque(maxlen=over)
    points = []
    for mark in marks:
        counts = codes.code(mark.code, mark.session.on).counts
        if not counts.is_possible:
            continue
        window.append(counts.is_attended)
        if len(window) == over:
            points.append(Point(mark.session, Fraction(sum(window), over)))
    return points


@dataclass(frozen=True)
class Cell:
    """One session of the calendar: marked, missing, or blank."""

    session: Session
    mark: Marked | None
    is_missing: bool
    is_now: bool

    @property
    def anchor(self) -> str:
        """Give the name of the session's place on a page."""
        return f"{self.session.on:%Y-%m-%d}-{self.session.half}"


@dataclass(frozen=True)
class Week:
    """A column of the calendar: a school week, or a gap where the school was closed for a week or more."""

    monday: date | None
    label: str = ""


@dataclass(frozen=True)
class HalfDay:
    """A row of the calendar: one half of one weekday, a cell for each week (None in a gap)."""

    weekday: str
    half: Half
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True)
class YearOfCodes:
    """The calendar of codes: weeks across, half days down."""

    weeks: tuple[Week, ...]
    rows: tuple[HalfDay, ...]


def year_of_codes(
    marks: Iterable[Marked], due: Iterable[Session], weeks: Sequence[date], *, now: Session | None = None
) -> YearOfCodes:
    """Lay marks out by school week and half day. `weeks` are the Mondays of the school weeks; `now` is ringed.

    A week in which something is marked although the school was closed has its column too, and a Saturday its rows.
    """
    by_session = {mark.session: mark for mark in marks}
    owed = set(due)
    mondays = sorted({*weeks, *(session.monday for session in by_session)})
    days = max([4, *(session.on.weekday() for session in by_session)]) + 1
    columns: list[Week] = []
    before: date | None = None
    for first in mondays:
        if before is not None and first - before > timedelta(days=7):
            columns.append(Week(None))
        columns.append(Week(first, _month(first, before)))
        before = first
    rows = []
    for day in range(days):
        for half in HALVES:
            cells: list[Cell | None] = []
            for column in columns:
                if column.monday is None:
                    cells.append(None)
                    continue
                session = Session(column.monday + timedelta(days=day), half)
                mark = by_session.get(session)
                cells.append(Cell(session, mark, mark is None and session in owed, session == now))
            rows.append(HalfDay(_WEEKDAYS[day], half, tuple(cells)))
    return YearOfCodes(tuple(columns), tuple(rows))


def _month(first: date, before: date | None) -> str:
    """Name the month over the first week whose Wednesday lies in it, with the year where that turns."""
    first = first + _TO_WEDNESDAY
    before = before + _TO_WEDNESDAY if before is not None else None
    if before is not None and before.month == first.month and before.year == first.year:
        return ""
    turned = before is not None and before.year != first.year
    return f"{first:%b %Y}" if turned else f"{first:%b}"


def latest_session(due: Sequence[Session], on: date) -> Session | None:
    """Give the last session begun on a day, or None on a day without one."""
    return due[-1] if due and due[-1].on == on else None


def weeks_shown(calendar: Calendar, period: Period) -> list[date]:
    """Give the Mondays of the period's school weeks, the first and the present one whole."""
    return list(calendar.school_weeks(monday(period.from_on), period.to_on))
