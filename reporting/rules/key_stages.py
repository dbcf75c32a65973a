"""Key stages of the national curriculum."""

from __future__ import annotations

from typing import Final

# The last year group of each, with its words.
_STAGES: Final = (
    (0, "the early years"),
    (2, "Key Stage 1"),
    (6, "Key Stage 2"),
    (9, "Key Stage 3"),
    (11, "Key Stage 4"),
    (14, "the sixth form"),
)
_FIRST: Final = -2


def key_stage(year_group: int) -> str:
    """Give the key stage of a year group in words, as it stands in a sentence: "Key Stage 3".

    Source: Education Act 2002 s 82; years 12 and above are no key stage and are called the sixth form.
    """
    return next((words for last, words in _STAGES if year_group <= last), _STAGES[-1][1])


def years_of(stage: str) -> tuple[int, ...]:
    """Give the year groups of a key stage. Source: as `key_stage`."""
    first = _FIRST
    for last, words in _STAGES:
        if words == stage:
            return tuple(range(first, last + 1))
        first = last + 1
    return ()
