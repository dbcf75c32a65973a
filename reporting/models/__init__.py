"""The nouns of the reading room."""

from .papers import Baseline, Paper
from .saved_views import SavedView

__all__ = ["Baseline", "Paper", "SavedView"]
