"""What the admission register owes: returns to the local authority; and what is known of contacts' numbers."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from attendance_office.audit.models import NEVER_DELETED
from attendance_office.staff.models import School, User

from .pupils import Contact, Enrolment


class Return(models.Model):
    """A return to the local authority for one enrolment: sent, or not needed and why. What is owed is derived.

    Source: SI 2024/208 reg 13(1)-(5).
    """

    class Kind(models.TextChoices):
        """Which return."""

        NEW_PUPIL = "new_pupil", "New-pupil return"
        DELETION = "deletion", "Deletion return"

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="returns")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    is_needed = models.BooleanField(default=True)
    sent_on = models.DateField(null=True)
    sent_how = models.CharField(max_length=200, blank=True, help_text="As portal, or secure e-mail to whom.")
    why_not = models.CharField(max_length=200, blank=True)
    marked_at = models.DateTimeField()
    marked_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["enrolment", "kind"], name="one_return_per_enrolment_and_kind"),
            models.CheckConstraint(
                name="return_sent_or_not_needed",
                condition=Q(is_needed=True, sent_on__isnull=False) | (Q(is_needed=False) & ~Q(why_not="")),
            ),
        ]
        triggers = [NEVER_DELETED]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.enrolment}"


class ContactFault(models.Model):
    """A number or address of a contact that does not work, from when it was found to when it was put right."""

    class Way(models.TextChoices):
        """Which of the contact's numbers and addresses."""

        MOBILE = "mobile", "Mobile"
        HOME_PHONE = "home_phone", "Home phone"
        WORK_PHONE = "work_phone", "Work phone"
        EMAIL = "email", "E-mail"
        ADDRESS = "address", "Address"

    class Fault(models.TextChoices):
        """What is wrong with it."""

        DEAD = "dead", "Number dead"
        WRONG_PERSON = "wrong_person", "Somebody else answered"
        BOUNCED = "bounced", "E-mail came back"
        RETURNED = "returned", "Letter came back"

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="+")
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="faults")
    way = models.CharField(max_length=10, choices=Way.choices)
    value = models.CharField(max_length=400, help_text="As it was then.")
    fault = models.CharField(max_length=12, choices=Fault.choices)
    found_at = models.DateTimeField()
    found_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    cleared_at = models.DateTimeField(null=True)
    cleared_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["contact", "way"], name="one_standing_fault_per_way", condition=Q(cleared_at=None)
            ),
        ]
        triggers = [NEVER_DELETED]

    def __str__(self) -> str:
        return f"{self.get_way_display()}: {self.get_fault_display()}"
