"""The post room."""

from django.apps import AppConfig


class LettersConfig(AppConfig):
    """The post room."""

    name = "letters"
