"""What is due when, and what ran."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """The office's timetable of jobs."""

    name = "attendance_office.jobs"
    label = "jobs"
