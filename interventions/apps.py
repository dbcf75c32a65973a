"""The support."""

from django.apps import AppConfig


class InterventionsConfig(AppConfig):
    """The support."""

    name = "interventions"
