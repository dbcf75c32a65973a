"""Who came late: by session and by lesson, by pupil, form and year."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from django.db.models import Avg, Count, Max, Q, QuerySet

from attendance_office.numbers import whole
from attendance_office.staff.models import School, User
from registers.models import LessonMark, Mark, Pupil
from registers.queries.pupils import called

LATE: Final = ("L", "U")
WEEKS: Final = 4
REPEATED: Final = 3
FORM, YEAR, PERIOD = "pupil__tutor_group__name", "pupil__year_group", "lesson__period__name"
Lates = QuerySet[Mark] | QuerySet[LessonMark]


@dataclass(frozen=True)
class Line:
    """A pupil, form, year or period of the day with its lates: before the close, after it, and the mean minutes.

    A lesson has no close: `after` is 0 there.
    """

    key: str
    name: str
    form: str
    late: int
    after: int
    minutes: int | None
    last_on: date

    @property
    def total(self) -> int:
        """Give both kinds together."""
        return self.late + self.after


def lates(
    school: School, user: User, from_on: date, to_on: date, *, year: str = "", after: bool = False, q: str = ""
) -> QuerySet[Mark]:
    """Give the late marks of sessions in some days within a person's reach, the latest first."""
    return (
        Mark.objects.filter(school=school, on__range=(from_on, to_on), pupil__in=_pupils(school, user, year, q))
        .filter(code__in=["U"] if after else LATE)
        .select_related("pupil__tutor_group")
        .order_by("-on", "-half", "pupil__sort_name", "pk")
    )


def lesson_lates(
    school: School, user: User, from_on: date, to_on: date, *, year: str = "", q: str = ""
) -> QuerySet[LessonMark]:
    """Give who came late to lessons in some days within a person's reach, the latest first."""
    return (
        LessonMark.objects.filter(school=school, on__range=(from_on, to_on), pupil__in=_pupils(school, user, year, q))
        .filter(code=LessonMark.Code.LATE)
        .select_related("pupil__tutor_group", "lesson__period", "lesson__teaching_group")
        .order_by("-on", "-lesson__period__starts_at", "pupil__sort_name", "pk")
    )


def _pupils(school: School, user: User, year: str, q: str) -> QuerySet[Pupil]:
    pupils = Pupil.objects.visible_to(user).filter(school=school)
    if (number := whole(year)) is not None:
        pupils = pupils.filter(year_group=number)
    return called(pupils, q) if q else pupils


def by_pupil(marks: Lates, *, least: int = 1) -> list[Line]:
    """Give a line for each pupil with at least so many lates, the most first: one query."""
    rows = (
        marks.order_by()
        .values("pupil", "pupil__legal_surname", "pupil__legal_forename", "pupil__known_as", FORM)
        .annotate(**_SUMS)
        .filter(many__gte=least)
        .order_by("-many", "pupil__sort_name", "pupil")
    )
    return [
        _line(
            row,
            str(row["pupil"]),
            f"{row['pupil__legal_surname']}, {row['pupil__known_as'] or row['pupil__legal_forename']}",
            row[FORM] or "",
        )
        for row in rows
    ]


def by_group(marks: Lates, field: str) -> list[Line]:
    """Give a line for each form, year or period of the day, as `field` names it, the most first: one query."""
    rows = marks.order_by().values(field).annotate(**_SUMS).order_by("-many", field)
    words = "Year {}" if field == YEAR else "{}"
    return [_line(row, str(row[field]), words.format(row[field] or "No form"), "") for row in rows]


_SUMS: Final[dict[str, Any]] = {
    "late": Count("pk", filter=Q(code="L")),
    "after": Count("pk", filter=Q(code="U")),
    "minutes": Avg("minutes_late"),
    "last": Max("on"),
    "many": Count("pk"),
}


def _line(row: dict[str, Any], key: str, name: str, form: str) -> Line:
    minutes = round(row["minutes"]) if row["minutes"] is not None else None
    return Line(key, name, form, row["late"], row["after"], minutes, row["last"])


def four_weeks_to(on: date) -> tuple[date, date]:
    """Give the first and last day of the four weeks in which lates are counted as repeated."""
    return on - timedelta(weeks=WEEKS), on


@dataclass(frozen=True)
class YearSheet:
    """The lates of a year group as its head is sent them: today's, this week's by pupil, and who is late again."""

    year: int
    on: date
    day: list[Mark]
    lessons: list[LessonMark]
    week: list[Line]
    lesson_week: list[Line]
    repeated: list[Line]
    lesson_repeated: list[Line]


def sheet_of(school: School, user: User, year: int, on: date) -> YearSheet:
    """Give a year group's sheet of lates as a person may see it: six queries."""
    week = on - timedelta(days=on.weekday()), on
    many = four_weeks_to(on)
    only = str(year)
    return YearSheet(
        year=year,
        on=on,
        day=list(lates(school, user, on, on, year=only)),
        lessons=list(lesson_lates(school, user, on, on, year=only)),
        week=by_pupil(lates(school, user, *week, year=only)),
        lesson_week=by_pupil(lesson_lates(school, user, *week, year=only)),
        repeated=by_pupil(lates(school, user, *many, year=only), least=REPEATED),
        lesson_repeated=by_pupil(lesson_lates(school, user, *many, year=only), least=REPEATED),
    )
