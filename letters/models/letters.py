"""Letters to parents: proposed, approved, made once, posted or mailed, and able to say why for ever."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from attendance_office.audit.models import APPEND_ONLY, NEVER_DELETED
from attendance_office.staff.models import School, User
from registers.models import Contact, Pupil, StoredFile

from .policy import Episode, LetterPolicy
from .templates import LetterKind, TemplateVersion


class LetterQuerySet(models.QuerySet["Letter"]):
    """Narrowing of letters."""

    def visible_to(self, user: User) -> LetterQuerySet:
        """Give the letters about the pupils that the user's posts reach."""
        reach = user.standing.rows(school="school", year="pupil__year_group", group="pupil__tutor_group")
        return self.filter(reach)


class PrintRun(models.Model):
    """Letters printed together: one file in posting order with its cover list, and who took it to the post."""

    class State(models.TextChoices):
        """How far it has come."""

        WAITING = "waiting", "Waiting to be put together"
        READY = "ready", "Ready to print"
        POSTED = "posted", "Posted"
        STOPPED = "stopped", "Could not be put together"

    class Order(models.TextChoices):
        """How its letters lie."""

        POSTCODE = "postcode", "By postcode, for posting"
        FORM = "form", "By form, to be given by hand"

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    title = models.CharField(max_length=150, default="Letters")
    order = models.CharField(max_length=8, choices=Order.choices, default=Order.POSTCODE)
    is_two_sided = models.BooleanField(default=False, help_text="Every letter begins on a new sheet of paper.")
    pages = models.PositiveIntegerField(null=True, help_text="Of the whole file, cover list included.")
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0, help_text="How often it was tried to join it.")
    due_at = models.DateTimeField(null=True, help_text="Not to be joined before.")
    ended_why = models.CharField(max_length=300, blank=True)
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, null=True, related_name="+")
    ready_at = models.DateTimeField(null=True)
    posted_at = models.DateTimeField(null=True)
    posted_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="a_posted_run_says_by_whom",
                condition=~Q(state="posted") | Q(posted_at__isnull=False, posted_by__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["school", "-made_at"], name="print_run_by_time")]
        triggers = [NEVER_DELETED]

    def __str__(self) -> str:
        return f"Print run {self.pk}"


class Letter(models.Model):
    """One letter to one household or parent. The row is its queue, its event and its history; words are frozen copies.

    `facts` is the receipt: the figures, the rule and its version, and the sessions counted with their codes as they
    stood when it was last judged, at its proposal or its approval; `facts_sent` the same when it was made. Of a `key`
    there is one letter.
    """

    class Channel(models.TextChoices):
        """How it travels."""

        POST = "post", "Posted"
        EMAIL = "email", "E-mail"
        NOTIFY = "notify", "Posted through GOV.UK Notify"
        HAND = "hand", "Given by hand"

    class State(models.TextChoices):
        """Where it is."""

        PROPOSED = "proposed", "Proposed"
        HELD_BACK = "held_back", "Held back"
        DECLINED = "declined", "Not to be sent"
        WAITING = "waiting", "Approved, waiting to be made"
        CLAIMED = "claimed", "Being made"
        READY = "ready", "Ready to go"
        SENT = "sent", "Sent"
        DELIVERED = "delivered", "Delivered"
        FAILED = "failed", "Failed"
        UNCERTAIN = "uncertain", "Uncertain"
        RECALLED = "recalled", "Recalled"

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="letters")
    key = models.CharField(max_length=160)
    kind = models.CharField(max_length=22, choices=LetterKind.choices)
    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="letters")
    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, null=True, related_name="letters")
    policy = models.ForeignKey(LetterPolicy, on_delete=models.PROTECT, null=True, related_name="+")
    corrects = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="corrections")
    version = models.ForeignKey(TemplateVersion, on_delete=models.PROTECT, related_name="letters")
    channel = models.CharField(max_length=8, choices=Channel.choices)
    to_name = models.CharField(max_length=200, help_text="As on the envelope.")
    to_address = models.CharField(max_length=420, blank=True, help_text="Lines of the address.")
    to_email = models.EmailField(blank=True)
    language = models.CharField(max_length=40, default="English")
    is_large_print = models.BooleanField(default=False)
    facts = models.JSONField(default=dict)
    facts_sent = models.JSONField(null=True)
    fields = models.JSONField(default=dict, help_text="What a person gave for this letter, as a meeting's date.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.PROPOSED)
    proposed_on = models.DateField()
    proposed_at = models.DateTimeField()
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)
    approved_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    due_at = models.DateTimeField(null=True, help_text="Not to be made before.")
    attempts = models.PositiveSmallIntegerField(default=0)
    claim = models.UUIDField(null=True)
    claimed_at = models.DateTimeField(null=True)
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, null=True, related_name="+")
    words = models.TextField(blank=True, help_text="What it said, frozen when it was made.")
    made_at = models.DateTimeField(null=True)
    print_run = models.ForeignKey(PrintRun, on_delete=models.PROTECT, null=True, related_name="letters")
    run_place = models.PositiveSmallIntegerField(null=True, help_text="Its number in the file of its print run.")
    sent_at = models.DateTimeField(null=True)
    sent_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    ended_why = models.CharField(max_length=300, blank=True)
    doubted_at = models.DateTimeField(null=True, help_text="When the register stopped supporting it.")
    doubted_why = models.CharField(max_length=400, blank=True)
    stands_at = models.DateTimeField(null=True, help_text="When a person let it stand in spite of the doubt.")
    stands_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    stands_why = models.CharField(max_length=300, blank=True)
    recalled_at = models.DateTimeField(null=True)
    recalled_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    objects = LetterQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["school", "key"], name="one_letter_per_key"),
            models.CheckConstraint(
                name="an_approved_letter_says_by_whom",
                condition=~Q(state__in=["waiting", "claimed", "ready", "sent", "delivered", "uncertain"])
                | Q(approved_at__isnull=False, approved_by__isnull=False),
            ),
            models.CheckConstraint(
                name="a_made_letter_has_its_file",
                condition=~Q(state__in=["ready", "sent", "delivered"]) | Q(file__isnull=False),
            ),
            models.CheckConstraint(
                name="a_sent_letter_says_when", condition=~Q(state="sent") | Q(sent_at__isnull=False)
            ),
        ]
        indexes = [
            models.Index(fields=["school", "state", "-proposed_at"], name="letter_by_state"),
            models.Index(fields=["school", "pupil", "-proposed_at"], name="letter_by_pupil"),
            models.Index(fields=["due_at"], name="letter_waiting", condition=Q(state="waiting")),
            models.Index(
                fields=["school", "doubted_at"], name="letter_in_doubt", condition=Q(doubted_at__isnull=False)
            ),
        ]
        triggers = [NEVER_DELETED]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, to {self.to_name}"

    @property
    def language_words(self) -> str:
        """Say in which language it goes, where that is another or the home asks for another; empty for English."""
        written = self.version.template.language
        asked = self.language.strip() or "English"
        if written.casefold() == asked.casefold():
            return "" if written == "English" else written
        return f"in {written}, home reads {asked}"


class Addressee(models.Model):
    """A parent whom a letter addresses. In one episode the letter of its level goes to each parent once."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    letter = models.ForeignKey(Letter, on_delete=models.PROTECT, related_name="addressees")
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="letters")
    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, null=True, related_name="+")
    name = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["letter", "contact"], name="one_addressee_per_letter"),
            models.UniqueConstraint(
                fields=["episode", "contact"], name="once_per_parent_and_episode", condition=Q(episode__isnull=False)
            ),
        ]
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return self.name
