"""Prove that the week totals kept beside the marks are what the marks give."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from attendance_office import clock
from attendance_office.staff.models import School
from registers.actions.rollups import rebuild_totals
from registers.queries.rollups import Difference, prove
from registers.rules.dates import spoken_date

SHOWN = 20


class Command(BaseCommand):
    """`./run manage verify_rollups [--school URN] [--rebuild]`: exit code 1 where a total is not right."""

    help = "Prove that the week totals equal a rebuild from the marks; with --rebuild, make them so."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take a school, and whether to make right what is not."""
        parser.add_argument("--school", metavar="URN", help="this school alone")
        parser.add_argument("--rebuild", action="store_true", help="count anew where a total is not right")

    def handle(self, *args: Any, **options: Any) -> None:
        """Count both ways, print what was seen, and leave with 1 where they differ."""
        schools = self._schools(options["school"])
        proof = prove(schools)
        self.stdout.write(
            f"{proof.marks:,} marks, {proof.weeks:,} week totals, {len(proof.differences):,} differences."
        )
        for one in proof.differences[:SHOWN]:
            self.stdout.write(f"  {_in_words(one)}")
        if len(proof.differences) > SHOWN:
            self.stdout.write(f"  and {len(proof.differences) - SHOWN:,} more")
        if not proof.differences:
            return
        if not options["rebuild"]:
            self.stdout.write("Make them right with --rebuild.")
            sys.exit(1)
        rebuilt = rebuild_totals(school_ids=schools, by=None, at=clock.now())
        left = prove(schools).differences
        self.stdout.write(f"Counted anew: {rebuilt:,} were not right, {len(left):,} differ now.")
        if left:
            sys.exit(1)

    def _schools(self, urn: str | None) -> list[int] | None:
        if urn is None:
            return None
        school = School.objects.filter(urn=urn).first()
        if school is None:
            raise CommandError(f"No school has the URN {urn}.")
        return [school.pk]


def _in_words(one: Difference) -> str:
    parts = ", ".join(f"{name} {kept}, marks give {right}" for name, right, kept in one.columns)
    return f"pupil {one.pupil_id}, week of {spoken_date(one.school_week)}: {parts}"
