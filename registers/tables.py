"""The shape of lists."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any, Final

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from attendance_office.staff.roles import Can
from attendance_office.web.export import Cell, Column
from attendance_office.web.templatetags.office import per_cent
from registers.queries.pupils import SAFEGUARDING, PupilLine, may_see

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
            '<span class="tick"><input type="checkbox" data-select-page aria-label="Select all {} on this page"></span>',
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

    def render_eal(self, value: bool) -> str:
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


_EXPORTED: Final[dict[str, list[tuple[Column, Callable[[PupilLine], Cell]]]]] = {
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


def exported(table: Pupils) -> tuple[list[Column], list[list[Cell]]]:
    """Give a table's headings and rows for a file: its columns, its order, every row of it."""
    shown = [one for column in table.columns for one in _EXPORTED.get(column.name, [])]
    return [column for column, _ in shown], [[value(row.record) for _, value in shown] for row in table.rows]
