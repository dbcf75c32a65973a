"""The explorer's answers as tables: what the page shows, the file holds and the paper prints, from one place.

For a reader of figures only a number that would tell of few pupils is "suppressed" in every one of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import Final

from attendance_office.staff.models import School
from attendance_office.web.charts import Bar, spoken
from attendance_office.web.export import Cell, Column
from interventions.rules.trawl import BANDS
from registers.rules.figures import Figures
from registers.rules.rates import PERSISTENT, Tally
from reporting.rules.small_numbers import (
    fewest,
    hidden_counts,
    hidden_in_parts,
    is_small,
    tells_of_few,
)

from . import charts
from .axes import AXES
from .beside import beside
from .comparators import bands_of
from .explorer import Answer, Line, Part, Reader
from .grids import grid, measures
from .held_back import days_of_week, gone_of, nested
from .periods import OWN
from .said import lower, named, notes_of, rate, short_words
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
        lines = _told_weeks(found, by, lines)
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
            rate(ours.tally.attendance_rate),
            theirs.pupils,
            rate(theirs.tally.attendance_rate),
            rate(gap.points),
            *(SUPPRESSED if is_told else rate(_share(one.persistently_absent, one.pupils)) for one in (ours, theirs)),
        )
        if (gap.axis.key, gap.inside.value) in gone:
            cells = (gap.inside.words, *[SUPPRESSED] * 7)
        rows.append(Row(cells, narrows=((gap.axis.key, gap.inside.value),)))
    notes = (
        "A gap is the group's attendance less everybody else's, in percentage points.",
        *notes_of("", is_shy=is_shy),
    )
    flags = "SEN, means, language, care and sex are as recorded today; no history of them is kept by date."
    own = ("An own group holds whoever was in it on any day of the period.",) if found.groups else ()
    return Sheet(
        "Gaps between groups", columns, tuple(rows), None, (*notes, flags, *own, *short_words(found.question.period))
    )


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
            line.name, line.form, line.year_group, tally.possible, tally.attended, rate(tally.attendance_rate),
            rate(tally.authorised_rate), rate(tally.unauthorised_rate), tally.late, much,
        ),
        pupil_id=line.pupil_id,
    )  # fmt: skip


def _figures(figures: Figures, *, is_gone: bool, few: tuple[bool, bool] = (False, False)) -> tuple[Cell, ...]:
    if is_gone:
        return (SUPPRESSED,) * len(_FIGURES)
    tally = figures.tally
    persistent: Cell = SUPPRESSED if few[0] else figures.persistently_absent
    share = SUPPRESSED if few[0] else rate(_share(figures.persistently_absent, figures.pupils))
    severe: Cell = SUPPRESSED if few[1] else figures.severely_absent
    return (
        figures.pupils, tally.possible, tally.attended, rate(tally.attendance_rate), rate(tally.authorised_rate),
        rate(tally.unauthorised_rate), tally.late, persistent, share, severe,
    )  # fmt: skip


def _few(parts: Sequence[Part], by: str) -> tuple[frozenset[int], frozenset[int]]:
    """Give the parts whose number of persistently and of severely absent pupils would tell of few."""
    pupils, years = [part.figures.pupils for part in parts], nested(parts, by)
    return (
        hidden_counts([part.figures.persistently_absent for part in parts], pupils, years),
        hidden_counts([part.figures.severely_absent for part in parts], pupils, years),
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


def _beside(words: str) -> tuple[str, ...]:
    return (f"{words}: Department for Education, whole school year; enrolments, not pupils.",) if words else ()


def is_of_few(found: Answer) -> bool:
    """Tell whether an answer is held back whole: its reader sees figures only, and few pupils stand behind it."""
    return not found.reader.sees_pupils and (is_small(len(found.lines)) or is_small(found.figures.pupils))


def _share(some: int, whole: int) -> Fraction | None:
    return Fraction(some, whole) if whole else None
