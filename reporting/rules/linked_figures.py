"""How the numbers of pupils in a school's tables add up: the absent, their bands, and each group beside the whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from registers.rules.figures import Figures

from .linked import Cell, Tables

PUPILS: Final = "pupils"
PERSISTENT: Final = "persistent"
SEVERE: Final = "severe"
# Shown by no table, told by others: persistently and not severely absent, and not persistently absent.
_LESS: Final = "less"
_REST: Final = "rest"


@dataclass(frozen=True)
class Side:
    """One side of a comparison at the same absence: its values of an axis, and by band its pupils and those chosen.

    One that `is_open` is false of is compared with nothing: those of whom the value is not known.
    """

    name: str
    values: tuple[str, ...]
    pupils: tuple[int, ...]
    chosen: tuple[int, ...]
    is_open: bool = True


def name_of(axis: str, value: str, what: str = PUPILS) -> str:
    """Give the name of a cell of a group: all of its pupils, or its persistently or severely absent.

    Source: the office's own naming.
    """
    return f"{axis}:{value}:{what}"


def band_name(at: int) -> str:
    """Give the name of the cell of a band of absence, by its place. Source: the office's own naming."""
    return f"band:{at}"


def compared(axis: str, at: int) -> str:
    """Give the name of what is shown together of one comparison in a band. Source: the office's own naming."""
    return f"compared:{axis}:{at}"


def in_band(at: int, *, chosen: bool) -> str:
    """Give the name of a band's pupils who were chosen, or who were not. Source: the office's own naming."""
    return f"{band_name(at)}:{'chosen' if chosen else 'not'}"


def of_whole(figures: Figures) -> Tables:
    """Give the tables of a whole school: its pupils, of whom all is shown, and its absent ones.

    Source: DfE absence statistics method (whoever is severely absent is persistently absent).
    """
    found = Tables()
    _absent(found, "", figures, is_fixed=True, is_told=True)
    return found


def add_bands(found: Tables, pupils: Sequence[int], persistent_from: int) -> None:
    """Put in the bands of absence: from one on they are the persistently absent, the last is the severely absent.

    Source: DfE absence statistics method (bands; 10 and 50 per cent).
    """
    names = [band_name(at) for at in range(len(pupils))]
    for name, number in zip(names, pupils, strict=True):
        found.add(name, Cell(number))
    found.adds_up(_REST, *names[:persistent_from])
    found.adds_up(_LESS, *names[persistent_from:-1])
    found.adds_up(SEVERE, names[-1])


def add_axis(found: Tables, axis: str, groups: Mapping[str, Figures], *, overlaps: bool = False) -> None:
    """Put in the groups of an axis, each with everybody else. With `overlaps` they are together more than the whole.

    Source: arithmetic.
    """
    for value, figures in groups.items():
        _absent(found, f"{axis}:{value}:", figures)
    if not overlaps:
        for what in (PUPILS, PERSISTENT, SEVERE):
            found.adds_up(what, *(name_of(axis, value, what) for value in groups))
    if overlaps or len(groups) > 2:
        for value, figures in groups.items():
            _others(found, axis, value, figures)


def add_nested(found: Tables, whole: tuple[str, str], parts: Iterable[tuple[str, str]]) -> None:
    """Say that some groups are together one of another axis: forms their year group. Source: arithmetic."""
    each = list(parts)
    for what in (PUPILS, PERSISTENT, SEVERE):
        found.adds_up(name_of(*whole, what), *(name_of(*part, what) for part in each))


def add_between(found: Tables, outer: tuple[str, str], inner: tuple[str, str], between: Figures) -> None:
    """Put in the pupils of a group who are not of one that lies in it: told by the two of them.

    Source: DfE pupil premium conditions of grant (free school meals and being looked after give pupil premium).
    """
    before = f"{name_of(*outer, inner[0])}:not:"
    _absent(found, before, between, is_open=False)
    for what in (PUPILS, PERSISTENT, SEVERE):
        found.adds_up(name_of(*outer, what), name_of(*inner, what), f"{before}{what}")


def add_comparison(found: Tables, axis: str, sides: Iterable[Side], persistent_from: int, first: int) -> None:
    """Put in a comparison at the same absence: of each band from the first on both sides are shown, or neither.

    Source: arithmetic.
    """
    each = list(sides)
    bands = range(len(each[0].pupils))
    for at in bands:
        for chosen in (True, False):
            some = sum(side.chosen[at] if chosen else side.pupils[at] - side.chosen[at] for side in each)
            found.add(in_band(at, chosen=chosen), Cell(some, is_open=False, is_told=True))
        found.adds_up(band_name(at), in_band(at, chosen=True), in_band(at, chosen=False))
        for side in each:
            name, is_open = f"{compared(axis, at)}:{side.name}", side.is_open and at >= first
            some, chosen_of = side.pupils[at], side.chosen[at]
            unit = compared(axis, at) if is_open else ""
            needs = band_name(at) if is_open else ""
            found.add(name, Cell(some, unit=unit, needs=needs, is_open=is_open))
            found.add(f"{name}:chosen", Cell(chosen_of, unit=unit, needs=needs, is_open=is_open))
            found.add(f"{name}:not", Cell(some - chosen_of, is_open=False))
            found.adds_up(name, f"{name}:chosen", f"{name}:not")
        names = [f"{compared(axis, at)}:{side.name}" for side in each]
        found.adds_up(band_name(at), *names)
        found.adds_up(in_band(at, chosen=True), *(f"{name}:chosen" for name in names))
        found.adds_up(in_band(at, chosen=False), *(f"{name}:not" for name in names))
    for side in each:
        names = [f"{compared(axis, at)}:{side.name}" for at in bands]
        for what, from_band in ((PUPILS, 0), (PERSISTENT, persistent_from), (SEVERE, len(names) - 1)):
            whole = f"{axis}:{side.name}:side:{what}"
            found.add(whole, Cell(sum(side.pupils[from_band:]), is_open=False))
            found.adds_up(whole, *names[from_band:])
            found.adds_up(whole, *(name_of(axis, value, what) for value in side.values))


def _absent(
    found: Tables,
    before: str,
    figures: Figures,
    *,
    is_fixed: bool = False,
    is_told: bool = False,
    is_open: bool = True,
) -> None:
    pupils, persistent, severe = (f"{before}{what}" for what in (PUPILS, PERSISTENT, SEVERE))
    needs = "" if is_fixed else pupils
    found.add(pupils, Cell(figures.pupils, is_fixed=is_fixed, is_open=is_open))
    ranks = (2, 1) if is_fixed else (0, 0)
    for name, number, rank in zip(
        (persistent, severe), (figures.persistently_absent, figures.severely_absent), ranks, strict=True
    ):
        found.add(name, Cell(number, needs=needs, is_told=is_told, is_open=is_open, rank=rank))
    less, rest = figures.persistently_absent - figures.severely_absent, figures.pupils - figures.persistently_absent
    found.add(f"{before}{_LESS}", Cell(less, is_open=False))
    found.add(f"{before}{_REST}", Cell(rest, is_open=False, is_told=is_told))
    found.adds_up(pupils, persistent, f"{before}{_REST}")
    found.adds_up(persistent, f"{before}{_LESS}", severe)


def _others(found: Tables, axis: str, value: str, figures: Figures) -> None:
    """Put in everybody else: told by the group and the whole."""
    pupils, absent = found.cells[PUPILS].pupils - figures.pupils, found.cells[PERSISTENT].pupils
    mine = f"{axis}:{value}:others"
    absent -= figures.persistently_absent
    for what, number in ((PUPILS, pupils), (PERSISTENT, absent), (_REST, pupils - absent)):
        found.add(f"{mine}:{what}", Cell(number, is_open=False))
    found.adds_up(PUPILS, name_of(axis, value), f"{mine}:{PUPILS}")
    found.adds_up(PERSISTENT, name_of(axis, value, PERSISTENT), f"{mine}:{PERSISTENT}")
    found.adds_up(f"{mine}:{PUPILS}", f"{mine}:{PERSISTENT}", f"{mine}:{_REST}")
