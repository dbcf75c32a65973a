"""What the tables of one answer hold back from a reader of figures only: no table gives another's few away."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from interventions.rules.trawl import BANDS
from registers.rules.figures import Figures
from registers.rules.rates import PERSISTENT
from reporting.rules.linked import Held, Tables, held_back
from reporting.rules.linked_figures import (
    Side,
    add_axis,
    add_bands,
    add_between,
    add_comparison,
    add_nested,
    name_of,
    of_whole,
)

from .axes import AXES, GAPS
from .explorer import Answer
from .held_back import gone_of, nested

NOTHING: Final = Held()
# A pupil with the first has the second as well, as DfE grants them.
_LIES_IN: Final = (("fsm", "pp"), ("cla", "pp"))
PERSISTENT_FROM: Final = next(at for at, band in enumerate(BANDS) if band.at_least >= PERSISTENT)


def held_of(found: Answer, *, also: str = "") -> Held:
    """Give what every table of an answer holds back, of year groups, groups, bands and one axis more; no query.

    Nothing where the reader sees the pupils.
    """
    if found.reader.sees_pupils:
        return NOTHING
    return held_back(tables_of(found, also=also), before=_of_few_on_roll(found, also))


def held_of_paper(
    found: Answer, comparisons: Iterable[tuple[str, Iterable[Side]]], *, first: int, before: Collection[str]
) -> Held:  # fmt: skip
    """Give what a paper holds back in all of its tables together; no query.

    `comparisons` are those at the same absence, from a band on; `before` is what papers just before this one held back.
    """
    tables = tables_of(found)
    for axis, sides in comparisons:
        add_comparison(tables, axis, sides, PERSISTENT_FROM, first)
    return held_back(tables, before={*before, *_of_few_on_roll(found, "")})


def tables_of(found: Answer, *, also: str = "") -> Tables:
    """Give the numbers of pupils that the tables of an answer show, and how they add up; no query."""
    tables = of_whole(found.figures)
    add_bands(tables, [len(part.lines) for _, part in found.bands()], PERSISTENT_FROM)
    for key in _asked(found, also):
        groups = {part.value: part.figures for part in found.parts(key)}
        if groups:
            add_axis(tables, key, groups, overlaps=AXES[key].is_many)
    _put_in_between(found, tables)
    if also == "form":
        forms = found.parts(also)
        for inside in nested(forms, also):
            year = forms[inside[0]].lines[0].values["year"][0]
            if sum(len(forms[at].lines) for at in inside) == sum(year in line.values["year"] for line in found.lines):
                add_nested(tables, ("year", year), [(also, forms[at].value) for at in inside])
    return tables


def _put_in_between(found: Answer, tables: Tables) -> None:
    """Put in the pupils with one kind of help and not the other, where the one lies in the other."""
    for inner, outer in _LIES_IN:
        if inner in found.reader.axes and outer in found.reader.axes:
            inside = {line.pupil_id for line in found.lines if "yes" in line.values[inner]}
            whole = [line for line in found.lines if "yes" in line.values[outer]]
            between = Figures.of_pupils(line.tally for line in whole if line.pupil_id not in inside)
            if inside and between.pupils and len(inside.intersection(line.pupil_id for line in whole)) == len(inside):
                add_between(tables, (outer, "yes"), (inner, "yes"), between)


def _asked(found: Answer, also: str) -> list[str]:
    return list(dict.fromkeys(("year", *(key for key in GAPS if key in found.reader.axes), *([also] if also else []))))


def _of_few_on_roll(found: Answer, also: str) -> set[str]:
    """Give the groups that are few on roll, with those that go for their sake, however many have a session."""
    gone = set()
    for key in _asked(found, also):
        parts = found.parts(key)
        gone |= {name_of(key, parts[at].value) for at in gone_of(parts, key)}
    return gone
