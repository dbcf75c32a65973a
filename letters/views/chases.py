"""Chasing from the board: one register, several at once, or by arranging who covers."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from attendance_office import clock
from attendance_office.numbers import wholes
from attendance_office.refusals import Refused
from attendance_office.staff.models import TutorGroup
from attendance_office.staff.roles import Can
from attendance_office.web import toasts
from attendance_office.web.doors import StaffRequest, door, may
from letters.actions.chases import Chased, chase_registers
from letters.forms import ArrangeCover, Chase
from letters.models import Chase as ChaseRow
from letters.queries.asks import why_walk
from letters.queries.board import Row, board_of, day_of
from letters.queries.sweeps import swept_at
from letters.queries.words import chase as chase_words
from registers.actions.cover import end_cover, set_cover
from registers.queries.registers import RegisterLine
from registers.rules.sessions import HALVES, Session


def _session(on: str, half: str) -> Session:
    day = day_of(on)
    if day is None or half not in HALVES:
        raise Http404
    return Session(day, half)  # type: ignore[arg-type]


def _row(request: StaffRequest, group_pk: int, session: Session) -> Row:
    """Find one register within the person's reach; any other is not there."""
    board = board_of(request.school, session, request.user, swept_at=swept_at(request.school, session))
    for row in board.rows:
        if row.line.tutor_group.pk == group_pk:
            return row
    raise Http404


def _board_url(session: Session) -> str:
    return f"{reverse('letters:board')}?on={session.on.isoformat()}&half={session.half}"


def _words(chased: Chased, lines: list[RegisterLine]) -> str:
    """Say who was asked for what."""
    walked = {line.tutor_group.pk: line.tutor_group.name for line in chased.to_walk}
    names = ", ".join(line.tutor_group.name for line in lines if line.is_owed and line.tutor_group.pk not in walked)
    people = ", ".join(message.recipient_name for message in chased.messages)
    asked = f"Chased {people} for {names}." if people else ""
    on_list = f"On the walk-round list: {', '.join(walked.values())}." if walked else ""
    return f"{asked} {on_list}".strip() or "Chased already: a press twice is one."


def _answer(request: StaffRequest, session: Session, words: str, row: Row | None) -> HttpResponse:
    """Close the slide-over and put the changed row in its place; without script, go back to the board."""
    if not request.headers.get("HX-Request") or row is None:
        toasts.say(request, words)
        return redirect(_board_url(session))
    context = {
        "row": row,
        "session": session,
        "can_chase": True,
        "can_cover": request.user.standing.may(Can.ARRANGE_COVER, request.school.pk),
        "can_enter": request.user.standing.may(Can.TAKE_ANY_REGISTER, request.school.pk),
        "can_see_vulnerable": request.user.standing.may(Can.SEE_SAFEGUARDING, request.school.pk),
        "swap": True,
    }
    answer = render(request, "letters/board.html#row", context)
    answer["HX-Reswap"] = "none"
    answer["HX-Trigger"] = json.dumps({"over-close": True, "toast": words})
    return answer


@door(Can.CHASE, section="missing")
def chase(request: StaffRequest, group_pk: int, on: str, half: str) -> HttpResponse:
    """Ask the person who owes one register, with own words."""
    session = _session(on, half)
    row = _row(request, group_pk, session)
    form = Chase(request.POST or None, initial={"key": uuid4(), "note": ""})
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            chased = chase_registers(
                school=request.school,
                session=session,
                lines=[row.line],
                step=ChaseRow.Step.BY_HAND,
                note=form.cleaned_data["note"],
                key=form.cleaned_data["key"],
                by=request.user,
                at=clock.now(),
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return _answer(request, session, _words(chased, [row.line]), _row(request, group_pk, session))
    if request.method == "POST":
        status = 422
    return _over(request, "letters/chase.html", _chase_context(request, row, session, form), status)


def _chase_context(request: StaffRequest, row: Row, session: Session, form: Chase) -> dict[str, Any]:
    """Give what the slide-over shows: who owes, when last asked, and what the mail will say."""
    owner, _ = row.line.owner
    return {
        "row": row,
        "session": session,
        "form": form,
        "may_see_vulnerable": may(request, Can.SEE_SAFEGUARDING),
        "may_enter": may(request, Can.TAKE_ANY_REGISTER),
        "why_walk": why_walk(row.line),
        "preview": chase_words(request.school, owner, [row.line], "").body if owner else "",
    }


@require_POST
@door(Can.CHASE, section="missing")
def chase_selected(request: StaffRequest, on: str, half: str) -> HttpResponse:
    """Ask for several registers at once: one message to each person who owes."""
    session = _session(on, half)
    picked = set(wholes(request.POST.getlist("pick")))
    board = board_of(request.school, session, request.user, swept_at=None)
    lines = [row.line for row in board.rows if row.line.tutor_group.pk in picked]
    if not lines:
        toasts.fail(request, "Select at least one register to chase.")
        return redirect(_board_url(session))
    try:
        key = UUID(request.POST.get("key", ""))
    except ValueError:
        key = uuid4()
    try:
        chased = chase_registers(
            school=request.school,
            session=session,
            lines=lines,
            step=ChaseRow.Step.BY_HAND,
            key=key,
            by=request.user,
            at=clock.now(),
        )
    except Refused as refusal:
        toasts.fail(request, str(refusal))
    else:
        toasts.say(request, _words(chased, lines))
    return redirect(_board_url(session))


@door(Can.ARRANGE_COVER, section="missing")
def cover(request: StaffRequest, group_pk: int, on: str, half: str) -> HttpResponse:
    """Say who takes a register in place of its tutor."""
    session = _session(on, half)
    row = _row(request, group_pk, session)
    group: TutorGroup = row.line.tutor_group
    now = row.line.cover
    initial = {"user": now.user_id, "name": now.name, "why": now.why} if now else {}
    form = ArrangeCover(request.POST or None, school=request.school, initial=initial)
    shared: dict[str, Any] = {"school": request.school, "tutor_group": group, "session": session}
    status = 200
    if request.method == "POST":
        status = 422
        try:
            if "end" in request.POST:
                end_cover(by=request.user, at=clock.now(), **shared)
                words = f"{group.name} has no cover any more."
            elif form.is_valid():
                set_cover(by=request.user, at=clock.now(), **shared, **form.cleaned_data)
                words = f"Cover for {group.name} is arranged."
            else:
                words = ""
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            if words:
                return _answer(request, session, words, _row(request, group_pk, session))
    return _over(request, "letters/cover.html", {"row": row, "session": session, "form": form}, status)


def _over(request: StaffRequest, template: str, context: dict[str, Any], status: int) -> HttpResponse:
    """Show a slide-over, or without script the same as a page."""
    part = "#over" if request.headers.get("HX-Request") else ""
    return render(request, f"{template}{part}", context, status=status)
