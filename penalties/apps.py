"""The law."""

from django.apps import AppConfig


class PenaltiesConfig(AppConfig):
    """The law."""

    name = "penalties"
