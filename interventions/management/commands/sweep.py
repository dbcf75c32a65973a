"""Run one of the day's sweeps from the command line, or show what it would do."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from attendance_office import clock
from attendance_office.jobs.models import Job, Run
from attendance_office.refusals import Refused
from attendance_office.staff.models import School
from attendance_office.web.templatetags.office import clock as clock_words
from interventions.actions.sweep import preview_sweep, run_sweep
from interventions.queries.plan_words import Told, told_by
from interventions.queries.sweep import HALF_OF
from letters.models import Message


class Command(BaseCommand):
    """./run manage sweep --school URN [--job am_sweep] [--on DATE] [--dry-run]"""

    help = "Find every register still owed, tell who owes it, and tell staff of vulnerable pupils absent."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the school, the job and whether to write anything."""
        parser.add_argument("--school", required=True, metavar="URN", help="the school's unique reference number")
        parser.add_argument("--job", default=Job.AM_SWEEP.value, choices=sorted(HALF_OF))
        parser.add_argument("--on", type=date.fromisoformat, metavar="YYYY-MM-DD", help="a day; else today")
        parser.add_argument("--dry-run", action="store_true", help="show all it would do, and write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run or preview."""
        school = School.objects.filter(urn=options["school"]).first()
        if school is None:
            raise CommandError(f"No school has the URN {options['school']}.")
        asked = {"school": school, "job": options["job"], "on": options["on"] or clock.today()}
        if options["dry_run"]:
            self.preview(asked)
            return
        at = clock.now()
        try:
            run = run_sweep(by=None, at=at, **asked)
        except Refused as refusal:
            raise CommandError(str(refusal)) from refusal
        if run.started_at != at:
            when = clock_words(run.started_at)
            self.stdout.write(f"{run.get_job_display()} already ran at {when}; it runs once a day. It said:")
        self.stdout.write(run.words or run.error)
        if run.state == Run.State.DONE and run.started_at == at:
            self.show_written(run, at)

    def preview(self, asked: dict[str, Any]) -> None:
        """Print the plan with its reasons."""
        plan = preview_sweep(at=clock.now(), **asked)
        self.stdout.write(f"Dry run, nothing is written. {plan.seen_words()}")
        for told in told_by(plan):
            self.stdout.write(self.line(told))

    def line(self, told: Told) -> str:
        """Give one line of the plan."""
        mark = "-" if told.is_new else " (told already)"
        return f"{mark} {told.kind} to {told.name} <{told.address}>: {told.what}. Because: {told.why}."

    def show_written(self, run: Run, at: Any) -> None:
        """Print what the run left in the post room."""
        rows = Message.objects.filter(school=run.school, written_at=at, on=run.due_on).order_by("pk")
        for message in rows:
            self.stdout.write(f"- {message.recipient_name} <{message.address}>: {message.subject}")
