"""Files read into the record through the app: whence they come and what became of each row."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from attendance_office.audit.models import APPEND_ONLY, NEVER_DELETED
from attendance_office.staff.models import School, User

from .files import StoredFile


class Feeds(models.TextChoices):
    """What a file brings."""

    PUPILS = "pupils", "Pupils"
    CONTACTS = "contacts", "Contacts"
    MARKS = "marks", "Session marks"
    LESSONS = "lessons", "Lessons of the timetable"
    SEATS = "seats", "Who sits in which class"


class Source(models.Model):
    """Where files of one shape come from, and how their columns were matched last time."""

    class System(models.TextChoices):
        """Which system wrote the file."""

        SIMS_CSV = "sims_csv", "SIMS report (CSV)"
        SIMS_XML = "sims_xml", "SIMS report (XML)"
        ARBOR = "arbor", "Arbor"
        BROMCOM = "bromcom", "Bromcom"
        GO4SCHOOLS = "go4schools", "Go 4 Schools"
        SDS_UK = "sds_uk", "Microsoft School Data Sync (UK)"
        WONDE = "wonde", "Wonde (JSON)"
        OURS = "ours", "Attendance office"
        OTHER = "other", "Another system"

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=80)
    system = models.CharField(max_length=12, choices=System.choices)
    feeds = models.CharField(max_length=10, choices=Feeds.choices)
    mapping = models.JSONField(default=dict, help_text="Our column to the file's column, with options.")
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["school", "name", "feeds"], name="one_source_per_name")]

    def __str__(self) -> str:
        return f"{self.name}, {self.get_feeds_display().lower()}"


class Import(models.Model):
    """One reading of one file: what was asked, how far it has come, what it did, and whether it was taken back."""

    class State(models.TextChoices):
        """How far it has come."""

        UPLOADED = "uploaded", "Columns to be matched"
        WAITING = "waiting", "Waiting to be read"
        RUNNING = "running", "Being read"
        CHECKED = "checked", "Dry run done"
        DONE = "done", "Read"
        REFUSED = "refused", "Refused"
        FAILED = "failed", "Broken off"
        CANCELLED = "cancelled", "Given up"
        UNDONE = "undone", "Taken back"

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+")
    source = models.ForeignKey(Source, on_delete=models.PROTECT, null=True, related_name="imports")
    pull = models.ForeignKey(
        "registers.Pull", on_delete=models.PROTECT, null=True, related_name="imports",
        help_text="The run of a link that brought the file.",
    )  # fmt: skip
    system = models.CharField(max_length=12, choices=Source.System.choices)
    feeds = models.CharField(max_length=10, choices=Feeds.choices)
    mapping = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State.choices, default=State.UPLOADED)
    is_dry_run = models.BooleanField(default=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField(null=True, help_text="When reading was asked for.")
    started_at = models.DateTimeField(null=True)
    alive_at = models.DateTimeField(null=True, help_text="When the worker last said how far it is.")
    finished_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    rows = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    added = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    same = models.PositiveIntegerField(default=0)
    passed_over = models.PositiveIntegerField(default=0, help_text="Rows that say nothing of ours, as weekends.")
    fault_count = models.PositiveIntegerField(default=0)
    faults = models.JSONField(default=list, help_text="The first of them: row, column, value, words.")
    notes = models.JSONField(default=list)
    error = models.TextField(blank=True)
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    why_undone = models.CharField(max_length=400, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["school", "-made_at"], name="import_by_time"),
            models.Index(fields=["asked_at"], name="import_waiting", condition=Q(state__in=["waiting", "running"])),
        ]
        triggers = [NEVER_DELETED]

    def __str__(self) -> str:
        return f"{self.get_feeds_display()} from {self.file.name}"


class ImportedRow(models.Model):
    """What one row of a file made or changed, with the values from before, so that an import can be taken back."""

    class Did(models.TextChoices):
        """What became of the thing."""

        ADDED = "added", "Added"
        CHANGED = "changed", "Changed"

    school_id = models.BigIntegerField()
    of_import = models.ForeignKey(
        Import, on_delete=models.PROTECT, related_name="made", db_column="import_id", db_index=False
    )
    row = models.PositiveIntegerField(help_text="The line of the file on which the row begins.")
    thing = models.CharField(
        max_length=12,
        help_text="pupil, enrolment, placement, contact, parent, group, class, lesson, seat or mark.",
    )
    thing_id = models.BigIntegerField()
    did = models.CharField(max_length=8, choices=Did.choices)
    before = models.JSONField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["of_import", "row"], name="imported_by_import"),
            models.Index(fields=["school_id", "thing", "thing_id"], name="imported_by_thing"),
        ]
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return f"{self.thing} {self.thing_id}, row {self.row}"
