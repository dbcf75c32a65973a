"""The nouns of the reading room."""

from .clusters import ClusterDay
from .distributions import Dispatch, Report, Sending, Subscription
from .papers import Baseline, Paper
from .rounds import Hold, MailChoice, Turn
from .saved_views import SavedView

__all__ = [
    "Baseline",
    "ClusterDay",
    "Dispatch",
    "Hold",
    "MailChoice",
    "Paper",
    "Report",
    "SavedView",
    "Sending",
    "Subscription",
    "Turn",
]
