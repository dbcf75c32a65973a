"""The explorer's answers as tables: what the page shows, the file holds and the paper prints, from one place.

For a reader of figures only a number that would tell of few pupils is "suppressed" in every one of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import Final

from attendance_office.staff.models import School
from attendance_office.web.charts import Bar, spoken
from attendance_office.web.export import Cell, Column
from interventions.rules.trawl import BANDS
from registers.rules.figures import Figures
from registers.rules.rates import PERSISTENT, Tally
from reporting.rules.small_numbers import (
    SMALL,
    HiddenGrid,
    fewest,
    hidden_counts,
    hidden_grid,
    hidden_in_parts,
    is_small,
    tells_of_few,
)

from . import charts
from .axes import AXES
from .beside import beside
from .comparators import bands_of
from .explorer import Answer, Line, Part, Reader
from .held_back import days_of_week, gone_of, nested
from .sheets import NO_RATE, SUPPRESSED, Row, Sheet

VIEWS: Final = (
    ("list", "Pupils"),
    ("table", "Table"),
    ("weeks", "Trend"),
    ("weekdays", "Days of the week"),
    ("bands", "Distribution"),
    ("gaps", "Gaps"),
    ("beside", "Beside DfE"),
)
MEASURES: Final = (
    ("attendance", "Attendance"),
    ("unauthorised", "Unauthorised absence"),
    ("persistent", "Persistently absent"),
    ("pupils", "Pupils"),
)
# The places of bands whose sum is told elsewhere: who is persistently absent, and who is not.
_BAND_PARTS: Final = (
    tuple(at for at, band in enumerate(BANDS) if band.at_least < PERSISTENT),
    tuple(at for at, band in enumerate(BANDS) if band.at_least >= PERSISTENT),
)
_Weekly = tuple[str, dict[date, Tally]]
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_FIGURES: Final = (
    Column("Pupils"),
    Column("Possible"),
    Column("Attended"),
    Column("Attendance", is_share=True),
    Column("Authorised", is_share=True),
    Column("Unauthorised", is_share=True),
    Column("Late marks"),
    Column("Persistent"),
    Column("Persistent, share", is_share=True),
    Column("Severe"),
)


def sheet(found: Answer, view: str, *, by: str = "", by2: str = "", measure: str = "", school: School) -> Sheet:
    """Give one look at an answer. A look, axis or measure that is none is the first that this reader may use."""
    axes = axes_of(found.reader)
    by, by2 = (key if key in axes else "" for key in (by, by2))
    if view == "list" and found.reader.sees_pupils:
        return pupils(found)
    if view == "weeks":
        return weeks(found, by)
    if view == "weekdays":
        return weekdays(found)
    if view == "bands":
        return bands(found, school)
    if view in ("gaps", "beside"):
        return gaps(found) if view == "gaps" else beside(found, school)
    if by2 and by2 != by:
        return grid(found, by or "year", by2, measure if measure in measures(found) else "attendance")
    return table(found, by or "year")


def axes_of(reader: Reader) -> dict[str, str]:
    """Give by what a reader may divide a table, with its words.

    Of figures only, how much was missed has its own look: crossed with other tables, parts of it could tell of few.
    """
    return {key: axis.words for key, axis in reader.axes.items() if reader.sees_pupils or key not in ("band", "much")}


def measures(found: Answer) -> dict[str, str]:
    """Give what a table by two axes may show; numbers of absent pupils only to who sees the pupils."""
    return {key: words for key, words in MEASURES if found.reader.sees_pupils or key != "persistent"}


def pupils(found: Answer) -> Sheet:
    """Give the pupils, each with the own figures."""
    columns = (
        Column("Pupil"),
        Column("Form"),
        Column("Year"),
        Column("Possible"),
        Column("Attended"),
        Column("Attendance", is_share=True),
        Column("Authorised", is_share=True),
        Column("Unauthorised", is_share=True),
        Column("Late marks"),
        Column("Absence"),
    )
    return Sheet("Pupils", columns, tuple(_pupil(line) for line in found.lines))


def table(found: Answer, by: str) -> Sheet:
    """Give the figures of each value of an axis, with the whole under them."""
    parts = found.parts(by)
    is_shy = not found.reader.sees_pupils
    gone = gone_of(parts, by) if is_shy else frozenset()
    few = _few(parts, by) if is_shy else (frozenset(), frozenset())
    rows = [
        Row(
            (part.words, *_figures(part.figures, is_gone=at in gone, few=(at in few[0], at in few[1]))),
            narrows=((by, part.value),),
        )
        for at, part in enumerate(parts)
    ]
    whole = found.figures
    few_of_all = (
        is_shy and (tells_of_few(whole.persistently_absent, whole.pupils) or len(few[0]) == 1),
        is_shy and (tells_of_few(whole.severely_absent, whole.pupils) or len(few[1]) == 1),
    )
    total = Row(("All", *_figures(whole, is_gone=is_of_few(found), few=few_of_all)))
    shown = [(part.words, part.figures.tally) for at, part in enumerate(parts) if at not in gone]
    axis = AXES[by]
    return Sheet(
        f"By {_lower(axis.words)}",
        (Column(axis.words), *_FIGURES),
        tuple(rows),
        total,
        _notes(by, is_shy=is_shy),
        charts.of_rates(shown, f"Absence by {_lower(axis.words)}", axis.words) if len(shown) > 1 else None,
    )


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
    for name in [*(_named(by2, across[at][1]) for at in used), "All"]:
        columns += [Column(name, is_share=measure not in ("persistent", "pupils")), Column(f"{name}: pupils")]
    rows = []
    for r, (part, row) in enumerate(lines):
        cells: list[Cell] = [part.words]
        for c, at in enumerate(used):
            cells += _measured(row[at], measure, is_gone=(r, c) in gone.cells)
        cells += _measured(part, measure, is_gone=r in gone.rows)
        rows.append(Row(tuple(cells), narrows=((by, part.value),)))
    return Sheet(
        f"{words} by {_lower(AXES[by].words)} and {_lower(AXES[by2].words)}",
        tuple(columns),
        tuple(rows),
        None,
        (*_notes(by, is_shy=is_shy), *_notes(by2, is_shy=False)),
    )


def weeks(found: Answer, by: str) -> Sheet:
    """Give attendance week by week, of all or for each value of an axis."""
    lines = [(_named(by, words), line) for words, line in found.weeks(by)]
    notes: tuple[str, ...] = ()
    if not found.reader.sees_pupils:
        lines = _told_weeks(found, by, lines)
        notes = _notes(by, is_shy=True)
    mondays = sorted({week for _, line in lines for week in line})
    if by:
        columns = (Column("Week of"), *(Column(words, is_share=True) for words, _ in lines))
        rows = [
            Row((week, *(_rate(line[week].attendance_rate) if week in line else None for _, line in lines)))
            for week in mondays
        ]
    else:
        columns = (
            Column("Week of"), Column("Possible"), Column("Attended"), Column("Attendance", is_share=True),
            Column("Authorised", is_share=True), Column("Unauthorised", is_share=True), Column("Late marks"),
        )  # fmt: skip
        line = lines[0][1] if lines else {}
        rows = [
            Row(
                (
                    week, line[week].possible, line[week].attended, _rate(line[week].attendance_rate),
                    _rate(line[week].authorised_rate), _rate(line[week].unauthorised_rate), line[week].late,
                )
            )
            for week in mondays
        ]  # fmt: skip
    title = "Attendance week by week" + (f", by {_lower(AXES[by].words)}" if by else "")
    return Sheet(title, columns, tuple(rows), None, notes, charts.of_weeks(lines, title) if mondays else None)


def weekdays(found: Answer) -> Sheet:
    """Give absence by day of the week and session."""
    cells = found.weekdays()
    if not found.reader.sees_pupils:
        told = {} if is_of_few(found) else cells
        cells = {at: tally for at, tally in told.items() if not _is_day_of_few(found, at, tally)}
    columns = (
        Column("Day"), Column("Session"), Column("Possible"), Column("Attended"), Column("Missed"),
        Column("Absence", is_share=True), Column("Unauthorised", is_share=True), Column("Late marks"),
    )  # fmt: skip
    rows = [
        Row(
            (
                _DAYS[day - 1], "Morning" if half == "AM" else "Afternoon", tally.possible, tally.attended,
                tally.absent, _rate(tally.absence_rate), _rate(tally.unauthorised_rate), tally.late,
            )
        )
        for (day, half), tally in sorted(cells.items())
    ]  # fmt: skip
    return Sheet(
        "Absence by day of the week", columns, tuple(rows), None, (), charts.of_weekdays(cells) if cells else None
    )


def bands(found: Answer, school: School) -> Sheet:
    """Give how many pupils lie in each band of absence, beside England's published distribution."""
    inside = found.bands()
    numbers = [len(part.lines) for _, part in inside]
    whole = sum(numbers)
    gone = hidden_in_parts(numbers, _BAND_PARTS) if not found.reader.sees_pupils else frozenset()
    published = bands_of(school)
    beside = published[0] if published else ""
    rows, drawn = [], []
    for at, (band, part) in enumerate(inside):
        share = Fraction(numbers[at], whole) if whole and at not in gone else None
        theirs = published[1][band.key] if published else None
        number: Cell = SUPPRESSED if at in gone else numbers[at]
        cells: tuple[Cell, ...] = (band.words, number, SUPPRESSED if at in gone else _rate(share))
        rows.append(Row((*cells, theirs) if beside else cells, narrows=(("band", band.key),)))
        drawn.append(
            Bar(
                part.words,
                share,
                spoken(share) if at not in gone else SUPPRESSED,
                theirs,
                spoken(theirs) if theirs is not None else "",
            )
        )
    columns = (Column("Absence"), Column("Pupils"), Column("Share", is_share=True))
    total: tuple[Cell, ...] = ("All", whole, Fraction(1) if whole else NO_RATE)
    return Sheet(
        "Pupils by band of absence",
        (*columns, Column(beside, is_share=True)) if beside else columns,
        tuple(rows),
        Row((*total, Fraction(1)) if beside else total),
        (*_notes("", is_shy=bool(gone)), *_beside(beside)),
        charts.of_bands(drawn, beside) if whole else None,
    )


def gaps(found: Answer) -> Sheet:
    """Give each group beside everybody else, with how many pupils stand behind either."""
    columns = (
        Column("Group"),
        Column("Pupils"),
        Column("Attendance", is_share=True),
        Column("Everybody else"),
        Column("Their attendance", is_share=True),
        Column("Gap, points", is_share=True),
        Column("Persistent, share", is_share=True),
        Column("Theirs", is_share=True),
    )
    rows = []
    is_shy = not found.reader.sees_pupils
    gone = _gone_gaps(found) if is_shy else frozenset()
    for gap in found.gaps():
        ours, theirs = gap.inside.figures, gap.outside.figures
        # A share of so many pupils is their number: of either side it would tell the other's, with the whole known.
        is_told = is_shy and any(tells_of_few(one.persistently_absent, one.pupils) for one in (ours, theirs))
        cells: tuple[Cell, ...] = (
            gap.inside.words,
            ours.pupils,
            _rate(ours.tally.attendance_rate),
            theirs.pupils,
            _rate(theirs.tally.attendance_rate),
            _rate(gap.points),
            *(SUPPRESSED if is_told else _rate(_share(one.persistently_absent, one.pupils)) for one in (ours, theirs)),
        )
        if (gap.axis.key, gap.inside.value) in gone:
            cells = (gap.inside.words, *[SUPPRESSED] * 7)
        rows.append(Row(cells, narrows=((gap.axis.key, gap.inside.value),)))
    notes = (
        "A gap is the group's attendance less everybody else's, in percentage points.",
        *_notes("", is_shy=is_shy),
    )
    flags = "SEN, means, language, care and sex are as recorded today; no history of them is kept by date."
    return Sheet("Gaps between groups", columns, tuple(rows), None, (*notes, flags))


def _gone_gaps(found: Answer) -> frozenset[tuple[str, str]]:
    gone = set()
    for key in {gap.axis.key for gap in found.gaps()}:
        parts = found.parts(key)
        gone |= {(key, parts[at].value) for at in gone_of(parts, key)}
    return frozenset(gone)


def _pupil(line: Line) -> Row:
    tally = line.tally
    much = "Severe" if line.is_severe else "Persistent" if line.is_persistent else ""
    return Row(
        (
            line.name, line.form, line.year_group, tally.possible, tally.attended, _rate(tally.attendance_rate),
            _rate(tally.authorised_rate), _rate(tally.unauthorised_rate), tally.late, much,
        ),
        pupil_id=line.pupil_id,
    )  # fmt: skip


def _figures(figures: Figures, *, is_gone: bool, few: tuple[bool, bool] = (False, False)) -> tuple[Cell, ...]:
    if is_gone:
        return (SUPPRESSED,) * len(_FIGURES)
    tally = figures.tally
    persistent: Cell = SUPPRESSED if few[0] else figures.persistently_absent
    share = SUPPRESSED if few[0] else _rate(_share(figures.persistently_absent, figures.pupils))
    severe: Cell = SUPPRESSED if few[1] else figures.severely_absent
    return (
        figures.pupils, tally.possible, tally.attended, _rate(tally.attendance_rate), _rate(tally.authorised_rate),
        _rate(tally.unauthorised_rate), tally.late, persistent, share, severe,
    )  # fmt: skip


def _few(parts: Sequence[Part], by: str) -> tuple[frozenset[int], frozenset[int]]:
    """Give the parts whose number of persistently and of severely absent pupils would tell of few."""
    pupils, years = [part.figures.pupils for part in parts], nested(parts, by)
    return (
        hidden_counts([part.figures.persistently_absent for part in parts], pupils, years),
        hidden_counts([part.figures.severely_absent for part in parts], pupils, years),
    )


def _gone_cells(rows: Sequence[Sequence[Part]], used: Sequence[int], by: tuple[str, str]) -> HiddenGrid:
    """Give what is held back of a table by two axes: of few pupils on roll, or few with a possible session."""
    columns = [Part("", "", tuple(line for row in rows for line in row[at].lines)) for at in used]
    lines = [Part("", "", tuple(line for at in used for line in row[at].lines)) for row in rows]
    years = nested(lines, by[0]), nested(columns, by[1])
    return hidden_grid([[len(row[at].lines) for at in used] for row in rows], *years) | hidden_grid(
        [[row[at].figures.pupils for at in used] for row in rows], *years
    )


def _told_weeks(found: Answer, by: str, lines: list[_Weekly]) -> list[_Weekly]:
    """Give the weeks that tell of no few pupils: as few as may stand behind a week's sessions are taken to do so."""
    parts, period = found.parts(by) if by else [], found.question.period
    gone = gone_of(parts, by) if by else frozenset()
    told: list[_Weekly] = [(words, {}) for words, _ in lines]
    for week in sorted({week for _, line in lines for week in line}):
        most = 2 * days_of_week(week, period)
        pupils = [fewest(line[week].possible, most) if week in line else 0 for _, line in lines]
        away = gone | hidden_in_parts(pupils, nested(parts, by))
        for at, (_, line) in enumerate(lines):
            if week in line and at not in away:
                told[at][1][week] = line[week]
    return [one for at, one in enumerate(told) if at not in gone]


def _is_day_of_few(found: Answer, at: tuple[int, str], tally: Tally) -> bool:
    """Tell whether few pupils may stand behind the sessions of a day of the week."""
    period = found.question.period
    first = period.from_on.toordinal() + (at[0] - period.from_on.isoweekday()) % 7
    return is_small(fewest(tally.possible, (period.to_on.toordinal() - first) // 7 + 1))


def _named(key: str, words: str) -> str:
    """Give a value of an axis so that it stands alone: "Free school meals: yes"."""
    return f"{AXES[key].words}: {words.lower()}" if key and AXES[key].is_yes_no else words


def _within(part: Part, key: str, value: str, words: str) -> Part:
    return Part(value, words, tuple(line for line in part.lines if value in line.values[key]))


def _measured(part: Part, measure: str, *, is_gone: bool) -> list[Cell]:
    figures = part.figures
    if is_gone:
        return [SUPPRESSED, SUPPRESSED]
    if not part.lines:
        return [None, None]
    if measure in ("pupils", "persistent"):
        return [len(part.lines) if measure == "pupils" else figures.persistently_absent, figures.pupils]
    rate = figures.tally.attendance_rate if measure == "attendance" else figures.tally.unauthorised_rate
    return [_rate(rate), figures.pupils]


def _notes(by: str, *, is_shy: bool) -> tuple[str, ...]:
    found = []
    if by:
        axis = AXES[by]
        found.append(f"{axis.words}: {axis.kept.value}.")
        if axis.is_many:
            found.append("A pupil may stand in several lines of this table: together they can be more than the whole.")
    if is_shy:
        found.append(f"Fewer than {SMALL} pupils are suppressed, and with them what would give them away.")
    return tuple(found)


def _beside(words: str) -> tuple[str, ...]:
    return (f"{words}: Department for Education, whole school year; enrolments, not pupils.",) if words else ()


def is_of_few(found: Answer) -> bool:
    """Tell whether an answer is held back whole: its reader sees figures only, and few pupils stand behind it."""
    return not found.reader.sees_pupils and (is_small(len(found.lines)) or is_small(found.figures.pupils))


def _share(some: int, whole: int) -> Fraction | None:
    return Fraction(some, whole) if whole else None


def _rate(share: Fraction | None) -> Cell:
    return NO_RATE if share is None else share


def _lower(words: str) -> str:
    return words if words[:2].isupper() else words[0].lower() + words[1:]
