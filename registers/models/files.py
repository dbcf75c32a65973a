"""Files that people gave the office, kept whole with what was made of them."""

from __future__ import annotations

from django.db import models

from attendance_office.audit.models import APPEND_ONLY
from attendance_office.staff.models import School, User


class StoredFile(models.Model):
    """A file as it was given: its bytes, its own name and its hash. Never changed, and given out only by a door.

    It lies in the database, so that it is in every backup, has no address of its own and nothing can run it.
    """

    class Purpose(models.TextChoices):
        """What it was given for."""

        IMPORT = "import", "Read into the record"
        AGREEMENT = "agreement", "Signed agreement"
        MAILBOX = "mailbox", "Messages of the absence line"
        LETTER = "letter", "Letter as it went"
        PRINT_RUN = "print_run", "Letters of one print run"
        LOGO = "logo", "The school's logo"
        REPORT = "report", "Report as it was sent"
        PAPER = "paper", "Paper as it was issued"
        CASE_STUDY = "case_study", "Case study as it was issued"
        EVIDENCE = "evidence", "Evidence as it was kept"

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=12, choices=Purpose.choices)
    name = models.CharField(max_length=200)
    kind = models.CharField("content type", max_length=100)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    content = models.BinaryField()
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["school", "purpose", "-added_at"], name="file_by_purpose")]
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return self.name
