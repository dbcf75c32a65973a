"""Case studies: how one pupil's attendance went and what the school did, told so that nobody can be named from it."""

from __future__ import annotations

from typing import Final

import pgtrigger
from django.db import models
from django.db.models import Q

from attendance_office.audit.models import APPEND_ONLY, NEVER_DELETED, history
from attendance_office.staff.models import School, User
from registers.models import Pupil, StoredFile

_LETTERS: Final = 26


class CaseStudyQuerySet(models.QuerySet["CaseStudy"]):
    """Narrowing of case studies."""

    def visible_to(self, user: User) -> CaseStudyQuerySet:
        """Give the studies of the pupils that the user's posts reach: to them alone a study tells whom it is about."""
        return self.filter(
            user.standing.rows(school="school", year="pupil__year_group", group="pupil__tutor_group")
        )  # fmt: skip


@history("CaseStudyEvent")
class CaseStudy(models.Model):
    """A case study: drafted from a pupil's file, written into, and issued without a name. What was issued stays.

    `number` is its letter in the school (1 is A), the same for all of its editions. `content` holds all that the issued
    study says; `file` is the same, printed. `pupil` is shown to nobody but whoever may see the pupil.
    """

    class State(models.TextChoices):
        """How far it has come."""

        DRAFT = "draft", "Draft"
        ISSUED = "issued", "Issued"
        DROPPED = "dropped", "Dropped"

    class Stage(models.TextChoices):
        """How closely it says how old the pupil is."""

        KEY_STAGE = "key_stage", "The key stage"
        YEAR = "year", "The year group"

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="case_studies")
    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="case_studies")
    number = models.PositiveSmallIntegerField()
    from_on = models.DateField()
    to_on = models.DateField()
    stage = models.CharField("how the pupil's age is told", max_length=9, choices=Stage, default=Stage.KEY_STAGE)
    headline = models.CharField("in one line", max_length=200, blank=True)
    start = models.TextField("starting point", blank=True)
    tried = models.TextField("what was tried", blank=True)
    impact = models.TextField("impact", blank=True)
    progress = models.TextField("attainment and progress", blank=True)
    attainment = models.JSONField(default=list, help_text="Rows of subject, before and after.")
    voice = models.TextField("the pupil's and the family's voice", blank=True)
    next_steps = models.TextField("what next", blank=True)
    tells = models.JSONField(default=list, help_text="Keys of what is told of the pupil, as sen.")
    left_out = models.JSONField(default=list, help_text="Keys of what the school did and the study leaves out.")
    state = models.CharField(max_length=8, choices=State.choices, default=State.DRAFT)
    edition = models.PositiveSmallIntegerField(default=1)
    replaces = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="editions")
    content = models.JSONField(default=dict)
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    issued_at = models.DateTimeField(null=True)
    issued_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    objects = CaseStudyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "case studies"
        constraints = [
            models.UniqueConstraint(fields=["school", "number", "edition"], name="one_case_study_per_letter"),
            models.CheckConstraint(
                name="an_issued_case_study_is_whole",
                condition=~Q(state="issued") | Q(issued_at__isnull=False, issued_by__isnull=False, file__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["school", "-made_at"], name="case_study_by_time"),
            models.Index(fields=["school", "pupil"], name="case_study_by_pupil"),
        ]
        triggers = [
            NEVER_DELETED,
            pgtrigger.Protect(
                name="issued_stays", operation=pgtrigger.Update, condition=~pgtrigger.Q(old__state="draft")
            ),
        ]

    def __str__(self) -> str:
        return f"Case study, {self.label}" + ("" if self.edition == 1 else f", edition {self.edition}")

    @property
    def label(self) -> str:
        """Give what the pupil is called in it, like "Pupil A"; after Z comes AA."""
        number, letters = self.number, ""
        while number:
            number, place = divmod(number - 1, _LETTERS)
            letters = chr(ord("A") + place) + letters
        return f"Pupil {letters}"


class LetStand(models.Model):
    """A word of a study that could name somebody, let stand on purpose: which, where, why, and by whom.

    It holds for the later editions of the same study too.
    """

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    study = models.ForeignKey(CaseStudy, on_delete=models.PROTECT, related_name="standing")
    part = models.CharField(max_length=20)
    ground = models.CharField(max_length=12)
    word = models.CharField(max_length=200, help_text="Folded, as it is compared.")
    why = models.CharField(max_length=300)
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["study", "part", "ground", "word"], name="a_word_is_let_stand_once"),
            models.CheckConstraint(name="let_stand_says_why", condition=~Q(why="")),
        ]
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return f"{self.word}, in {self.part}"
