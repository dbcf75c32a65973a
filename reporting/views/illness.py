"""The illness monitor: who fell ill with what, by year and day, and what of it stands out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from attendance_office import clock
from attendance_office.days import read_day
from attendance_office.numbers import whole
from attendance_office.staff.roles import Can
from attendance_office.web.doors import StaffRequest, door
from attendance_office.web.export import Cell, Column
from attendance_office.web.lists import narrowed, send_list
from registers.models import Pupil
from registers.queries.calendar import calendar_of
from registers.queries.pupils import years_taught
from registers.rules.sessions import Calendar
from reporting.models import ClusterDay
from reporting.queries.illness import away, illnesses, newly, said
from reporting.queries.illness_page import A_COUNT, UKHSA, expected_words
from reporting.queries.illness_table import illness_table, window_of
from reporting.queries.report_page import pupils_of
from reporting.rules.clusters import BEFORE_DAYS, LEAST_PUPILS

_DAYS: Final = 10
_BACK: Final = timedelta(days=90)
_KEPT: Final = 40
COUNTS: Final = (("new", "Newly ill"), ("away", "Away with it"))


def _read(request: StaffRequest) -> dict[str, Any]:
    """Read the day, the year and what is counted from the query string, and count it within the person's reach."""
    today = clock.today()
    try:
        to_on = min(read_day(request.GET.get("to", "")), today)
    except ValueError:
        to_on = today
    year, count = whole(request.GET.get("year")), request.GET.get("count", "new")
    count = count if count in dict(COUNTS) else "new"
    calendar = calendar_of(request.school.pk)
    days = calendar.days(to_on - _BACK, to_on)[-_DAYS:]
    ill = illnesses(request.school, days, pupils_of(request.school, request.user, year))
    counted = newly(ill, set(days)) if count == "new" else away(ill, days)
    clusters = ClusterDay.objects.visible_to(request.user).filter(school=request.school)
    if year is not None:
        clusters = clusters.filter(year_group=year)
    table = illness_table(counted, clusters.filter(on__in=days), days, calendar)
    return {"to": to_on, "year": year, "count": count, "table": table, "clusters": clusters, "calendar": calendar}


def _told(cluster: ClusterDay, calendar: Calendar) -> dict[str, Any]:
    """Give a cluster as it was told on its first day: of whom, what, which days, and what would be usual."""
    days = window_of(cluster, calendar)
    return {"row": cluster, "kind": said(cluster.symptom), "days": days, "usual": expected_words(cluster.seen)}


@require_GET
@door(Can.SEE_FIGURES, section="figures")
@door(Can.SEE_MARK_REASONS)
def illness(request: StaffRequest) -> HttpResponse:
    """Show the table of illness by year, kind and day, and the clusters told."""
    read = _read(request)
    of = Pupil.objects.visible_to(request.user).filter(school=request.school).values_list("year_group", flat=True)
    reach = set(of.order_by("year_group").distinct())
    kept = read["clusters"].filter(is_new=True, on__lte=read["to"]).order_by("-on", "year_group", "symptom")[:_KEPT]
    told = [_told(one, read["calendar"]) for one in kept]
    context = read | {
        "now": [one for one in told if one["row"].on in read["table"].days],
        "earlier": [one for one in told if one["row"].on not in read["table"].days],
        "counts": COUNTS,
        "counted": dict(COUNTS)[read["count"]],
        "years": [one for one in years_taught(request.school) if one in reach],
        "a_count": A_COUNT,
        "ukhsa": UKHSA,
        "before_days": BEFORE_DAYS,
        "least": LEAST_PUPILS,
    }
    return render(request, "reporting/illness.html", context)


@require_POST
@door(Can.EXPORT, section="figures")
@door(Can.SEE_FIGURES)
@door(Can.SEE_MARK_REASONS)
def illness_export(request: StaffRequest, form: str) -> HttpResponse:
    """Send out the table as it is shown."""
    read = _read(narrowed(request))
    table = read["table"]
    rows: list[list[Cell]] = [[one.name, *one.numbers, one.sum, ", ".join(one.spans)] for one in table.rows]
    heads = [Column(dict(COUNTS)[read["count"]]), *(Column(on.isoformat()) for on in table.days), Column("In all")]
    return send_list(
        request, form, what="illness by year and day", columns=[*heads, Column("Stands out")], rows=rows,
        filters=request.GET.urlencode(),
    )  # fmt: skip
