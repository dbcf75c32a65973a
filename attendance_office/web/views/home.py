"""The front door: each role's first page, the choice of school, help, and what machines ask about health."""

from __future__ import annotations

import sys

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views import defaults
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from attendance_office.staff.roles import Can

FIRST_PAGES = (
    (Can.SEE_DESK, "reporting:desk"),
    (Can.TAKE_OWN_REGISTER, "registers:register_list"),
    (Can.SEE_FIGURES, "reporting:figures"),
    (Can.EDIT_STAFF, "office:office"),
)
# What Postgres says when it is out of reach, starting or stopping. A connection that broke says nothing at all.
OUT_OF_REACH = ("08", "57P")


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Send each person to the page their day begins on."""
    school = getattr(request, "school", None)
    if school is None:
        return render(request, "office/no_post.html", status=403)
    allowed = request.user.standing.allowed(school.pk)  # type: ignore[union-attr]
    for can, page in FIRST_PAGES:
        if can in allowed:
            return redirect(page)
    return render(request, "office/no_post.html", status=403)


@require_POST
def choose_school(request: HttpRequest) -> HttpResponse:
    """Work in another of one's own schools from now on; a school without a post stays unchosen.

    `next` is the page of the office to go on to, else the one where the day begins.
    """
    chosen = request.POST.get("school", "")
    if chosen in {str(pk) for pk in request.user.standing.school_ids}:  # type: ignore[union-attr]
        request.session["school_id"] = int(chosen)
        onward = request.POST.get("next", "")
        if url_has_allowed_host_and_scheme(onward, None):
            return redirect(onward)
    return redirect("office:home")


@require_http_methods(["HEAD", "POST"])
def stay(request: HttpRequest) -> HttpResponse:
    """Keep the session open: asking is using, and the middleware notes it."""
    return HttpResponse(status=204)


@require_GET
def help_page(request: HttpRequest) -> HttpResponse:
    """Say how the office works, who may do what, and whom to ask."""
    return render(request, "office/help.html")


def not_here(request: HttpRequest) -> HttpResponse:
    """Answer that there is no such page.

    :raises Http404: always.
    """
    raise Http404


@require_GET
@never_cache
@login_not_required
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer that the process lives. Touches nothing."""
    return HttpResponse("alive\n", content_type="text/plain")


@require_GET
@never_cache
@login_not_required
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when the database answers and every migration has run, else 503 with the reason."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except (DatabaseError, InterfaceError):
        return JsonResponse({"ready": False, "why": "The database does not answer."}, status=503)
    if waiting:
        return JsonResponse({"ready": False, "why": f"{len(waiting)} migrations have not run."}, status=503)
    return JsonResponse({"ready": True})


@login_not_required
def broken(request: HttpRequest) -> HttpResponse:
    """Answer what nobody foresaw: 503 where the database is out of reach, else 500. Asks nothing of the database."""
    error = sys.exc_info()[1]
    if isinstance(error, OperationalError | InterfaceError):
        state = getattr(error.__cause__, "sqlstate", None)
        if state is None or state.startswith(OUT_OF_REACH):
            answer = defaults.server_error(request, template_name="503.html")
            answer.status_code = 503
            answer["Retry-After"] = "10"
            return answer
    return defaults.server_error(request)
