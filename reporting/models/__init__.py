"""The nouns of the reading room."""

from .saved_views import SavedView

__all__ = ["SavedView"]
