"""The nouns of the support."""

from .first_day import Attempt, FirstDay, FirstDayPupil, SafeguardingItem, SafeguardingStep
from .patterns import PatternFlag, PatternStep, StruckStep
from .trawl import CaseProposal, Trawl, TrawlLine
from .trawl_asks import TrawlAsk

__all__ = [
    "Attempt",
    "CaseProposal",
    "FirstDay",
    "FirstDayPupil",
    "PatternFlag",
    "PatternStep",
    "SafeguardingItem",
    "SafeguardingStep",
    "StruckStep",
    "Trawl",
    "TrawlAsk",
    "TrawlLine",
]
