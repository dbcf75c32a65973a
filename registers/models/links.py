"""Links to other systems: what goes which way, what was brought in, and what is on its way out."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from attendance_office.audit.models import NEVER_DELETED
from attendance_office.staff.models import School, User


class Link(models.Model):
    """The link of a school to another system: its number there, and what goes which way. No secret lies here."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="links")
    system = models.CharField(max_length=12, choices=[("wonde", "Wonde")], default="wonde")
    remote_id = models.CharField("school's number there", max_length=60)
    is_on = models.BooleanField("on", default=True)
    pulls = models.BooleanField("bring pupils and contacts in", default=True)
    pulls_marks = models.BooleanField("bring session marks in", default=False)
    writes_back = models.BooleanField("write coded marks back", default=False)
    writes_comments = models.BooleanField("write the comments of marks back", default=False)
    pulled_to = models.DateTimeField("brought in up to", null=True)
    next_pull_at = models.DateTimeField(null=True, help_text="Empty: at once.")
    pull_failures = models.PositiveSmallIntegerField(default=0, help_text="In a row.")
    wrote_to = models.BigIntegerField("marks written back up to", default=0)
    wrote_amendments_to = models.BigIntegerField("amendments written back up to", default=0)
    codes = models.JSONField(default=list, help_text="Their attendance codes: id and code.")
    codes_at = models.DateTimeField(null=True, help_text="When they were read.")
    next_codes_at = models.DateTimeField(null=True, help_text="When they are read again; empty: at once.")
    said = models.CharField("what is wrong inward", max_length=400, blank=True)
    said_at = models.DateTimeField(null=True, help_text="Since when.")
    said_out = models.CharField("what is wrong outward", max_length=400, blank=True)
    said_out_at = models.DateTimeField(null=True, help_text="Since when.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["school", "system"], name="one_link_per_system"),
            models.CheckConstraint(name="marks_go_one_way", condition=Q(pulls_marks=False) | Q(writes_back=False)),
        ]

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
            models.UniqueConstraint(
                fields=["link", "thing", "remote_id"], name="one_thing_per_name_there", condition=~Q(thing="code")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.thing} {self.thing_id}: {self.remote_id}"


class Pull(models.Model):
    """One run of a link inward: from when, how far it has come, and what it waits for."""

    class State(models.TextChoices):
        """How far it has come."""

        FETCHING = "fetching", "Being fetched"
        READING = "reading", "Fetched, being read"
        DONE = "done", "Brought in"
        FAILED = "failed", "Broken off"

    class Stage(models.TextChoices):
        """What is brought at present."""

        PUPILS = "pupils", "Pupils"
        CONTACTS = "contacts", "Contacts"
        MARKS = "marks", "Session marks"

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    link = models.ForeignKey(Link, on_delete=models.PROTECT, related_name="pulls_made")
    state = models.CharField(max_length=10, choices=State.choices, default=State.FETCHING)
    stage = models.CharField(max_length=10, choices=Stage.choices, default=Stage.PUPILS)
    since = models.DateTimeField(null=True, help_text="What changed there after it; empty: everything.")
    began_at = models.DateTimeField()
    next_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0, help_text="Failures since a page came.")
    claim = models.UUIDField(null=True)
    claimed_at = models.DateTimeField(null=True)
    next_page = models.CharField(max_length=1000, blank=True, help_text="Where the next page lies; empty: the first.")
    is_fetched = models.BooleanField(default=False, help_text="The stage's last page has come.")
    records = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=400, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["link"], name="one_pull_at_a_time", condition=Q(state__in=["fetching", "reading"])
            )
        ]
        indexes = [models.Index(fields=["link", "-began_at"], name="pull_by_time")]
        triggers = [NEVER_DELETED]

    def __str__(self) -> str:
        return f"{self.link}, {self.began_at:%Y-%m-%d %H:%M}"


class PullPage(models.Model):
    """One page of a run that is under way, kept so that it goes on where it stopped; gone when the run is over."""

    pull = models.ForeignKey(Pull, on_delete=models.PROTECT, related_name="pages")
    list_name = models.CharField(max_length=20)
    number = models.PositiveIntegerField()
    records = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["pull", "list_name", "number"], name="one_row_per_page")]

    def __str__(self) -> str:
        return f"{self.list_name}, page {self.number}"


class WritebackQuerySet(models.QuerySet["Writeback"]):
    """Narrowing of what goes out."""

    def visible_to(self, user: User) -> WritebackQuerySet:
        """Give those of the schools in which the user works."""
        return self.filter(school__in=user.standing.school_ids)


class Writeback(models.Model):
    """A coded mark on its way to another system: waiting, claimed, and what is known of its arrival."""

    class State(models.TextChoices):
        """How far it has come."""

        WAITING = "waiting", "Waiting"
        CLAIMED = "claimed", "On its way"
        SENT = "sent", "Arrived"
        OVERTAKEN = "overtaken", "Overtaken by a later code"
        FAILED = "failed", "Refused there"
        UNCERTAIN = "uncertain", "Uncertain"

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    link = models.ForeignKey(Link, on_delete=models.PROTECT, related_name="writebacks")
    mark_id = models.BigIntegerField()
    pupil_id = models.BigIntegerField()
    on = models.DateField()
    half = models.CharField(max_length=2)
    code = models.CharField(max_length=3)
    key = models.CharField(max_length=80, help_text="Mark and amendment: the same change goes once.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    made_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField()
    claim = models.UUIDField(null=True, help_text="Who claimed it: only that hand may finish it.")
    claimed_at = models.DateTimeField(null=True)
    handed_at = models.DateTimeField(null=True, help_text="When the hand-over began.")
    sent_at = models.DateTimeField(null=True)
    remote_id = models.CharField("writeback number there", max_length=80, blank=True)
    error = models.CharField(max_length=400, blank=True)

    objects = WritebackQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["link", "key"], name="one_writeback_per_change"),
            models.CheckConstraint(
                name="a_claimed_writeback_says_by_whom",
                condition=~Q(state="claimed") | Q(claim__isnull=False, claimed_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["next_at"], name="writeback_waiting", condition=Q(state="waiting")),
            models.Index(fields=["link", "pupil_id", "on"], name="writeback_by_session"),
            models.Index(fields=["link", "state", "-made_at"], name="writeback_by_state"),
        ]
        triggers = [NEVER_DELETED]

    def __str__(self) -> str:
        return f"{self.code}, {self.on} {self.half}, {self.state}"
