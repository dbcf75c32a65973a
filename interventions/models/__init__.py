"""The nouns of the support."""

from .trawl import CaseProposal, Trawl, TrawlLine

__all__ = ["CaseProposal", "Trawl", "TrawlLine"]
