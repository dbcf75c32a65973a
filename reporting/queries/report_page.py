"""What every report that goes out by itself is made of: parts with raw cells, written once for page, PDF and sheet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any, Final

from django.db.models import QuerySet

from attendance_office import clock
from attendance_office.staff.models import School, TutorGroup, User
from attendance_office.web.export import Cell, Column, Leaf
from attendance_office.web.templatetags.office import clock as spoken_clock
from attendance_office.web.templatetags.office import per_cent
from registers.models import Pupil
from registers.rules.dates import spoken_date
from registers.rules.rates import Tally
from reporting.rules.small_numbers import in_words, tells_of_few

FEW: Final = 6
SHEET: Final = (
    Column("Part"), Column("Line"), Column("What"), Column("Number"), Column("Rate", is_share=True), Column("Words"),
)  # fmt: skip


@dataclass(frozen=True)
class Table:
    """A part of the page with its raw cells: what is written is made from them, once."""

    key: str
    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    empty: str = "Nobody."

    def written(self) -> dict[str, Any]:
        """Give the part as page and print show it."""
        rows = [[_text(cell) for cell in row] for row in self.rows]
        return {
            "key": self.key, "title": self.title, "heads": self.heads, "rows": rows, "note": self.note,
            "empty": self.empty,
        }  # fmt: skip

    def sheet_rows(self) -> list[tuple[Cell, ...]]:
        """Give a line of the sheet for each cell: a number, a rate or words."""
        found: list[tuple[Cell, ...]] = []
        for row in self.rows:
            for head, cell in zip(self.heads[1:], row[1:], strict=True):
                is_rate = isinstance(cell, Fraction)
                number = cell if isinstance(cell, int) else None
                words = cell if isinstance(cell, str | date) else ""
                found.append((self.title, row[0], head, number, cell if is_rate else None, words))
        return found


@dataclass(frozen=True)
class Page:
    """A report made: its content in words, the rows of its sheet, and the sheets behind that one."""

    content: dict[str, Any]
    rows: Sequence[tuple[Cell, ...]]
    columns: Sequence[Column] = SHEET
    leaves: Sequence[Leaf] = ()


def page_of(
    school: School, *, title: str, headline: Sequence[str], tables: Iterable[Table], at: datetime,
    listed: Table | None = None, leaves: Sequence[Leaf] = (), mail: Iterable[Table] = (),
) -> Page:  # fmt: skip
    """Give a report of its title, the lines at its head and its parts, as read at an instant.

    Its sheet has a line for each figure, or, where the report is one list, the columns and rows of that one; `leaves`
    stand behind it. `mail` is what the e-mail may say of it: nothing of any one pupil.
    """
    parts = list(tables)
    content = {
        "title": title,
        "school": school.name,
        "read": f"{spoken_date(clock.local(at).date())}, {spoken_clock(at)}",
        "headline": list(headline),
        "parts": [one.written() for one in parts],
        "mail": [one.written() for one in mail],
    }
    if listed is not None:
        return Page(content, listed.rows, [Column(head) for head in listed.heads], leaves)
    return Page(content, [row for one in parts for row in one.sheet_rows()], leaves=leaves)


def pupils_of(school: School, user: User, year_group: int | None, form: TutorGroup | None = None) -> QuerySet[Pupil]:
    """Give the pupils that a report to a person is about: of a form, a year group or the school, within their reach."""
    pupils = Pupil.objects.visible_to(user).filter(school=school)
    if form is not None:
        return pupils.filter(tutor_group=form)
    return pupils if year_group is None else pupils.filter(year_group=year_group)


def pupil_words(pupil: Pupil) -> str:
    """Give a pupil's name with the form, as the reports name one."""
    name = f"{pupil.legal_surname}, {pupil.known_as or pupil.legal_forename}"
    return f"{name} ({pupil.tutor_group.name if pupil.tutor_group else 'no form'})"


def initials_of(name: str) -> str:
    """Give the initials of a name written surname first: "F.B." of "Blackwood, Freya"."""
    surname, _, forename = name.partition(", ")
    return "".join(f"{part[0].upper()}." for part in (forename.strip(), surname.strip()) if part)


def many(count: int, one: str, more: str = "") -> str:
    """Give a number with its noun: "1 pupil", "3 pupils"."""
    return f"{count:,} {one if count == 1 else more or one + 's'}"


def of_all(shown: int, all_of: int, noun: str = "pupil") -> str:
    """Say that a list is cut, where it is."""
    return f"Shown: {shown} of {all_of:,} {noun}s." if all_of > shown else ""


def rate_words(rate: Fraction | None) -> str:
    """Give a rate as it is read."""
    return "no session" if rate is None else str(per_cent(rate))


def of_sessions(tally: Tally) -> str:
    """Give a rate with the sessions behind it, as it is read."""
    rate = tally.attendance_rate
    return "no session" if rate is None else f"{rate_words(rate)} of {many(tally.possible, 'session')}"


def mail_rate(tally: Tally) -> str:
    """Give a rate as an e-mail says it: where a few sessions were missed, or a few alone attended, not how many."""
    if tells_of_few(tally.attended, tally.possible):
        return f"{in_words(tally.attended, tally.possible)} of {many(tally.possible, 'session')}"
    return of_sessions(tally)


def _text(cell: Cell) -> str:
    if cell is None:
        return "no session"
    if isinstance(cell, date):
        return spoken_date(cell)
    if isinstance(cell, int):
        return f"{cell:,}"
    return rate_words(cell) if isinstance(cell, Fraction) else str(cell)
