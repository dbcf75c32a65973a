"""./run manage make_school: a school that does not exist, with absence like that of the schools that do."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from datetime import date, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from attendance_office import clock
from attendance_office.staff.models import School
from registers.actions import demo
from registers.queries.calendar import calendar_of
from registers.queries.likeness import likeness
from registers.rules.ages import school_year_starts
from registers.rules.dates import spoken_date

SESSIONS_COPIED = 380


class Command(BaseCommand):
    """Make the demo school, or bring it up to the office's today."""

    help = (
        "Make Thornbridge Academy (1,200 pupils, 40 tutor groups, last school year and this one) and the small Ridgeway"
        " School, or add what is missing since they were made. With --schools, copies of the first for measuring."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say what may be chosen."""
        parser.add_argument(
            "--schools",
            type=int,
            default=1,
            metavar="N",
            help="large schools: the first, and copies with a year of marks",
        )
        parser.add_argument("--seed", type=int, default=demo.SEED, help="the same seed makes the same school")
        parser.add_argument("--to", dest="to_on", metavar="DATE", help="the last day; today if it is left out")

    def handle(self, **options: Any) -> None:
        """Make, copy, and print the figures beside the real ones."""
        on = clock.today()
        if options["to_on"]:
            try:
                on = date.fromisoformat(options["to_on"])
            except ValueError:
                raise CommandError(f"--to {options['to_on']!r} is not a date: write it like 2026-11-23.") from None
        if options["schools"] < 1:
            raise CommandError("--schools is at least 1.")
        began = time.monotonic()
        schools = []
        for plan in (demo.THORNBRIDGE, demo.RIDGEWAY):
            made = demo.make_school(
                plan=plan, seed=options["seed"], on=on, by=None, at=clock.now(), say=self.stdout.write
            )
            schools.append(made.school)
            self.stdout.write(
                f"{made.school.name}: {made.registers} registers, {made.marks} marks, {made.settled} settled"
                f"   ({time.monotonic() - began:.1f} s)"
            )
        self._copies(schools[0], options["schools"] - 1, on)
        self._figures(schools[0], on)

    def _copies(self, first: School, count: int, on: date) -> None:
        """Copy the first school, each in a transaction of its own."""
        calendar = calendar_of(first.pk)
        sessions = calendar.sessions(date(2000, 1, 1), on)
        since = sessions[-SESSIONS_COPIED].on if len(sessions) > SESSIONS_COPIED else sessions[0].on
        began = time.monotonic()
        for number, plan in enumerate(demo.copies(count), 2):
            if School.objects.filter(urn=plan.urn).exists():
                continue
            demo.copy_school(plan=plan, source=first, since=since, by=None, at=clock.now())
            self.stdout.write(f"School {number}: {plan.name}   ({time.monotonic() - began:.0f} s)")

    def _figures(self, school: School, on: date) -> None:
        """Print the last whole school year's figures beside England's, or this year's where there is no other."""
        start = school_year_starts(on)
        from_on, to_on = start.replace(year=start.year - 1), start - timedelta(days=1)
        self.stdout.write(f"\n{school.name}, {spoken_date(from_on)} to {spoken_date(to_on)}, per cent")
        self.stdout.write(f"{'':34}{'here':>8}{'England':>9}")
        for row in likeness(school.pk, from_on, to_on):
            self.stdout.write(f"{row.what:34}{row.here:8.2f}{row.england:9.2f}")
