"""periods.csv, timetable_weeks.csv and lessons.csv: the hours, which week is which, classes and their lessons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from django.db.models import Max, Q

from attendance_office.staff.models import User
from registers.models import Half, Lesson, LessonCover, LessonRegister, Period, TeachingGroup, TimetableWeek
from registers.queries.timetable import WEEKDAYS, place_of, teachers_of
from registers.rules.dates import spoken_date
from registers.rules.sessions import monday
from registers.rules.timetable import Place

from .fields import Row, weekday_called
from .placements import YearStarts
from .task import Task, rows
from .writing import reconcile

_HALVES: Final = {half.lower(): half for half in Half.values} | {half.label.lower(): half.value for half in Half}
_WEEKS: Final = {"a": "A", "b": "B"}
_LAST_WEEKDAY: Final = 5
_DAY: Final = timedelta(days=1)
_TOLD: Final = 5


def read_periods(task: Task) -> None:
    """Bring the school's periods to what the file says. A period is known by its name."""
    held = {one.name: one for one in Period.objects.filter(school=task.school)}
    wanted: dict[str, dict[str, Any]] = {}
    places: dict[str, Row] = {}
    for row in rows(task.path, task.report):
        name, half = row.text("name", must=True), row.choice("half", _HALVES, must=True)
        starts_at, ends_at = row.time("starts_at"), row.time("ends_at")
        if not (name and half and starts_at and ends_at):
            continue
        if name in wanted:
            row.refuse("name", f"{name} stands in row {places[name].number} as well.")
            continue
        if ends_at <= starts_at:
            row.refuse("ends_at", f"{name} ends before it starts at {starts_at:%H:%M}.")
        wanted[name] = {"name": name, "half": half, "starts_at": starts_at, "ends_at": ends_at}
        places[name] = row
    _check_hours(wanted, places, held)
    _check_halves(wanted, places, held)
    if not task.report.is_refused:
        reconcile(Period, wanted, held, school=task.school).count_in(task.report, len(wanted))


def _check_hours(wanted: Mapping[str, dict[str, Any]], places: Mapping[str, Row], held: Mapping[str, Period]) -> None:
    """Refuse a period that lies over another, of the file or of the record."""
    hours = {name: (one.starts_at, one.ends_at) for name, one in held.items()}
    hours |= {name: (one["starts_at"], one["ends_at"]) for name, one in wanted.items()}
    for name, row in places.items():
        starts_at, ends_at = hours[name]
        over = [
            other for other, (first, last) in hours.items() if other != name and starts_at < last and first < ends_at
        ]
        if over:
            row.refuse("starts_at", f"{name} lies over {over[0]}: two periods are never at the same time.")


def _check_halves(wanted: Mapping[str, dict[str, Any]], places: Mapping[str, Row], held: Mapping[str, Period]) -> None:
    """Refuse another session for a period in which registers were taken."""
    moved = [held[name].pk for name, one in wanted.items() if name in held and held[name].half != one["half"]]
    taken = set(LessonRegister.objects.filter(lesson__period__in=moved).values_list("lesson__period__name", flat=True))
    for name in taken & places.keys():
        places[name].refuse("half", f"Registers were taken in {name} in the other session: name another period.")


def read_weeks(task: Task) -> None:
    """Bring to the record which week is which. A row is known by the Monday of its week."""
    held = {one.monday: one for one in TimetableWeek.objects.filter(school=task.school)}
    last = LessonRegister.objects.filter(school=task.school).aggregate(last=Max("on"))["last"]
    wanted: dict[date, dict[str, Any]] = {}
    for row in rows(task.path, task.report):
        on, letter = row.date("monday", must=True), row.choice("letter", _WEEKS, must=True)
        if on is None or not letter:
            continue
        if on != monday(on):
            row.refuse(
                "monday", f"{spoken_date(on)} is no Monday: the Monday of that week is {monday(on).isoformat()}."
            )
        elif wanted.setdefault(on, {"monday": on, "letter": letter})["letter"] != letter:
            row.refuse("letter", "Another row says the other letter for this week.")
        elif last is not None and on <= last and (on not in held or held[on].letter != letter):
            row.refuse(
                "monday",
                f"Registers of lessons were taken up to {spoken_date(last)}: which week it was stays as it is.",
            )
    if not task.report.is_refused:
        reconcile(TimetableWeek, wanted, held, school=task.school).count_in(task.report, len(wanted))


# ---------- lessons ----------


@dataclass(frozen=True)
class _Slot:
    """A place of a class in the fortnight: what a lesson is known by."""

    group: str
    week: str
    weekday: int
    period: str


@dataclass
class _Said:
    """What the file says of one lesson."""

    row: Row
    teacher: User | None
    room: str
    from_on: date | None
    to_on: date | None


def read_lessons(task: Task) -> None:
    """Bring the timetable to what the file says. A lesson is known by its class, week, day and period.

    Classes are known by name, and made where they are new. Where the teacher or the room is another one, the lesson
    ends the day before the import and a new one begins with it, so that the past stays as it was.
    """
    periods = {one.name: one for one in Period.objects.filter(school=task.school)}
    people = _people(task)
    said: dict[_Slot, _Said] = {}
    groups: dict[str, dict[str, Any]] = {}
    for row in rows(task.path, task.report):
        slot, one = _slot(row, periods), _said_of(row, people)
        _class(row, groups)
        if slot is None:
            continue
        if slot in said:
            row.refuse("period", f"Row {said[slot].row.number} is the same lesson.")
        said.setdefault(slot, one)
    _check_weeks(said)
    if task.report.is_refused:
        return
    held_groups = {one.name: one for one in TeachingGroup.objects.filter(school=task.school)}
    classes = reconcile(TeachingGroup, groups, held_groups, school=task.school).rows
    for slot, one in reversed(said.items()):
        task.touched["class", classes[slot.group].pk] = one.row.number
    _Lessons(task, classes, periods).bring(said)
    _tell_clashes(task)


def _people(task: Task) -> dict[str, User]:
    found: dict[str, User] = {}
    for user in teachers_of(task.school):
        found[user.email.lower()] = user
        if user.staff_code:
            found[user.staff_code.lower()] = user
    return found


def _slot(row: Row, periods: Mapping[str, Period]) -> _Slot | None:
    group, period = row.text("class", must=True), row.text("period", must=True)
    week = row.choice("week", _WEEKS) if row.has("week") else ""
    day = row.text("day", must=True)
    number = int(day) if day.isdecimal() and len(day) == 1 else (weekday_called(day) if day else None)
    weekday = number if day.isdecimal() else None if number is None else number + 1
    if day and (weekday is None or not 1 <= weekday <= _LAST_WEEKDAY):
        row.refuse("day", "Write a weekday, like Monday or Mon, or its number from 1 for Monday to 5.")
        return None
    if period.isdecimal() and period not in periods and f"P{period}" in periods:
        period = f"P{period}"
    if period and period not in periods:
        row.refuse("period", "There is no period of this name. Add it to periods.csv, or under Periods and weeks.")
        return None
    return _Slot(group, week, weekday, period) if group and period and weekday else None


def _said_of(row: Row, people: Mapping[str, User]) -> _Said:
    name = row.text("teacher")
    teacher = people.get(name.lower()) if name else None
    if name and teacher is None:
        row.refuse("teacher", "Nobody of this address or staff code takes lessons here. Add them to staff.csv.")
    from_on, to_on = row.date("from_on"), row.date("to_on")
    if from_on and to_on and to_on < from_on:
        row.refuse("to_on", "The last day is before the first.")
    return _Said(row, teacher, row.text("room"), from_on, to_on)


def _class(row: Row, groups: dict[str, dict[str, Any]]) -> None:
    name = row.text("class")
    values: dict[str, Any] = {"name": name}
    if row.has("subject"):
        values["subject"] = row.text("subject")
    if row.has("year_group"):
        values["year_group"] = row.year("year_group")
    if name and groups.setdefault(name, values) != values:
        row.refuse("class", "An earlier row says another subject or year of this class.")


def _check_weeks(said: Mapping[_Slot, _Said]) -> None:
    """Refuse a lesson of one week beside one of both weeks in the same period."""
    for slot, one in said.items():
        if slot.week and _Slot(slot.group, "", slot.weekday, slot.period) in said:
            one.row.refuse("week", "Another row has this class in this period in both weeks.")


class _Lessons:
    """What is to be done to lessons, gathered row by row and written at once."""

    def __init__(self, task: Task, classes: Mapping[str, TeachingGroup], periods: Mapping[str, Period]) -> None:
        self.task, self.classes, self.periods = task, classes, periods
        self.first = YearStarts(task).of(task.on)
        self.held: dict[_Slot, Lesson] = {}
        still = Lesson.objects.filter(Q(to_on=None) | Q(to_on__gte=task.on), school=task.school)
        for one in still.select_related("teaching_group", "period").order_by("from_on"):
            self.held[_Slot(one.teaching_group.name, one.week, one.weekday, one.period.name)] = one
        self.taken = dict(
            LessonRegister.objects.filter(school=task.school)
            .values_list("lesson")
            .annotate(last=Max("on"))
            .values_list("lesson", "last")
        )
        self.making: list[tuple[Lesson, int]] = []
        self.changing: list[Lesson] = []
        self.covers = 0

    def bring(self, said: Mapping[_Slot, _Said]) -> None:
        """Judge every lesson of the file, then write."""
        for slot, one in said.items():
            other = self._beside(slot)
            if other:
                one.row.refuse("week", f"The record has this class then in {other}: change it in the office.")
                continue
            self._judge(slot, one)
        if self.task.report.is_refused:
            return
        Lesson.objects.bulk_update(self.changing, ["teacher", "room", "from_on", "to_on"], batch_size=500)
        for made, number in zip(
            Lesson.objects.bulk_create([lesson for lesson, _ in self.making], batch_size=500),
            [number for _, number in self.making],
            strict=True,
        ):
            self.task.touched["lesson", made.pk] = number
        if self.covers:
            self.task.report.note(
                f"Cover of days to come was taken off lessons that have another teacher or room now: {self.covers}."
                " Arrange it anew."
            )

    def _beside(self, slot: _Slot) -> str:
        """Name the weeks of a lesson of the record that would be at the same time as a new one, "" where there is none.

        One that the file has itself is no other.
        """
        if slot in self.held:
            return ""
        others = ("A", "B") if slot.week == "" else ("",)
        there = [week for week in others if _Slot(slot.group, week, slot.weekday, slot.period) in self.held]
        return (f"week {there[0]}" if there[0] else "both weeks") if there else ""

    def _judge(self, slot: _Slot, one: _Said) -> None:
        held, count = self.held.get(slot), self.task.report.count
        if held is None:
            self._begin(slot, one, one.from_on or self.first)
            count(added=1)
            return
        self.task.touched["lesson", held.pk] = one.row.number
        last = self.taken.get(held.pk)
        if one.to_on and one.to_on < held.from_on:
            one.row.refuse("to_on", f"The last day is before the first, {spoken_date(held.from_on)}.")
        elif one.to_on and last is not None and one.to_on < last:
            one.row.refuse("to_on", f"A register of this lesson was taken on {spoken_date(last)}.")
        if self.task.report.is_refused:
            return
        wanted = {"to_on": one.to_on} if one.row.has("to_on") else {}
        seat: dict[str, Any] = {}
        if one.row.has("teacher"):
            seat["teacher_id"] = one.teacher.pk if one.teacher else None
        if one.row.has("room"):
            seat["room"] = one.room
        moved = any(getattr(held, name) != value for name, value in seat.items())
        if moved and (held.from_on < self.task.on or held.pk in self.taken):
            self._move(slot, held, one, seat)
        elif moved or any(getattr(held, name) != value for name, value in wanted.items()):
            self._set(held, **seat, **wanted)
        else:
            count(same=1)
            return
        count(changed=1)

    def _move(self, slot: _Slot, held: Lesson, one: _Said, seat: dict[str, Any]) -> None:
        """End a lesson and begin it with another teacher or room: from the import, or from after its last register."""
        start = max(self.task.on, self.taken[held.pk] + _DAY) if held.pk in self.taken else self.task.on
        teacher = seat.get("teacher_id", held.teacher_id)
        room = seat.get("room", held.room)
        to_on = one.to_on if one.row.has("to_on") else held.to_on
        self.covers += LessonCover.objects.filter(lesson=held, on__gte=start).delete()[0]
        self._set(held, to_on=start - _DAY)
        self._make(slot, one, teacher, room, start, to_on)

    def _begin(self, slot: _Slot, one: _Said, from_on: date) -> None:
        self._make(slot, one, one.teacher.pk if one.teacher else None, one.room, from_on, one.to_on)

    def _make(self, slot: _Slot, one: _Said, teacher: int | None, room: str, from_on: date, to_on: date | None) -> None:
        made = Lesson(
            school=self.task.school,
            teaching_group=self.classes[slot.group],
            week=slot.week,
            weekday=slot.weekday,
            period=self.periods[slot.period],
            teacher_id=teacher,
            room=room,
            from_on=from_on,
            to_on=to_on,
        )
        self.making.append((made, one.row.number))

    def _set(self, lesson: Lesson, **values: Any) -> None:
        for name, value in values.items():
            setattr(lesson, name, value)
        self.changing.append(lesson)


def _tell_clashes(task: Task) -> None:
    """Note where a teacher or a room would be in two places: it is read all the same, and said."""
    lessons = list(
        Lesson.objects.filter(Q(to_on=None) | Q(to_on__gte=task.on), school=task.school)
        .select_related("period", "teaching_group", "teacher")
        .order_by("weekday", "period__starts_at", "week", "teaching_group__name", "pk")
    )
    held: dict[tuple[Any, ...], list[tuple[Lesson, Place]]] = {}
    told: list[str] = []
    for one in lessons:
        place = place_of(one)
        keys: list[tuple[str, Any]] = [("teacher", one.teacher_id)] if one.teacher_id else []
        keys += [("room", one.room.casefold())] if one.room else []
        for key in keys:
            there = held.setdefault((*key, one.weekday), [])
            who = one.teacher.signature if key[0] == "teacher" and one.teacher else f"Room {one.room}"
            told += [
                f"{who}: {dict(WEEKDAYS)[one.weekday]} {one.period.name} with {other.teaching_group.name} and"
                f" {one.teaching_group.name} at once."
                for other, its in there
                if its.meets(place)
            ]
            there.append((one, place))
    for words in told[:_TOLD]:
        task.report.note(words)
    if len(told) > _TOLD:
        task.report.note(f"And {len(told) - _TOLD} more in two places at once: see the timetable.")
