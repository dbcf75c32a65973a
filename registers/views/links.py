"""The link to Wonde: what goes which way, whose code is whose, what was brought in, and what is on its way out."""

from __future__ import annotations

from typing import Any, Final

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from attendance_office import clock
from attendance_office.numbers import wholes
from attendance_office.refusals import Refused
from attendance_office.staff.roles import Can
from attendance_office.web import toasts
from attendance_office.web.doors import StaffRequest, door, may
from attendance_office.web.export import Cell, Column
from attendance_office.web.lists import narrowed, send_list
from registers.actions.links.keeping import ask_codes, ask_pull, keep_link, match_codes
from registers.actions.links.writing_back import settle
from registers.forms.links import LinkForm
from registers.models import Link, Writeback
from registers.queries.links import (
    LOOK,
    Going,
    counts_by_state,
    going_out,
    known_pupils,
    link_of,
    matches,
    pulls_of,
    with_names,
)

PAGE: Final = 50
_RUNS: Final = 8
_STATES: Final = (*Writeback.State.values, LOOK)


def _link(request: StaffRequest) -> Link:
    link = link_of(request.school)
    if link is None:
        raise Http404
    return link


@require_http_methods(["GET", "POST"])
@door(Can.IMPORT, Can.KEEP_LINK, section="office")
def link_detail(request: StaffRequest) -> HttpResponse:
    """Show the link, and set it."""
    link = link_of(request.school)
    form = LinkForm.of(link)
    status = 200
    if request.method == "POST":
        if not may(request, Can.KEEP_LINK):
            raise PermissionDenied(f"Your role does not include this: {Can.KEEP_LINK.value.lower()}.")
        form = LinkForm(request.POST)
        status = 422
        if form.is_valid():
            try:
                keep_link(school=request.school, wishes=form.wishes(), by=request.user, at=clock.now())
            except Refused as refused:
                form.add_error(None, str(refused))
            else:
                toasts.say(request, "The link is set.")
                return redirect("registers:link_detail")
    context: dict[str, Any] = {
        "link": link,
        "form": form,
        "is_set_up": bool(settings.OFFICE_WONDE_URL and settings.OFFICE_WONDE_TOKEN),
        "minutes": settings.OFFICE_WONDE_MINUTES,
    }
    if link is not None:
        found = matches(link, clock.local(clock.now()).date())
        context |= {
            "matches": found,
            "unmatched": sum(not one.remote_id for one in found),
            "pulls": pulls_of(link)[:_RUNS],
            "counts": counts_by_state(link),
            "known": known_pupils(link),
        }
    return render(request, "registers/link_detail.html", context, status=status)


@require_POST
@door(Can.KEEP_LINK, section="office")
def link_codes(request: StaffRequest) -> HttpResponse:
    """Keep which of their codes each of ours is, or have theirs read again."""
    link, at = _link(request), clock.now()
    if request.POST.get("act") == "read":
        ask_codes(link=link, by=request.user, at=at)
        toasts.say(request, "Wonde's codes are read again within a minute.")
        return redirect("registers:link_detail")
    wanted = {key.removeprefix("code_"): str(value) for key, value in request.POST.items() if key.startswith("code_")}
    try:
        many = match_codes(link=link, wanted=wanted, by=request.user, at=at)
    except Refused as refused:
        toasts.fail(request, str(refused))
    else:
        toasts.say(request, f"{many} {'code' if many == 1 else 'codes'} matched anew.")
    return redirect("registers:link_detail")


@require_POST
@door(Can.IMPORT, section="office")
def link_pull(request: StaffRequest) -> HttpResponse:
    """Bring in now what changed there, or everything."""
    everything = request.POST.get("what") == "everything"
    try:
        ask_pull(link=_link(request), everything=everything, by=request.user, at=clock.now())
    except Refused as refused:
        toasts.fail(request, str(refused))
    else:
        toasts.say(request, "It begins within a minute.")
    return redirect("registers:link_detail")


def _asked(request: StaffRequest) -> str:
    state = request.GET.get("state", "")
    return state if state in _STATES else ""


@require_GET
@door(Can.IMPORT, section="office")
def writeback_list(request: StaffRequest) -> HttpResponse:
    """List the coded marks that go out, in doubt or not."""
    link, state = _link(request), _asked(request)
    counts = counts_by_state(link)
    page = Paginator(going_out(request.user, link, state), PAGE).get_page(request.GET.get("page"))
    context = {
        "link": link,
        "state": state,
        "states": [(key, label, counts.get(key, 0)) for key, label in Writeback.State.choices]
        + [(LOOK, "To look at", counts.get(Writeback.State.UNCERTAIN, 0) + counts.get(Writeback.State.FAILED, 0))],
        "all": sum(counts.values()),
        "page": page,
        "rows": with_names(page.object_list),
        "total": page.paginator.count,
    }
    return render(request, "registers/writeback_list.html", context)


@require_POST
@door(Can.IMPORT, section="office")
def writeback_settle(request: StaffRequest) -> HttpResponse:
    """Settle, by a person's word, what may have arrived or was refused."""
    link = _link(request)
    keys = wholes(request.POST.getlist("pick"))
    arrived = request.POST.get("act") == "arrived"
    try:
        if not keys:
            raise Refused("Select the marks first.")  # noqa: TRY301 - one place says what was refused
        many = settle(link=link, keys=keys, arrived=arrived, by=request.user, at=clock.now())
    except Refused as refused:
        toasts.fail(request, str(refused))
    else:
        marks = "mark" if many == 1 else "marks"
        toasts.say(request, f"{many} {marks} noted as arrived." if arrived else f"{many} {marks} will be sent again.")
    state = request.POST.get("state", "")
    answer = redirect("registers:writeback_list")
    if state in _STATES:
        answer["Location"] += f"?state={state}"
    return answer


@require_POST
@door(Can.EXPORT, section="office")
def writeback_export(request: StaffRequest, form: str) -> HttpResponse:
    """Send out the list of what goes out, as it is narrowed."""
    if not may(request, Can.IMPORT):
        raise PermissionDenied
    link = _link(request)
    rows = going_out(request.user, link, _asked(narrowed(request)))
    columns = [Column(one) for one in ("Pupil", "Day", "Session", "Code", "State", "Made", "Arrived", "Why")]
    return send_list(
        request,
        form,
        what="marks written back",
        columns=columns,
        rows=[_cells(one) for one in with_names(rows)],
        filters=request.GET.urlencode(),
    )


def _cells(one: Going) -> list[Cell]:
    row = one.row
    return [one.pupil, row.on, row.half, row.code, row.get_state_display(), row.made_at, row.sent_at, row.error]
