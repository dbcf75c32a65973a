"""The desk."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from attendance_office import clock
from attendance_office.staff.roles import Can
from attendance_office.web.doors import StaffRequest, door
from registers.queries.registers import RegisterLine
from reporting.queries import charts
from reporting.queries.desk import morning


@require_GET
@door(Can.SEE_DESK, section="desk")
def desk(request: StaffRequest) -> HttpResponse:
    """Show the morning in the order of the job."""
    read = morning(request.school, user=request.user, at=clock.now())
    context = {
        "desk": read,
        "chart": charts.of_days([(line.year_group, line.days) for line in read.years], read.days),
        "grid": _grid(read.lines),
    }
    request.nav_counts = {"missing": len(read.owed)}  # type: ignore[attr-defined]
    return render(request, "reporting/desk.html", context)


@require_GET
@door(Can.SEE_DESK)
def desk_fresh(request: StaffRequest) -> HttpResponse:
    """Say whether the desk has changed since the page was read, without moving a row of it."""
    read = morning(request.school, user=request.user, at=clock.now())
    changed = read.signature != request.GET.get("had", "")
    return render(request, "reporting/desk.html#fresh", {"desk": read, "changed": changed})


def _grid(lines: Sequence[RegisterLine]) -> list[tuple[int, list[RegisterLine]]]:
    """Give the registers by year group for the small map of the sweep."""
    years: dict[int, list[RegisterLine]] = {}
    for line in lines:
        years.setdefault(line.tutor_group.year_group, []).append(line)
    return sorted(years.items())
