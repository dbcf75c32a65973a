"""What the clock starts: every school's jobs, each by the one who knows how, each once for its date."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import Max
from django.utils.module_loading import import_string

from attendance_office import clock
from attendance_office.jobs import actions as jobs
from attendance_office.jobs.due import LOOKS_BACK_DAYS, due_jobs, may_be_due
from attendance_office.jobs.models import Job, Run, Schedule
from attendance_office.refusals import Refused
from attendance_office.staff.models import School, User
from interventions.queries.sweep import HALF_OF, run_of
from registers.actions.known import write_known_codes
from registers.queries.calendar import calendar_of
from registers.queries.closures import sessions_shut

from .sweep import run_sweep

logger = logging.getLogger(__name__)

FIRST_PASS: Final = {Job.AM_SECOND_PASS: Job.AM_SWEEP, Job.PM_SECOND_PASS: Job.PM_SWEEP}
# After downtime the first pass may run late: the second gives people this long to answer it.
BREATH: Final = timedelta(minutes=10)

Work = tuple[dict[str, Any], dict[str, Any], str]


def run_job(*, school: School, job: str, on: date, by: User | None, at: datetime) -> Run:
    """Run one job of a school for a day, and give its record.

    There is one run for each school, job and date: asked again, it gives the run on record and does nothing;
    `started_at` is `at` only where this call ran it. The work and its record are one transaction.

    Raises Refused on a day without school, but for the codes of a closure that shuts it, and where the job itself
    cannot run.
    """
    if job in HALF_OF:
        return run_sweep(school=school, job=job, on=on, by=by, at=at)
    has_codes = job == Job.KNOWN_CODES and bool(sessions_shut(school.pk, on, on))
    if not has_codes and not calendar_of(school.pk).is_school_day(on):
        raise Refused("That is not a school day.")
    if on > clock.local(at).date():
        raise Refused("That day has not come yet.")
    schedule = Schedule.objects.filter(school=school, job=job).first()
    due_at = jobs.due_instant(schedule=schedule, job=job, on=on)
    run = jobs.claim(school_id=school.pk, job=job, due_on=on, due_at=due_at, by=by, at=at)
    if run is None:
        there = run_of(school, job, on)
        if there is None:
            raise Refused("Another worker is just beginning this run. Look again in a moment.")
        return there
    try:
        with transaction.atomic():
            work: Callable[..., Work] = import_string(WORK[Job(job)])
            saw, did, words = work(school=school, on=on, by=by, at=at)
            return jobs.finish(run=run, saw=saw, did=did, words=words, by=by, at=at)
    except jobs.RunLost:
        return run_of(school, job, on) or run
    except Exception as error:
        jobs.fail(run=run, error=f"{type(error).__name__}: the run broke off and wrote nothing.", at=at)
        raise


def run_due(*, at: datetime) -> list[Run]:
    """Run, for every school, what is due at this instant, and put on record what was missed.

    A school whose run breaks does not hold up the next.
    """
    jobs.beat(name="interventions.run_due", at=at)
    timetable: dict[int, list[Schedule]] = {}
    for row in Schedule.objects.order_by("school_id", "starts_at"):
        timetable.setdefault(row.school_id, []).append(row)
    ended = Run.objects.exclude(state=Run.State.RUNNING).values("school_id", "job")
    latest: dict[int, dict[str, date]] = {}
    for one in ended.annotate(last=Max("due_on")):
        latest.setdefault(one["school_id"], {})[one["job"]] = one["last"]
    runs = []
    for school in School.objects.order_by("pk"):
        rows = timetable.get(school.pk, [])
        if len(rows) < len(jobs.DEFAULTS):
            rows = jobs.ensure_schedules(school=school, at=at)
        try:
            runs += _run_school(school, rows, latest.get(school.pk, {}), at=at)
        except Exception:  # the other schools' morning goes on
            logger.exception("A job of school %s broke off.", school.urn)
    return runs


def _run_school(school: School, rows: list[Schedule], latest: dict[str, date], *, at: datetime) -> list[Run]:
    here = clock.local(at)
    if not may_be_due(rows, here, latest):
        return []
    calendar = calendar_of(school.pk)
    shut = {one.on for one in sessions_shut(school.pk, here.date() - timedelta(days=LOOKS_BACK_DAYS), here.date())}
    # A day that a closure shuts has codes to be written, and no register.
    codes = [row for row in rows if row.job == Job.KNOWN_CODES]
    found = due_jobs(codes, here, lambda on: calendar.is_school_day(on) or on in shut, latest)
    found += due_jobs([row for row in rows if row.job != Job.KNOWN_CODES], here, calendar.is_school_day, latest)
    runs = []
    for due in sorted(found, key=lambda one: (one.due_at, one.job)):
        if due.is_missed:
            jobs.record_missed(school_id=school.pk, job=due.job, due_on=due.due_on, due_at=due.due_at, at=at)
        elif not _is_too_soon(school, due.job, due.due_on, at=at):
            runs.append(run_job(school=school, job=due.job, on=due.due_on, by=None, at=at))
    return runs


def _is_too_soon(school: School, job: str, on: date, *, at: datetime) -> bool:
    """Tell whether the first pass has only just run, late."""
    first = FIRST_PASS.get(Job(job))
    run = run_of(school, first, on) if first else None
    return run is not None and run.state == Run.State.DONE and run.started_at > at - BREATH


def known_codes_job(*, school: School, on: date, by: User | None, at: datetime) -> Work:
    """Write the codes known beforehand for the day's sessions."""
    sessions = sorted({*calendar_of(school.pk).sessions(on, on), *sessions_shut(school.pk, on, on)})
    written = write_known_codes(school=school, sessions=sessions, by=by, at=at)
    marks = "1 mark" if written == 1 else f"{written} marks"
    words = (
        f"{marks} known beforehand written." if written else "Nothing was known beforehand that is not in the register."
    )
    return {"sessions": len(sessions)}, {"written": written}, words


# By name, as the schedule names its tasks: some who know how stand in the reading room, after this wing.
WORK: Final[Mapping[Job, str]] = {
    Job.KNOWN_CODES: "interventions.actions.due.known_codes_job",
    Job.DOUBT_TRAWL: "registers.actions.doubts.trawl_job",
    Job.LETTER_PROPOSALS: "letters.actions.proposing.proposals_job",
    Job.NO_CONTACT: "interventions.actions.safeguarding.no_contact_job",
    Job.ABSENCE_TRAWL: "interventions.actions.trawl.trawl_job",
    Job.FRIDAY: "reporting.actions.distributions.friday_job",
    Job.DAILY_SUMMARY: "reporting.actions.daily.daily_summary_job",
    Job.LATES_MORNING: "reporting.actions.daily.lates_morning_job",
    Job.ILLNESS: "reporting.actions.illness.illness_job",
    Job.LEAVERS: "reporting.actions.leavers.leavers_job",
    Job.LATES_LESSONS: "reporting.actions.daily.lates_lessons_job",
}
