"""The reading room."""

from django.apps import AppConfig


class ReportingConfig(AppConfig):
    """The reading room."""

    name = "reporting"
