"""The nouns of the support."""

from .patterns import PatternFlag
from .trawl import CaseProposal, Trawl, TrawlLine

__all__ = ["CaseProposal", "PatternFlag", "Trawl", "TrawlLine"]
