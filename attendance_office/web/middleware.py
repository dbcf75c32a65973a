"""One middleware of our own: whose school it is, the idle lock, the second factor, and nothing kept by browsers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.cache import patch_cache_control

from attendance_office import clock

POLL = "X-Office-Poll"
TOUCH_EVERY = 60


def refuse_nul(asked: QueryDict) -> None:
    """Raise BadRequest for a text that holds a NUL: no keyboard types one, and Postgres keeps none."""
    if any("\x00" in value for _, values in asked.lists() for value in values):
        raise BadRequest("A text of this request holds a character that nobody types.")


class OfficeMiddleware:
    """Set `request.school`, lock idle sessions, ask for a second factor, and forbid storing of signed-in pages."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.school = None  # type: ignore[attr-defined]
        was_in = request.user.is_authenticated
        response = self.before(request) if was_in else None
        if response is None:
            response = self.get_response(request)
        if was_in or request.user.is_authenticated or request.path.startswith("/account/"):
            patch_cache_control(response, no_store=True, private=True)
        if was_in and not request.user.is_authenticated:
            response["Clear-Site-Data"] = '"cache"'
        return response

    def before(self, request: HttpRequest) -> HttpResponse | None:
        """Give the answer that stands before the page, if one does."""
        refuse_nul(request.GET)
        refuse_nul(request.POST)
        if (answer := self.lock_if_idle(request)) is not None:
            return answer
        self.choose_school(request)
        return self.ask_second_factor(request)

    def lock_if_idle(self, request: HttpRequest) -> HttpResponse | None:
        """End a session nobody touched for the idle time, or that has lasted a working day. Polling is not touching."""
        seconds = int(clock.now().timestamp())
        seen = request.session.get("seen")
        begun = request.session.setdefault("begun", seconds)
        if seen is not None and seconds - seen > settings.OFFICE_IDLE_MINUTES * 60:
            return self.lock(request, f"Locked after {settings.OFFICE_IDLE_MINUTES} minutes without use.")
        if seconds - begun > settings.OFFICE_SESSION_HOURS * 3600:
            return self.lock(request, f"Signed out after {settings.OFFICE_SESSION_HOURS} hours.")
        if POLL not in request.headers and (seen is None or seconds - seen >= TOUCH_EVERY):
            request.session["seen"] = seconds
        return None

    def lock(self, request: HttpRequest, why: str) -> HttpResponse:
        """End the session and send the person to sign in, and back to the page they looked at."""
        logout(request)
        messages.info(request, f"{why} Sign in to go on.")
        entrance = reverse("account_login")
        if request.headers.get("HX-Request"):
            answer = HttpResponse(status=204)
            answer["HX-Redirect"] = entrance
            return answer
        return redirect(f"{entrance}?next={request.path}" if request.method == "GET" else entrance)

    def choose_school(self, request: HttpRequest) -> None:
        """Give the school the person chose, or the first in which they have a post."""
        schools: list[Any] = request.user.standing.schools  # type: ignore[union-attr]
        chosen = request.session.get("school_id")
        request.school = next(  # type: ignore[attr-defined]
            (school for school in schools if school.pk == chosen), schools[0] if schools else None
        )

    def ask_second_factor(self, request: HttpRequest) -> HttpResponse | None:
        """Send whoever sees more than one class to set up a second factor before anything else."""
        if not settings.OFFICE_SECOND_FACTOR or request.path.startswith(
            ("/account/", "/static/", "/healthz", "/readyz")
        ):
            return None
        if request.session.get("second_factor") or not request.user.standing.needs_second_factor:  # type: ignore[union-attr]
            return None
        if is_mfa_enabled(request.user):
            request.session["second_factor"] = True
            return None
        return redirect("mfa_activate_totp")
