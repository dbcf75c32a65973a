"""The record."""

from django.apps import AppConfig


class RegistersConfig(AppConfig):
    """The record."""

    name = "registers"
