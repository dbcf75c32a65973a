"""What tables of answers say in words: of their axes, of what is held back, and of persistent absence over few days."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from attendance_office.web.export import Cell
from reporting.rules.small_numbers import SMALL

from .axes import AXES
from .periods import Period
from .sheets import NO_RATE

SHORT: Final = 28  # days; over fewer, persistent absence says little
_SHORT_WORDS: Final = (
    "Persistent absence over so few days says little: one morning missed may be all of them. DfE gives it for a term or"
    " the year to date."
)


def named(key: str, words: str) -> str:
    """Give a value of an axis so that it stands alone: "Free school meals: yes"."""
    return f"{AXES[key].words}: {words.lower()}" if key and AXES[key].is_yes_no else words


def notes_of(by: str, *, is_shy: bool) -> tuple[str, ...]:
    """Give what is to be said of a table by an axis, and of what a reader of figures only is not shown."""
    found = []
    if by:
        axis = AXES[by]
        found.append(f"{axis.words}: {axis.kept.value}.")
        if axis.is_many:
            found.append("A pupil may stand in several lines of this table: together they can be more than the whole.")
    if is_shy:
        found.append(f"Fewer than {SMALL} pupils are suppressed, and with them what would give them away.")
    return tuple(found)


def short_words(period: Period) -> tuple[str, ...]:
    """Give what is to be said of persistent absence over a period: something where it is short."""
    return (_SHORT_WORDS,) if (period.to_on - period.from_on).days + 1 < SHORT else ()


def plain(number: Fraction) -> str:
    """Give a number as it was typed: 90, or 92.5."""
    return f"{float(number):g}"


def rate(share: Fraction | None) -> Cell:
    """Give a share as a cell."""
    return NO_RATE if share is None else share


def lower(words: str) -> str:
    """Give words as they stand within a sentence."""
    return words if words[:2].isupper() else words[0].lower() + words[1:]
