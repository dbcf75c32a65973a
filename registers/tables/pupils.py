"""The shape of lists."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from attendance_office.staff.roles import Can
from attendance_office.web import export
from attendance_office.web.chips import family_of
from attendance_office.web.export import Column
from attendance_office.web.templatetags.office import day_short, per_cent
from registers.queries.pupils import SAFEGUARDING, PupilLine, may_see
from registers.queries.years import Cell, YearOfCodes

_NUMBER: Final = {"th": {"class": "num"}, "td": {"class": "num"}}


def _labelled(label: str, **td: str) -> dict[str, dict[str, str]]:
    return {"td": {"data-label": label, **td}}


class Pick(tables.Column):
    """The box that selects a row; its head selects the page."""

    def __init__(self, shown: int) -> None:
        super().__init__(accessor="pk", orderable=False, attrs={"th": {"class": "pick"}, "td": {"class": "pick"}})
        self.shown = shown

    @property
    def header(self) -> SafeString:
        """Draw the box of the whole page."""
        return format_html(
            '<span class="tick"><input type="checkbox" data-select-page aria-label="Select all {} on this page"></span>',  # noqa: E501
            self.shown,
        )

    def render(self, value: int, record: PupilLine) -> SafeString:
        """Draw the box of one row."""
        return format_html(
            '<span class="tick"><input type="checkbox" name="pick" value="{}" aria-label="Select {}"></span>',
            value,
            record.pupil.name,
        )


class Pupils(tables.Table):
    """Pupils with their school year so far."""

    name = tables.Column(
        accessor="pupil",
        order_by="pupil__sort_name",
        attrs={"cell": {"data-rowhead": "1"}, "td": {"class": "namecell"}},
    )
    form = tables.Column(
        accessor="pupil__tutor_group",
        order_by=("pupil__year_group", "pupil__tutor_group__name"),
        attrs=_labelled("Form"),
    )
    year = tables.Column(accessor="pupil__year_group", attrs={**_NUMBER, "td": {"class": "num", "data-label": "Year"}})
    rate = tables.Column(
        verbose_name="Attendance",
        order_by="rate_order",
        empty_values=(),
        attrs={**_NUMBER, "td": {"class": "num rate", "data-label": "Attendance"}},
    )
    absence = tables.Column(verbose_name="Absence", order_by="absence_order", attrs={"td": {"data-label": "Absence"}})
    late = tables.Column(
        accessor="tally__late", verbose_name="Late", attrs={**_NUMBER, "td": {"class": "num", "data-label": "Late"}}
    )
    sen = tables.Column(
        accessor="pupil__sen", verbose_name="SEN", attrs={"td": {"class": "private", "data-label": "SEN"}}
    )
    eal = tables.BooleanColumn(
        accessor="pupil__is_eal", verbose_name="EAL", attrs={"td": {"class": "private", "data-label": "EAL"}}
    )
    pp = tables.BooleanColumn(
        accessor="pupil__is_pp", verbose_name="PP", attrs={"td": {"class": "private", "data-label": "PP"}}
    )
    fsm = tables.BooleanColumn(
        accessor="pupil__is_fsm", verbose_name="FSM", attrs={"td": {"class": "private", "data-label": "FSM"}}
    )
    flags = tables.Column(
        accessor="pupil", verbose_name="Safeguarding", orderable=False, attrs={"td": {"class": "private full"}}
    )

    COLUMN_NEEDS: Final = {
        "sen": "sen",
        "eal": "is_eal",
        "pp": "is_pp",
        "fsm": "is_fsm",
        "flags": "is_vulnerable",
    }

    class Meta:
        order_by_field = "sort"
        default = ""
        empty_text = "No pupil fits these filters. Take one off, or look on another day."
        row_attrs = {"data-row": "1", "id": lambda record: f"pupil-{record.pk}"}
        attrs = {"class": "tbl roomy stack firstname", "caption": "Pupils"}

    def __init__(
        self, rows: Iterable[PupilLine], *, allowed: Collection[Can], picks: int | None = None, **more: Any
    ) -> None:
        hidden = [name for name, field in self.COLUMN_NEEDS.items() if not may_see(field, allowed)]
        extra = [] if picks is None else [("pick", Pick(picks))]
        super().__init__(
            list(rows), exclude=hidden, extra_columns=extra, sequence=("pick", "...") if extra else ("...",), **more
        )

    def render_name(self, record: PupilLine) -> SafeString:
        """Link to the pupil's page."""
        pupil = record.pupil
        return format_html('<a data-open href="{}">{}</a>', reverse("registers:pupil_detail", args=[pupil.pk]), pupil)

    def render_rate(self, record: PupilLine) -> SafeString:
        """Draw the rate with its sessions beside it."""
        tally = record.tally
        if not tally.possible:
            return format_html('<span class="muted">{}</span>', "no sessions yet")
        return format_html(
            '<b>{}</b> <span class="muted of">{} of {}</span>', per_cent(record.rate), tally.attended, tally.possible
        )

    def render_absence(self, value: str) -> SafeString:
        """Draw the word."""
        css = "stop" if value == "Severe" else "part"
        return format_html('<span class="st {} plainst">{}</span>', css, value) if value else SafeString("")

    def render_late(self, value: int) -> str:
        """Leave zero blank: the eye looks for those who are late."""
        return str(value) if value else ""

    def render_sen(self, record: PupilLine) -> str:
        """Name the need; nothing where there is none."""
        return record.pupil.get_sen_display() if record.pupil.sen != "N" else ""

    def render_eal(self, value: bool) -> str:  # noqa: FBT001 - named by the library
        """Say yes or nothing."""
        return "Yes" if value else ""

    render_pp = render_fsm = render_eal

    def render_flags(self, record: PupilLine) -> SafeString:
        """Draw the safeguarding flags."""
        words = [(word,) for word in _safeguarding(record)]
        if not words:
            return SafeString("")
        return format_html('<span class="flags">{}</span>', format_html_join("", '<span class="flag">{}</span>', words))


def _safeguarding(line: PupilLine) -> list[str]:
    return [flag for flag in line.flags if flag in SAFEGUARDING.values()]


def code_cell(cell: Cell, *, period: str, amends: bool, pupil_id: int, oob: bool = False) -> SafeString:
    """Draw one session of a calendar of codes: a link to amend or to read the mark, a dash, or nothing.

    Drawn here and not in a template: a year has four hundred of them.
    """
    session, mark = cell.session, cell.mark
    place = f"{day_short(session.on)} {session.half.lower()}"
    if mark is None:
        if not cell.is_missing:
            return SafeString("")
        return format_html(
            '<span class="c m" id="s-{0}" tabindex="-1" role="img" aria-label="{1}: not marked"'
            ' title="{1}: not marked">\N{EN DASH}</span>',
            cell.anchor,
            place,
        )
    words = f"{mark.meaning.lower()}, amended" if mark.amendments else mark.meaning.lower()
    if amends:
        href = f"{reverse('registers:mark_amend', args=[mark.pk])}?from=year&period={period}"
        link = format_html('href="{0}" hx-get="{0}" hx-target="#over"', href)
    else:
        marks = reverse("registers:pupil_marks", args=[pupil_id])
        narrowed = f"period={period}&code={quote(mark.code, safe='')}"
        link = format_html('href="{}?{}#m-{}"', marks, narrowed, cell.anchor)
    return format_html(
        '<a class="c {}" id="s-{}"{} {} aria-label="{}: {}, {}" title="{}: {}">{}</a>',
        family_of(mark.code),
        cell.anchor,
        SafeString(' hx-swap-oob="true"') if oob else "",
        link,
        place,
        mark.code,
        words,
        place,
        words,
        mark.code,
    )


@dataclass(frozen=True)
class DrawnRow:
    """A half day of the calendar, its cells drawn: whether each is the present session, and its HTML."""

    weekday: str
    half: str
    cells: list[tuple[bool, SafeString]]


def code_rows(year: YearOfCodes, *, period: str, amends: bool, pupil_id: int) -> list[DrawnRow]:
    """Draw the rows of a calendar of codes."""
    blank = (False, SafeString(""))
    return [
        DrawnRow(
            row.weekday,
            row.half,
            [
                blank
                if cell is None
                else (cell.is_now, code_cell(cell, period=period, amends=amends, pupil_id=pupil_id))
                for cell in row.cells
            ],
        )
        for row in year.rows
    ]


_EXPORTED: Final[dict[str, list[tuple[Column, Callable[[PupilLine], export.Cell]]]]] = {
    "name": [
        (Column("Surname"), lambda line: line.pupil.legal_surname),
        (Column("Forename"), lambda line: line.pupil.forename),
        (Column("UPN"), lambda line: line.pupil.upn),
    ],
    "form": [(Column("Form"), lambda line: line.pupil.tutor_group.name if line.pupil.tutor_group else "")],
    "year": [(Column("Year"), lambda line: line.pupil.year_group)],
    "rate": [
        (Column("Attendance %", is_share=True), lambda line: line.rate),
        (Column("Attended"), lambda line: line.tally.attended),
        (Column("Possible"), lambda line: line.tally.possible),
        (Column("Authorised absence"), lambda line: line.tally.authorised),
        (Column("Unauthorised absence"), lambda line: line.tally.unauthorised),
    ],
    "absence": [(Column("Absence"), lambda line: line.absence)],
    "late": [(Column("Late"), lambda line: line.tally.late)],
    "sen": [(Column("SEN"), lambda line: line.pupil.get_sen_display() if line.pupil.sen != "N" else "")],
    "eal": [(Column("EAL"), lambda line: line.pupil.is_eal)],
    "pp": [(Column("Pupil premium"), lambda line: line.pupil.is_pp)],
    "fsm": [(Column("Free school meals"), lambda line: line.pupil.is_fsm)],
    "flags": [(Column("Safeguarding"), lambda line: ", ".join(_safeguarding(line)))],
}


def exported(table: Pupils) -> tuple[list[Column], list[list[export.Cell]]]:
    """Give a table's headings and rows for a file: its columns, its order, every row of it."""
    shown = [one for column in table.columns for one in _EXPORTED.get(column.name, [])]
    return [column for column, _ in shown], [[value(row.record) for _, value in shown] for row in table.rows]
