"""The two-week timetable: which week it is, who teaches whom where, and who would be in two places."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, cast

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from attendance_office.staff.models import School, User
from attendance_office.staff.roles import MAY, Can
from registers.models import Lesson, Period, Pupil, Seat, TeachingGroup, TimetableWeek
from registers.rules.dates import spoken_date
from registers.rules.sessions import Calendar
from registers.rules.timetable import BOTH, LETTERS, Letter, Place, week_letter

from .calendar import calendar_of

WEEKDAYS: Final = ((1, "Monday"), (2, "Tuesday"), (3, "Wednesday"), (4, "Thursday"), (5, "Friday"))
_FAR: Final = date(2100, 12, 31)


@dataclass(frozen=True)
class Weeks:
    """How a school counts its weeks: what it wrote down, and its school weeks."""

    starts: tuple[tuple[date, Letter], ...]
    mondays: tuple[date, ...]

    def letter(self, on: date) -> Letter | None:
        """Give the letter of a day's week, None where none is set."""
        return week_letter(on, self.starts, self.mondays)


def weeks_of(school_id: int, calendar: Calendar) -> Weeks:
    """Give how a school counts its weeks: one query."""
    rows = TimetableWeek.objects.filter(school=school_id).order_by("monday").values_list("monday", "letter")
    starts = tuple((monday, cast("Letter", letter)) for monday, letter in rows)
    return Weeks(starts, calendar.school_weeks(starts[0][0], _FAR) if starts else ())


def letter_on(school_id: int, on: date) -> Letter | None:
    """Give the letter of a day's week in a school: three queries."""
    return weeks_of(school_id, calendar_of(school_id)).letter(on)


def valid(on: date) -> Q:
    """Give the filter for rows from one day to another that hold on a day."""
    return Q(from_on__lte=on) & (Q(to_on=None) | Q(to_on__gte=on))


def place_of(lesson: Lesson) -> Place:
    """Give a lesson's place as the rules know it; its period was read with it."""
    period = lesson.period
    return Place(lesson.week, lesson.weekday, period.starts_at, period.ends_at, lesson.from_on, lesson.to_on)


def periods_of(school: School) -> list[Period]:
    """Give a school's periods in the order of the hour."""
    return list(Period.objects.filter(school=school).order_by("starts_at", "name"))


def teachers_of(school: School) -> list[User]:
    """Give who may teach a lesson: whoever works in the school and takes lessons, by surname. One query."""
    roles = [role.value for role, cans in MAY.items() if Can.TAKE_OWN_LESSON in cans]
    return list(
        User.objects.filter(posts__school=school, posts__role__in=roles, posts__ended_on=None, is_active=True)
        .distinct()
        .order_by("last_name", "first_name", "pk")
    )


def rooms_of(school: School, on: date) -> list[str]:
    """Give the rooms in which lessons are held on or after a day, by name."""
    rows = Lesson.objects.filter(Q(to_on=None) | Q(to_on__gte=on), school=school).exclude(room="")
    return list(rows.values_list("room", flat=True).distinct().order_by("room"))


def classes_of(school: School, on: date, *, q: str = "", year: int | None = None) -> QuerySet[TeachingGroup]:
    """Give a school's classes by year and name, each with its pupils and lessons a fortnight on a day."""
    rows = TeachingGroup.objects.filter(school=school)
    if q:
        rows = rows.filter(Q(name__icontains=q) | Q(subject__icontains=q))
    if year is not None:
        rows = rows.filter(year_group=year)
    seats = Q(seats__from_on__lte=on) & (Q(seats__to_on=None) | Q(seats__to_on__gte=on))
    return rows.annotate(pupils=Count("seats", filter=seats, distinct=True)).order_by("year_group", "name", "pk")


def lessons_of(teaching_group: TeachingGroup, since: date) -> list[Lesson]:
    """Give a class's lessons that hold on or after a day, in the order of the fortnight."""
    return list(
        Lesson.objects.filter(Q(to_on=None) | Q(to_on__gte=since), teaching_group=teaching_group)
        .select_related("period", "teacher")
        .order_by("week", "weekday", "period__starts_at", "from_on", "pk")
    )


def seats_of(teaching_group: TeachingGroup, user: User) -> list[Seat]:
    """Give who sits, sat or will sit in a class, as far as a person may see them, by name."""
    return list(
        Seat.objects.filter(teaching_group=teaching_group, pupil__in=Pupil.objects.visible_to(user))
        .select_related("pupil__tutor_group")
        .order_by("pupil__sort_name", "from_on", "pk")
    )


# ---------- the grid ----------


@dataclass(frozen=True)
class Cell:
    """What stands in one period of one weekday of one week."""

    lessons: tuple[Lesson, ...]


@dataclass(frozen=True)
class Grid:
    """Two weeks: for each letter a line for each period, with a cell for each weekday."""

    weeks: tuple[tuple[Letter, tuple[tuple[Period, tuple[Cell, ...]], ...]], ...]
    many: int


def grid_of(school: School, on: date, rows: QuerySet[Lesson]) -> Grid:
    """Lay out the lessons of a queryset that hold on a day as two weeks: two queries."""
    lessons = list(
        rows.filter(valid(on), school=school)
        .select_related("period", "teaching_group", "teacher")
        .order_by("teaching_group__name", "pk")
    )
    held: dict[tuple[str, int, int], list[Lesson]] = defaultdict(list)
    for lesson in lessons:
        for letter in LETTERS if lesson.week == BOTH else (lesson.week,):
            held[letter, lesson.weekday, lesson.period_id].append(lesson)
    periods = periods_of(school)
    weeks = tuple(
        (
            letter,
            tuple(
                (period, tuple(Cell(tuple(held[letter, day, period.pk])) for day, _ in WEEKDAYS)) for period in periods
            ),
        )
        for letter in LETTERS
    )
    return Grid(weeks, len(lessons))


def lessons_by(
    school: School,
    on: date,
    *,
    teacher: int | None = None,
    group: int | None = None,
    room: str = "",
    pupil: int | None = None,
) -> QuerySet[Lesson]:
    """Give the lessons of a teacher, a class, a room or a pupil, none where nothing is asked."""
    rows = Lesson.objects.filter(school=school)
    if teacher is not None:
        return rows.filter(teacher=teacher)
    if group is not None:
        return rows.filter(teaching_group=group)
    if room:
        return rows.filter(room=room)
    if pupil is not None:
        seated = Seat.objects.filter(valid(on), teaching_group=OuterRef("teaching_group"), pupil=pupil)
        return rows.filter(Exists(seated))
    return rows.none()


# ---------- clashes ----------

_NAMES_IN_WORDS: Final = 3


@dataclass(frozen=True)
class Wanted:
    """A lesson as somebody wants it: where it stands, with whom, and in which room."""

    place: Place
    period_id: int
    teacher: User | None = None
    room: str = ""


def wanted_of(
    rows: Iterable[dict[str, Any]], periods: Sequence[Period], teachers: Sequence[User], from_on: date
) -> list[Wanted]:
    """Give the lessons that the rows of a page ask for, each once; a row without a day asks for none."""
    hours, people = {one.pk: one for one in periods}, {one.pk: one for one in teachers}
    found = []
    for row in rows:
        if not row.get("weekday"):
            continue
        period = hours[row["period"]]
        place = Place(row["week"], int(row["weekday"]), period.starts_at, period.ends_at, from_on)
        found.append(Wanted(place, period.pk, people.get(row["teacher"]), row["room"].strip()))
    return list(dict.fromkeys(found))


def clashes_of(teaching_group: TeachingGroup, wanted: Sequence[Wanted], since: date) -> list[str]:
    """Say who or what would be in two places if a class had these lessons from a day on: two queries.

    A teacher or a room that another class has at the same time, and pupils who sit in both classes then.
    """
    others = list(
        Lesson.objects.filter(Q(to_on=None) | Q(to_on__gte=since), school=teaching_group.school_id)
        .filter(weekday__in={one.place.weekday for one in wanted})
        .exclude(teaching_group=teaching_group)
        .select_related("period", "teaching_group")
        .order_by("teaching_group__name", "weekday", "period__starts_at", "week", "pk")
    )
    met = [(one, other) for one in wanted for other in others if one.place.meets(place_of(other))]
    shared = _in_both(teaching_group, {other.teaching_group_id for _, other in met}, since)
    words = []
    for one, other in met:
        when = f"{_slot(one.place, other, since)} also has {other.teaching_group.name}"
        if one.teacher is not None and other.teacher_id == one.teacher.pk:
            words.append(f"{one.teacher.signature}: {when}.")
        if one.room and other.room.casefold() == one.room.casefold():
            words.append(f"Room {one.room}: {when}.")
        if names := shared.get(other.teaching_group_id):
            words.append(f"{_some(names)}: {_slot(one.place, other, since)} in {other.teaching_group.name} as well.")
    return words + _within(wanted)


def _within(wanted: Sequence[Wanted]) -> list[str]:
    """Say where a class would have two lessons at once."""
    return [
        f"The class has two lessons at once on {dict(WEEKDAYS)[one.place.weekday]} at {one.place.starts_at:%H:%M}."
        for number, one in enumerate(wanted)
        if any(one.place.meets(other.place) for other in wanted[:number])
    ]


def seat_clashes(teaching_group: TeachingGroup, pupils: Collection[Pupil], from_on: date) -> list[str]:
    """Say which pupils would have two lessons at once if they sat in a class from a day on: three queries."""
    mine = lessons_of(teaching_group, from_on)
    theirs: dict[int, list[str]] = defaultdict(list)
    names = {pupil.pk: pupil.name for pupil in pupils}
    rows = Seat.objects.filter(Q(to_on=None) | Q(to_on__gte=from_on), pupil__in=names).exclude(
        teaching_group=teaching_group
    )
    for group, pupil in rows.order_by("pupil__sort_name", "pk").values_list("teaching_group", "pupil"):
        theirs[group].append(names[pupil])
    lessons = (
        Lesson.objects.filter(Q(to_on=None) | Q(to_on__gte=from_on), teaching_group__in=theirs)
        .select_related("period", "teaching_group")
        .order_by("teaching_group__name", "weekday", "period__starts_at", "week", "pk")
    )
    met = [(place_of(one), other) for other in lessons for one in mine if place_of(one).meets(place_of(other))]
    return [
        f"{_some(theirs[other.teaching_group_id])}: {_slot(place, other, from_on)} in {other.teaching_group} as well."
        for place, other in met
    ]


def _in_both(teaching_group: TeachingGroup, groups: Collection[int], since: date) -> dict[int, list[str]]:
    """Give, for each of other classes, the names of the pupils who sit in it and in this one."""
    found: dict[int, list[str]] = defaultdict(list)
    still = Q(to_on=None) | Q(to_on__gte=since)
    mine = Seat.objects.filter(still, teaching_group=teaching_group).values("pupil")
    rows = Seat.objects.filter(still, teaching_group__in=groups, pupil__in=mine).select_related("pupil")
    for seat in rows.order_by("pupil__sort_name", "pk"):
        found[seat.teaching_group_id].append(seat.pupil.name)
    return found


def _slot(place: Place, other: Lesson, since: date) -> str:
    week = place.week or other.week
    letter = f" of week {week}" if week else ""
    first = max(place.from_on, other.from_on, since)
    return f"{dict(WEEKDAYS)[place.weekday]} {other.period.name}{letter} from {spoken_date(first)}"


def _some(names: Iterable[str]) -> str:
    listed = list(dict.fromkeys(names))
    more = len(listed) - _NAMES_IN_WORDS
    return "; ".join(listed[:_NAMES_IN_WORDS]) + (f" and {more} more" if more > 0 else "")


# ---------- who is free ----------


def busy_teachers(school: School, on: date, letter: Letter | None, period: Period) -> set[int]:
    """Give who teaches or covers a lesson on a day at the hours of a period: two queries."""
    at_once: Any = {"period__starts_at__lt": period.ends_at, "period__ends_at__gt": period.starts_at}
    held = Lesson.objects.filter(
        valid(on), school=school, weekday=on.isoweekday(), week__in=["", letter or ""], **at_once
    )
    covered = held.filter(covers__on=on, covers__user__isnull=False)
    away = held.filter(covers__on=on).exclude(covers__user=None, covers__name="")
    teaching = held.exclude(pk__in=away.values("pk")).exclude(teacher=None).values_list("teacher", flat=True)
    return set(teaching) | set(covered.values_list("covers__user", flat=True))
