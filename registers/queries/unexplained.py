"""Absences whose reason is not established, by the last day on which the law lets them stand; and marks nobody made."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final, cast

from django.db import connection
from django.db.models import Count, QuerySet

from attendance_office import clock
from attendance_office.numbers import whole
from attendance_office.staff.models import School, User
from attendance_office.staff.roles import Can
from registers.models import Call, Mark, Pupil
from registers.queries.calendar import calendar_of, closing, session_times
from registers.queries.kept_words import comment_for
from registers.queries.known import Known, known_codes
from registers.queries.pupils import called
from registers.rules.codes import Half
from registers.rules.deadlines import settle_n_by
from registers.rules.sessions import Calendar, CalendarTooShort, Session, monday

UNEXPLAINED: Final = "N"
DUES: Final = ("past", "today", "week", "later")
DUE_WORDS: Final = {"past": "Past the last date", "today": "Last date today", "week": "This week", "later": "Later"}


@dataclass(frozen=True)
class Line:
    """One N: its last date, how old it is in school days, and what is known and was tried."""

    mark: Mark
    settle_by: date | None
    due: str
    age: int
    together: int
    reports: int
    known: Known | None

    @property
    def is_due(self) -> bool:
        """Tell whether it must be settled today, or should have been."""
        return self.due in {"past", "today"}


@dataclass(frozen=True)
class Days:
    """The days on which an N stands, each with the last date of settling it."""

    last: Mapping[date, date | None]
    due: Mapping[date, str]
    many: Mapping[date, int]

    def of(self, due: str) -> list[date]:
        """Give the days whose Ns are due then; every day for anything else."""
        return [on for on, word in self.due.items() if word == due or due not in DUES]

    def counts(self) -> dict[str, int]:
        """Give how many Ns are due when."""
        found = dict.fromkeys(DUES, 0)
        for on, many in self.many.items():
            found[self.due[on]] += many
        return found


def unexplained(school: School, user: User, at: datetime) -> QuerySet[Mark]:
    """Give the standing Ns of pupils within a person's reach."""
    return Mark.objects.filter(
        school=school,
        code=UNEXPLAINED,
        on__lte=clock.local(at).date(),
        pupil__in=Pupil.objects.visible_to(user).filter(school=school),
    )


def days_of(marks: QuerySet[Mark], calendar: Calendar, today: date) -> Days:
    """Give the days of some Ns with their last dates: one query.

    Source: SI 2024/208 reg 10(7)-(9).
    """
    many = dict(marks.order_by("on").values_list("on").annotate(many=Count("pk")))
    last: dict[date, date | None] = {}
    due: dict[date, str] = {}
    for on in many:
        try:
            last[on] = by = settle_n_by(Session(on, "AM"), calendar)
        except CalendarTooShort:
            last[on] = by = None
        if by is None:
            due[on] = "later"
        elif by < today:
            due[on] = "past"
        else:
            due[on] = "today" if by == today else "week" if monday(by) == monday(today) else "later"
    return Days(last, due, many)


def due_counts(school: School, user: User, at: datetime) -> dict[str, int]:
    """Give how many Ns are due when: three queries."""
    marks = unexplained(school, user, at)
    return days_of(marks, calendar_of(school.pk), clock.local(at).date()).counts()


def narrowed_to(marks: QuerySet[Mark], days: Days, *, due: str, year: str, q: str) -> QuerySet[Mark]:
    """Narrow Ns by when they are due, year group and name or form; those due first come first."""
    if due in DUES:
        marks = marks.filter(on__in=days.of(due))
    if (number := whole(year)) is not None:
        marks = marks.filter(pupil__year_group=number)
    if q:
        marks = marks.filter(pupil__in=called(Pupil.objects.all(), q))
    return marks.select_related("pupil__tutor_group").order_by("on", "half", "pupil__sort_name", "pk")


def lines_of(
    marks: Sequence[Mark], days: Days, calendar: Calendar, *, school: School, allowed: Collection[Can], at: datetime
) -> list[Line]:
    """Give a page of Ns with what is known of each: up to six queries, whatever their number.

    What a note says is told to whoever reads comments.
    """
    today = clock.local(at).date()
    pupils = {mark.pupil_id for mark in marks}
    together = dict(
        Mark.objects.filter(school=school, pupil__in=pupils, code=UNEXPLAINED, on__lte=today)
        .order_by()
        .values_list("pupil_id")
        .annotate(many=Count("pk"))
    )
    first = min((mark.on for mark in marks), default=today)
    reports: dict[int, list[date]] = {}
    for pupil, heard in Call.objects.filter(
        school=school, note__pupil__in=pupils, heard_at__date__gte=first
    ).values_list("note__pupil_id", "heard_at"):
        reports.setdefault(pupil, []).append(clock.local(heard).date())
    known = known_codes(school.pk, sorted({_session(mark) for mark in marks}), pupil_ids=pupils)
    return [
        Line(
            mark=mark,
            settle_by=days.last.get(mark.on),
            due=days.due.get(mark.on, "later"),
            age=max(0, len(calendar.days(mark.on, today)) - 1),
            together=together.get(mark.pupil_id, 1),
            reports=sum(on >= mark.on for on in reports.get(mark.pupil_id, [])),
            known=_told(known.get((mark.pupil_id, _session(mark))), allowed),
        )
        for mark in marks
    ]


def _told(known: Known | None, allowed: Collection[Can]) -> Known | None:
    if known is None or known.source != "note":
        return known
    return replace(known, words=comment_for(known.words, allowed))


def _session(mark: Mark) -> Session:
    return Session(mark.on, cast("Half", mark.half))


# ---------- marks nobody made ----------


@dataclass(frozen=True)
class Gap:
    """A pupil without a mark in a session that was held: a register not taken, or not whole."""

    pupil_id: int
    name: str
    session: Session
    group_id: int
    group: str
    year_group: int

    @property
    def key(self) -> str:
        """Give the name by which a form says which gap it means."""
        return f"{self.pupil_id}:{self.session.on.isoformat()}:{self.session.half}"


_GAPS: Final = """
    SELECT u.id, u.legal_surname || ', ' || coalesce(nullif(u.known_as, ''), u.legal_forename),
           s."on", s.half, g.id, g.name, p.year_group, count(*) OVER ()
    FROM unnest(%(days)s::date[], %(halves)s::text[]) AS s ("on", half)
    JOIN registers_placement p
      ON p.school_id = %(school)s AND p.from_on <= s."on" AND (p.to_on IS NULL OR p.to_on >= s."on")
    JOIN registers_enrolment e
      ON e.pupil_id = p.pupil_id AND e.starts_on <= s."on" AND (e.ends_on IS NULL OR e.ends_on >= s."on")
    JOIN registers_pupil u ON u.id = p.pupil_id
    JOIN staff_tutorgroup g ON g.id = p.tutor_group_id
    WHERE NOT EXISTS (
        SELECT FROM registers_mark m
        WHERE m.school_id = p.school_id AND m.pupil_id = p.pupil_id AND m."on" = s."on" AND m.half = s.half
    )
      AND (%(year)s::int IS NULL OR p.year_group = %(year)s)
      AND (%(group)s::int IS NULL OR g.id = %(group)s)
    ORDER BY s."on", s.half, p.year_group, g.name, u.sort_name, u.id
    LIMIT %(limit)s OFFSET %(offset)s
"""


def sessions_closed(school: School, calendar: Calendar, at: datetime, *, many: int) -> list[Session]:
    """Give the sessions of the last school days whose registers have closed by now: one query."""
    today = clock.local(at).date()
    times = session_times(school.pk, today)
    days = calendar.days(date(today.year - 1, 1, 1), today)[-many:]
    if not days:
        return []
    return [
        session
        for session in calendar.sessions(days[0], today)
        if session.on < today or (session.half in times and closing(times[session.half], session.on) <= at)
    ]


def gaps(
    school: School,
    sessions: Sequence[Session],
    *,
    year: int | None = None,
    group: int | None = None,
    limit: int | None = 50,
    offset: int = 0,
) -> tuple[list[Gap], int]:
    """Give a page of the marks nobody made in some sessions, the oldest first, and how many there are: one query."""
    asked: dict[str, Any] = {
        "school": school.pk,
        "days": [one.on for one in sessions],
        "halves": [one.half for one in sessions],
        "year": year,
        "group": group,
        "limit": limit,
        "offset": offset,
    }
    with connection.cursor() as cursor:
        cursor.execute(_GAPS, asked)
        rows = cursor.fetchall()
    total = rows[0][7] if rows else 0
    return [Gap(pk, name, Session(on, half), gid, gname, yr) for pk, name, on, half, gid, gname, yr, _ in rows], total
