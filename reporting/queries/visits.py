"""Monitoring visits as they are read: with the figures of then and of now, and what is still open."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from django.db.models import Count, Exists, F, Max, Min, OuterRef, Q, QuerySet

from attendance_office import clock
from attendance_office.staff.models import School, User
from registers.queries import figures
from registers.rules.ages import school_year_starts
from reporting.models import Visit, VisitStep
from reporting.queries.explorer import Question, answer
from reporting.queries.lines import Reader
from reporting.queries.periods import Period


def figures_of(school: School, on: date, *, at: datetime) -> dict[str, Any]:
    """Give a school's figures from the start of the school year to a day, as whole numbers with the days counted.

    Of the day of `at` only the sessions due by then can be missing.
    """
    starts = school_year_starts(on)
    found = answer(
        Reader.of_school(school, allowed=frozenset()), Question(Period("year", "Year to date", starts, on))
    ).figures
    upto = figures.latest_due(school.pk, at) if on >= clock.local(at).date() else None
    return {
        "from_on": starts.isoformat(),
        "to_on": on.isoformat(),
        "pupils": found.pupils,
        "attended": found.tally.attended,
        "possible": found.tally.possible,
        "persistent": found.persistently_absent,
        "severe": found.severely_absent,
        "missing": figures.missing(school.pk, starts, on, upto=upto),
    }


def rate_of(said: Mapping[str, Any]) -> Fraction | None:
    """Give the attendance that kept figures say, exactly; None where no session was possible."""
    possible = int(said.get("possible", 0))
    return Fraction(int(said["attended"]), possible) if possible else None


def visits(user: User, *, school: int | None = None, is_open: bool = False) -> QuerySet[Visit]:
    """Give the visits a person reads, the latest first, each with how many steps are open and the next day due."""
    rows = Visit.objects.visible_to(user).select_related("school", "logged_by")
    if school is not None:
        rows = rows.filter(school=school)
    if is_open:
        rows = rows.filter(Exists(VisitStep.objects.filter(visit=OuterRef("pk"), state="open")))
    still = Q(steps__state="open")
    rows = rows.annotate(
        agreed=Count("steps"), still_open=Count("steps", filter=still), next_due=Min("steps__due_on", filter=still)
    )
    return rows.order_by("-visited_on", "-pk")


def last_visits(user: User) -> dict[int, date]:
    """Give the day of each school's latest visit, of the schools whose visits a person reads."""
    rows = Visit.objects.visible_to(user).order_by().values(pk_of=F("school")).annotate(last=Max("visited_on"))
    return {row["pk_of"]: row["last"] for row in rows}
