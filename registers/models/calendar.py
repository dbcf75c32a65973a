"""The school's calendar: terms, days and sessions on which it does not meet, and when its registers open and close."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from attendance_office.staff.models import School


class Half(models.TextChoices):
    """The two sessions of a school day."""

    AM = "AM", "Morning"
    PM = "PM", "Afternoon"


class Term(models.Model):
    """A term of a school year, from its first to its last day."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="terms")
    school_year = models.CharField(max_length=7, help_text="As 2026/27.")
    name = models.CharField(max_length=40)
    starts_on = models.DateField()
    ends_on = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["school", "school_year", "name"], name="one_term_per_name_and_year"),
            models.CheckConstraint(name="term_ends_after_it_starts", condition=Q(ends_on__gte=F("starts_on"))),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.school_year}"


class NonSchoolDay(models.Model):
    """A weekday within a term, or one session of it, on which the school does not meet."""

    class Kind(models.TextChoices):
        """Why the school does not meet."""

        HALF_TERM = "half_term", "Half term"
        HOLIDAY = "holiday", "Holiday"
        INSET = "inset", "INSET day"
        BANK_HOLIDAY = "bank_holiday", "Bank holiday"
        CLOSURE = "closure", "Closure"

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="non_school_days")
    on = models.DateField()
    half = models.CharField(
        "session", max_length=2, choices=Half.choices, blank=True, help_text="Empty for the whole day."
    )
    kind = models.CharField(max_length=12, choices=Kind.choices)
    name = models.CharField(max_length=100, blank=True)
    closure = models.ForeignKey(
        "registers.Closure", on_delete=models.PROTECT, null=True, related_name="days", help_text="Whose code it writes."
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["school", "on", "half"], name="one_reason_per_closed_session")]

    def __str__(self) -> str:
        return f"{self.name or self.get_kind_display()}, {self.on}"


class SessionTimes(models.Model):
    """From a date on: when the register of a session opens, when it should be taken by, and when it closes."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="session_times")
    half = models.CharField("session", max_length=2, choices=Half.choices)
    from_on = models.DateField("from")
    opens_at = models.TimeField()
    closes_at = models.TimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["school", "half", "from_on"], name="one_set_of_times_per_session_and_date"),
            models.CheckConstraint(name="register_closes_after_it_opens", condition=Q(closes_at__gt=F("opens_at"))),
        ]

    def __str__(self) -> str:
        return f"{self.half} {self.opens_at:%H:%M} to {self.closes_at:%H:%M} from {self.from_on}"
