"""What is done to the timetable and the runs: a run is claimed before its work and finished with it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from django.db import transaction

from attendance_office.audit import trail
from attendance_office.refusals import Refused
from attendance_office.staff.models import School, User

from .due import instant
from .models import Beat, Job, Run, Schedule

LEASE: Final = timedelta(minutes=5)
MOST_ATTEMPTS: Final = 3
DEFAULTS: Final[Mapping[Job, time]] = {
    Job.AM_SWEEP: time(9, 0),
    Job.AM_SECOND_PASS: time(9, 20),
    Job.PM_SWEEP: time(13, 45),
    Job.PM_SECOND_PASS: time(14, 5),
    Job.KNOWN_CODES: time(6, 30),
    Job.DOUBT_TRAWL: time(15, 45),
    Job.LETTER_PROPOSALS: time(7, 30),
    Job.ABSENCE_TRAWL: time(7, 0),
    Job.NO_CONTACT: time(11, 0),
    Job.FRIDAY: time(14, 30),
    Job.DAILY_SUMMARY: time(11, 15),
    Job.LATES_MORNING: time(10, 0),
    Job.LATES_LESSONS: time(15, 30),
    Job.ILLNESS: time(11, 30),
    Job.LEAVERS: time(15, 0),
}
# Days and lateness other than every school day and an hour.
USUAL_DAYS: Final[Mapping[Job, str]] = {Job.DOUBT_TRAWL: "4", Job.ABSENCE_TRAWL: "5", Job.LEAVERS: "5"}
USUAL_WINDOWS: Final[Mapping[Job, int]] = {
    Job.KNOWN_CODES: 540,
    Job.DOUBT_TRAWL: 480,
    Job.ABSENCE_TRAWL: 480,
    Job.LETTER_PROPOSALS: 480,
    Job.NO_CONTACT: 240,
    Job.FRIDAY: 480,
    Job.DAILY_SUMMARY: 240,
    Job.LATES_MORNING: 240,
    Job.LATES_LESSONS: 480,
    Job.ILLNESS: 480,
    Job.LEAVERS: 480,
}


class RunLost(Exception):
    """Another worker took the run over: what this one did is to be undone with its transaction."""


def claim(
    *, school_id: int, job: str, due_on: date, due_at: datetime, by: User | None = None, at: datetime
) -> Run | None:
    """Take the run of a job on a date, or give None where it is somebody else's or over.

    Of any number of claims at once one gets it: the row is unique for school, job and date. A run whose
    worker has not ended it within five minutes is taken over, three times at most. What was missed or failed
    is begun again only by a person.
    """
    with transaction.atomic():
        started_by = by.signature if by else trail.THE_OFFICE
        Run.objects.bulk_create(
            [
                Run(
                    school_id=school_id, job=job, due_on=due_on, due_at=due_at, started_at=at,
                    state=Run.State.RUNNING, attempts=0, started_by=started_by,
                )
            ],
            ignore_conflicts=True,
        )  # fmt: skip
        # Postgres does not say whether that row is ours; the attempts under the lock do.
        run = Run.objects.select_for_update().get(school_id=school_id, job=job, due_on=due_on)
        is_new = run.attempts == 0
        is_stuck = run.state == Run.State.RUNNING and run.started_at <= at - LEASE
        is_asked_again = by is not None and run.state in {Run.State.MISSED, Run.State.FAILED}
        if not (is_new or is_stuck or is_asked_again):
            return None
        if is_stuck and run.attempts >= MOST_ATTEMPTS:
            _give_up(run, at=at)
            return None
        run.attempts = 1 if is_asked_again else run.attempts + 1
        run.state = Run.State.RUNNING
        run.started_at = at
        run.started_by = started_by
        run.finished_at = None
        run.error = ""
        run.save()
        return run


def finish(
    *,
    run: Run,
    saw: Mapping[str, Any],
    did: Mapping[str, Any],
    words: str,
    by: User | None = None,
    at: datetime,
) -> Run:
    """Record what a run saw and did. Call it in the transaction of the run's work.

    Raises RunLost where another worker has taken the run over since, so that the transaction is rolled back.
    """
    with transaction.atomic():
        kept = _mine(run).update(
            state=Run.State.DONE, finished_at=at, saw=dict(saw), did=dict(did), words=words, error=""
        )
        if kept != 1:
            raise RunLost(f"{run} is in other hands.")
        after = {"saw": dict(saw), "did": dict(did)}
        _say(run, "ran a job", f"{run.get_job_display()}: {words}", by=by, at=at, after=after)
    run.refresh_from_db()
    return run


def fail(*, run: Run, error: str, by: User | None = None, at: datetime) -> Run:
    """Record that a run broke off. It is tried again when its lease is over, three times at most."""
    with transaction.atomic():
        if run.attempts >= MOST_ATTEMPTS:
            if _mine(run).update(state=Run.State.FAILED, finished_at=at, error=error[:2000]):
                _say_failed(run, by=by, at=at)
        else:
            _mine(run).update(error=error[:2000])
    run.refresh_from_db()
    return run


def record_missed(
    *, school_id: int, job: str, due_on: date, due_at: datetime, by: User | None = None, at: datetime
) -> bool:
    """Record that a job's window passed without a run. Gives False where the date already has one.

    A run that was begun in time and whose worker died is given up here: its window is over.
    """
    with transaction.atomic():
        there = Run.objects.select_for_update().filter(school_id=school_id, job=job, due_on=due_on).first()
        if there is not None:
            if there.state == Run.State.RUNNING and there.started_at <= at - LEASE:
                _give_up(there, at=at)
            return False
        run, is_new = Run.objects.get_or_create(
            school_id=school_id,
            job=job,
            due_on=due_on,
            defaults={
                "due_at": due_at,
                "started_at": at,
                "finished_at": at,
                "state": Run.State.MISSED,
                "words": "Missed: the office's clock was not running in time.",
            },
        )
        if is_new:
            _say(
                run,
                "missed a job",
                f"{run.get_job_display()} on {due_on:%d %b %Y} was missed.",
                by=by,
                at=at,
            )
    return is_new


def beat(*, name: str, at: datetime) -> None:
    """Record that the clock ticked."""
    Beat.objects.update_or_create(name=name, defaults={"at": at})


def set_schedule(
    *,
    schedule: Schedule,
    starts_at: time,
    weekdays: str,
    is_on: bool,
    window_minutes: int,
    by: User | None,
    at: datetime,
) -> Schedule:
    """Change when a job runs.

    Raises Refused for days that are none, or a window out of reach.
    """
    days = "".join(sorted(set(weekdays)))
    if not set(days) <= set("12345"):
        raise Refused("Choose days from Monday to Friday.")
    if is_on and not days:
        raise Refused("Choose at least one day, or turn the job off.")
    if not 1 <= window_minutes <= 720:
        raise Refused("A job may run late by 1 to 720 minutes.")
    with trail.signed(by=by, at=at, school_id=schedule.school_id):
        kept = Schedule.objects.select_for_update().get(pk=schedule.pk)
        before = _as_kept(kept)
        kept.starts_at, kept.weekdays = starts_at, days
        kept.is_on, kept.window_minutes = is_on, window_minutes
        after = _as_kept(kept)
        if after == before:
            return kept
        kept.save()
        trail.record(
            verb="changed the timetable of jobs", by=by, at=at, school_id=kept.school_id,
            subject_kind="schedule", subject_id=kept.pk,
            words=f"{kept.get_job_display()}: {starts_at:%H:%M}, {'on' if is_on else 'off'}.",
            before=before, after=after,
        )  # fmt: skip
    return kept


def ensure_schedules(*, school: School, by: User | None = None, at: datetime) -> list[Schedule]:
    """Give a school's timetable, the usual times filled in for jobs it has none for."""
    there = {row.job: row for row in Schedule.objects.filter(school=school)}
    lacking = [job for job in DEFAULTS if job.value not in there]
    if lacking:
        with trail.signed(by=by, at=at, school_id=school.pk):
            usual = [usual_schedule(job, school=school) for job in lacking]
            Schedule.objects.bulk_create(usual, ignore_conflicts=True)
            trail.record(
                verb="set up the timetable of jobs", by=by, at=at, school_id=school.pk,
                subject_kind="school", subject_id=school.pk,
                words=", ".join(f"{job.label} {DEFAULTS[job]:%H:%M}" for job in lacking) + ".",
            )  # fmt: skip
        there = {row.job: row for row in Schedule.objects.filter(school=school)}
    return sorted(there.values(), key=lambda row: (row.starts_at, row.job))


def usual_schedule(job: Job, **fields: Any) -> Schedule:
    """Give the usual row of a job's timetable, not kept."""
    return Schedule(
        job=job,
        starts_at=DEFAULTS[job],
        weekdays=USUAL_DAYS.get(job, "12345"),
        window_minutes=USUAL_WINDOWS.get(job, 60),
        **fields,
    )


def due_instant(*, schedule: Schedule | None, job: str, on: date) -> datetime:
    """Give when a job is due on a day: by the school's timetable, else by the usual time."""
    return instant(on, schedule.starts_at if schedule else DEFAULTS[Job(job)])


def _mine(run: Run) -> Any:
    """Give the run as long as this attempt still holds it."""
    return Run.objects.filter(pk=run.pk, state=Run.State.RUNNING, attempts=run.attempts, started_at=run.started_at)


def _give_up(run: Run, *, at: datetime) -> None:
    run.state = Run.State.FAILED
    run.finished_at = at
    run.error = run.error or f"Begun {run.attempts} times, and its worker died each time."
    run.save()
    _say_failed(run, at=at)


def _say_failed(run: Run, *, by: User | None = None, at: datetime) -> None:
    words = f"{run.get_job_display()} failed {run.attempts} times and was given up."
    _say(run, "gave up a job", words, by=by, at=at)


def _say(run: Run, verb: str, words: str, *, by: User | None, at: datetime, **more: Any) -> None:
    trail.record(
        verb=verb,
        by=by,
        at=at,
        school_id=run.school_id,
        subject_kind="run",
        subject_id=run.pk,
        words=words,
        **more,
    )


def _as_kept(schedule: Schedule) -> dict[str, Any]:
    return {
        "time": f"{schedule.starts_at:%H:%M}",
        "days": schedule.weekdays,
        "on": schedule.is_on,
        "window": schedule.window_minutes,
    }
