"""What every page knows: the school, the person, the way round, and the office's clock."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from attendance_office import clock
from attendance_office.staff.models import School

from .demo_cast import demo_cast
from .navigation import subways, ways


def office(request: HttpRequest) -> dict[str, Any]:
    """Give the variables of the base template."""
    user = getattr(request, "user", None)
    shared: dict[str, Any] = {
        "office_now": clock.now(),
        "office_clock_note": clock.note(),
        "is_demo": settings.OFFICE_DEMO,
    }
    school: School | None = getattr(request, "school", None)
    if settings.OFFICE_DEMO and user is not None and not user.is_authenticated:
        shared["demo_cast"] = demo_cast
    if user is None or not user.is_authenticated or school is None:
        return shared
    return shared | {
        "school": school,
        "schools": user.standing.schools,
        "may": user.standing.allowed(school.pk),
        "role_label": user.role_in(school.pk),
        "nav": ways(request),
        # Called by the few pages that show them.
        "first_day_ways": lambda: subways(request, "first_day"),
        "marks_ways": lambda: subways(request, "marks"),
        "letters_ways": lambda: subways(request, "letters"),
        "registers_ways": lambda: subways(request, "registers"),
        "pupils_ways": lambda: subways(request, "pupils"),
        "figures_ways": lambda: subways(request, "figures"),
        "projector_default": not user.standing.needs_second_factor,
        "idle_seconds": settings.OFFICE_IDLE_MINUTES * 60,
    }
