"""./run manage demo: what `./run demo` needs of the office before it opens."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Max

from attendance_office import clock
from attendance_office.audit.models import Entry
from attendance_office.jobs.models import Job
from attendance_office.refusals import Refused
from attendance_office.staff.models import School
from attendance_office.staff.roles import TITLES
from interventions.actions.demo import begin_first_day, trawl_past_fridays
from interventions.actions.due import run_job
from interventions.actions.sweep import preview_sweep, run_sweep
from interventions.queries.plan_words import told_by
from letters.actions.demo import correct_after_proposal, lay_out_letters
from letters.actions.templates import supply_templates
from registers.actions import demo
from registers.models import NonSchoolDay
from registers.rules.dates import spoken_date
from reporting.actions.demo import issue_first_paper, send_last_week
from reporting.actions.demo_days import send_last_days
from reporting.actions.demo_evidence import lay_out_evidence
from reporting.actions.demo_story import tell_a_story
from reporting.actions.demo_visits import visit_the_school


class Command(BaseCommand):
    """Prepare the demo, or say by how much its clock differs from the machine's."""

    help = "Make or bring up to date the demo school, run this morning's sweep in the terminal, and print the sign-ins."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Say what may be asked."""
        parser.add_argument("--prepare", action="store_true", help="make the school, run the sweep, print the sign-ins")
        parser.add_argument(
            "--clock-shift", action="store_true", help="print the seconds that set the clock to a school morning"
        )
        parser.add_argument("--seed", type=int, default=demo.SEED, help="the same seed makes the same school")

    def handle(self, **options: Any) -> None:
        """Do the one that is asked."""
        if options["clock_shift"] == options["prepare"]:
            raise CommandError("Ask for one thing: --prepare or --clock-shift.")
        if options["clock_shift"]:
            real = clock.now() - timedelta(seconds=settings.OFFICE_CLOCK_SHIFT)
            closed = NonSchoolDay.objects.filter(school__urn=demo.THORNBRIDGE.urn, half="").values_list("on", flat=True)
            left_at = Entry.objects.aggregate(left=Max("at"))["left"]
            self.stdout.write(str(demo.clock_shift(real, set(closed), left_at=left_at)))
            return
        at = clock.now()
        here = clock.local(at)
        self.stdout.write(f"The office's clock: {spoken_date(here.date())}, {here:%H:%M}")
        for plan in (demo.THORNBRIDGE, demo.RIDGEWAY, *demo.NEIGHBOURS):
            if not School.objects.filter(urn=plan.urn).exists():
                self.stdout.write(f"{plan.name}: making last school year and this one ...")
                self.stdout.flush()
            made = demo.make_school(
                plan=plan, seed=options["seed"], on=here.date(), by=None, at=at, say=self.stdout.write
            )
            if made.marks:
                self.stdout.write(f"{plan.name}: {made.registers:,} registers with {made.marks:,} marks")
            else:
                self.stdout.write(f"{plan.name}: as it was left")
        for school in School.objects.filter(urn__in=[demo.THORNBRIDGE.urn, demo.RIDGEWAY.urn]):
            supply_templates(school=school, by=None, at=at)
        thornbridge = School.objects.get(urn=demo.THORNBRIDGE.urn)
        demo.lay_out_morning(school=thornbridge, day=here.date(), seed=options["seed"], by=None, at=at)
        if run := trawl_past_fridays(school=thornbridge, at=at):
            self.stdout.write(f"{thornbridge.name}: {run} weekly trawls for persistent absence")
        self._letters(thornbridge, here.date(), at)
        self._reports(thornbridge, at)
        self._sweep(thornbridge)
        if alerts := begin_first_day(school=thornbridge, at=clock.now()):
            self.stdout.write(f"{thornbridge.name}: {alerts} families alerted, two of them still counting down")
        self._story(thornbridge)
        self._sign_ins()

    def _letters(self, school: School, day: date, at: datetime) -> None:
        """Lay out the post room, propose this morning's letters and say how many wait."""
        proposed_at = lay_out_letters(school=school, day=day, by=None, at=at)
        try:
            run = run_job(school=school, job=Job.LETTER_PROPOSALS.value, on=day, by=None, at=proposed_at)
        except Refused as refusal:
            self.stdout.write(f"{school.name}: {refusal}")
            return
        correct_after_proposal(school=school, day=day, by=None, at=at)
        self.stdout.write(f"{Job.LETTER_PROPOSALS.label}, {school.name}: {run.words}")

    def _reports(self, school: School, at: datetime) -> None:
        """Send the week that is over, issue the year's first paper for governors, and say so."""
        if sent := send_last_week(school=school, at=at):
            self.stdout.write(f"{school.name}: {sent} people were sent the week on a page")
        if sent := send_last_days(school=school, at=at):
            self.stdout.write(f"{school.name}: {sent} reports of the last days were sent")
        if visit := visit_the_school(school=school, at=at):
            self.stdout.write(f"{school.name}: {visit} by the trust")
        if paper := issue_first_paper(school=school, at=at):
            self.stdout.write(f"{school.name}: a paper for governors, {paper}")
        if folder := lay_out_evidence(school=school, at=at):
            self.stdout.write(f"{school.name}: a case study and a folder of evidence, {folder}")

    def _story(self, school: School) -> None:
        """Have one pupil's file tell a story, and say whose."""
        if pupil := tell_a_story(school=school, at=clock.now()):
            self.stdout.write(f"{school.name}: the file of {pupil.name} tells a story")

    def _sweep(self, school: School) -> None:
        """Run this morning's sweep and print what it saw and did, a line for each message."""
        on, at = clock.today(), clock.now()
        plan = preview_sweep(school=school, job=Job.AM_SWEEP.value, on=on, at=at)
        self.stdout.write(f"\n{Job.AM_SWEEP.label}, {school.name}, {spoken_date(on)}")
        try:
            run = run_sweep(school=school, job=Job.AM_SWEEP.value, on=on, by=None, at=at)
        except Refused as refusal:
            self.stdout.write(f"  {refusal}")
            return
        if run.started_at != at:
            self.stdout.write(f"  It ran at {clock.local(run.started_at):%H:%M}, and runs once a day. It said:")
            self.stdout.write(f"  {run.words or run.error}")
            return
        self.stdout.write(f"  {run.words}")
        for told in told_by(plan):
            if told.is_new:
                self.stdout.write(f"  {told.kind}: to {told.name}. {told.what}")

    def _sign_ins(self) -> None:
        """Print who can sign in, and as what."""
        self.stdout.write(f"\nSign in as any of these, with the password {demo.PASSWORD}\n")
        for plan in (demo.THORNBRIDGE, demo.RIDGEWAY):
            for person in demo.CAST[plan.urn]:
                role = TITLES[person.role]
                if person.year_group is not None:
                    role = f"Head of year {person.year_group}"
                elif person.group:
                    role = f"Tutor of {person.group}"
                self.stdout.write(f"  {person.email(plan.domain):38}{role:30}{plan.name}")
