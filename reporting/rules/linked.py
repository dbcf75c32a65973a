"""Which numbers of several tables at once are held back, so that none of a few pupils follows from what is shown.

The tables of a paper are linked: the bands of absence add up to those persistently absent, year groups and groups to
the whole, the letters at one absence to its band. Each number is a cell, and each "these together are that" a sum. A
reader who knows the sums and sees some of the cells is played here (`deduced`): what follows from one sum, from several
together, and from there being no fewer than none. Cells are held back until that reader learns of no few.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final, NamedTuple

from .small_numbers import SMALL

_HIGHEST: Final = 2  # rank
_ROUNDS: Final = 12  # of narrowing what the sums leave open
_Row = dict[str, int | Fraction]  # whole numbers as long as they stay whole: most coefficients are 1 and -1


@dataclass(frozen=True)
class Cell:
    """A number of pupils that a paper may show.

    `unit` names what is shown together or not at all. `needs` names a cell without which this one is not shown.
    `is_open` is false of a number that no table shows but that follows from others: all persistently absent less the
    severely absent. `is_fixed` is true of one that stays whatever happens, `is_told` of one of which words say that it
    is few where it is. The higher the `rank`, the later a cell goes for another's sake: the whole's after its parts'.
    """

    pupils: int
    unit: str = ""
    needs: str = ""
    is_open: bool = True
    is_fixed: bool = False
    is_told: bool = False
    rank: int = 0

    @property
    def tells_of_few(self) -> bool:
        """Tell whether it is few, or nobody: of nobody one would know that each other pupil is not among them.

        Source: ESSnet Handbook on Statistical Disclosure Control (2010), frequency tables: small counts, and group
        disclosure, where all or none of a group share a trait. The least number is this office's own.
        """
        return self.pupils < SMALL


class Sum(NamedTuple):
    """A cell that is the sum of others."""

    whole: str
    parts: tuple[str, ...]


class Bounds(NamedTuple):
    """The least and the most that a reader knows a number to be."""

    low: int
    high: int


@dataclass
class Tables:
    """Cells by name, and how they add up."""

    cells: dict[str, Cell] = field(default_factory=dict)
    sums: list[Sum] = field(default_factory=list)

    def add(self, name: str, cell: Cell) -> None:
        """Put a cell in. Source: arithmetic."""
        self.cells[name] = cell

    def adds_up(self, whole: str, *parts: str) -> None:
        """Say that some cells are the parts of another. Source: arithmetic."""
        self.sums.append(Sum(whole, parts))


@dataclass(frozen=True)
class Held:
    """What is held back. `needed` is so much of it as these tables ask for by themselves, without what lay before."""

    cells: frozenset[str] = frozenset()
    needed: frozenset[str] = frozenset()

    def __contains__(self, name: object) -> bool:
        return name in self.cells


def held_back(tables: Tables, *, before: Collection[str] = ()) -> Held:
    """Give the cells held back: whatever tells of few, and the smallest others from which it would follow.

    `before` are cells that earlier papers of nearly the same days held back: they stay so, since what one paper shows
    and the other hides would tell of both. A cell held back for another's sake is shown again, the largest first, where
    the others suffice.

    Source: ESSnet Handbook on Statistical Disclosure Control (2010): secondary suppression in linked tables.
    """
    own = {name for name, cell in tables.cells.items() if cell.tells_of_few and not cell.is_fixed}
    earlier = {name for name in before if name in tables.cells and not tables.cells[name].is_fixed}
    gone = _with_units(tables, own | earlier)
    gone = _until_nothing_follows(tables, gone)
    kept = _fewest(tables, gone, own, stays=_with_units(tables, earlier))
    return Held(frozenset(kept), frozenset(_fewest(tables, kept, own, stays=frozenset())))


def exposed(tables: Tables, gone: Collection[str]) -> list[str]:
    """Give the cells that tell of few and follow too nearly from what is shown, in the order of the tables.

    What is left open has to reach from one number to another `SMALL` - 1 away: none to four.

    Source: the office's own rule; the distance is that of the words "fewer than five".
    """
    known = deduced(tables, gone)
    return [
        name
        for name, cell in tables.cells.items()
        if cell.tells_of_few and not cell.is_fixed and known[name].high - known[name].low < SMALL - 1
    ]


def deduced(tables: Tables, gone: Collection[str]) -> dict[str, Bounds]:
    """Give what a reader of all that is shown knows of every cell.

    Source: arithmetic: elimination over the sums, then the bounds that the sums and nought give (the shuttle method).
    """
    known = {name: cell.pupils for name, cell in tables.cells.items() if cell.is_open and name not in gone}
    _follow(tables, known)
    rows = _left_open(tables, known)
    for row in _eliminated(rows):
        if len(row) == 2:  # one cell and the constant
            (name,) = row.keys() - {""}
            known[name] = int(row[""])
    _follow(tables, known)
    return _bounds(tables, known)


def _follow(tables: Tables, known: dict[str, int]) -> None:
    """Work out each sum of which one number alone is not known, until there is no more of them."""
    open_sums = list(tables.sums)
    while True:
        still = []
        for one in open_sums:
            unknown = [name for name in (one.whole, *one.parts) if name not in known]
            if len(unknown) == 1:
                (name,) = unknown
                parts = sum(known[part] for part in one.parts if part != name)
                known[name] = parts if name == one.whole else known[one.whole] - parts
            elif unknown:
                still.append(one)
        if len(still) == len(open_sums):
            return
        open_sums = still


def _left_open(tables: Tables, known: Mapping[str, int]) -> list[_Row]:
    """Give the sums that are still open, each as what its unknown cells come to; "" holds the constant."""
    rows = []
    for one in tables.sums:
        row: _Row = {"": 0}
        for name, sign in ((one.whole, -1), *((part, 1) for part in one.parts)):
            if name in known:
                row[""] -= sign * known[name]
            else:
                row[name] = row.get(name, 0) + sign
        if len(row) > 1:
            rows.append(row)
    return rows


def _eliminated(rows: Sequence[_Row]) -> list[_Row]:
    """Give the rows in reduced form: a cell that follows from them stands alone in its row."""
    found: dict[str, _Row] = {}
    uses: dict[str, set[str]] = {}
    for given in rows:
        row = dict(given)
        for name in [name for name in row if name in found]:
            _take(row, found[name], row[name])
        names = [name for name in row if name]
        if not names:
            continue
        lead = next((name for name in names if row[name] in (1, -1)), names[0])
        row = _over(row, row[lead])
        for other in uses.pop(lead, ()):
            target = found[other]
            if lead in target:
                _take(target, row, target[lead])
                for name in row:
                    uses.setdefault(name, set()).add(other)
        found[lead] = row
        for name in row:
            if name and name != lead:
                uses.setdefault(name, set()).add(lead)
    return list(found.values())


def _over(row: _Row, lead: int | Fraction) -> _Row:
    if lead == 1:
        return row
    if lead == -1:
        return {name: -value for name, value in row.items()}
    return {name: Fraction(value) / lead for name, value in row.items()}


def _take(row: _Row, other: _Row, times: int | Fraction) -> None:
    for name, value in other.items():
        left = row.get(name, 0) - times * value
        if left or not name:
            row[name] = left
        else:
            row.pop(name, None)


def _bounds(tables: Tables, known: Mapping[str, int]) -> dict[str, Bounds]:
    """Give the least and the most of each cell, narrowed by every sum in turn."""
    most = max((cell.pupils for cell in tables.cells.values()), default=0)
    low = {name: known.get(name, 0) for name in tables.cells}
    high = {
        name: known[name] if name in known else SMALL - 1 if cell.is_told and cell.tells_of_few else most
        for name, cell in tables.cells.items()
    }
    open_sums = [one for one in tables.sums if not all(name in known for name in (one.whole, *one.parts))]
    for _ in range(_ROUNDS):
        before = (dict(low), dict(high))
        for whole, parts in open_sums:
            least, greatest = sum(low[part] for part in parts), sum(high[part] for part in parts)
            low[whole], high[whole] = max(low[whole], least), min(high[whole], greatest)
            for part in parts:
                low[part] = max(low[part], low[whole] - (greatest - high[part]))
                high[part] = min(high[part], high[whole] - (least - low[part]))
        if before == (low, high):
            break
    return {name: Bounds(low[name], high[name]) for name in tables.cells}


def _wanted(cell: Cell, name: str) -> tuple[int, int, str]:
    return -cell.rank, -cell.pupils, name


def _with_units(tables: Tables, gone: Collection[str]) -> frozenset[str]:
    """Give some cells with whatever is shown only together with them."""
    found = set(gone)
    while True:
        units = {tables.cells[name].unit for name in found} - {""}
        more = {
            name
            for name, cell in tables.cells.items()
            if name not in found and not cell.is_fixed and (cell.unit in units or cell.needs in found)
        }
        if not more:
            return frozenset(found)
        found |= more


def _until_nothing_follows(tables: Tables, gone: frozenset[str]) -> frozenset[str]:
    given_up = set[str]()
    while True:
        open_few = [name for name in exposed(tables, gone) if name not in given_up]
        if not open_few:
            return gone
        for name in open_few:
            more = _smallest_beside(tables, name, gone)
            if more:
                gone = _with_units(tables, gone | {more})
                break
            given_up.add(name)  # the whole itself is few: nothing is left that could hide it


def _smallest_beside(tables: Tables, name: str, gone: Collection[str]) -> str:
    """Give the smallest cell shown that stands in a sum with this one, or else in a sum with one of those.

    Cells of the highest rank go where there is no other; of two alike goes the one that the tables name later.
    """
    return _nearest(tables, name, gone, most=_HIGHEST - 1) or _nearest(tables, name, gone, most=_HIGHEST)


def _nearest(tables: Tables, name: str, gone: Collection[str], *, most: int) -> str:
    place = {other: at for at, other in enumerate(tables.cells)}
    near, seen = {name}, {name}
    while near:
        beside = {
            other
            for one in tables.sums
            if near.intersection((one.whole, *one.parts))
            for other in (one.whole, *one.parts)
        }
        found = [
            (cell.rank, cell.pupils, -place[other], other)
            for other, cell in ((other, tables.cells[other]) for other in beside - seen)
            if cell.is_open and not cell.is_fixed and other not in gone and cell.rank <= most
        ]
        if found:
            return min(found)[3]
        near = beside - seen
        seen |= beside
    return ""


def _fewest(
    tables: Tables, gone: Collection[str], own: Collection[str], *, stays: Collection[str]
) -> frozenset[str]:  # fmt: skip
    """Give so many of the cells held back as are needed, showing the largest again where the others suffice."""
    kept = frozenset(gone)
    safe = frozenset(exposed(tables, kept))
    others: dict[str, set[str]] = {}
    for name in sorted(kept - set(stays), key=lambda name: _wanted(tables.cells[name], name)):
        others.setdefault(tables.cells[name].unit or name, set()).add(name)
    for together in others.values():
        if together.isdisjoint(own):
            fewer = _with_units(tables, kept - together)
            if len(fewer) < len(kept) and safe.issuperset(exposed(tables, fewer)):
                kept = fewer
    return kept
