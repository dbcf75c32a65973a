"""The illness monitor: who fell ill with what, by year and day, and what of it stands out."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from attendance_office import clock
from attendance_office.numbers import whole
from attendance_office.staff.roles import Can
from attendance_office.web.doors import StaffRequest, door
from attendance_office.web.export import Cell, Column
from attendance_office.web.lists import narrowed, send_list
from registers.models import AbsenceNote, Pupil
from registers.queries.calendar import calendar_of
from registers.queries.pupils import years_taught
from registers.rules.dates import may_be_asked
from reporting.models import ClusterDay
from reporting.queries.illness import KINDS, away, illnesses, newly
from reporting.queries.illness_page import A_COUNT, UKHSA
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
        to_on = min(date.fromisoformat(request.GET.get("to", "")), today)
    except ValueError:
        to_on = today
    to_on = to_on if may_be_asked(to_on) else today
    year, count = whole(request.GET.get("year")), request.GET.get("count", "new")
    count = count if count in dict(COUNTS) else "new"
    days = calendar_of(request.school.pk).days(to_on - _BACK, to_on)[-_DAYS:]
    ill = illnesses(request.school, days, pupils_of(request.school, request.user, year))
    counted = newly(ill, set(days)) if count == "new" else away(ill, days)
    clusters = ClusterDay.objects.visible_to(request.user).filter(school=request.school)
    stood = {(one.on, one.year_group, one.symptom) for one in clusters.filter(on__in=days) if one.year_group}
    keys = sorted({(year, kind) for _, year, kind in counted}, key=lambda one: (one[0], KINDS.index(one[1])))
    rows = [
        {
            "name": f"Year {of}: {AbsenceNote.Symptom(kind).label}",
            "cells": [(counted[on, of, kind], (on, of, kind) in stood) for on in days],
            "sum": sum(counted[on, of, kind] for on in days),
        }
        for of, kind in keys
    ]
    sums = [sum(counted[on, of, kind] for of, kind in keys) for on in days]
    return {"to": to_on, "year": year, "count": count, "days": days, "rows": rows, "sums": sums, "clusters": clusters}


@require_GET
@door(Can.SEE_FIGURES, section="figures")
@door(Can.SEE_MARK_REASONS)
def illness(request: StaffRequest) -> HttpResponse:
    """Show the table of illness by year, kind and day, and the clusters told."""
    read = _read(request)
    of = Pupil.objects.visible_to(request.user).filter(school=request.school).values_list("year_group", flat=True)
    reach = set(of.order_by("year_group").distinct())
    context = read | {
        "clusters": read["clusters"].filter(is_new=True).order_by("-on", "year_group", "symptom")[:_KEPT],
        "counts": COUNTS,
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
    rows: list[list[Cell]] = [
        [one["name"], *(number for number, _ in one["cells"]), one["sum"]] for one in read["rows"]
    ]
    heads = [Column(dict(COUNTS)[read["count"]]), *(Column(on.isoformat()) for on in read["days"]), Column("In all")]
    return send_list(
        request, form, what="illness by year and day", columns=heads, rows=rows, filters=request.GET.urlencode()
    )
