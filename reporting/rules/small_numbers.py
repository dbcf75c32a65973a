"""Which numbers of a table are held back so that no pupil can be made out, alone or by taking others from a total.

Source: DfE statistics methods (small numbers are suppressed, marked `c`); the least number is this office's own.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

SMALL: Final = 5  # fewer pupils than this are not shown to a reader who sees figures only


def is_small(pupils: int) -> bool:
    """True of a number of pupils that would be too few to show; nobody at all is no number of pupils.

    Source: the office's own rule, stated on each page that holds something back.
    """
    return 0 < pupils < SMALL


def tells_of_few(some: int, pupils: int) -> bool:
    """True of a number of some pupils that is few, or all but a few: it, and its share, would tell of those few.

    Source: the office's own rule.
    """
    return is_small(some) or is_small(pupils - some)


def in_words(some: int, pupils: int) -> str:
    """Give a number of some pupils in words that tell of no few.

    Source: the office's own rule.
    """
    if is_small(some):
        return f"fewer than {SMALL}"
    return "all but a few" if is_small(pupils - some) else f"{some:,}"


def hidden(pupils: Sequence[int]) -> frozenset[int]:
    """Give the places held back in a line of numbers whose total is shown.

    Whatever is small goes, and with it the next smallest, until two at least are gone and together are not small:
    the total less what is shown then says nothing of a few.

    Source: the office's own rule (secondary suppression).
    """
    return _enough(pupils, {place for place, number in enumerate(pupils) if is_small(number)})


def hidden_in_parts(pupils: Sequence[int], parts: Sequence[Sequence[int]]) -> frozenset[int]:
    """Give the places held back in a line of numbers whose total is shown, and elsewhere that of each of its parts.

    `parts` are places of the line: its bands from a tenth on are the persistently absent, of whom another table tells.
    What is gone of a part is not few either, unless the part itself is: then all of it goes.

    Source: the office's own rule (secondary suppression, also across tables).
    """
    gone = frozenset(place for place, number in enumerate(pupils) if is_small(number))
    while True:
        before = len(gone)
        for part in (*parts, range(len(pupils))):
            inside = [pupils[place] for place in part]
            gone |= {part[at] for at in _enough(inside, {at for at, place in enumerate(part) if place in gone})}
        if len(gone) == before:
            return gone


def hidden_counts(counts: Sequence[int], pupils: Sequence[int]) -> frozenset[int]:
    """Give the places held back in a line of "so many of these pupils", where both totals are shown.

    All but a few say as much as a few.

    Source: the office's own rule.
    """
    small = {
        place for place, (count, number) in enumerate(zip(counts, pupils, strict=True)) if tells_of_few(count, number)
    }
    return _enough(counts, small)


@dataclass(frozen=True)
class HiddenGrid:
    """What is held back of a table with a total at the end of each line and column: those totals, and its cells."""

    rows: frozenset[int] = frozenset()
    columns: frozenset[int] = frozenset()
    cells: frozenset[tuple[int, int]] = frozenset()


def hidden_grid(pupils: Sequence[Sequence[int]]) -> HiddenGrid:
    """Give what is held back of a table of numbers, so that neither its lines nor its columns give it away.

    Source: the office's own rule (secondary suppression both ways).
    """
    lines = [list(row) for row in pupils]
    columns = [list(column) for column in zip(*lines, strict=True)]
    gone_rows, gone_columns = hidden([sum(row) for row in lines]), hidden([sum(column) for column in columns])
    cells = {
        (r, c)
        for r, row in enumerate(lines)
        for c, number in enumerate(row)
        if r in gone_rows or c in gone_columns or is_small(number)
    }
    while True:
        before = len(cells)
        for r, row in enumerate(lines):
            cells |= {(r, c) for c in _enough(row, {c for c in range(len(row)) if (r, c) in cells})}
        for c, column in enumerate(columns):
            cells |= {(r, c) for r in _enough(column, {r for r in range(len(column)) if (r, c) in cells})}
        if len(cells) == before:
            return HiddenGrid(gone_rows, gone_columns, frozenset(cells))


def _enough(numbers: Sequence[int], chosen: Collection[int]) -> frozenset[int]:
    """Give the chosen places, and the next smallest until what is gone cannot be worked out from the total."""
    gone = set(chosen)
    # Noughts go last: they hide nothing, but where no other number is left a lone gap would be the total itself.
    rest = sorted((not number, number, place) for place, number in enumerate(numbers) if place not in gone)
    while gone and rest and (len(gone) < 2 or is_small(sum(numbers[place] for place in gone))):
        gone.add(rest.pop(0)[2])
    return frozenset(gone)
