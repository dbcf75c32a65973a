"""The absence line: messages that came in, what was reported, and the absence notes that code the register."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from attendance_office.audit.models import NEVER_DELETED, history
from attendance_office.staff.models import School, User

from .calendar import Half
from .files import StoredFile
from .pupils import Contact, Pupil


class Channel(models.TextChoices):
    """How the office heard of something."""

    CALL = "call", "Telephone call"
    VOICEMAIL = "voicemail", "Voicemail"
    EMAIL = "email", "E-mail"
    TEXT = "text", "Text message"
    NOTE = "note", "Written note"
    IN_PERSON = "in_person", "At the desk"


class LineMessage(models.Model):
    """A message left for the absence line, waiting until a person has worked it. The oldest comes first."""

    class State(models.TextChoices):
        """How far it has come."""

        WAITING = "waiting", "Waiting"
        WORKED = "worked", "Worked"
        SET_ASIDE = "set_aside", "Set aside"

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    channel = models.CharField(max_length=10, choices=Channel.choices)
    received_at = models.DateTimeField()
    sender = models.CharField(max_length=200, blank=True, help_text="Number, address or name it came from.")
    subject = models.CharField(max_length=200, blank=True)
    body = models.TextField(blank=True)
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, null=True, related_name="+")
    reference = models.CharField(max_length=250, blank=True, help_text="The message's own number in its mailbox.")
    logged_at = models.DateTimeField()
    logged_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    why = models.CharField(max_length=400, blank=True, help_text="Why it was set aside.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["school", "reference"], name="one_message_per_reference", condition=~Q(reference="")
            ),
        ]
        indexes = [models.Index(fields=["school", "state", "received_at"], name="message_by_age")]
        triggers = [NEVER_DELETED]

    def __str__(self) -> str:
        return f"{self.get_channel_display()}, {self.sender}"


@history("AbsenceNoteEvent")
class AbsenceNote(models.Model):
    """Why a pupil is away, from one session to another or with no end yet. It codes the register now and ahead.

    `told_code` is the code of the reason as it was told; `code` the one the school chose. Where they differ the
    school refused the reason, and `why_refused` says why.

    Source: SI 2024/208 reg 10(7)-(9) (establishing the circumstances of an absence).
    """

    class State(models.TextChoices):
        """Whether it still codes the register."""

        STANDING = "standing", "Standing"
        ENDED = "ended", "Ended early"
        WITHDRAWN = "withdrawn", "Withdrawn"

    class Symptom(models.TextChoices):
        """What kind of illness, for watching whether one goes round."""

        STOMACH = "stomach", "Stomach: sickness, diarrhoea"
        COLD = "cold", "Cold, cough, sore throat"
        FEVER = "fever", "Fever, flu"
        HEAD = "head", "Headache, migraine"
        SKIN = "skin", "Rash, chickenpox, skin"
        INJURY = "injury", "Injury"
        MENTAL = "mental", "Anxiety, low mood"
        OTHER = "other", "Other or not said"

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="absence_notes")
    from_on = models.DateField()
    from_half = models.CharField(max_length=2, choices=Half.choices, default=Half.AM)
    to_on = models.DateField(null=True, blank=True, help_text="Empty: no end yet.")
    to_half = models.CharField(max_length=2, choices=Half.choices, default=Half.PM)
    told_code = models.CharField(max_length=3)
    code = models.CharField(max_length=3)
    why_refused = models.CharField(max_length=400, blank=True)
    reason = models.CharField("what was said", max_length=400, blank=True)
    symptom = models.CharField(max_length=10, choices=Symptom.choices, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.STANDING)
    logged_at = models.DateTimeField()
    logged_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    why_closed = models.CharField(max_length=400, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="note_ends_after_it_starts", condition=Q(to_on=None) | Q(to_on__gte=F("from_on"))
            ),
            models.CheckConstraint(name="a_refusal_says_why", condition=Q(told_code=F("code")) | ~Q(why_refused="")),
        ]
        indexes = [
            models.Index(fields=["school", "pupil", "from_on"], name="note_by_pupil"),
            models.Index(fields=["school", "state", "from_on"], name="note_by_state"),
        ]
        triggers = [NEVER_DELETED]

    def __str__(self) -> str:
        return f"{self.code} from {self.from_on} {self.from_half}"


class Call(models.Model):
    """One time an absence was reported: by whom, how and in which words. A second report folds into the same note."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    note = models.ForeignKey(AbsenceNote, on_delete=models.PROTECT, related_name="calls")
    message = models.ForeignKey(LineMessage, on_delete=models.PROTECT, null=True, related_name="calls")
    channel = models.CharField(max_length=10, choices=Channel.choices)
    heard_at = models.DateTimeField()
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, null=True, related_name="+")
    caller = models.CharField(max_length=150, blank=True, help_text="As given, where it is no contact of the pupil.")
    is_known = models.BooleanField("known contact", default=False)
    words = models.CharField(max_length=1000, blank=True)
    logged_at = models.DateTimeField()
    logged_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    taken_back_at = models.DateTimeField(null=True, help_text="When whoever logged it took it back.")

    class Meta:
        indexes = [models.Index(fields=["school", "-heard_at"], name="call_by_time")]
        triggers = [NEVER_DELETED]

    def __str__(self) -> str:
        return f"{self.get_channel_display()}, {self.contact or self.caller}"
