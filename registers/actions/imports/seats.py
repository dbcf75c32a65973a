"""seats.csv: who sits in which class from when to when."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from django.db.models import Max, Q

from registers.models import LessonMark, LessonRegister, Pupil, Seat, TeachingGroup
from registers.rules.dates import spoken_date

from .fields import Row
from .placements import YearStarts
from .task import Task, rows
from .writing import reconcile

_DAY: Final = timedelta(days=1)
_Key = tuple[int, int]


def read_seats(task: Task) -> None:
    """Bring to the record who sits in which class. A seat is known by class and pupil.

    A new pupil of a class sits there from the first day of the school year, or from the import, after its last
    register, where some were taken already; `from_on` says otherwise.
    """
    seats = _Seats(task)
    for row in rows(task.path, task.report):
        seats.read(row)
    seats.check_marks()
    if not task.report.is_refused:
        written = reconcile(Seat, seats.wanted, seats.held, school=task.school)
        written.count_in(task.report, len(seats.wanted))
        for key, row in seats.lines.items():
            task.touched["seat", written.rows[key].pk] = row.number


class _Seats:
    """The seats of the record, and those the file wants, by class and pupil."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.groups = {one.name: one.pk for one in TeachingGroup.objects.filter(school=task.school)}
        self.pupils = dict(Pupil.objects.filter(school=task.school).values_list("upn", "pk"))
        still = Seat.objects.filter(Q(to_on=None) | Q(to_on__gte=task.on), school=task.school)
        self.held = {(one.teaching_group_id, one.pupil_id): one for one in still.order_by("from_on")}
        registers = LessonRegister.objects.filter(school=task.school).values_list("lesson__teaching_group")
        self.taken: dict[int, date] = dict(registers.annotate(last=Max("on")))
        self.first = YearStarts(task).of(task.on)
        self.wanted: dict[_Key, dict[str, Any]] = {}
        self.lines: dict[_Key, Row] = {}

    def read(self, row: Row) -> None:
        """Read one row, and refuse what cannot be."""
        group = self.groups.get(row.text("class", must=True))
        pupil = self.pupils.get(row.text("upn", must=True).upper())
        from_on, to_on = row.date("from_on"), row.date("to_on")
        if group is None:
            row.refuse("class", "There is no class of this name. Add it to lessons.csv.")
        if pupil is None:
            row.refuse("upn", "There is no pupil of this UPN in the school.")
        if group is None or pupil is None:
            return
        key = (group, pupil)
        if key in self.wanted:
            row.refuse("upn", f"Row {self.lines[key].number} seats the same pupil in the same class.")
        values: dict[str, Any] = {"teaching_group_id": group, "pupil_id": pupil}
        begins = self.held[key].from_on if key in self.held else self._begins(row, group, from_on)
        if key not in self.held:
            values["from_on"] = begins
        if row.has("to_on"):
            values["to_on"] = to_on
        if to_on and to_on < begins:
            row.refuse("to_on", f"The last day is before the first, {spoken_date(begins)}.")
        self.wanted[key], self.lines[key] = values, row

    def _begins(self, row: Row, group: int, from_on: date | None) -> date:
        """Give the first day of a new seat."""
        last = self.taken.get(group)
        if last is None:
            return from_on or self.first
        if from_on is not None and from_on <= last:
            row.refuse("from_on", f"A register of this class was taken on {spoken_date(last)}: seat the pupil later.")
        return from_on or max(self.task.on, last + _DAY)

    def check_marks(self) -> None:
        """Refuse a last day after which the pupil has a mark of the class."""
        ends = {key: one["to_on"] for key, one in self.wanted.items() if one.get("to_on")}
        marks = (
            LessonMark.objects.filter(
                school=self.task.school,
                pupil__in={pupil for _, pupil in ends},
                lesson__teaching_group__in={group for group, _ in ends},
            )
            .values_list("lesson__teaching_group", "pupil")
            .annotate(last=Max("on"))
        )
        for group, pupil, last in marks:
            if (group, pupil) in ends and last > ends[group, pupil]:
                self.lines[group, pupil].refuse("to_on", f"The pupil has a mark in the class on {spoken_date(last)}.")
