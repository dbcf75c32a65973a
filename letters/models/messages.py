"""Messages waiting, on their way and gone, and the chases they carry."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from attendance_office.audit.models import NEVER_DELETED
from attendance_office.staff.models import School, TutorGroup, User
from registers.models import Contact, Half, Pupil, StoredFile

from .letters import Letter


class MessageQuerySet(models.QuerySet["Message"]):
    """Narrowing of messages."""

    def visible_to(self, user: User) -> MessageQuerySet:
        """Give the messages of the schools in which the user works."""
        return self.filter(school__in=user.standing.school_ids)


class Message(models.Model):
    """One message to one person. The row is the outbox: queue, event and history in one."""

    class Kind(models.TextChoices):
        """What it is about."""

        CHASE = "chase", "Register not taken"
        WALK_ROUND = "walk_round", "Walk-round list"
        VULNERABLE = "vulnerable", "Highly vulnerable pupil absent or unmarked"
        LETTER = "letter", "Letter to a parent"
        ALERT = "alert", "Absence alert to a parent"
        SAFEGUARDING = "safeguarding", "Absent without a reason: safeguarding"
        LEVEL_TOLD = "level_told", "Pupil below a letter's level"
        REPORT = "report", "Report"

    class Channel(models.TextChoices):
        """How it travels."""

        EMAIL = "email", "E-mail"
        SCREEN = "screen", "On screen"
        SMS = "sms", "Text message"
        LETTER = "letter", "Posted by GOV.UK Notify"

    class State(models.TextChoices):
        """Where it is."""

        WAITING = "waiting", "Waiting"
        CLAIMED = "claimed", "On its way"
        SENT = "sent", "Sent"
        DELIVERED = "delivered", "Delivered"
        CANCELLED = "cancelled", "Not sent"
        FAILED = "failed", "Failed"
        UNCERTAIN = "uncertain", "Uncertain"

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="messages")
    key = models.CharField(max_length=120, help_text="What makes it one message: never two rows with the same.")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    channel = models.CharField(max_length=8, choices=Channel.choices)
    recipient = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="messages")
    contact = models.ForeignKey(
        Contact, on_delete=models.PROTECT, null=True, related_name="messages", help_text="A parent, where it goes home."
    )
    letter = models.ForeignKey(Letter, on_delete=models.PROTECT, null=True, related_name="messages")
    recipient_name = models.CharField(max_length=150)
    address = models.CharField(max_length=254, blank=True)
    subject = models.CharField(max_length=200)
    body = models.TextField()
    html = models.TextField(blank=True, help_text="The same, laid out; sent beside the plain words.")
    attachment = models.ForeignKey(StoredFile, on_delete=models.PROTECT, null=True, related_name="+")
    note = models.TextField(blank=True, help_text="The sender's own words; the rest is written anew when it goes.")
    why = models.CharField(max_length=200, blank=True, help_text="The reason it was written, for the record.")
    on = models.DateField()
    half = models.CharField(max_length=2, choices=Half.choices, blank=True)
    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, null=True, related_name="messages")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    written_at = models.DateTimeField()
    written_by = models.CharField(max_length=150)
    due_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True)
    claim = models.UUIDField(null=True, help_text="Who claimed it: only that hand may finish it.")
    handed_at = models.DateTimeField(null=True, help_text="When the hand-over to the mail server began.")
    sent_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(null=True, help_text="When the service was last asked what became of it.")
    reference = models.CharField(max_length=80, blank=True, help_text="Its number at the service that took it.")
    attempts = models.PositiveSmallIntegerField(default=0)
    ended_why = models.CharField(max_length=300, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["school", "key"], name="one_message_per_key"),
            models.CheckConstraint(
                name="a_sent_message_says_when", condition=~Q(state="sent") | Q(sent_at__isnull=False)
            ),
            models.CheckConstraint(
                name="a_claimed_message_says_by_whom",
                condition=~Q(state="claimed") | Q(claim__isnull=False, claimed_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="message_waiting", condition=Q(state="waiting")),
            models.Index(fields=["school", "on", "half"], name="message_by_session"),
        ]
        triggers = [NEVER_DELETED]

    def __str__(self) -> str:
        return f"{self.subject} to {self.recipient_name}"


class Chase(models.Model):
    """One register asked for: of whom, when, by whom, on which pass, and in which message."""

    class Step(models.TextChoices):
        """Which ask this is."""

        FIRST = "first", "First ask"
        SECOND = "second", "Second pass"
        BY_HAND = "by_hand", "Chased by hand"

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    tutor_group = models.ForeignKey(TutorGroup, on_delete=models.PROTECT, related_name="chases")
    on = models.DateField()
    half = models.CharField(max_length=2, choices=Half.choices)
    step = models.CharField(max_length=8, choices=Step.choices)
    at = models.DateTimeField()
    by_name = models.CharField(max_length=150)
    message = models.ForeignKey(Message, on_delete=models.PROTECT, null=True, related_name="chases")
    answered_at = models.DateTimeField(null=True, help_text="When the register was found taken.")

    class Meta:
        indexes = [models.Index(fields=["school", "on", "half"], name="chase_by_session")]
        triggers = [NEVER_DELETED]

    def __str__(self) -> str:
        return f"{self.tutor_group} {self.on} {self.half}, {self.get_step_display()}"
