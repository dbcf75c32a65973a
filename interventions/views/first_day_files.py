"""The first-day list and the call sheet as files."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_POST

from attendance_office.staff.roles import Can
from attendance_office.web.doors import StaffRequest, door, may
from attendance_office.web.export import Cell, Column
from attendance_office.web.lists import narrowed, send_list
from attendance_office.web.templatetags.office import clock as clock_words
from interventions.queries.first_day import Board, Line

from .first_day import board_for


@require_POST
@door(Can.EXPORT, section="first_day")
@door(Can.CONTACT_HOME)
def first_day_export(request: StaffRequest, form: str) -> HttpResponse:
    """Send out the families of the session: those without a reason as they are shown, then those whose came in."""
    board = board_for(narrowed(request))
    rows: list[list[Cell]] = [
        [
            _pupils(line),
            "; ".join(mark.code for _, mark in line.rows if mark),
            "Without a reason" if line.is_open else "Reason came in",
            line.oldest,
            str(line.said),
            _tried(line),
            "; ".join(f"{clock_words(one.message.received_at)} {one.message.body}" for one in line.replies),
            line.item is not None,
            *_watched(request, line),
        ]
        for line in (board.open + board.settled if board else [])
    ]
    heads = ("Pupils", "Codes", "State", "Marked", "Alert", "Rung", "Answers", "With safeguarding")
    return _send(request, form, "first day", heads, rows, board)


@require_POST
@door(Can.EXPORT, section="first_day")
@door(Can.CONTACT_HOME)
def call_sheet_export(request: StaffRequest, form: str) -> HttpResponse:
    """Send out the call sheet: a row for each number in the order to ring; one that must not be rung without it."""
    board = board_for(narrowed(request))
    parts = [("To ring", board.to_ring), ("Alerted or spoken with", board.others)] if board else []
    rows: list[list[Cell]] = [
        [
            part,
            _pupils(line),
            line.oldest,
            str(line.said),
            *number,
            _tried(line),
            line.item is not None,
            *_watched(request, line),
        ]
        for part, lines in parts
        for line in lines
        for number in _numbers(line)
    ]
    heads = (
        "Part", "Pupils", "Marked", "Alert", "Contact", "Relationship", "Number", "Kind", "Mind", "Rung",
        "With safeguarding",
    )  # fmt: skip
    return _send(request, form, "call sheet", heads, rows, board)


def _send(
    request: StaffRequest, form: str, what: str, heads: tuple[str, ...], rows: list[list[Cell]], board: Board | None
) -> HttpResponse:
    heads += ("Vulnerable",) if may(request, Can.SEE_SAFEGUARDING) else ()
    narrowed_by = board.session.spoken() if board else ""
    return send_list(request, form, what=what, columns=[Column(one) for one in heads], rows=rows, filters=narrowed_by)


def _watched(request: StaffRequest, line: Line) -> list[Cell]:
    """Give whether a family is watched, to those alone who see it on the page."""
    return [line.is_watched] if may(request, Can.SEE_SAFEGUARDING) else []


def _pupils(line: Line) -> str:
    named = [f"{pupil} {pupil.tutor_group.name}" if pupil.tutor_group else str(pupil) for pupil, _ in line.rows]
    return "; ".join(named + ([f"and {line.hidden} beyond your reach"] if line.hidden else []))


def _tried(line: Line) -> str:
    said = []
    for one in line.attempts:
        code, words = f", {one.code}" if one.code else "", f". {one.words}" if one.words else ""
        outcome = one.get_outcome_display().lower()
        said.append(f"{clock_words(one.at)} {one.contact}: {outcome}{code}{words} ({one.by.signature})")
    return "; ".join(said)


def _numbers(line: Line) -> list[list[Cell]]:
    """Give name, relationship, number, kind and what to mind of each number; one empty line where there is none."""
    if not line.numbers:
        return [["No number is on record", "", "", "", ""]]
    return [
        [
            one.name, one.relationship, one.number if one.may_ring else "", one.way_words,
            "; ".join(words for words in (one.warning, "Does not work" if one.is_dead else "") if words),
        ]
        for one in line.numbers
    ]  # fmt: skip
