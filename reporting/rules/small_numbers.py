"""Which numbers of a table are held back so that no pupil can be made out, alone or by taking others from a total.

Source: DfE statistics methods (small numbers are suppressed, marked `c`); the least number is this office's own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

SMALL: Final = 5  # fewer pupils than this are not shown to a reader who sees figures only


def is_small(pupils: int) -> bool:
    """True of a number of pupils that would be too few to show; nobody at all is no number of pupils.

    Source: the office's own rule, stated on each page that holds something back.
    """
    return 0 < pupils < SMALL


def tells_of_few(some: int, pupils: int) -> bool:
    """True of a number of some pupils that is few or nobody, or all but a few or all.

    It, and its share, would tell of those few; "13 of 13" and "none of 13" would tell of each of the thirteen.

    Source: ESSnet Handbook on Statistical Disclosure Control (2010), frequency tables: small counts, group disclosure.
    """
    return pupils > 0 and (some < SMALL or pupils - some < SMALL)


def in_words(some: int, pupils: int) -> str:
    """Give a number of some pupils in words that tell of no few, and not of all of them.

    Source: the office's own rule.
    """
    if tells_of_few(some, pupils):
        return f"fewer than {SMALL}" if some < SMALL else "nearly all"
    return f"{some:,}"


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
    few = {(r, c) for r, row in enumerate(lines) for c, number in enumerate(row) if is_small(number)}
    along, down = (*column_parts, range(len(columns))), (*row_parts, range(len(lines)))
    while True:
        before = len(cells)
        for r, row in enumerate(lines):
            cells |= {(r, c) for c in _closed(row, {c for c in range(len(row)) if (r, c) in cells}, along)}
        for c, column in enumerate(columns):
            cells |= {(r, c) for r in _closed(column, {r for r in range(len(column)) if (r, c) in cells}, down)}
        if len(cells) == before:
            more = _bound(lines, gone_rows, gone_columns, cells, few, (row_parts, column_parts))
            if more is None:
                return HiddenGrid(gone_rows, gone_columns, frozenset(cells))
            cells.add(more)


def _bound(
    lines: Sequence[Sequence[int]],
    gone_rows: Collection[int],
    gone_columns: Collection[int],
    cells: Collection[tuple[int, int]],
    few: Collection[tuple[int, int]],
    told: tuple[Sequence[Sequence[int]], Sequence[Sequence[int]]],
) -> tuple[int, int] | None:
    """Give the next cell to hold back because lines less columns, taken together, give one of few; None where none do.

    Each line and column may lack several, and the one cell between two closed pairs still be their difference.
    """
    width, height = len(lines[0]) if lines else 0, len(lines)
    across = [sum(1 << (r * width + c) for c in range(width)) for r in range(height)]
    down = [sum(1 << (r * width + c) for r in range(height)) for c in range(width)]
    row_parts, column_parts = told
    masks = [1 << place for place in range(width * height)]
    masks += [across[r] for r in range(height) if r not in gone_rows]
    masks += [down[c] for c in range(width) if c not in gone_columns]
    masks += [sum(across[r] for r in part) for part in row_parts] + [
        sum(down[c] for c in part) for part in column_parts
    ]
    held = {r * width + c for r, c in cells}

    def smallest(places: Collection[int]) -> int | None:
        free = [place for place in places if place < width * height and place not in held]
        number = {place: lines[place // width][place % width] for place in free}
        return min(free, key=lambda place: (not number[place], number[place], place), default=None)

    found = _worked_out(masks, held, [r * width + c for r, c in few], smallest)
    return None if found is None else divmod(found, width)


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


@dataclass(frozen=True)
class Division:
    """A number that is shown and is the sum of others that are: places of the whole and of its parts."""

    whole: int
    parts: tuple[int, ...]


def hidden_in_divisions(
    layers: Sequence[Sequence[int]],
    divisions: Sequence[Division],
    few: Collection[int],
    *,
    gone: Collection[int] = (),
    shown: Collection[int] = (),
) -> frozenset[int]:
    """Give the places held back among numbers that are sums of one another, as schools of phases of a trust by year.

    `few` are the places of which nothing may be worked out, `gone` others that are held back in any case, `shown` those
    that stand elsewhere and cannot be. Each of `layers` holds a number for every place (how many are absent, how many
    are not): what is gone of a shown whole is a few in none of them. As the second number the smallest goes.

    The divisions are those of at most two orders laid over each other, each a tree. Then every sum that can be worked
    out from others is found by adding places without carrying (the matrix of such sets is totally unimodular).

    Source: the office's own rule (secondary suppression, across tables that add up).
    """
    masks = _masks(len(layers[0]), divisions)
    held = {*gone, *few}
    # The nearest whole first: what goes for it serves the wholes above it too.
    nearest = sorted(divisions, key=lambda one: masks[one.whole].bit_count())

    def order(place: int) -> tuple[bool, int, int, int]:
        number = layers[0][place]
        return not number, number, masks[place].bit_count(), place

    def smallest(places: Collection[int]) -> int | None:
        free = [place for place in places if place not in held and place not in shown]
        # Noughts go last, as in a single line; of two alike the one made of fewer parts.
        return min(free, key=order, default=None)

    while True:
        second = _second(layers, nearest, held, smallest)
        if second is None:
            second = _worked_out(masks, held, few, smallest)
        if second is None:
            return frozenset(held)
        held.add(second)


def _second(
    layers: Sequence[Sequence[int]],
    divisions: Sequence[Division],
    held: Collection[int],
    smallest: Callable[[Collection[int]], int | None],
) -> int | None:
    """Give the next place to hold back because a shown whole lacks a lone part or a few; None where none does."""
    for one in divisions:
        inside = [place for place in one.parts if place in held]
        if one.whole in held or not inside:
            continue
        if len(inside) > 1 and not any(is_small(sum(layer[place] for place in inside)) for layer in layers):
            continue
        found = smallest(one.parts)
        found = smallest([one.whole]) if found is None else found
        if found is not None:
            return found
    return None


def _worked_out(
    masks: Sequence[int],
    held: Collection[int],
    few: Collection[int],
    smallest: Callable[[Collection[int]], int | None],
) -> int | None:
    """Give the next place to hold back because shown numbers added and taken away give one of `few`."""
    basis: dict[int, tuple[int, int]] = {}  # by highest leaf: the sum, and the places of which it is made
    for place, mask in enumerate(masks):
        if place in held:
            continue
        rest, made = _reduced(mask, 1 << place, basis)
        if rest:
            basis[rest.bit_length()] = (rest, made)
    for place in sorted(few):
        rest, made = _reduced(masks[place], 0, basis)
        if not rest and masks[place]:
            found = smallest([one for one in range(len(masks)) if made >> one & 1])
            if found is not None:
                return found
    return None


def _reduced(mask: int, made: int, basis: Mapping[int, tuple[int, int]]) -> tuple[int, int]:
    while mask and mask.bit_length() in basis:
        other, others = basis[mask.bit_length()]
        mask ^= other
        made ^= others
    return mask, made


def _masks(places: int, divisions: Sequence[Division]) -> list[int]:
    """Give for each place the set of undivided places that it is the sum of, as bits."""
    parts = {one.whole: one.parts for one in divisions}
    found: dict[int, int] = {}

    def mask(place: int) -> int:
        if place not in found:
            found[place] = 1 << place if place not in parts else 0
            for part in parts.get(place, ()):
                found[place] |= mask(part)
        return found[place]

    return [mask(place) for place in range(places)]


def _enough(numbers: Sequence[int], chosen: Collection[int]) -> frozenset[int]:
    """Give the chosen places, and the next smallest until what is gone cannot be worked out from the total."""
    gone = set(chosen)
    # Noughts go last: they hide nothing, but where no other number is left a lone gap would be the total itself.
    rest = sorted((not number, number, place) for place, number in enumerate(numbers) if place not in gone)
    while gone and rest and (len(gone) < 2 or is_small(sum(numbers[place] for place in gone))):
        gone.add(rest.pop(0)[2])
    return frozenset(gone)
