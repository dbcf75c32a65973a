"""The nouns of the reading room."""

from .case_studies import CaseStudy, LetStand
from .clusters import ClusterDay
from .distributions import Dispatch, Report, Sending, Subscription
from .evidence import EvidenceEntry, EvidenceFolder
from .leagues import LeagueRule
from .papers import Baseline, Paper
from .rounds import Hold, MailChoice, Turn
from .saved_views import SavedView
from .visits import Visit, VisitStep

__all__ = [
    "Baseline",
    "CaseStudy",
    "ClusterDay",
    "Dispatch",
    "EvidenceEntry",
    "EvidenceFolder",
    "Hold",
    "LeagueRule",
    "LetStand",
    "MailChoice",
    "Paper",
    "Report",
    "SavedView",
    "Sending",
    "Subscription",
    "Turn",
    "Visit",
    "VisitStep",
]
