"""The morning as a worklist: what is owed, who is missing, and what must be settled by when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import cast

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery

from attendance_office import clock
from attendance_office.jobs.due import falls_on
from attendance_office.jobs.models import Run, Schedule
from attendance_office.staff.models import School, User
from letters.queries.alerts import shared_by
from letters.queries.asks import Chased, chased_in, seen
from letters.rules.alerts import together
from registers.models import Enrolment, Mark, Parent, Pupil
from registers.queries.calendar import calendar_of, closing, opening, session_times, sessions_begun
from registers.queries.registers import RegisterLine, Status, registers_of_sessions
from registers.queries.unexplained import unexplained
from registers.rules.codes import Counts, Half, code_set
from registers.rules.deadlines import settle_n_by
from registers.rules.rates import Tally, tally
from registers.rules.sessions import Calendar, CalendarTooShort, Session

from .worklists import Worklist, worklists

UNKNOWN_REASON = frozenset({"N", "O"})


@dataclass(frozen=True)
class OwedRegister:
    """A register still owed, how it was last chased, and when its owner looked after that."""

    line: RegisterLine
    chased: Chased | None
    seen_at: datetime | None


@dataclass(frozen=True)
class Watched:
    """A highly vulnerable pupil who is absent, or has no mark."""

    pupil: Pupil
    code: str
    last_seen: Session | None
    ring: Parent | None


@dataclass(frozen=True)
class Unsettled:
    """An absence whose reason is not established, and the last day on which the law lets it stand."""

    mark: Mark
    settle_by: date | None


@dataclass(frozen=True)
class YearLine:
    """A year group's rates on the last few school days, the present day last."""

    year_group: int
    days: Sequence[tuple[date, Tally | None]]


@dataclass(frozen=True)
class Morning:
    """Everything the desk shows, read at one instant."""

    at: datetime
    session: Session | None
    closes_at: datetime | None
    opens_at: datetime | None
    lines: Sequence[RegisterLine] = ()
    owed: Sequence[OwedRegister] = ()
    codes: Mapping[str, int] = field(default_factory=dict)
    watched: Sequence[Watched] = ()
    unexplained: Sequence[Mark] = ()
    families: int = 0
    unsettled: Sequence[Unsettled] = ()
    years: Sequence[YearLine] = ()
    days: Sequence[date] = ()
    last_run: Run | None = None
    next_schedule: Schedule | None = None
    worklists: Sequence[Worklist] = ()

    @property
    def is_today(self) -> bool:
        """Tell whether the session is of the day on which the desk is read."""
        return self.session is not None and self.session.on == clock.local(self.at).date()

    @property
    def today(self) -> Tally | None:
        """Give the tally of the session's marks so far."""
        return tally(self.codes, self.session.on) if self.session and self.codes else None

    @property
    def expected(self) -> int:
        """Give the pupils whose marks this session should hold."""
        return sum(line.expected for line in self.lines)

    @property
    def unmarked(self) -> int:
        """Give the pupils of this session without a mark."""
        return sum(line.unmarked for line in self.lines)

    @property
    def owed_now(self) -> Sequence[OwedRegister]:
        """Give the registers owed for the present session."""
        return [row for row in self.owed if row.line.session == self.session]

    @property
    def owed_before(self) -> Sequence[OwedRegister]:
        """Give the registers still owed for the session before."""
        return [row for row in self.owed if row.line.session != self.session]

    @property
    def unasked(self) -> int:
        """Give how many of the registers owed nobody has been asked for."""
        return sum(row.chased is None for row in self.owed)

    def count(self, *statuses: Status) -> int:
        """Give how many registers of the session have one of the statuses."""
        return sum(line.status in statuses and line.expected > 0 for line in self.lines)

    @property
    def taken(self) -> int:
        """Give the registers of the session that are complete."""
        return self.count(Status.COMPLETE)

    @property
    def part(self) -> int:
        """Give the registers of the session that are part marked."""
        return self.count(Status.PART)

    @property
    def not_taken(self) -> int:
        """Give the registers of the session without a mark."""
        return self.count(Status.NOT_OPENED, Status.OPENED)

    @property
    def watched_absent(self) -> int:
        """Give the highly vulnerable pupils who are absent without a reason."""
        return sum(row.code in UNKNOWN_REASON for row in self.watched)

    @property
    def watched_unmarked(self) -> int:
        """Give the highly vulnerable pupils without a mark."""
        return sum(not row.code for row in self.watched)

    @property
    def watched_at_most(self) -> int:
        """Give how many of them are absent without a reason if every one without a mark is."""
        return self.watched_absent + self.watched_unmarked

    @property
    def due_today(self) -> Sequence[Unsettled]:
        """Give the Ns whose last date is the present day or gone by."""
        day = clock.local(self.at).date()
        return [row for row in self.unsettled if row.settle_by is not None and row.settle_by <= day]

    @property
    def by_family(self) -> Mapping[str, int]:
        """Give the session's marks by what they count as."""
        if self.session is None:
            return {}
        codes = code_set(self.session.on)
        kinds: dict[str, int] = {"present": 0, "late": 0, "authorised": 0, "unauthorised": 0, "not_possible": 0}
        for symbol, number in self.codes.items():
            code = codes[symbol]
            if symbol == "L":
                kinds["late"] += number
            elif code.counts.is_attended:
                kinds["present"] += number
            elif code.counts is Counts.AUTHORISED:
                kinds["authorised"] += number
            elif code.counts is Counts.UNAUTHORISED:
                kinds["unauthorised"] += number
            else:
                kinds["not_possible"] += number
        return kinds

    @property
    def signature(self) -> str:
        """Give a short text that changes when a count of the desk changes, for the page to compare."""
        return (
            f"{self.session}-{self.taken}-{self.part}-{len(self.owed)}-{self.unmarked}-{len(self.watched)}"
            f"-{len(self.unexplained)}-{len(self.unsettled)}-{self.unasked}"
            f"-{'.'.join(str(row.many) for row in self.worklists)}"
        )


def morning(school: School, *, user: User, at: datetime) -> Morning:
    """Give the desk of one person in one school, read at `at`: only pupils and groups within that person's reach.

    A constant number of queries, whatever the size of the school.
    """
    calendar = calendar_of(school.pk)
    here = clock.local(at)
    times = session_times(school.pk, here.date())
    begun = sessions_begun(calendar, times, at)
    if not begun:
        return Morning(at=at, session=None, closes_at=None, opens_at=None)
    now = begun[-1]
    lines = registers_of_sessions(school, begun[-2:], visible_to=user)
    pupils = Pupil.objects.visible_to(user).filter(school=school)
    owed = _owed(school, [line for each in lines.values() for line in each if line.is_owed])
    marks = Mark.objects.filter(school=school, pupil__in=pupils)
    days = calendar.days(now.on - timedelta(days=21), now.on)[-5:]
    unsettled = _unsettled(unexplained(school, user, at), calendar)
    away = [row.mark for row in unsettled if (row.mark.on, row.mark.half) == (now.on, now.half)]
    years, codes = _years(marks, days, now)
    watched = _watched(pupils, now)
    parents = _parents([mark.pupil_id for mark in away], [row.pupil.pk for row in watched])
    return Morning(
        at=at,
        session=now,
        opens_at=opening(times[now.half], now.on) if now.half in times else None,
        closes_at=closing(times[now.half], now.on) if now.half in times else None,
        lines=lines[now],
        owed=owed,
        codes=codes,
        watched=[replace(row, ring=_first_to_ring(parents, row.pupil.pk)) for row in watched],
        unexplained=away,
        families=len(together([mark.pupil_id for mark in away], shared_by([mark.pupil for mark in away], parents))),
        unsettled=unsettled,
        years=years,
        days=days,
        last_run=Run.objects.filter(school=school).order_by("-started_at").first(),
        next_schedule=_next(school, here, calendar),
        worklists=worklists(school, user=user, at=at, allowed=user.standing.allowed(school.pk)),
    )


def _owed(school: School, lines: Sequence[RegisterLine]) -> list[OwedRegister]:
    """Add to each owed register how it was last chased, as the board has it: one query."""
    if not lines:
        return []
    chases = chased_in(school, {line.session for line in lines})
    rows = []
    for line in lines:
        found = chases.get((line.session, line.tutor_group.pk))
        rows.append(OwedRegister(line=line, chased=found, seen_at=seen(found, line) if found else None))
    order = {Status.NOT_OPENED: 0, Status.OPENED: 1, Status.PART: 2, Status.COMPLETE: 3}
    return sorted(rows, key=lambda row: (row.line.session, order[row.line.status], row.line.tutor_group.year_group))


def _watched(pupils: QuerySet[Pupil], now: Session) -> list[Watched]:
    """Give the highly vulnerable pupils on roll who are absent or unmarked, and when each was last in: one query."""
    on_roll = Enrolment.objects.filter(
        Q(ends_on=None) | Q(ends_on__gte=now.on), pupil=OuterRef("pk"), starts_on__lte=now.on
    )
    meaning = code_set(now.on)
    attending = [symbol for symbol, code in meaning.items() if code.counts.is_attended]
    marks = Mark.objects.filter(school=OuterRef("school"), pupil=OuterRef("pk"))
    last = marks.filter(on__gte=now.on - timedelta(days=42), on__lte=now.on, code__in=attending).order_by(
        "-on", "-half"
    )
    flagged = (
        pupils.filter(Exists(on_roll), is_vulnerable=True)
        .select_related("tutor_group")
        .annotate(
            code_now=Subquery(marks.filter(on=now.on, half=now.half).values("code")[:1]),
            seen_on=Subquery(last.values("on")[:1]),
            seen_half=Subquery(last.values("half")[:1]),
        )
        .order_by("sort_name")
    )
    return [
        Watched(
            pupil=pupil,
            code=pupil.code_now or "",
            last_seen=Session(pupil.seen_on, cast("Half", pupil.seen_half)) if pupil.seen_on else None,
            ring=None,
        )
        for pupil in flagged
        if not pupil.code_now or meaning[pupil.code_now].counts.is_absent
    ]


def _parents(unexplained: Sequence[int], watched: Sequence[int]) -> list[Parent]:
    """Give the contacts of pupils whose family is counted or rung, in the order to ring."""
    wanted = {*unexplained, *watched}
    if not wanted:
        return []
    return list(Parent.objects.filter(pupil__in=wanted).select_related("contact").order_by("priority", "pk"))


def _first_to_ring(parents: Sequence[Parent], pupil_id: int) -> Parent | None:
    """Give the first contact of a pupil who may be rung."""
    return next((one for one in parents if one.pupil_id == pupil_id and not one.do_not_contact), None)


def _session(mark: Mark) -> Session:
    """Give a mark's session as the law's value."""
    return Session(mark.on, cast("Half", mark.half))


def _unsettled(marks: QuerySet[Mark], calendar: Calendar) -> list[Unsettled]:
    """Give every standing N with its legal last date, the nearest first."""
    rows = []
    for mark in marks.select_related("pupil__tutor_group").order_by("on", "half", "pupil__sort_name", "pk"):
        try:
            last: date | None = settle_n_by(_session(mark), calendar)
        except CalendarTooShort:
            last = None
        rows.append(Unsettled(mark=mark, settle_by=last))
    return rows


def _years(marks: QuerySet[Mark], days: Sequence[date], now: Session) -> tuple[list[YearLine], dict[str, int]]:
    """Give each year group's rate on each of the days, and the present session's marks by code: one query."""
    counted: dict[int, dict[date, Counter[str]]] = {}
    codes: Counter[str] = Counter()
    rows = marks.filter(on__in=days).values_list("pupil__year_group", "on", "half", "code").annotate(n=Count("pk"))
    for year, on, half, code, number in rows.order_by():
        counted.setdefault(year, {}).setdefault(on, Counter())[code] += number
        if (on, half) == (now.on, now.half):
            codes[code] += number
    lines = [
        YearLine(
            year_group=year,
            days=[(on, tally(counted[year][on], on) if on in counted[year] else None) for on in days],
        )
        for year in sorted(counted)
    ]
    return lines, dict(codes)


def _next(school: School, here: datetime, calendar: Calendar) -> Schedule | None:
    """Give the next job of the day that is switched on, if one is still to come."""
    rows = Schedule.objects.filter(school=school, is_on=True, starts_at__gt=here.time()).order_by("starts_at")
    return next((row for row in rows if falls_on(row, here.date(), calendar.is_school_day)), None)
