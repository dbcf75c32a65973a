"""When a report comes round next, who is to have it then, and who holds it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from attendance_office import clock
from attendance_office.jobs.actions import due_instant, usual_schedule
from attendance_office.jobs.due import falls_on
from attendance_office.jobs.models import Job, Run, Schedule
from attendance_office.staff.models import School
from registers.queries.calendar import calendar_of
from registers.rules.sessions import Calendar
from reporting.models import Hold, Report, Sending, Subscription, Turn

from .distributions import is_last_of, with_dispatches
from .kinds import KINDS

_LOOKS_AHEAD: Final = 21


@dataclass(frozen=True)
class Round:
    """A report that comes round: on which day, at what time, to how many, and what holds it."""

    report: Report
    on: date
    due_at: datetime
    people: int
    hold: Hold | None
    held: int

    @property
    def only(self) -> str:
        """Give in words when it comes to nobody."""
        return KINDS[self.report].only


@dataclass(frozen=True)
class Place:
    """One person's place in a round: the subscription, its turn, what was made, and what holds it."""

    subscription: Subscription
    turn: Turn | None
    sending: Sending | None
    hold: Hold | None


def open_holds(school: School) -> QuerySet[Hold]:
    """Give the holds that nobody has released."""
    rows = Hold.objects.filter(school=school, released_at=None).select_related(
        "held_by", "subscription__user", "subscription__tutor_group"
    )
    return rows.order_by("held_at", "pk")


def held(turns: QuerySet[Turn]) -> QuerySet[Turn]:
    """Give the turns that a hold stops: one on the whole round, or on that person's report."""
    return turns.filter(_is_held())


def free(turns: QuerySet[Turn]) -> QuerySet[Turn]:
    """Give the turns that no hold stops."""
    return turns.filter(~_is_held())


def _is_held() -> Exists:
    stops = Hold.objects.filter(
        school=OuterRef("school"), report=OuterRef("subscription__report"), on=OuterRef("on"), released_at=None
    )
    return Exists(stops.filter(Q(subscription=None) | Q(subscription=OuterRef("subscription"))))


def waiting(at: datetime) -> QuerySet[Turn]:
    """Give the turns that are to be made at an instant, those that have waited longest first."""
    return free(Turn.objects.filter(state=Turn.State.WAITING, next_at__lte=at)).order_by("next_at", "pk")


def goes_on(schedule: Schedule, calendar: Calendar, report: str, on: date) -> bool:
    """Tell whether a report goes on a day by the timetable of jobs and the school's calendar."""
    if not schedule.is_on or not falls_on(schedule, on, calendar.is_school_day):
        return False
    return report != Report.FRIDAY or is_last_of(calendar, on)


def schedule_of(school: School, report: str) -> Schedule:
    """Give when a school wants a report: its own row of the timetable, else the usual one."""
    return Schedule.objects.filter(school=school, job=report).first() or usual_schedule(Job(report))


def coming(school: School, holds: Collection[Hold], *, at: datetime) -> list[Round]:
    """Give each report's next round: today's until it has run, else the next day on which it goes."""
    today = clock.local(at).date()
    calendar = calendar_of(school.pk)
    own = {row.job: row for row in Schedule.objects.filter(school=school, job__in=list(KINDS))}
    ran = set(Run.objects.filter(school=school, due_on=today, job__in=list(KINDS)).values_list("job", flat=True))
    people = dict(
        Subscription.objects.filter(school=school, is_on=True)
        .order_by()
        .values_list("report")
        .annotate(many=Count("pk"))
    )
    found = []
    for report in map(Report, KINDS):
        schedule = own.get(report) or usual_schedule(Job(report))
        days = (today + timedelta(days=n) for n in range(1 if report in ran else 0, _LOOKS_AHEAD))
        on = next((day for day in days if goes_on(schedule, calendar, report, day)), None)
        if on is not None:
            due_at = due_instant(schedule=schedule, job=report, on=on)
            whole, single = _split(one for one in holds if (one.report, one.on) == (report, on))
            found.append(Round(report, on, due_at, people.get(report, 0), whole, single))
    return sorted(found, key=lambda one: (one.due_at, one.report))


def _split(holds: Iterable[Hold]) -> tuple[Hold | None, int]:
    """Give the hold on the whole round, and how many there are on one person's report."""
    found = list(holds)
    whole = next((one for one in found if one.subscription_id is None), None)
    return whole, sum(one.subscription_id is not None for one in found)


def places(school: School, report: str, on: date) -> list[Place]:
    """Give everybody's place in a round: who has a turn on that day, and until it has run who is subscribed."""
    turns = {
        turn.subscription_id: turn for turn in Turn.objects.filter(school=school, on=on, subscription__report=report)
    }
    wanted = Q(pk__in=turns) if turns else Q(is_on=True)
    rows = Subscription.objects.filter(wanted, school=school, report=report).select_related("user", "tutor_group")
    made = with_dispatches(Sending.objects.filter(school=school, report=report, on=on)).defer("content")
    sendings = {(one.user_id, one.year_group, one.tutor_group_id): one for one in made}
    holds = {one.subscription_id: one for one in open_holds(school).filter(report=report, on=on)}
    return [
        Place(
            row,
            turns.get(row.pk),
            sendings.get((row.user_id, row.year_group, row.tutor_group_id)),
            holds.get(row.pk),
        )
        for row in rows.order_by("year_group", "tutor_group__name", "user__last_name", "pk")
    ]
