"""The pupils behind the week on a page, one line each for its sheet; and what of the week its e-mail may say."""

from __future__ import annotations

from typing import Final

from attendance_office.web.export import Cell, Column, Leaf
from interventions.rules.trawl import MOVED_SHORT, Moved
from reporting.rules.conversations import REASON_WORDS
from reporting.rules.small_numbers import in_words, is_small

from .lines import Line as Counted
from .report_page import Table, mail_rate, many
from .week_drawn import Week

_COLUMNS: Final = (
    Column("Pupil"), Column("Form"), Column("Year"), Column("This week", is_share=True), Column("Possible this week"),
    Column("Missed this week"), Column("Missed last week"), Column("Year to date", is_share=True),
    Column("Possible, year to date"), Column("Missed, year to date"), Column("Absence"), Column("Moved"),
    Column("Weeks in a row with an absence"), Column("Weeks in a row without"), Column("Late this week"),
    Column("Late after the close"), Column("Marks unexplained"), Column("Conversation"), Column("Praise"),
)  # fmt: skip


def pupils_leaf(week: Week) -> Leaf:
    """Give every pupil of the week on a line, with the numbers as numbers, to be sorted and filtered."""
    late = {int(one.key): one for one in week.lates}
    lines = {line.pupil_id: line for line in week.moved}
    praised = _praised(week)
    rows: list[list[Cell]] = []
    for one in week.week.lines:
        pupil, to_date = one.pupil_id, week.by_pupil.get(one.pupil_id, one)
        moved, lates = lines.get(pupil), late.get(pupil)
        stands = moved.now if moved else None
        reasons = sorted(week.reasons.get(pupil, ()))
        rows.append(
            [
                one.name, one.form, one.year_group, one.tally.attendance_rate, one.tally.possible, one.tally.absent,
                week.missed_before.get(pupil, 0), to_date.tally.attendance_rate, to_date.tally.possible,
                to_date.tally.absent, _absence(to_date),
                "; ".join(MOVED_SHORT[move] for move in moved.moves) if moved else "",
                stands.broken_run if stands else None, stands.good_run if stands else None,
                lates.late if lates else 0, lates.after if lates else 0, week.left_open.get(pupil, 0),
                "; ".join(REASON_WORDS[why] for why in reasons), "; ".join(praised.get(pupil, ())),
            ]
        )  # fmt: skip
    return Leaf("Pupils", _COLUMNS, rows)


def _absence(line: Counted) -> str:
    return "Severe" if line.is_severe else "Persistent" if line.is_persistent else ""


def _praised(week: Week) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for words, pupils in (
        ("recovered", week.recovered),
        ("whole week after missing some of the last", [one.pupil_id for one in week.returned]),
        ("every session this week", [one.pupil_id for one in week.whole]),
    ):
        for pupil in pupils:
            found.setdefault(pupil, []).append(words)
    return found


def mail_part(week: Week) -> list[Table]:
    """Give what the e-mail says of the week: rates and numbers that tell of no few pupils; of a form nothing."""
    year = week.year.figures
    if week.form is not None or is_small(week.week.figures.pupils):
        return []
    rates = [(name, mail_rate(figures.tally)) for name, figures in week.spans]
    absent = [
        (words, f"{in_words(now, year.pupils)} of {many(year.pupils, 'pupil')}{_moves(week, *moves)}")
        for words, now, moves in (
            ("Persistently absent", year.persistently_absent, (Moved.BELOW_90, Moved.ABOVE_90)),
            ("Severely absent", year.severely_absent, (Moved.BELOW_50, Moved.ABOVE_50)),
        )
    ]
    pupils = week.week.figures.pupils
    counts = [
        ("With a reason for a conversation", len(week.reasons)),
        ("Late this week", len(week.lates)),
        ("With an unexplained absence", len(week.left_open)),
        ("At every session this week", len(week.whole)),
    ]
    said = [(words, f"{in_words(number, max(pupils, number))} pupils") for words, number in counts]
    if week.letters is not None:
        sent = sum(number for _, number in week.letters)
        said.append(("Letters sent", in_words(sent, sent)))
    return [
        Table("attendance", "Attendance", ("Days", "Attended"), tuple(rates)),
        *_mail_years(week),
        Table("absent", "Persistent and severe", ("Pupils", "Now"), tuple(absent)),
        Table("more", "In the report", ("What", "Number"), tuple(said)),
    ]


def _mail_years(week: Week) -> list[Table]:
    """Give each year group's rate of the week, for the whole school; of a year group of few pupils nothing."""
    if week.year_group is not None:
        return []
    rows = tuple(
        (part.words, mail_rate(part.figures.tally))
        for part in week.week.parts("year")
        if not is_small(part.figures.pupils)
    )
    return [Table("years", "By year group, this week", ("Year", "Attended"), rows)]


def _moves(week: Week, fell: Moved, rose: Moved) -> str:
    down, up = week.moves(fell), week.moves(rose)
    if down is None or up is None:
        return ""
    pupils = max(week.year.figures.pupils, down, up)
    return f"; {in_words(down, pupils)} new, {in_words(up, pupils)} no longer"
