"""The explorer's answers as tables: what the page shows, the file holds and the paper prints, from one place.

For a reader of figures only a number that would tell of few pupils is "suppressed" in every one of them.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Final

from attendance_office.staff.models import School
from attendance_office.web.charts import Bar, spoken
from attendance_office.web.export import Cell, Column
from registers.rules.figures import Figures
from registers.rules.rates import Tally
from reporting.rules.linked import Held
from reporting.rules.linked_figures import PERSISTENT, PUPILS, SEVERE, band_name, name_of
from reporting.rules.small_numbers import fewest, hidden_in_parts, is_small

from . import charts
from .axes import AXES
from .beside import beside
from .comparators import bands_of
from .explorer import Answer, Line, Reader
from .few import held_of
from .grids import grid, measures
from .held_back import days_of_week, gone_of, nested
from .periods import OWN
from .said import lower, named, notes_of, plain, rate, short_words
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
FIRST_AXIS: Final = "year"  # by which a table is divided where nothing else is asked
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
    by = by or FIRST_AXIS
    if by2 and by2 != by:
        return grid(found, by, by2, measure if measure in measures(found) else "attendance")
    return table(found, by)


def axes_of(reader: Reader) -> dict[str, str]:
    """Give by what a reader may divide a table, with its words.

    Of figures only, how much was missed has its own look: crossed with other tables, parts of it could tell of few.
    """
    return {key: axis.words for key, axis in reader.axes.items() if reader.sees_pupils or key not in ("band", "much")}


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
    near = found.question.near
    if near is None:
        return Sheet("Pupils", columns, tuple(_pupil(line) for line in found.lines))
    far = Column(f"Points from {plain(near)} %", is_share=True)
    rows = (
        replace(row, cells=(*row.cells, rate(None if share is None else share - near / 100)))
        for row, share in ((_pupil(line), line.tally.attendance_rate) for line in found.lines)
    )
    return Sheet("Pupils", (*columns, far), tuple(rows))


def table(found: Answer, by: str, held: Held | None = None) -> Sheet:
    """Give the figures of each value of an axis, with the whole under them; `held` is what is held back of it."""
    parts = found.parts(by)
    is_shy = not found.reader.sees_pupils
    gone = held if held is not None else held_of(found, also=by)
    rows = [
        Row((part.words, *_figures(part.figures, gone, f"{by}:{part.value}:")), narrows=((by, part.value),))
        for part in parts
    ]
    whole = found.figures
    total = Row(("All", *_figures(whole, gone, "", is_gone=is_of_few(found))))
    shown = [(part.words, part.figures.tally) for part in parts if name_of(by, part.value) not in gone]
    axis = AXES[by]
    return Sheet(
        f"By {lower(axis.words)}",
        (Column(axis.words), *_FIGURES),
        tuple(rows),
        total,
        (*notes_of(by, is_shy=is_shy), *short_words(found.question.period)),
        charts.of_rates(shown, f"Absence by {lower(axis.words)}", axis.words) if len(shown) > 1 else None,
    )


def weeks(found: Answer, by: str) -> Sheet:
    """Give attendance week by week, of all or for each value of an axis."""
    lines = [(named(by, words), line) for words, line in found.weeks(by)]
    notes: tuple[str, ...] = ()
    if not found.reader.sees_pupils:
        lines = told_weeks(found, by, lines)
        notes = notes_of(by, is_shy=True)
    if by:
        told = {words for words, _ in lines}
        behind = [(named(by, part.words), part.figures.pupils) for part in found.parts(by)]
        notes = (*notes, f"Pupils: {'; '.join(f'{words} {many:,}' for words, many in behind if words in told)}.")
    mondays = sorted({week for _, line in lines for week in line})
    if by:
        columns = (Column("Week of"), *(Column(words, is_share=True) for words, _ in lines))
        rows = [
            Row(
                (week, *(rate(line[week].attendance_rate) if week in line else None for _, line in lines)),
                narrows=_week(found, week),
            )
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
                    week, line[week].possible, line[week].attended, rate(line[week].attendance_rate),
                    rate(line[week].authorised_rate), rate(line[week].unauthorised_rate), line[week].late,
                ),
                narrows=_week(found, week),
            )
            for week in mondays
        ]  # fmt: skip
    title = "Attendance week by week" + (f", by {lower(AXES[by].words)}" if by else "")
    return Sheet(title, columns, tuple(rows), None, notes, charts.of_weeks(lines, title) if mondays else None)


def _week(found: Answer, week: date) -> tuple[tuple[str, str], ...]:
    """Give what asks of one week alone, as far as the period holds it."""
    period = found.question.period
    first, last = max(week, period.from_on), min(week + timedelta(days=6), period.to_on)
    return ("period", OWN), ("from_on", first.isoformat()), ("to_on", last.isoformat())


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
                tally.absent, rate(tally.absence_rate), rate(tally.unauthorised_rate), tally.late,
            )
        )
        for (day, half), tally in sorted(cells.items())
    ]  # fmt: skip
    return Sheet(
        "Absence by day of the week", columns, tuple(rows), None, (), charts.of_weekdays(cells) if cells else None
    )


def bands(found: Answer, school: School, held: Held | None = None) -> Sheet:
    """Give how many pupils lie in each band of absence, beside England's published distribution."""
    inside = found.bands()
    numbers = [len(part.lines) for _, part in inside]
    whole = sum(numbers)
    told = held if held is not None else held_of(found)
    gone = {at for at in range(len(inside)) if band_name(at) in told}
    published = bands_of(school)
    beside = published[0] if published else ""
    rows, drawn = [], []
    for at, (band, part) in enumerate(inside):
        share = Fraction(numbers[at], whole) if whole and at not in gone else None
        theirs = published[1][band.key] if published else None
        number: Cell = SUPPRESSED if at in gone else numbers[at]
        cells: tuple[Cell, ...] = (band.words, number, SUPPRESSED if at in gone else rate(share))
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
        (*notes_of("", is_shy=bool(gone)), *_beside(beside)),
        charts.of_bands(drawn, beside) if whole else None,
    )


def gaps(found: Answer, held: Held | None = None) -> Sheet:
    """Give each group beside everybody else, with how many pupils stand behind either."""
    columns = (
        Column("Group"),
        Column("Pupils"),
        Column("Attendance", is_share=True),
        Column("Other pupils"),
        Column("Others' attendance", is_share=True),
        Column("Gap, points", is_share=True),
        Column("Persistent, share", is_share=True),
        Column("Others persistent, share", is_share=True),
    )
    rows, drawn = [], []
    is_shy = not found.reader.sees_pupils
    told = held if held is not None else held_of(found)
    for gap in found.gaps():
        ours, theirs = gap.inside.figures, gap.outside.figures
        # A share of so many pupils is their number: of either side it would tell the other's, with the whole known.
        is_held = name_of(gap.axis.key, gap.inside.value, PERSISTENT) in told or PERSISTENT in told
        cells: tuple[Cell, ...] = (
            gap.inside.words,
            ours.pupils,
            rate(ours.tally.attendance_rate),
            theirs.pupils,
            rate(theirs.tally.attendance_rate),
            rate(gap.points),
            *(SUPPRESSED if is_held else rate(_share(one.persistently_absent, one.pupils)) for one in (ours, theirs)),
        )
        if name_of(gap.axis.key, gap.inside.value) in told:
            cells = (gap.inside.words, *[SUPPRESSED] * 7)
        else:
            drawn.append((gap.inside.words, ours.tally, theirs.tally))
        rows.append(Row(cells, narrows=((gap.axis.key, gap.inside.value),)))
    notes = (
        "A gap is the group's attendance less everybody else's, in percentage points.",
        *notes_of("", is_shy=is_shy),
    )
    flags = "SEN, means, language, care and sex are as recorded today; no history of them is kept by date."
    own = ("An own group holds whoever was in it on any day of the period.",) if found.groups else ()
    notes = (*notes, flags, *own, *short_words(found.question.period))
    chart = charts.of_gaps(drawn) if drawn else None
    return Sheet("Gaps between groups", columns, tuple(rows), None, notes, chart)


def _pupil(line: Line) -> Row:
    tally = line.tally
    much = "Severe" if line.is_severe else "Persistent" if line.is_persistent else ""
    return Row(
        (
            line.name, line.form, line.year_group, tally.possible, tally.attended, rate(tally.attendance_rate),
            rate(tally.authorised_rate), rate(tally.unauthorised_rate), tally.late, much,
        ),
        pupil_id=line.pupil_id,
    )  # fmt: skip


def _figures(figures: Figures, held: Held, before: str, *, is_gone: bool = False) -> tuple[Cell, ...]:
    """Give the cells of a line of figures; `before` is what the names of its cells begin with."""
    if is_gone or f"{before}{PUPILS}" in held:
        return (SUPPRESSED,) * len(_FIGURES)
    tally = figures.tally
    is_held = f"{before}{PERSISTENT}" in held
    persistent: Cell = SUPPRESSED if is_held else figures.persistently_absent
    share = SUPPRESSED if is_held else rate(_share(figures.persistently_absent, figures.pupils))
    severe: Cell = SUPPRESSED if f"{before}{SEVERE}" in held else figures.severely_absent
    return (
        figures.pupils, tally.possible, tally.attended, rate(tally.attendance_rate), rate(tally.authorised_rate),
        rate(tally.unauthorised_rate), tally.late, persistent, share, severe,
    )  # fmt: skip


def told_weeks(found: Answer, by: str, lines: list[_Weekly]) -> list[_Weekly]:
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


def _beside(words: str) -> tuple[str, ...]:
    return (f"{words}: Department for Education, whole school year; enrolments, not pupils.",) if words else ()


def is_of_few(found: Answer) -> bool:
    """Tell whether an answer is held back whole: its reader sees figures only, and few pupils stand behind it."""
    return not found.reader.sees_pupils and (is_small(len(found.lines)) or is_small(found.figures.pupils))


def _share(some: int, whole: int) -> Fraction | None:
    return Fraction(some, whole) if whole else None
