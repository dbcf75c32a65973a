"""Whether the office's machinery runs: read from rows, never from the queue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import connection
from django.db.models import Count, Max, Min

from attendance_office.jobs.models import Beat, Run
from attendance_office.staff.models import School
from letters.models import Message
from letters.queries.proof import proof_of, proved_at
from reporting.models import Turn

_TICK: Final = "interventions.run_due"
BEAT_GRACE = timedelta(minutes=3)
PROOF_GRACE = timedelta(minutes=25)
WAIT_GRACE = timedelta(minutes=5)
LOOKED_BACK = timedelta(days=14)
BACKUP_GRACE = timedelta(hours=26)


@dataclass(frozen=True)
class Sign:
    """One sign of health: what it is, what was seen, whether it is well, and what to do when it is not."""

    name: str
    seen: str
    since: datetime | None
    is_well: bool
    remedy: str


def signs(school: School, *, at: datetime) -> list[Sign]:
    """Give every sign for one school, read at `at`."""
    return [
        _oldest_message(school, at),
        _uncertain(school),
        _proof(school, at),
        _beat(at),
        _sweep(school),
        _jobs(school, at),
        _reports(school, at),
        _backup(at),
        _database(),
    ]


def _oldest_message(school: School, at: datetime) -> Sign:
    waiting = Message.objects.filter(school=school, state__in=["waiting", "claimed"], due_at__lte=at)
    found = waiting.aggregate(oldest=Min("due_at"), number=Count("pk"))
    oldest = found["oldest"]
    return Sign(
        name="Oldest waiting message",
        seen=f"{found['number']} waiting" if oldest else "Nothing is waiting",
        since=oldest,
        is_well=oldest is None or at - oldest <= WAIT_GRACE,
        remedy="The worker may be down. Restart it; nothing is lost, every message is a row.",
    )


def _uncertain(school: School) -> Sign:
    number = Message.objects.filter(school=school, state__in=["uncertain", "failed"]).count()
    return Sign(
        name="Uncertain or failed messages",
        seen=f"{number} to look at" if number else "None",
        since=None,
        is_well=not number,
        remedy="Open Post and settle each: it went, or send it again.",
    )


def _proof(school: School, at: datetime) -> Sign:
    proof = proof_of(school, at=at)
    last = proved_at()
    is_proved = last is not None and at - last <= PROOF_GRACE
    return Sign(
        name="Proof of the post room",
        seen=proof.words if is_proved else f"{proof.words}; the ten-minute proof has not run",
        since=last,
        is_well=proof.fits and is_proved,
        remedy="Look in Post and Letters at what is named. What waits too long goes on when a worker runs.",
    )


def _beat(at: datetime) -> Sign:
    """Tell whether the tick comes that asks what is due; the other ticks have their own signs."""
    beat = Beat.objects.filter(name=_TICK).first()
    return Sign(
        name="Last beat",
        seen="The clock ticks" if beat else "The clock has never ticked",
        since=beat.at if beat else None,
        is_well=beat is not None and at - beat.at <= BEAT_GRACE,
        remedy="Start beat and a worker. Jobs missed meanwhile run late within their window or are recorded as missed.",
    )


def _sweep(school: School) -> Sign:
    run = Run.objects.filter(school=school, job__contains="sweep").order_by("-started_at").first()
    return Sign(
        name="Last sweep",
        seen=f"{run.get_job_display()}: {run.get_state_display().lower()}" if run else "No sweep has run",
        since=run.started_at if run else None,
        is_well=run is not None and run.state == Run.State.DONE,
        remedy="Look at Jobs for the reason, and run it from there.",
    )


def _jobs(school: School, at: datetime) -> Sign:
    """Tell of jobs whose latest run within a fortnight failed or was missed."""
    latest = Run.objects.filter(school=school, due_at__gte=at - LOOKED_BACK, due_at__lte=at)
    latest = latest.order_by("job", "-due_on").distinct("job")
    broken = [run for run in latest if run.state in (Run.State.FAILED, Run.State.MISSED)]
    said = "; ".join(f"{run.get_job_display()}: {run.get_state_display().lower()}" for run in broken)
    return Sign(
        name="Jobs by the clock",
        seen=said or "The latest run of each was done",
        since=max((run.due_at for run in broken), default=None),
        is_well=not broken,
        remedy="Look at Jobs for the reason, and run each from there.",
    )


def _reports(school: School, at: datetime) -> Sign:
    """Tell of reports given up within a fortnight, of which their readers have had nothing."""
    given_up = Turn.objects.filter(school=school, state=Turn.State.GIVEN_UP, ended_at__gte=at - LOOKED_BACK)
    found = given_up.aggregate(number=Count("pk"), last=Max("ended_at"))
    number = found["number"]
    return Sign(
        name="Reports to people",
        seen=f"{number} given up" if number else "None was given up",
        since=found["last"],
        is_well=not number,
        remedy="Open Distributions and the day of the report: make it again for each person it names.",
    )


def _backup(at: datetime) -> Sign:
    stamp = Path(settings.OFFICE_BACKUP_STAMP)
    if not stamp.exists():
        return Sign(
            name="Last backup",
            seen="No backup has reported",
            since=None,
            is_well=settings.OFFICE_DEMO,
            remedy="The nightly backup writes the file named by OFFICE_BACKUP_STAMP when done: docs/operations.md.",
        )
    when = datetime.fromtimestamp(stamp.stat().st_mtime, tz=UTC)
    return Sign(
        name="Last backup",
        seen="Reported done",
        since=when,
        is_well=at - when <= BACKUP_GRACE,
        remedy="The last backup is more than a day old. Look at the backup's own log.",
    )


def _database() -> Sign:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_size_pretty(pg_database_size(current_database())), current_setting('server_version')")
        size, version = cursor.fetchone()
    return Sign(
        name="Database", seen=f"{size}, PostgreSQL {version}", since=None, is_well=True, remedy="Nothing to do."
    )
