"""The trail of what was done."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """The trail."""

    name = "attendance_office.audit"
    label = "audit"
