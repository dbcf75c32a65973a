"""The door of every page: signed in, a post in the school, and allowed.

What is not the person's own school is not there.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse

from attendance_office.staff.models import School, User
from attendance_office.staff.roles import Can


class StaffRequest(HttpRequest):
    """A request of a signed-in member of staff, in one school."""

    user: User  # type: ignore[assignment]
    school: School


StaffView = Callable[..., HttpResponse]


def door(*cans: Can, section: str = "") -> Callable[[StaffView], Callable[..., HttpResponse]]:
    """Let in whoever may do one of `cans` in the present school; `section` marks the navigation.

    Raises PermissionDenied (403) for a colleague without the right and Http404 for a person without any post.
    """

    def wrap(view: StaffView) -> Callable[..., HttpResponse]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            staff = cast("StaffRequest", request)
            if getattr(staff, "school", None) is None:
                raise Http404
            if not any(staff.user.standing.may(can, staff.school.pk) for can in cans):
                raise PermissionDenied(f"Your role does not include this: {cans[0].value.lower()}.")
            return view(staff, *args, **kwargs)

        guarded.section = section  # type: ignore[attr-defined]
        guarded.cans = cans  # type: ignore[attr-defined]
        return guarded

    return wrap


def may(request: StaffRequest, can: Can) -> bool:
    """Tell whether the person may do one more thing on a page that is already open to them."""
    return request.user.standing.may(can, request.school.pk)
