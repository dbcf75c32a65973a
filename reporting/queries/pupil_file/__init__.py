"""The pupil file: one chronology of all that the school knows of a pupil and did, as far as its reader may see it."""

from .chronology import Asked, File, Month, file_of
from .entries import KINDS, Entry, Kind, Link
from .periods import periods_of

__all__ = ["KINDS", "Asked", "Entry", "File", "Kind", "Link", "Month", "file_of", "periods_of"]
