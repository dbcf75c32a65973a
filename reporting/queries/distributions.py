"""Who may be sent which report, and whether a school day is the week's last."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Prefetch, Q, QuerySet

from attendance_office.numbers import whole
from attendance_office.staff.models import School, TutorGroup, User
from attendance_office.staff.roles import Role
from registers.queries.calendar import calendar_of
from registers.rules.sessions import Calendar
from reporting.models import Dispatch, Report, Sending, Subscription
from reporting.models.distributions import readable


@dataclass(frozen=True)
class Sought:
    """What somebody looks for among subscriptions and what was sent: words, and one report or all of them."""

    q: str = ""
    report: str = ""

    @classmethod
    def of(cls, given: Mapping[str, str], reports: Collection[str]) -> Sought:
        """Read it from what a page was asked; what is no report is taken for all of them."""
        report = given.get("report", "")
        return cls(given.get("q", "").strip()[:60], report if report in reports else "")

    @property
    def rows(self) -> Q:
        """Give what a subscription or a sending has to be: its person's name, its form or its year holds the words."""
        found = Q(report=self.report) if self.report else Q()
        for word in self.q.split():
            some = Q(user__last_name__icontains=word) | Q(user__first_name__icontains=word)
            some |= Q(user__email__icontains=word) | Q(tutor_group__name__iexact=word)
            if (year := whole(word)) is not None:
                some |= Q(year_group=year)
            if word.casefold() in _OF_A_SCOPE:
                some |= _OF_A_SCOPE[word.casefold()]
            found &= some
        return found


_WHOLE = Q(year_group=None, tutor_group=None)
_OF_A_SCOPE = {
    "whole": _WHOLE, "school": _WHOLE, "year": Q(year_group__isnull=False), "form": Q(tutor_group__isnull=False),
}  # fmt: skip


@dataclass(frozen=True)
class Subscribed:
    """One report with those who are sent it; `is_open` where it is to be shown unfolded."""

    report: Report
    rows: list[Subscription]
    is_open: bool

    @property
    def off(self) -> int:
        """Give how many have it switched off."""
        return sum(not row.is_on for row in self.rows)

    @property
    def on(self) -> int:
        """Give how many are sent it."""
        return len(self.rows) - self.off


def by_report(rows: Iterable[Subscription], reports: Iterable[str], *, opened: str, all_open: bool) -> list[Subscribed]:
    """Give subscriptions report by report; one without any is left out."""
    held: dict[str, list[Subscription]] = {}
    for row in rows:
        held.setdefault(row.report, []).append(row)
    return [Subscribed(Report(one), held[one], all_open or one == opened) for one in reports if one in held]


def reaches(user: User, school: School, year_group: int | None, *, report: str, form: TutorGroup | None = None) -> bool:
    """Tell whether a person's posts let them read a report, and every pupil that it is about."""
    standing = user.standing
    if not user.is_active or report not in readable(standing.allowed(school.pk), of_form=form is not None):
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
