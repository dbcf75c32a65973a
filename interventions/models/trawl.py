"""The persistent-absence trawl: frozen runs, a line for each pupil, and the cases they propose."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from attendance_office.audit.models import APPEND_ONLY, NEVER_DELETED
from attendance_office.staff.models import School, TutorGroup, User
from interventions.rules.trawl import GROUND_WORDS, Ground
from registers.models import Pupil
from registers.rules.rates import Tally


class Trawl(models.Model):
    """One run: every pupil on roll, counted to a day. Frozen, so that it can be held against any other."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="trawls")
    on = models.DateField(help_text="The day it is known by, a Friday as a rule.")
    counted_to = models.DateField(help_text="The last day whose sessions count.")
    year_from = models.DateField()
    term_from = models.DateField(help_text="The Monday of the term's first week.")
    weeks_from = models.DateField(help_text="The Monday of the first of the last four school weeks.")
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    since = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["school", "-on", "-made_at"], name="trawl_by_day")]
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return f"Trawl of {self.on}"


class TrawlLine(models.Model):
    """What one run says of one pupil: year to date, this term, the last four school weeks, and weeks in a row.

    A band is a place in `interventions.rules.trawl.BANDS`, or empty where nothing was possible. Keys lead to rows that
    are never deleted, and a run writes a whole school at once: Postgres does not look each of them up again.
    """

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    trawl = models.ForeignKey(Trawl, on_delete=models.PROTECT, related_name="lines", db_index=False)
    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    year_group = models.SmallIntegerField()
    tutor_group = models.ForeignKey(
        TutorGroup, on_delete=models.PROTECT, null=True, related_name="+", db_constraint=False, db_index=False
    )
    year_attended = models.SmallIntegerField()
    year_authorised = models.SmallIntegerField()
    year_unauthorised = models.SmallIntegerField()
    year_late = models.SmallIntegerField()
    year_band = models.SmallIntegerField(null=True)
    term_attended = models.SmallIntegerField()
    term_authorised = models.SmallIntegerField()
    term_unauthorised = models.SmallIntegerField()
    term_late = models.SmallIntegerField()
    term_band = models.SmallIntegerField(null=True)
    weeks_attended = models.SmallIntegerField()
    weeks_authorised = models.SmallIntegerField()
    weeks_unauthorised = models.SmallIntegerField()
    weeks_late = models.SmallIntegerField()
    weeks_band = models.SmallIntegerField(null=True)
    broken_weeks = models.SmallIntegerField(help_text="Weeks of the year with an absence.")
    broken_run = models.SmallIntegerField(help_text="Of them, in a row up to the last week with a session.")
    good_run = models.SmallIntegerField(help_text="Weeks without an absence, in a row up to the last.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["school", "trawl", "pupil"], name="one_line_per_pupil_and_run")]
        indexes = [models.Index(fields=["school", "pupil", "trawl"], name="trawl_line_by_pupil")]
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return f"{self.pupil_id} in {self.trawl_id}"

    @property
    def year(self) -> Tally:
        """Give the year to date."""
        return _tally(self.year_attended, self.year_authorised, self.year_unauthorised, self.year_late)

    @property
    def term(self) -> Tally:
        """Give this term."""
        return _tally(self.term_attended, self.term_authorised, self.term_unauthorised, self.term_late)

    @property
    def weeks(self) -> Tally:
        """Give the last four school weeks."""
        return _tally(self.weeks_attended, self.weeks_authorised, self.weeks_unauthorised, self.weeks_late)


class CaseProposalQuerySet(models.QuerySet["CaseProposal"]):
    """Narrowing of proposals."""

    def visible_to(self, user: User) -> CaseProposalQuerySet:
        """Give the proposals about the pupils that the user's posts reach."""
        reach = user.standing.rows(school="school", year="pupil__year_group", group="pupil__tutor_group")
        return self.filter(reach)


class CaseProposal(models.Model):
    """A case that a run proposes for a pupil, and what a person made of it. One is open for a pupil at a time."""

    class State(models.TextChoices):
        """What became of it."""

        PROPOSED = "proposed", "Proposed"
        TAKEN_UP = "taken_up", "Taken up"
        PUT_ASIDE = "put_aside", "Put aside"

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="case_proposals")
    line = models.ForeignKey(TrawlLine, on_delete=models.PROTECT, related_name="+")
    ground = models.CharField(max_length=20, choices=[(one.value, GROUND_WORDS[one]) for one in Ground])
    gravity = models.SmallIntegerField(help_text="The ground's place in the order, the gravest 0.")
    proposed_at = models.DateTimeField()
    proposed_on = models.DateField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.PROPOSED)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    why = models.CharField(max_length=400, blank=True)

    objects = CaseProposalQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["school", "pupil"], name="one_open_proposal_per_pupil", condition=Q(state="proposed")
            ),
            models.CheckConstraint(
                name="a_settled_proposal_says_by_whom",
                condition=Q(state="proposed", settled_at=None) | Q(settled_at__isnull=False, settled_by__isnull=False),
            ),
            models.CheckConstraint(name="put_aside_says_why", condition=~Q(state="put_aside") | ~Q(why="")),
        ]
        indexes = [
            models.Index(fields=["school", "state", "gravity"], name="proposal_by_state"),
            models.Index(fields=["school", "pupil", "-proposed_at"], name="proposal_by_pupil"),
        ]
        triggers = [NEVER_DELETED]

    def __str__(self) -> str:
        return f"{self.get_ground_display()}, {self.proposed_on}"


def _tally(attended: int, authorised: int, unauthorised: int, late: int) -> Tally:
    return Tally(attended + authorised + unauthorised, attended, authorised, unauthorised, late)
