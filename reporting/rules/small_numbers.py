"""Which numbers of a table are held back so that no pupil can be made out, alone or by taking others from a total.

Source: DfE statistics methods (small numbers are suppressed, marked `c`); the least number is this office's own.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
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
    return hidden_in_parts(pupils, ())


def hidden_in_parts(pupils: Sequence[int], parts: Sequence[Sequence[int]]) -> frozenset[int]:
    """Give the places held back in a line of numbers whose total is shown, and elsewhere that of each of its parts.

    `parts` are places of the line: its bands from a tenth on are the persistently absent, of whom another table tells.
    What is gone of a part is not few either, unless the part itself is: then all of it goes.

    Source: the office's own rule (secondary suppression, also across tables).
    """
    small = {place for place, number in enumerate(pupils) if is_small(number)}
    return _closed(pupils, small, (*parts, range(len(pupils))))


def hidden_of_pupils(
    on_roll: Sequence[int], counted: Sequence[int], parts: Sequence[Sequence[int]] = ()
) -> frozenset[int]:
    """Give the places held back of a line told by two numbers: the pupils on roll, and those with a possible session.

    A form of thirty of whom two have a mark yet tells of those two.

    Source: the office's own rule.
    """
    return hidden_in_parts(on_roll, parts) | hidden_in_parts(counted, parts)


def hidden_counts(counts: Sequence[int], pupils: Sequence[int], parts: Sequence[Sequence[int]] = ()) -> frozenset[int]:
    """Give the places held back in a line of "so many of these pupils", where both totals are shown.

    All but a few say as much as a few. `parts` are places of which another table tells the sum.

    Source: the office's own rule.
    """
    small = {
        place for place, (count, number) in enumerate(zip(counts, pupils, strict=True)) if tells_of_few(count, number)
    }
    return _closed(counts, small, (*parts, range(len(counts))))


def hidden_codes(pupils: Mapping[str, int], told: Sequence[Collection[str]]) -> frozenset[str]:
    """Give the codes whose number of marks is held back, by how many pupils have each.

    Ten marks of one pupil tell of that one. `told` are the sets of codes whose marks together are shown: attended,
    authorised, unauthorised, late.

    Source: the office's own rule (secondary suppression).
    """
    symbols = sorted(pupils)
    numbers = [pupils[symbol] for symbol in symbols]
    parts = [[at for at, symbol in enumerate(symbols) if symbol in some] for some in told]
    small = {at for at, number in enumerate(numbers) if is_small(number)}
    return frozenset(symbols[at] for at in _closed(numbers, small, parts))


def fewest(possible: int, sessions: int) -> int:
    """Give how many pupils at least stand behind so many possible sessions, each of whom has so many at most.

    Source: arithmetic.
    """
    return -(-possible // sessions) if sessions else 0


@dataclass(frozen=True)
class HiddenGrid:
    """What is held back of a table with a total at the end of each line and column: those totals, and its cells."""

    rows: frozenset[int] = frozenset()
    columns: frozenset[int] = frozenset()
    cells: frozenset[tuple[int, int]] = frozenset()

    def __or__(self, other: HiddenGrid) -> HiddenGrid:
        return HiddenGrid(self.rows | other.rows, self.columns | other.columns, self.cells | other.cells)


def hidden_grid(
    pupils: Sequence[Sequence[int]],
    row_parts: Sequence[Sequence[int]] = (),
    column_parts: Sequence[Sequence[int]] = (),
) -> HiddenGrid:
    """Give what is held back of a table of numbers, so that neither its lines nor its columns give it away.

    `row_parts` and `column_parts` are lines and columns of which another table tells the sum, forms of their year.

    Source: the office's own rule (secondary suppression both ways, also across tables).
    """
    lines = [list(row) for row in pupils]
    columns = [list(column) for column in zip(*lines, strict=True)]
    gone_rows = hidden_in_parts([sum(row) for row in lines], row_parts)
    gone_columns = hidden_in_parts([sum(column) for column in columns], column_parts)
    cells = {
        (r, c)
        for r, row in enumerate(lines)
        for c, number in enumerate(row)
        if r in gone_rows or c in gone_columns or is_small(number)
    }
    along, down = (*column_parts, range(len(columns))), (*row_parts, range(len(lines)))
    while True:
        before = len(cells)
        for r, row in enumerate(lines):
            cells |= {(r, c) for c in _closed(row, {c for c in range(len(row)) if (r, c) in cells}, along)}
        for c, column in enumerate(columns):
            cells |= {(r, c) for r in _closed(column, {r for r in range(len(column)) if (r, c) in cells}, down)}
        if len(cells) == before:
            return HiddenGrid(gone_rows, gone_columns, frozenset(cells))


def _closed(numbers: Sequence[int], chosen: Collection[int], parts: Sequence[Sequence[int]]) -> frozenset[int]:
    """Give the chosen places and what must go with them, until nothing gone can be worked out from any part's sum."""
    gone = frozenset(chosen)
    while True:
        before = len(gone)
        for part in parts:
            inside = [numbers[place] for place in part]
            gone |= {part[at] for at in _enough(inside, {at for at, place in enumerate(part) if place in gone})}
        if len(gone) == before:
            return gone


def _enough(numbers: Sequence[int], chosen: Collection[int]) -> frozenset[int]:
    """Give the chosen places, and the next smallest until what is gone cannot be worked out from the total."""
    gone = set(chosen)
    # Noughts go last: they hide nothing, but where no other number is left a lone gap would be the total itself.
    rest = sorted((not number, number, place) for place, number in enumerate(numbers) if place not in gone)
    while gone and rest and (len(gone) < 2 or is_small(sum(numbers[place] for place in gone))):
        gone.add(rest.pop(0)[2])
    return frozenset(gone)
