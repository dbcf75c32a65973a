"""The health of the system, for staff."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from attendance_office import clock
from attendance_office.staff.roles import Can
from attendance_office.web.doors import StaffRequest, door
from reporting.queries.health import signs


@require_GET
@door(Can.SEE_HEALTH, section="office")
def health(request: StaffRequest) -> HttpResponse:
    """Show whether messages go, the clock ticks, the sweeps run and backups are made."""
    at = clock.now()
    read = signs(request.school, at=at)
    return render(
        request, "reporting/health.html", {"signs": read, "at": at, "ill": sum(not sign.is_well for sign in read)}
    )
