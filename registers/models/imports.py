"""Files read into the record through the app: whence they come, what became of each row; and links to other systems."""

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
    thing = models.CharField(max_length=12, help_text="pupil, enrolment, placement, contact, parent, group or mark.")
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


class Link(models.Model):
    """The link of a school to another system: its number there, and what goes which way. No secret lies here."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="links")
    system = models.CharField(max_length=12, choices=[("wonde", "Wonde")], default="wonde")
    remote_id = models.CharField("school's number there", max_length=60)
    is_on = models.BooleanField("on", default=True)
    pulls = models.BooleanField("bring pupils, contacts and marks in", default=True)
    writes_back = models.BooleanField("write coded marks back", default=False)
    pulled_to = models.DateTimeField("brought in up to", null=True)
    wrote_to = models.BigIntegerField("written back up to", default=0)
    said = models.CharField("what it said last", max_length=400, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["school", "system"], name="one_link_per_system")]

    def __str__(self) -> str:
        return f"{self.get_system_display()}, {self.remote_id}"


class RemoteName(models.Model):
    """What another system calls a thing of ours."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    link = models.ForeignKey(Link, on_delete=models.PROTECT, related_name="names")
    thing = models.CharField(max_length=12, help_text="pupil, contact or code.")
    thing_id = models.CharField(max_length=20, help_text="Our key, or the code's symbol.")
    remote_id = models.CharField(max_length=80)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["link", "thing", "thing_id"], name="one_name_there_per_thing"),
            models.UniqueConstraint(fields=["link", "thing", "remote_id"], name="one_thing_per_name_there"),
        ]

    def __str__(self) -> str:
        return f"{self.thing} {self.thing_id}: {self.remote_id}"


class Writeback(models.Model):
    """A coded mark on its way to another system: waiting, claimed, and what is known of its arrival."""

    class State(models.TextChoices):
        """How far it has come."""

        WAITING = "waiting", "Waiting"
        CLAIMED = "claimed", "On its way"
        SENT = "sent", "Arrived"
        FAILED = "failed", "Refused there"
        UNCERTAIN = "uncertain", "Uncertain"

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    link = models.ForeignKey(Link, on_delete=models.PROTECT, related_name="writebacks")
    mark_id = models.BigIntegerField()
    code = models.CharField(max_length=3)
    key = models.CharField(max_length=80, help_text="Mark and amendment: the same change goes once.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    remote_id = models.CharField("writeback number there", max_length=80, blank=True)
    error = models.CharField(max_length=400, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["link", "key"], name="one_writeback_per_change")]
        indexes = [models.Index(fields=["next_at"], name="writeback_waiting", condition=Q(state="waiting"))]
        triggers = [NEVER_DELETED]

    def __str__(self) -> str:
        return f"{self.code}, {self.state}"
