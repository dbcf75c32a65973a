"""Monitoring visits of a trust to its schools: what was looked at and found, what was agreed, and what became of it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from attendance_office.audit.models import NEVER_DELETED, history
from attendance_office.staff.models import School, User
from attendance_office.staff.roles import Can


class VisitQuerySet(models.QuerySet["Visit"]):
    """Narrowing of visits."""

    def visible_to(self, user: User) -> VisitQuerySet:
        """Give the visits to the schools in which the user reads visits."""
        standing = user.standing
        return self.filter(school__in=[pk for pk in standing.school_ids if standing.may(Can.SEE_VISITS, pk)])


@history("VisitEvent")
class Visit(models.Model):
    """One visit. `figures` is the school's year to date as it stood when the visit was logged, and stays so."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="visits")
    visited_on = models.DateField()
    visitors = models.CharField("who came", max_length=200)
    met = models.CharField("whom they met", max_length=200, blank=True)
    looked_at = models.TextField("what was looked at", blank=True)
    found = models.TextField("what was found")
    figures = models.JSONField(default=dict)
    logged_at = models.DateTimeField()
    logged_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField(null=True)
    changed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    objects = VisitQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["school", "-visited_on"], name="visit_by_school")]
        triggers = [NEVER_DELETED]

    def __str__(self) -> str:
        return f"Visit of {self.visited_on}"


@history("VisitStepEvent")
class VisitStep(models.Model):
    """One thing agreed at a visit: what, by whom, by when; and whether it was done or let go, in whose words."""

    class State(models.TextChoices):
        """What became of it."""

        OPEN = "open", "Open"
        DONE = "done", "Done"
        LET_GO = "let_go", "Let go"

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="steps")
    words = models.CharField("what was agreed", max_length=400)
    owner = models.CharField("who does it", max_length=120, blank=True)
    due_on = models.DateField("by when", null=True)
    state = models.CharField(max_length=6, choices=State.choices, default=State.OPEN)
    outcome = models.CharField(max_length=400, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="a_settled_step_says_by_whom_and_how",
                condition=Q(state="open", settled_at=None, settled_by=None)
                | (~Q(state="open") & Q(settled_at__isnull=False, settled_by__isnull=False) & ~Q(outcome="")),
            ),
        ]
        indexes = [models.Index(fields=["visit", "at"], name="visit_step_by_visit")]
        triggers = [NEVER_DELETED]

    def __str__(self) -> str:
        return self.words
