"""The missing registers board, its live edge, and the sheet to walk round with."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_GET, require_POST

from attendance_office import clock
from attendance_office.numbers import whole
from attendance_office.staff.roles import Can
from attendance_office.web.doors import StaffRequest, door, may
from attendance_office.web.export import Cell, Column
from attendance_office.web.lists import narrowed, send_list
from letters.queries import board as boards
from letters.queries.asks import half_words
from letters.queries.sweeps import swept_at
from registers.rules.sessions import HALVES, Session


def session_asked(request: StaffRequest, at: datetime) -> Session | None:
    """Give the session named in the query string, else the latest that has begun."""
    on, half = boards.day_of(request.GET.get("on", "")), request.GET.get("half", "")
    if on is not None and half in HALVES:
        return Session(on, half)  # type: ignore[arg-type]
    found = boards.default_session(request.school, at)
    if on is not None:
        return Session(on, found.half if found else "AM")
    return found


def board_context(request: StaffRequest, session: Session, at: datetime) -> dict[str, Any]:
    """Give all that the board's template shows, read once."""
    swept = swept_at(request.school, session)
    # The session that is found without being asked for is held: it comes from the calendar.
    held = "on" not in request.GET or boards.is_held(request.school, session)
    board = boards.board_of(request.school, session, request.user, swept_at=swept, is_held=held)
    show = request.GET.get("show", "late")
    year = request.GET.get("year", "")
    building = request.GET.get("building", "")
    covered = bool(request.GET.get("cover"))
    groups = boards.shown(
        board,
        show=show if show in boards.SHOWS else "late",
        year=whole(year),
        building=building,
        covered=covered,
    )
    all_groups = [row.line.tutor_group for row in board.rows]
    return {
        "board": board,
        "session": session,
        "half_words": half_words(session),
        "is_to_come": boards.is_to_come(board, at),
        "at": at,
        "is_today": session.on == clock.local(at).date(),
        "swept_at": swept,
        "groups": groups,
        "show": show,
        "year": year,
        "years": sorted({group.year_group for group in all_groups}),
        "building": building,
        "buildings": sorted({group.building for group in all_groups if group.building}),
        "covered": covered,
        "columns": board.columns(),
        "year_lines": board.years(),
        "can_chase": may(request, Can.CHASE),
        "can_cover": may(request, Can.ARRANGE_COVER),
        "can_enter": may(request, Can.TAKE_ANY_REGISTER),
        "can_see_vulnerable": may(request, Can.SEE_SAFEGUARDING),
        "printhead": f"Missing registers, {session.spoken()}",
    }


@require_GET
@door(Can.SEE_BOARD, section="missing")
def board(request: StaffRequest) -> HttpResponse:
    """Show who owes the register of a session, for any date."""
    at = clock.now()
    session = session_asked(request, at)
    if session is None:
        return render(request, "letters/board.html", {"session": None})
    context = board_context(request, session, at)
    if not context["is_to_come"]:
        request.nav_counts = {"missing": context["board"].missing}  # type: ignore[attr-defined]
    template = "letters/board.html#whole" if request.headers.get("HX-Request") else "letters/board.html"
    return render(request, template, context)


_EXPORTED = ("Form", "Year", "Room", "Pupils", "Marked", "Owed by", "Cover", "Status", "Chased", "Chased at")


@require_POST
@door(Can.EXPORT, section="missing")
@door(Can.SEE_BOARD)
def board_export(request: StaffRequest, form: str) -> HttpResponse:
    """Send out the board's list as it is narrowed."""
    at = clock.now()
    session = session_asked(narrowed(request), at)
    if session is None or not may(request, Can.SEE_BOARD):
        raise Http404
    rows: list[list[Cell]] = [
        [
            row.line.tutor_group.name,
            row.line.tutor_group.year_group,
            row.line.tutor_group.room,
            row.line.expected,
            row.line.marked,
            row.owed_by,
            row.cover_words,
            row.words,
            row.chased.recipient_name if row.chased else "",
            row.chased.at if row.chased else None,
        ]
        for _, group in board_context(request, session, at)["groups"]
        for row in group
    ]
    what = f"missing registers {session.on} {session.half}"
    asked = request.GET.urlencode()
    return send_list(request, form, what=what, columns=[Column(name) for name in _EXPORTED], rows=rows, filters=asked)


@require_GET
@door(Can.SEE_BOARD, section="missing")
def board_changes(request: StaffRequest) -> HttpResponse:
    """Say how many registers changed since the board was drawn; nothing on the page moves by it."""
    session = session_asked(request, clock.now())
    since = parse_datetime(request.GET.get("since", ""))
    if session is None or since is None or since.tzinfo is None:
        raise Http404
    changed = boards.changed_since(request.school, session, since, request.user)
    return render(request, "letters/board.html#fresh", {"changed": changed, "session": session})


@require_GET
@door(Can.SEE_BOARD, section="missing")
def walk_round(request: StaffRequest) -> HttpResponse:
    """Show the list to walk round with, by room, ready to print."""
    at = clock.now()
    session = session_asked(request, at)
    if session is None:
        raise Http404
    context = board_context(request, session, at)
    owed = [*context["board"].none, *context["board"].part]
    context["rows"] = boards.by_room(owed)
    return render(request, "letters/walk_round.html", context)
