"""Evidence folders: dated, frozen things put together to be shown to an inspector, each with why it is there."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import F, Q

from attendance_office.audit.models import NEVER_DELETED, history
from attendance_office.staff.models import School, User
from registers.models import StoredFile


@history("EvidenceFolderEvent")
class EvidenceFolder(models.Model):
    """A folder of evidence over some days. Once closed nothing of it changes."""

    class State(models.TextChoices):
        """Whether it is still being filled."""

        OPEN = "open", "Open"
        CLOSED = "closed", "Closed"

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="evidence_folders")
    title = models.CharField(max_length=150)
    purpose = models.TextField(blank=True)
    from_on = models.DateField()
    to_on = models.DateField()
    state = models.CharField(max_length=6, choices=State, default=State.OPEN)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(name="folder_ends_after_start", condition=Q(to_on__gte=F("from_on"))),
            models.CheckConstraint(
                name="a_closed_folder_says_by_whom",
                condition=Q(state="open", closed_at=None) | Q(closed_at__isnull=False, closed_by__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["school", "-made_at"], name="evidence_folder_by_time")]
        triggers = [
            NEVER_DELETED,
            pgtrigger.Protect(
                name="closed_stays", operation=pgtrigger.Update, condition=~pgtrigger.Q(old__state="open")
            ),
        ]

    def __str__(self) -> str:
        return self.title


@history("EvidenceEntryEvent")
class EvidenceEntry(models.Model):
    """One thing in a folder: its frozen file, where it stands, why it is there, and whether it tells of pupils.

    `file` is the file of what was frozen before, never a copy of it. Of one that tells of pupils `needs` are the rights
    of the person for whom it was made: nobody with less opens it. `taken_out_at` is set where it was taken out again.
    """

    class Section(models.TextChoices):
        """Where in the folder it stands, in this order."""

        LEADERSHIP = "leadership", "Leadership's impact"
        TIME = "time", "Attendance over time"
        GROUPS = "groups", "Groups"
        ACTION = "action", "Action and its effect"
        ABSENCE = "absence", "Safeguarding of absence, in general figures"

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    folder = models.ForeignKey(EvidenceFolder, on_delete=models.PROTECT, related_name="entries")
    section = models.CharField(max_length=10, choices=Section)
    place = models.PositiveSmallIntegerField(help_text="Within its section.")
    source = models.CharField(max_length=24, help_text="What it is of, as paper:12 or part:trend.")
    title = models.CharField(max_length=200)
    name = models.CharField(max_length=120, help_text="Its file's plain name, without number and ending.")
    why = models.CharField("why it is here", max_length=300, blank=True)
    receipt = models.CharField("what it was read from", max_length=600, blank=True)
    on = models.DateField(help_text="The day it is of.")
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+")
    names_pupils = models.BooleanField(default=False)
    needs = models.JSONField(default=list, help_text="Rights without which one that names pupils is not opened.")
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    taken_out_at = models.DateTimeField(null=True)
    taken_out_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name_plural = "evidence entries"
        constraints = [
            models.UniqueConstraint(
                fields=["folder", "file"], name="one_entry_per_folder_and_file", condition=Q(taken_out_at=None)
            ),
        ]
        indexes = [models.Index(fields=["folder", "section", "place"], name="evidence_by_place")]
        triggers = [NEVER_DELETED]

    def __str__(self) -> str:
        return self.title
