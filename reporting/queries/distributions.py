"""Who may be sent which report, and whether a school day is the week's last."""

from __future__ import annotations

from datetime import date, timedelta

from django.db.models import Prefetch, QuerySet

from attendance_office.staff.models import School, TutorGroup, User
from attendance_office.staff.roles import Role
from registers.queries.calendar import calendar_of
from registers.rules.sessions import Calendar
from reporting.models import Dispatch, Sending
from reporting.models.distributions import readable


def reaches(user: User, school: School, year_group: int | None, *, report: str, form: TutorGroup | None = None) -> bool:
    """Tell whether a person's posts let them read a report, and every pupil that it is about."""
    standing = user.standing
    if not user.is_active or report not in readable(standing.allowed(school.pk)):
        return False
    if standing.sees_all(school.pk):
        return True
    posts = standing.posts_in(school.pk)
    heads = {post.year_group for post in posts if post.role == Role.HEAD_OF_YEAR}
    if form is None:
        return year_group is not None and year_group in heads
    return form.year_group in heads or any(post.role == Role.TUTOR and post.tutor_group_id == form.pk for post in posts)


def is_last_of_week(school: School, on: date) -> bool:
    """Tell whether a day is the last school day of its week: a Friday, or the day before a closed one."""
    return is_last_of(calendar_of(school.pk), on)


def is_last_of(calendar: Calendar, on: date) -> bool:
    """Tell the same of a calendar at hand."""
    rest = [on + timedelta(days=n) for n in range(1, 5 - on.weekday())]
    return calendar.is_school_day(on) and not any(calendar.is_school_day(day) for day in rest)


def with_dispatches(rows: QuerySet[Sending]) -> QuerySet[Sending]:
    """Give sendings with the messages by which they went, the latest days first."""
    went = Dispatch.objects.select_related("message").order_by("pk")
    found = rows.select_related("user", "tutor_group").prefetch_related(Prefetch("dispatches", queryset=went))
    return found.order_by("-on", "year_group", "tutor_group__name", "user__last_name", "pk")
