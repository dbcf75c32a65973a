"""The attendance register: registers, marks, amendments, and the week totals that Postgres keeps beside them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from attendance_office.audit.models import APPEND_ONLY, NEVER_DELETED
from attendance_office.staff.models import School, TutorGroup, User

from . import triggers
from .calendar import Half
from .pupils import Pupil


class CodeInForce(models.Model):
    """What each code counts as and from when to when: the law's table, held beside the marks so that SQL can count.

    Filled from `registers.rules.codes.dated_codes()` by the migration that follows each change of the law; a test
    proves that both agree.
    """

    symbol = models.CharField(max_length=3)
    from_on = models.DateField()
    to_on = models.DateField(null=True)
    counts_as = models.CharField(max_length=14)
    is_late = models.BooleanField()

    class Meta:
        verbose_name_plural = "codes in force"
        constraints = [models.UniqueConstraint(fields=["symbol", "from_on"], name="one_meaning_per_code_and_date")]

    def __str__(self) -> str:
        return f"{self.symbol} from {self.from_on}"


class RegisterQuerySet(models.QuerySet["Register"]):
    """Narrowing of registers."""

    def visible_to(self, user: User) -> RegisterQuerySet:
        """Give the registers of groups that the user's posts reach."""
        return self.filter(user.standing.rows(school="school", year="tutor_group__year_group", group="tutor_group"))


class Register(models.Model):
    """The register of one tutor group for one session: opened, saved and finished by whom and for whom.

    A register nobody touched has no row, and its marks are missing: never present and never absent.
    """

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="registers")
    tutor_group = models.ForeignKey(TutorGroup, on_delete=models.PROTECT, related_name="registers")
    on = models.DateField()
    half = models.CharField("session", max_length=2, choices=Half.choices)
    opened_at = models.DateTimeField(null=True)
    opened_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    saved_at = models.DateTimeField(null=True)
    saved_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    completed_at = models.DateTimeField(null=True)
    completed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    taken_for = models.CharField("taken on behalf of", max_length=150, blank=True)
    version = models.PositiveIntegerField(default=0)

    objects = RegisterQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["school", "tutor_group", "on", "half"], name="one_register_per_session"),
            models.CheckConstraint(
                name="opened_by_someone_at_some_time",
                condition=Q(opened_at=None, opened_by=None) | Q(opened_at__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["school", "on", "half"], name="register_by_session")]
        triggers = [NEVER_DELETED]

    def __str__(self) -> str:
        return f"{self.tutor_group} {self.on} {self.half}"


class Receipt(models.Model):
    """The answer given to one save, kept under the key its page sent, so that the same save twice is one save."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    key = models.UUIDField()
    at = models.DateTimeField()
    answer = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["school", "key"], name="one_answer_per_key")]

    def __str__(self) -> str:
        return str(self.key)


class Mark(models.Model):
    """One pupil's code for one session. Changed only by amendment; never deleted.

    A migration adds what Django cannot say: the pupil is of the same school, and school_week is the Monday.

    Source: SI 2024/208 regs 6, 7 and 10.
    """

    class Origin(models.TextChoices):
        """How a mark came to be."""

        REGISTER = "register", "Taken in the register"
        OFFICE = "office", "Entered by the office"
        PLANNED = "planned", "Known beforehand"
        IMPORT = "import", "Read from a file"

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False)
    pupil = models.ForeignKey(
        Pupil, on_delete=models.PROTECT, related_name="marks", db_constraint=False, db_index=False
    )
    on = models.DateField()
    half = models.CharField("session", max_length=2, choices=Half.choices)
    code = models.CharField(max_length=3)
    minutes_late = models.PositiveSmallIntegerField(null=True)
    comment = models.CharField(max_length=200, blank=True)
    school_week = models.DateField(help_text="The Monday of the week.")
    origin = models.CharField(max_length=8, choices=Origin.choices)
    recorded_at = models.DateTimeField(help_text="When the first entry was made; amendments carry their own time.")
    recorded_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, related_name="+", db_constraint=False, db_index=False
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["school", "pupil", "on", "half"], name="one_mark_per_pupil_and_session"),
            models.CheckConstraint(name="half_is_am_or_pm", condition=Q(half__in=["AM", "PM"])),
            models.CheckConstraint(
                name="minutes_belong_to_a_late_code", condition=Q(minutes_late=None) | Q(code__in=["L", "U"])
            ),
        ]
        indexes = [
            models.Index(fields=["school", "on", "half"], name="mark_by_session"),
            models.Index(
                fields=["school", "pupil", "school_week"],
                name="mark_unauthorised",
                condition=Q(code__in=["G", "N", "O", "U"]),
            ),
        ]
        triggers = triggers.ON_MARKS

    def __str__(self) -> str:
        return f"{self.code} {self.on} {self.half}"


class Amendment(models.Model):
    """One change of one mark: original, amended, reason, when, who and in which role. Written by Postgres alone.

    Source: SI 2024/208 reg 6.
    """

    school_id = models.BigIntegerField()
    mark_id = models.BigIntegerField()
    pupil_id = models.BigIntegerField()
    on = models.DateField()
    half = models.CharField(max_length=2)
    from_code = models.CharField(max_length=3)
    to_code = models.CharField(max_length=3)
    from_minutes = models.PositiveSmallIntegerField(null=True)
    to_minutes = models.PositiveSmallIntegerField(null=True)
    from_comment = models.CharField(max_length=200, blank=True)
    to_comment = models.CharField(max_length=200, blank=True)
    reason = models.TextField()
    at = models.DateTimeField()
    by_id = models.BigIntegerField(null=True)
    by_name = models.CharField(max_length=150)
    by_role = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["mark_id", "at"], name="amendment_by_mark"),
            models.Index(fields=["school_id", "at"], name="amendment_by_time"),
            models.Index(fields=["school_id", "pupil_id", "on"], name="amendment_by_pupil"),
        ]
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return f"{self.from_code} to {self.to_code}, {self.on} {self.half}"


class TakenBackMark(models.Model):
    """A mark that was taken out of the register again: with the import that made it, by an undo, or with a plan.

    Written by Postgres alone and kept for ever. `taken_with` names what it went with, like "import:12".

    Source: SI 2024/208 reg 7 (every entry is kept for six years).
    """

    school_id = models.BigIntegerField()
    mark_id = models.BigIntegerField()
    pupil_id = models.BigIntegerField()
    on = models.DateField()
    half = models.CharField(max_length=2)
    code = models.CharField(max_length=3)
    minutes_late = models.PositiveSmallIntegerField(null=True)
    comment = models.CharField(max_length=200, blank=True)
    recorded_at = models.DateTimeField()
    recorded_by_id = models.BigIntegerField(null=True)
    taken_with = models.CharField(max_length=60)
    at = models.DateTimeField()
    by_id = models.BigIntegerField(null=True)
    by_name = models.CharField(max_length=150)
    reason = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["school_id", "pupil_id", "on"], name="taken_back_by_pupil")]
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return f"{self.code} {self.on} {self.half}, taken back"


class WeekTotal(models.Model):
    """A pupil's sessions of one school week by what they count as. Derived: kept by the marks' triggers in the same
    transaction, and proved equal to a rebuild by `./run manage verify_rollups`.
    """

    pk = models.CompositePrimaryKey("school_id", "pupil_id", "school_week")
    school_id = models.BigIntegerField()
    pupil_id = models.BigIntegerField()
    school_week = models.DateField()
    present = models.SmallIntegerField(default=0)
    approved = models.SmallIntegerField(default=0)
    authorised = models.SmallIntegerField(default=0)
    unauthorised = models.SmallIntegerField(default=0)
    not_possible = models.SmallIntegerField(default=0)
    administrative = models.SmallIntegerField(default=0)
    late = models.SmallIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.pupil_id} {self.school_week}"


class Cover(models.Model):
    """Who takes a group's register in place of its tutor, on one day and session."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="covers")
    tutor_group = models.ForeignKey(TutorGroup, on_delete=models.PROTECT, related_name="covers")
    on = models.DateField()
    half = models.CharField("session", max_length=2, choices=Half.choices)
    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="covers")
    name = models.CharField(max_length=150, blank=True, help_text="Of a supply teacher without an account.")
    why = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["school", "tutor_group", "on", "half"], name="one_cover_per_session"),
            models.CheckConstraint(name="cover_is_someone", condition=Q(user__isnull=False) | ~Q(name="")),
        ]

    def __str__(self) -> str:
        return f"{self.tutor_group} {self.on} {self.half}: {self.user or self.name}"
