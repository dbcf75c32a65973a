"""Folders of evidence: what may be put in, what is read for it now, and what stands in a folder."""

from .folders import Line, is_open_to, lines_of
from .made import MADE, Made, made_of
from .offers import Offer, offers_of

__all__ = ["MADE", "Line", "Made", "Offer", "is_open_to", "lines_of", "made_of", "offers_of"]
