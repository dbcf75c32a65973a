"""What a sweep would do, and why: read from the record alone, so that a dry run and the run itself are one reading."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from attendance_office.jobs.models import Job, Run
from attendance_office.staff.models import School, User
from attendance_office.web.templatetags.office import clock
from letters.models import Chase, Message
from letters.queries.asks import Asks, asks_of, half_words, told_on_pass, walkers
from letters.queries.vulnerable import Concern, alert_key, concerns_of, who_is_told
from registers.queries.calendar import calendar_of, opening, session_times
from registers.queries.registers import RegisterLine, Status, registers_of
from registers.rules.codes import Half
from registers.rules.dates import spoken_date
from registers.rules.sessions import Calendar, Session

HALF_OF: Final[dict[str, Half]] = {
    Job.AM_SWEEP: "AM",
    Job.AM_SECOND_PASS: "AM",
    Job.PM_SWEEP: "PM",
    Job.PM_SECOND_PASS: "PM",
}
STEP_OF: Final[dict[str, Chase.Step]] = {
    Job.AM_SWEEP: Chase.Step.FIRST,
    Job.AM_SECOND_PASS: Chase.Step.SECOND,
    Job.PM_SWEEP: Chase.Step.FIRST,
    Job.PM_SECOND_PASS: Chase.Step.SECOND,
}


@dataclass(frozen=True)
class Plan:
    """All that a sweep saw, and all that it is to do.

    `lines` are the registers of its own session; `earlier` those still owed from the session before, which only
    the morning sweep asks for again. `not_held` says in words why there is nothing to look at.
    """

    school: School
    job: str
    session: Session
    at: datetime
    not_held: str = ""
    lines: tuple[RegisterLine, ...] = ()
    earlier: tuple[RegisterLine, ...] = ()
    asks: Asks = field(default_factory=lambda: Asks((), ()))
    told_before: frozenset[int] = frozenset()
    walkers: tuple[User, ...] = ()
    concerns: tuple[Concern, ...] = ()
    told: dict[int, list[User]] = field(default_factory=dict)
    alerted_before: frozenset[str] = frozenset()

    @property
    def step(self) -> Chase.Step:
        """Give which pass it is."""
        return STEP_OF[self.job]

    @property
    def owed(self) -> tuple[RegisterLine, ...]:
        """Give the registers to act on, those of the session before first."""
        return (*self.earlier, *(line for line in self.lines if line.is_owed))

    @property
    def saw(self) -> dict[str, Any]:
        """Give what was seen, in numbers."""
        due = [line for line in self.lines if line.expected]
        return {
            "registers": len(due),
            "taken": sum(line.status is Status.COMPLETE for line in due),
            "part": sum(line.status is Status.PART for line in due),
            "not_taken": sum(line.status in {Status.NOT_OPENED, Status.OPENED} for line in due),
            "owed_from_before": len(self.earlier),
            "vulnerable": len(self.concerns),
        }

    @property
    def is_second(self) -> bool:
        """Tell whether this is the second pass."""
        return self.step == Chase.Step.SECOND

    @property
    def to_walk(self) -> tuple[RegisterLine, ...]:
        """Give the registers for which somebody has to walk."""
        return self.owed if self.is_second else self.asks.to_walk

    @property
    def alerts(self) -> list[tuple[Concern, list[User]]]:
        """Give each pupil with those who are still to be told."""
        return [
            (
                concern,
                [
                    user
                    for user in self.told.get(concern.pupil.pk, [])
                    if alert_key(concern, user) not in self.alerted_before
                ],
            )
            for concern in self.concerns
        ]

    def seen_words(self) -> str:
        """Say what was seen, in a sentence that names nobody."""
        if self.not_held:
            return self.not_held
        saw = self.saw
        words = (
            f"At {clock(self.at)}: {_count(saw['registers'], 'register')}, {saw['taken']} taken, "
            f"{saw['part']} part saved, {saw['not_taken']} not taken."
        )
        if self.earlier:
            before = self.earlier[0].session
            words += f" From {spoken_date(before.on)}, {half_words(before)}: {len(self.earlier)} still owed."
        if self.concerns:
            words += f" {_count(len(self.concerns), 'highly vulnerable pupil')} absent or not marked."
        return words


def session_of(job: str, on: date) -> Session:
    """Give the session that a job looks at."""
    return Session(on, HALF_OF[job])


def why_not_held(school: School, calendar: Calendar, session: Session, at: datetime) -> str:
    """Say why a sweep has nothing to look at: no school, no such session, or not opened yet. Else nothing."""
    if not calendar.is_school_day(session.on):
        return f"{spoken_date(session.on)} is not a school day: nothing to do."
    if not calendar.has_session(session):
        return f"There is no {half_words(session)} session on {spoken_date(session.on)}: nothing to do."
    times = session_times(school.pk, session.on).get(session.half)
    if times is not None and at < (opens := opening(times, session.on)):
        return f"The {half_words(session)} register of {spoken_date(session.on)} opens at {clock(opens)}."
    return ""


def plan_sweep(*, school: School, job: str, on: date, at: datetime) -> Plan:
    """Give what a sweep of a day would see and do at this instant; nothing is written."""
    session = session_of(job, on)
    calendar = calendar_of(school.pk)
    if not_held := why_not_held(school, calendar, session, at):
        return Plan(school, job, session, at, not_held=not_held)
    lines = tuple(registers_of(school, session))
    before = calendar.previous_session(session) if job == Job.AM_SWEEP else None
    earlier = tuple(line for line in registers_of(school, before) if line.is_owed) if before else ()
    owed = (*earlier, *(line for line in lines if line.is_owed))
    concerns = tuple(concerns_of(school, session))
    told = who_is_told(school, list(concerns))
    return Plan(
        school=school,
        job=job,
        session=session,
        at=at,
        lines=lines,
        earlier=earlier,
        asks=asks_of(owed),
        told_before=frozenset(told_on_pass(school, STEP_OF[job], session)),
        walkers=tuple(walkers(school)),
        concerns=concerns,
        told=told,
        alerted_before=frozenset(
            Message.objects.filter(school=school, on=on, half=session.half, kind=Message.Kind.VULNERABLE).values_list(
                "key", flat=True
            )
        ),
    )


def run_of(school: School, job: str, on: date) -> Run | None:
    """Give the run on record for a job and a date."""
    return Run.objects.filter(school=school, job=job, due_on=on).first()


def last_sweep(school: School, session: Session) -> Run | None:
    """Give the latest sweep that looked at a session."""
    jobs = [job for job, half in HALF_OF.items() if half == session.half]
    rows = Run.objects.filter(school=school, due_on=session.on, job__in=jobs, state=Run.State.DONE)
    return rows.order_by("-started_at").first()


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
