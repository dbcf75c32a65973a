"""The nouns of the reading room."""

from .clusters import ClusterDay
from .distributions import Dispatch, Report, Sending, Subscription
from .papers import Baseline, Paper
from .saved_views import SavedView

__all__ = ["Baseline", "ClusterDay", "Dispatch", "Paper", "Report", "SavedView", "Sending", "Subscription"]
