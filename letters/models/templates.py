"""What letters are written from: templates whose every version is kept, and the school's letterhead."""

from __future__ import annotations

from django.db import models

from attendance_office.audit.models import APPEND_ONLY, ROW_BY_ROW, history
from attendance_office.staff.models import School, User
from registers.models import StoredFile


class LetterKind(models.TextChoices):
    """What a letter is for."""

    LEVEL_1 = "level_1", "Attendance level 1"
    LEVEL_2 = "level_2", "Attendance level 2"
    MEETING = "meeting", "Invitation to a meeting"
    PRAISE = "praise", "Praise and recovery"
    IMPROVED = "improved", "Improvement noticed"
    CONCERN = "concern", "Attendance concern"
    APOLOGY = "apology", "Apology for a letter sent in error"
    CERTIFICATE_FULL = "certificate_full", "Certificate of full attendance"
    CERTIFICATE_IMPROVED = "certificate_improved", "Certificate for most improved attendance"


@history("LetterheadEvent")
class Letterhead(models.Model):
    """What stands on every letter of a school: its logo, its lines and whom to ring."""

    school = models.OneToOneField(School, on_delete=models.PROTECT, related_name="letterhead")
    logo = models.ForeignKey(StoredFile, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    lines = models.TextField(blank=True, help_text="Under the school's name, a line each; empty for its address.")
    foot = models.CharField(max_length=300, blank=True)
    ring_name = models.CharField("adult to ring", max_length=150, blank=True)
    ring_phone = models.CharField("their number", max_length=40, blank=True)
    signatory = models.CharField(max_length=150, blank=True)
    signatory_title = models.CharField(max_length=150, blank=True)

    class Meta:
        triggers = [ROW_BY_ROW]

    def __str__(self) -> str:
        return f"Letterhead of {self.school}"


class LetterTemplate(models.Model):
    """A letter the school can write. What it says is its latest version."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="letter_templates")
    kind = models.CharField(max_length=22, choices=LetterKind.choices)
    name = models.CharField(max_length=100)
    language = models.CharField(max_length=40, default="English")
    is_used = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["school", "kind", "name", "language"], name="one_template_per_name"),
        ]

    def __str__(self) -> str:
        return self.name


class TemplateVersion(models.Model):
    """The words of a template as they stood from one moment on. Never changed: a change is a new version."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    template = models.ForeignKey(LetterTemplate, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    subject = models.CharField(max_length=200)
    body = models.TextField(help_text="Text with block styles, ((fields)) and conditional blocks.")
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    why = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["template", "number"], name="one_version_per_number")]
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return f"{self.template}, version {self.number}"
