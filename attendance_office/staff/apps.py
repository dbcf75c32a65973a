"""Schools, and who works where in which role."""

from django.apps import AppConfig


class StaffConfig(AppConfig):
    """Schools and staff."""

    name = "attendance_office.staff"
    label = "staff"
