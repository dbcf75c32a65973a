"""One measure of an answer by two axes at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from attendance_office.web.export import Cell, Column
from reporting.rules.small_numbers import HiddenGrid, hidden_grid

from .axes import AXES
from .explorer import Answer, Part
from .held_back import nested
from .said import lower, named, notes_of, rate
from .sheets import SUPPRESSED, Row, Sheet

MEASURES: Final = (
    ("attendance", "Attendance"),
    ("unauthorised", "Unauthorised absence"),
    ("persistent", "Persistently absent"),
    ("pupils", "Pupils"),
)


def measures(found: Answer) -> dict[str, str]:
    """Give what a table by two axes may show; numbers of absent pupils only to who sees the pupils."""
    return {key: words for key, words in MEASURES if found.reader.sees_pupils or key != "persistent"}


def grid(found: Answer, by: str, by2: str, measure: str) -> Sheet:
    """Give one measure by two axes, beside each number how many pupils stand behind it."""
    across = found.choices(by2)
    lines = [
        (
            part,
            [
                Part(value, words, tuple(line for line in part.lines if value in line.values[by2]))
                for value, words in across
            ],
        )
        for part in found.parts(by)
    ]
    used = [at for at in range(len(across)) if any(row[at].lines for _, row in lines)]
    is_shy = not found.reader.sees_pupils
    gone = _gone_cells([row for _, row in lines], used, (by, by2)) if is_shy and lines else HiddenGrid()
    words = dict(MEASURES)[measure]
    columns: list[Column] = [Column(AXES[by].words)]
    for name in [*(named(by2, across[at][1]) for at in used), "All"]:
        columns += [Column(name, is_share=measure not in ("persistent", "pupils")), Column(f"{name}: pupils")]
    rows = []
    for r, (part, row) in enumerate(lines):
        cells: list[Cell] = [part.words]
        for c, at in enumerate(used):
            cells += _measured(row[at], measure, is_gone=(r, c) in gone.cells)
        cells += _measured(part, measure, is_gone=r in gone.rows)
        rows.append(Row(tuple(cells), narrows=((by, part.value),)))
    return Sheet(
        f"{words} by {lower(AXES[by].words)} and {lower(AXES[by2].words)}",
        tuple(columns),
        tuple(rows),
        _whole(found, [across[at][0] for at in used], by2, measure) if rows and not is_shy else None,
        tuple(dict.fromkeys([*notes_of(by, is_shy=is_shy), *notes_of(by2, is_shy=False)])),
    )


def _whole(found: Answer, values: Sequence[str], by2: str, measure: str) -> Row:
    """Give the line of all; to a reader of figures only the table by the second axis tells as much as may be told."""
    cells: list[Cell] = ["All"]
    for value in values:
        cells += _measured(Part(value, "", tuple(line for line in found.lines if value in line.values[by2])), measure)
    return Row((*cells, *_measured(Part("", "", found.lines), measure)))


def _gone_cells(rows: Sequence[Sequence[Part]], used: Sequence[int], by: tuple[str, str]) -> HiddenGrid:
    """Give what is held back of a table by two axes: of few pupils on roll, or few with a possible session."""
    columns = [Part("", "", tuple(line for row in rows for line in row[at].lines)) for at in used]
    lines = [Part("", "", tuple(line for at in used for line in row[at].lines)) for row in rows]
    years = nested(lines, by[0]), nested(columns, by[1])
    return hidden_grid([[len(row[at].lines) for at in used] for row in rows], *years) | hidden_grid(
        [[row[at].figures.pupils for at in used] for row in rows], *years
    )


def _measured(part: Part, measure: str, *, is_gone: bool = False) -> list[Cell]:
    figures = part.figures
    if is_gone:
        return [SUPPRESSED, SUPPRESSED]
    if not part.lines:
        return [None, None]
    if measure in ("pupils", "persistent"):
        return [len(part.lines) if measure == "pupils" else figures.persistently_absent, figures.pupils]
    tally = figures.tally
    return [rate(tally.attendance_rate if measure == "attendance" else tally.unauthorised_rate), figures.pupils]
