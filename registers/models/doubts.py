"""Doubtful marks: what the weekly trawl found, and what a person made of each."""

from __future__ import annotations

from django.db import models

from attendance_office.audit.models import NEVER_DELETED
from attendance_office.staff.models import School, User

from .calendar import Half
from .pupils import Pupil


class Doubt(models.Model):
    """One mark that looks wrong, on which ground, and the repair that is proposed. One for each mark and ground.

    The grounds are named in `registers.rules.doubts`. `code` is what the mark said when it was found: a mark left as
    it is comes up again only after it has changed.
    """

    class State(models.TextChoices):
        """What became of it."""

        OPEN = "open", "To look at"
        REPAIRED = "repaired", "Repaired"
        LEFT = "left", "Left as it is"
        GONE = "gone", "Put right elsewhere"

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="doubts")
    on = models.DateField()
    half = models.CharField("session", max_length=2, choices=Half.choices)
    ground = models.CharField(max_length=30)
    code = models.CharField(max_length=3, blank=True)
    words = models.CharField(max_length=400, help_text="Why it is doubtful, for this mark.")
    proposed = models.CharField("proposed code", max_length=3, blank=True)
    facts = models.JSONField(default=dict)
    found_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    why = models.CharField(max_length=400, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["school", "pupil", "on", "half", "ground"], name="one_doubt_per_ground"),
        ]
        indexes = [
            models.Index(fields=["school", "state", "ground", "on"], name="doubt_by_state"),
            models.Index(fields=["school", "pupil", "on"], name="doubt_by_pupil"),
        ]
        triggers = [NEVER_DELETED]

    def __str__(self) -> str:
        return f"{self.ground}, {self.on} {self.half}"
