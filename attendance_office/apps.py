"""The project package as an app, so that its commands are found."""

from django.apps import AppConfig


class AttendanceOfficeConfig(AppConfig):
    """The office itself."""

    name = "attendance_office"
