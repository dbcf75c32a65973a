"""A trawl that a person asked for: it waits until a worker takes it on, and says what became of it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from attendance_office.audit.models import NEVER_DELETED
from attendance_office.staff.models import School, User

from .trawl import Trawl


class TrawlAsk(models.Model):
    """One press of "Trawl now". A school has one that is open at a time."""

    class State(models.TextChoices):
        """How far it has come."""

        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Counting"
        DONE = "done", "Done"
        REFUSED = "refused", "Refused"
        FAILED = "failed", "Failed"

    OPEN = (State.WAITING, State.RUNNING)

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    words = models.CharField(max_length=600, blank=True, help_text="What it saw, or why there is none.")
    trawl = models.OneToOneField(Trawl, on_delete=models.PROTECT, null=True, related_name="ask")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["school"], name="one_open_trawl_ask_per_school", condition=Q(state__in=["waiting", "running"])
            ),
            models.CheckConstraint(
                name="a_trawl_asked_for_and_done_is_there", condition=~Q(state="done") | Q(trawl__isnull=False)
            ),
        ]
        indexes = [models.Index(fields=["school", "-asked_at"], name="trawl_ask_by_school")]
        triggers = [NEVER_DELETED]

    def __str__(self) -> str:
        return f"{self.get_state_display()}, {self.asked_at}"

    @property
    def is_open(self) -> bool:
        """Tell whether it has not ended."""
        return self.state in self.OPEN
