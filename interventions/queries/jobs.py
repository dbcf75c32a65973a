"""The timetable of jobs and the record of runs, as the jobs page shows them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time

from attendance_office.jobs.actions import DEFAULTS, usual_schedule
from attendance_office.jobs.models import Beat, Job, Run, Schedule
from attendance_office.staff.models import School

from .sweep import HALF_OF


@dataclass(frozen=True)
class JobLine:
    """One job: its place in the timetable and today's run."""

    job: Job
    schedule: Schedule | None
    run: Run | None

    def schedule_or_usual(self) -> Schedule:
        """Give the row of the timetable, or the usual one, not kept."""
        return self.schedule or usual_schedule(self.job)

    @property
    def has_dry_run(self) -> bool:
        """Tell whether it sends messages, so that a person may see them first; the others are run at once."""
        return self.job in HALF_OF

    @property
    def starts_at(self) -> time:
        """Give the time at which it starts."""
        return self.schedule_or_usual().starts_at

    @property
    def days(self) -> str:
        """Give its days in words."""
        names = {"1": "Mon", "2": "Tue", "3": "Wed", "4": "Thu", "5": "Fri"}
        days = self.schedule_or_usual().weekdays
        if days == "12345":
            return "Mon to Fri"
        return ", ".join(names[day] for day in days) or "no day"

    @property
    def is_on(self) -> bool:
        """Tell whether the clock starts it."""
        return self.schedule.is_on if self.schedule else True


def timetable(school: School, on: date) -> list[JobLine]:
    """Give the school's jobs in the order of the day, with the runs of a day."""
    rows = {row.job: row for row in Schedule.objects.filter(school=school)}
    runs = {run.job: run for run in Run.objects.filter(school=school, due_on=on)}
    lines = [JobLine(job, rows.get(job), runs.get(job)) for job in DEFAULTS]
    return sorted(lines, key=lambda line: (str(line.starts_at), line.job))


def last_runs(school: School, limit: int = 40) -> list[Run]:
    """Give the latest runs."""
    return list(Run.objects.filter(school=school).order_by("-due_on", "-started_at")[:limit])


def last_beat() -> datetime | None:
    """Give when the clock last ticked."""
    return Beat.objects.filter(name="interventions.run_due").values_list("at", flat=True).first()
