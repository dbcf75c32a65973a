"""What is held back of the schools of a trust from a reader of figures only, so that no few pupils can be worked out.

Schools, phases and the trust add up; so do the values by which pupils are told apart. The table of all pupils is
settled first, and what it shows stands: a group's table is settled with all the other groups beside it, as if every
one of them were on the page. What a school's own pages show of it stands too: where a school has few, it is the sums
over schools that are held back, and no other school.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TypeVar

from registers.rules.figures import Figures
from reporting.rules.small_numbers import Division, hidden_in_divisions, is_small, tells_of_few

One = TypeVar("One")


@dataclass(frozen=True)
class Held:
    """The rows of which nothing is shown, and those whose numbers of absent pupils or rate before are not."""

    rows: frozenset[int] = frozenset()
    before: frozenset[int] = frozenset()
    persistent: frozenset[int] = frozenset()
    severe: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Cell:
    """One row's figures, of the period and of the days beside it, and of how many pupils any session was due."""

    now: Figures
    on_roll: int
    before: Figures


def held_back(columns: Sequence[Sequence[Cell]], tree: Sequence[Division], chosen: int) -> Held:
    """Give what is held back of the rows of one column: the first is of all pupils, the others part it.

    `tree` says which rows are sums of others; those that are none are the schools.
    """
    rows = len(columns[0])
    now = [[cell.now for cell in column] for column in columns]
    then = [[cell.before for cell in column] for column in columns]
    # A group of thirty of whom two have a mark tells of those two; one of three without a mark tells how many they are.
    pupils = _settled(columns, tree, lambda one: (one.now.pupils, one.on_roll), _is_of_few)
    # Days beside the period may be another reader's period: they are settled alone, as they would be there.
    before = _settled(then, tree, lambda one: (one.pupils,), lambda one: is_small(one.pupils))
    persistent = _settled(now, tree, _persistent, lambda one: _tells(one.persistently_absent, one), pupils)
    severe = _settled(now, tree, _severe, _tells_of_severe, pupils)
    return Held(*(_rows(places, rows, chosen) for places in (pupils, before, persistent, severe)))


def _settled(
    columns: Sequence[Sequence[One]],
    tree: Sequence[Division],
    layers_of: Callable[[One], tuple[int, ...]],
    is_few: Callable[[One], bool],
    gone: Collection[int] = (),
) -> frozenset[int]:
    """Give the places held back: those of the first column as if it stood alone, then those of all."""
    rows = len(columns[0])
    flat = [one for column in columns for one in column]
    layers = list(zip(*(layers_of(one) for one in flat), strict=True))
    few = [place for place, one in enumerate(flat) if is_few(one)]
    schools = frozenset(range(rows)) - {one.whole for one in tree}
    of_all = hidden_in_divisions(
        [layer[:rows] for layer in layers],
        tree,
        [place for place in few if place < rows],
        gone=[place for place in gone if place < rows],
        shown=schools.difference(few, gone),
    )
    if len(columns) == 1:
        return of_all
    divisions = [
        Division(at * rows + one.whole, tuple(at * rows + part for part in one.parts))
        for at in range(len(columns))
        for one in tree
    ]
    divisions += [Division(row, tuple(at * rows + row for at in range(1, len(columns)))) for row in range(rows)]
    stands = frozenset(range(rows)) - of_all
    # A school's explorer tells of its own groups: the sum over schools of a group of which one has few tells as much.
    sums = [
        at * rows + one.whole
        for at in range(1, len(columns))
        for one in tree
        if any(at * rows + part in few for part in schools.intersection(one.parts))
    ]
    return hidden_in_divisions(layers, divisions, [*few, *sums], gone={*gone, *of_all}, shown=stands)


def _is_of_few(one: Cell) -> bool:
    return is_small(one.now.pupils) or is_small(one.on_roll)


def _persistent(one: Figures) -> tuple[int, ...]:
    return one.persistently_absent, one.pupils - one.persistently_absent


def _severe(one: Figures) -> tuple[int, ...]:
    return one.severely_absent, one.persistently_absent - one.severely_absent


def _tells(some: int, one: Figures) -> bool:
    return tells_of_few(some, one.pupils)


def _tells_of_severe(one: Figures) -> bool:
    """Tell also where the persistently absent who are not severely absent are few: both stand side by side."""
    return _tells(one.severely_absent, one) or is_small(one.persistently_absent - one.severely_absent)


def _rows(places: Collection[int], rows: int, chosen: int) -> frozenset[int]:
    return frozenset(place - chosen * rows for place in places if place // rows == chosen)
