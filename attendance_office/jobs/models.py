"""The school's timetable of jobs, and what ran."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from attendance_office.staff.models import School


class Job(models.TextChoices):
    """Everything that the clock starts. The value is kept; the words may change."""

    AM_SWEEP = "am_sweep", "Morning sweep for missing registers"
    AM_SECOND_PASS = "am_second_pass", "Morning second pass"
    PM_SWEEP = "pm_sweep", "Afternoon sweep for missing registers"
    PM_SECOND_PASS = "pm_second_pass", "Afternoon second pass"
    KNOWN_CODES = "known_codes", "Codes known beforehand"
    DOUBT_TRAWL = "doubt_trawl", "Weekly trawl for doubtful marks"
    LETTER_PROPOSALS = "letter_proposals", "Letters by attendance level proposed"
    NO_CONTACT = "no_contact", "Nobody reached: told to safeguarding"
    ABSENCE_TRAWL = "absence_trawl", "Weekly persistent absence trawl"
    FRIDAY = "friday", "Friday distribution"
    DAILY_SUMMARY = "daily_summary", "Daily summary"
    LATES_MORNING = "lates_morning", "Lates at the start of school"
    LATES_LESSONS = "lates_lessons", "Lates by lesson"
    ILLNESS = "illness", "Illness monitor"
    LEAVERS = "leavers", "Leaver sheet"


class Schedule(models.Model):
    """When a school wants a job: a local time, on which weekdays, and how late it may still run."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="schedules")
    job = models.CharField(max_length=40, choices=Job.choices)
    starts_at = models.TimeField("time", help_text="Local time, by the school's wall clock.")
    weekdays = models.CharField("days", max_length=5, default="12345", help_text="1 is Monday, 5 is Friday.")
    is_on = models.BooleanField("on", default=True)
    window_minutes = models.PositiveSmallIntegerField(
        "may still run for", default=60, help_text="Minutes after its time; later than that it is recorded as missed."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["school", "job"], name="one_time_per_school_and_job"),
            models.CheckConstraint(name="weekdays_are_one_to_five", condition=Q(weekdays__regex=r"^[1-5]{0,5}$")),
            models.CheckConstraint(
                name="window_is_up_to_twelve_hours", condition=Q(window_minutes__gte=1, window_minutes__lte=720)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_job_display()}, {self.starts_at:%H:%M}"


class Run(models.Model):
    """One run of one job for one school and one date. There is never a second."""

    class State(models.TextChoices):
        """How far a run has come."""

        RUNNING = "running", "Running"
        DONE = "done", "Done"
        MISSED = "missed", "Missed"
        FAILED = "failed", "Failed"

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="runs")
    job = models.CharField(max_length=40, choices=Job.choices)
    due_on = models.DateField()
    due_at = models.DateTimeField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, choices=State.choices)
    attempts = models.PositiveSmallIntegerField(default=1)
    saw = models.JSONField(default=dict)
    did = models.JSONField(default=dict)
    words = models.TextField(blank=True)
    error = models.TextField(blank=True)
    started_by = models.CharField(max_length=150, default="The office itself")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["school", "job", "due_on"], name="one_run_per_school_job_and_date"),
        ]
        indexes = [models.Index(fields=["school", "-started_at"], name="run_by_school_and_time")]

    def __str__(self) -> str:
        return f"{self.get_job_display()}, {self.due_on}"


class Beat(models.Model):
    """When the clock last ticked: one row for each kind of tick."""

    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name}, {self.at}"
