"""What views and templates of every wing share."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Shared view room."""

    name = "attendance_office.web"
    label = "web"
