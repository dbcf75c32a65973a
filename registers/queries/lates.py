"""Who came late: by session and by lesson, by pupil, form and year."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.db.models import Avg, Count, Max, Q, QuerySet

from attendance_office.numbers import whole
from attendance_office.staff.models import School, User
from registers.models import LessonMark, Mark, Pupil
from registers.queries.pupils import called

LATE: Final = ("L", "U")
WEEKS: Final = 4
REPEATED: Final = 3


@dataclass(frozen=True)
class Line:
    """A pupil, form or year with its lates in a period: before the close, after it, and the mean minutes."""

    key: str
    name: str
    form: str
    late: int
    after: int
    minutes: int | None
    last_on: date | None

    @property
    def total(self) -> int:
        """Give both kinds together."""
        return self.late + self.after


def lates(
    school: School, user: User, from_on: date, to_on: date, *, year: str = "", after: bool = False, q: str = ""
) -> QuerySet[Mark]:
    """Give the late marks of a period within a person's reach, the latest first."""
    pupils = Pupil.objects.visible_to(user).filter(school=school)
    if (number := whole(year)) is not None:
        pupils = pupils.filter(year_group=number)
    if q:
        pupils = called(pupils, q)
    return (
        Mark.objects.filter(school=school, on__range=(from_on, to_on), pupil__in=pupils)
        .filter(code__in=["U"] if after else LATE)
        .select_related("pupil__tutor_group")
        .order_by("-on", "-half", "pupil__sort_name", "pk")
    )


def by_pupil(marks: QuerySet[Mark], *, least: int = 1) -> list[Line]:
    """Give a line for each pupil with at least so many lates, the most first: one query."""
    rows = (
        marks.order_by()
        .values("pupil", "pupil__legal_surname", "pupil__legal_forename", "pupil__known_as", "pupil__tutor_group__name")
        .annotate(
            late=Count("pk", filter=Q(code="L")),
            after=Count("pk", filter=Q(code="U")),
            minutes=Avg("minutes_late"),
            last=Max("on"),
            many=Count("pk"),
        )
        .filter(many__gte=least)
        .order_by("-many", "pupil__sort_name", "pupil")
    )
    return [
        Line(
            str(row["pupil"]),
            f"{row['pupil__legal_surname']}, {row['pupil__known_as'] or row['pupil__legal_forename']}",
            row["pupil__tutor_group__name"] or "",
            row["late"],
            row["after"],
            round(row["minutes"]) if row["minutes"] is not None else None,
            row["last"],
        )
        for row in rows
    ]


def by_group(marks: QuerySet[Mark], field: str) -> list[Line]:
    """Give a line for each form or year, as `field` names it, the most first: one query."""
    rows = (
        marks.order_by()
        .values(field)
        .annotate(late=Count("pk", filter=Q(code="L")), after=Count("pk", filter=Q(code="U")), last=Max("on"))
        .annotate(many=Count("pk"))
        .order_by("-many", field)
    )
    words = "Year {}" if field == "pupil__year_group" else "{}"
    return [
        Line(str(row[field]), words.format(row[field] or "No form"), "", row["late"], row["after"], None, row["last"])
        for row in rows
    ]


def repeated(school: School, user: User, on: date, *, least: int = REPEATED) -> list[Line]:
    """Give who was late so often in the last four weeks: one query."""
    return by_pupil(lates(school, user, on - timedelta(weeks=WEEKS), on), least=least)


def lesson_lates(school: School, user: User, from_on: date, to_on: date, *, year: str = "") -> QuerySet[LessonMark]:
    """Give who came late to lessons in a period, by period of the day, the latest first: one query."""
    pupils = Pupil.objects.visible_to(user).filter(school=school)
    if (number := whole(year)) is not None:
        pupils = pupils.filter(year_group=number)
    return (
        LessonMark.objects.filter(school=school, on__range=(from_on, to_on), code="L", pupil__in=pupils)
        .select_related("pupil__tutor_group", "lesson__period", "lesson__teaching_group")
        .order_by("-on", "lesson__period__starts_at", "pupil__sort_name", "pk")
    )
