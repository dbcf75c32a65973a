"""Taking registers: whose are there to take, the sheet, and saving it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any, cast
from uuid import uuid4

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from attendance_office import clock
from attendance_office.days import read_day
from attendance_office.refusals import Conflict, Refused
from attendance_office.staff.models import TutorGroup
from attendance_office.staff.roles import Can
from attendance_office.web import toasts
from attendance_office.web.doors import StaffRequest, door, may
from attendance_office.web.export import Cell, Column
from attendance_office.web.lists import narrowed, send_list
from registers.actions.attendance import Saved, open_register, save_marks
from registers.actions.entries import counts_of
from registers.models import Register
from registers.queries.calendar import calendar_of, opening, session_times
from registers.queries.lessons import own_lessons
from registers.queries.marks import moment, owner_of
from registers.queries.registers import NO_TUTOR, RegisterLine, Status, group_to_take, groups_to_take, registers_of
from registers.queries.sheets import group_and_next, sheet_of
from registers.rules.codes import Half, present_code
from registers.rules.dates import spoken_date
from registers.rules.sessions import HALVES, Calendar, Session

from .lessons import shown_lesson
from .sent import Sent, Unreadable, answer_batch, asked_of, read_form, saved_line, time_of
from .sheet import SPOKEN_HALF, after_close, picker_of, rows_of, ten_heading, why_not

SHAPES = {
    Status.NOT_OPENED: ("none", "none"),
    Status.OPENED: ("none", "wait"),
    Status.PART: ("part", "part"),
    Status.COMPLETE: ("done", "done"),
}


def _session(on: str, half: str) -> Session:
    """Read a session from an address; a strange one is not there."""
    try:
        return Session(read_day(on), cast("Half", half))
    except ValueError as strange:
        raise Http404 from strange


def _group(request: StaffRequest, group_pk: int, session: Session) -> TutorGroup:
    """Give the group whose register the person may take; any other is not there."""
    group = group_to_take(request.user, request.school, session, group_pk)
    if group is None:
        raise Http404
    return group


def _address(name: str, group: TutorGroup, session: Session) -> str:
    return reverse(f"registers:{name}", args=[group.pk, session.on.isoformat(), session.half])


# ---------- the list ----------


@require_GET
@door(Can.TAKE_OWN_REGISTER, Can.TAKE_ANY_REGISTER, section="registers")
def register_list(request: StaffRequest) -> HttpResponse:
    """Show the registers of a session: the person's own and covered first, then all within reach by year."""
    now = clock.now()
    calendar = calendar_of(request.school.pk)
    on = _day_asked(request, calendar)
    times = session_times(request.school.pk, on)
    session = Session(on, _half_asked(request, on, times, now))
    held = calendar.has_session(session)
    lines = registers_of(request.school, session, visible_to=request.user) if held else []
    mine = set(groups_to_take(request.user, request.school, session).values_list("pk", flat=True)) if held else set()
    own = {post.tutor_group_id for post in request.user.standing.posts_in(request.school.pk) if post.tutor_group_id}
    shown = [_shown(line, now, times, mine) for line in lines if line.expected or line.register]
    first = [one for one in shown if one["line"].tutor_group.pk in own or _covers(request, one["line"])]
    takes_lessons = may(request, Can.TAKE_OWN_LESSON) and calendar.is_school_day(on)
    context = {
        "on": on,
        "lessons": [
            shown_lesson(line, request.user, now) for line in own_lessons(request.user, request.school, on, calendar)
        ]
        if takes_lessons
        else [],
        "session": session,
        "half_word": SPOKEN_HALF[session.half],
        "halves": [(half, SPOKEN_HALF[half].capitalize()) for half in HALVES],
        "held": held,
        "times": times.get(session.half),
        "begun": session.half in times and opening(times[session.half], on) <= now,
        "first": first,
        "years": [
            (year, list(group)) for year, group in groupby(shown, key=lambda one: one["line"].tutor_group.year_group)
        ],
        "many": len(shown) > len(first),
        "owed": sum(line.is_owed for line in lines),
        "total": len(shown),
        "tallies": _status_counts(lines),
        "previous": calendar.latest_day(on - timedelta(days=1)),
        "next": next(iter(calendar.days(on + timedelta(days=1), on + timedelta(days=80))), None),
        "today": calendar.latest_day(clock.local(now).date()),
    }
    return render(request, "registers/register_list.html", context)


@require_POST
@door(Can.EXPORT, section="registers")
def register_list_export(request: StaffRequest, form: str) -> HttpResponse:
    """Send out the registers of the page's session, with who took each and when."""
    if not (may(request, Can.TAKE_OWN_REGISTER) or may(request, Can.TAKE_ANY_REGISTER)):
        raise Http404
    now, asked = clock.now(), narrowed(request)
    on = _day_asked(asked, calendar_of(request.school.pk))
    times = session_times(request.school.pk, on)
    session = Session(on, _half_asked(asked, on, times, now))
    rows: list[list[Cell]] = [
        [
            line.tutor_group.name,
            line.tutor_group.year_group,
            line.tutor_group.room,
            line.owner[1],
            line.expected,
            line.marked,
            _shown(line, now, times, set())["words"],
            line.register.completed_at if line.register else None,
        ]
        for line in registers_of(request.school, session, visible_to=request.user)
        if line.expected or line.register
    ]
    heads = ("Form", "Year", "Room", "Taken by", "Pupils", "Marked", "Status", "Finished")
    what = f"registers {session.on} {session.half}"
    return send_list(request, form, what=what, columns=[Column(one) for one in heads], rows=rows)


def _day_asked(request: StaffRequest, calendar: Calendar) -> date:
    asked = request.GET.get("on", "")
    try:
        return read_day(asked)
    except ValueError:
        today = clock.today()
        return calendar.latest_day(today) or today


def _half_asked(request: StaffRequest, on: date, times: dict[str, Any], now: datetime) -> Half:
    asked = request.GET.get("half", "")
    if asked in HALVES:
        return asked
    afternoon = times.get("PM")
    return "PM" if afternoon is not None and opening(afternoon, on) <= now else "AM"


def _covers(request: StaffRequest, line: RegisterLine) -> bool:
    return line.cover is not None and line.cover.user_id == request.user.pk


def _shown(line: RegisterLine, now: datetime, times: dict[str, Any], mine: set[int]) -> dict[str, Any]:
    """Give a line with its words and shapes."""
    session = line.session
    begun = session.half in times and opening(times[session.half], session.on) <= now
    css, icon = SHAPES[line.status] if begun or line.marked else ("idle", "wait")
    words = line.status.words if begun or line.status is not Status.NOT_OPENED else "Not open yet"
    if line.status is Status.PART:
        words = f"{line.marked} of {line.expected} marked"
    if line.status is Status.COMPLETE and line.register is not None and line.register.saved_at is not None:
        done = line.register.completed_at or line.register.saved_at
        words = f"Taken {clock.local(done):%H:%M}"
    return {
        "line": line,
        "css": css,
        "icon": icon,
        "words": words,
        "owner": line.owner[1],
        "url": _address("register_take", line.tutor_group, session) if line.tutor_group.pk in mine else "",
    }


def _status_counts(lines: Iterable[RegisterLine]) -> dict[str, int]:
    counts = {status.value: 0 for status in Status}
    for line in lines:
        if line.expected:
            counts[line.status.value] += 1
    return counts


# ---------- the sheet ----------


@require_GET
@door(Can.TAKE_OWN_REGISTER, Can.TAKE_ANY_REGISTER, section="registers")
def register_take(request: StaffRequest, group_pk: int, on: str, half: str) -> HttpResponse:
    """Show the sheet of a group's register. Looking writes nothing: the page itself asks for it to be opened."""
    session = _session(on, half)
    group, following = group_and_next(request.user, request.school, session, group_pk)
    if group is None:
        raise Http404
    return _sheet(request, group, following, session)


def _sheet(
    request: StaffRequest,
    group: TutorGroup,
    following: TutorGroup | None,
    session: Session,
    *,
    sent: Sent | None = None,
    refused: str = "",
    status: int = 200,
) -> HttpResponse:
    """Draw the sheet, with what was sent where it could not be saved."""
    now = clock.now()
    school = request.school
    found = moment(school.pk, session)
    sheet = sheet_of(group, session)
    register = (
        Register.objects.filter(school=school, tutor_group=group, on=session.on, half=session.half)
        .select_related("saved_by", "completed_by")
        .first()
    )
    office = may(request, Can.USE_OFFICE_CODES)
    picker = picker_of(session, office=office)
    is_open = found.is_held and found.opens_at is not None and found.opens_at <= now and bool(sheet.rows)
    context = {
        "group": group,
        "session": session,
        "half_word": SPOKEN_HALF[session.half],
        "is_today": clock.local(now).date() == session.on,
        "register": register,
        "owner": owner_of(school.pk, group.pk, session)[1] or NO_TUTOR,
        "moment": found,
        "sheet": sheet,
        "rows": rows_of(request, sheet, session, picker, sent, office=office, is_open=is_open),
        "ten": ten_heading(sheet),
        "counts": counts_of(sheet.codes, session),
        "is_open": is_open,
        "closed_words": why_not(found, session, sheet),
        "next": following,
        "picker": picker,
        "key": uuid4(),
        "refused": refused,
        "printhead": f"{group.name}, {SPOKEN_HALF[session.half]} of {spoken_date(session.on)}",
        "page": {
            "save": _address("register_save", group, session),
            "open": "" if register and register.opened_at else _address("register_open", group, session),
            "next": _address("register_take", following, session) if following else "",
            "group": group.name,
            "present": present_code(session.half),
            "better": [{"s": symbol, "n": words} for symbol, words in after_close(session.on)],
            "amends": may(request, Can.AMEND_MARKS),
            "codes": [
                {"s": code["symbol"], "f": code["family"], "n": code["name"]}
                for kind in picker.kinds
                for code in kind["codes"]
            ],
        },
    }
    return render(request, "registers/register_take.html", context, status=status)


# ---------- opening and saving ----------


@require_POST
@door(Can.TAKE_OWN_REGISTER, Can.TAKE_ANY_REGISTER)
def register_open(request: StaffRequest, group_pk: int, on: str, half: str) -> HttpResponse:
    """Open the register for the person who has its page before them."""
    session = _session(on, half)
    group = _group(request, group_pk, session)
    try:
        register = open_register(
            school=request.school, tutor_group=group, session=session, by=request.user, at=clock.now()
        )
    except Refused as refused:
        return JsonResponse({"words": str(refused)}, status=422)
    return JsonResponse({"opened": time_of(register.opened_at)})


@require_POST
@door(Can.TAKE_OWN_REGISTER, Can.TAKE_ANY_REGISTER, section="registers")
def register_save(request: StaffRequest, group_pk: int, on: str, half: str) -> HttpResponse:
    """Save what was sent: JSON answers the page's script, a form answers a person without one."""
    session = _session(on, half)
    if request.content_type == "application/json":
        one = _group(request, group_pk, session)
        return answer_batch(request, lambda sent: _save(request, one, session, sent))
    group, following = group_and_next(request.user, request.school, session, group_pk)
    if group is None:
        raise Http404
    return _save_form(request, group, following, session)


def _save(request: StaffRequest, group: TutorGroup, session: Session, sent: Sent) -> Saved:
    return save_marks(
        school=request.school,
        tutor_group=group,
        session=session,
        entries=sent.entries,
        key=sent.key,
        finish=sent.finish,
        by=request.user,
        at=clock.now(),
    )


def _save_form(
    request: StaffRequest, group: TutorGroup, following: TutorGroup | None, session: Session
) -> HttpResponse:
    sent = None
    try:
        sent = read_form(request.POST, blank=present_code(session.half) if "fill" in request.POST else "")
        saved = _save(request, group, session, sent)
    except Conflict as conflict:
        return _conflict(request, group, session, cast("Sent", sent), conflict)
    except (Refused, Unreadable) as refused:
        return _sheet(request, group, following, session, sent=sent, refused=str(refused), status=422)
    toasts.say(request, saved_line(group.name, saved))
    if sent.finish and following is not None:
        return redirect(_address("register_take", following, session))
    return redirect(_address("register_take", group, session))


def _conflict(
    request: StaffRequest, group: TutorGroup, session: Session, sent: Sent, conflict: Conflict
) -> HttpResponse:
    """Show what both wrote, and ask which stays; the rest of what was sent goes along."""
    context = asked_of(conflict, sent) | {
        "group": group,
        "session": session,
        "half_word": SPOKEN_HALF[session.half],
        "save_at": _address("register_save", group, session),
        "back_at": _address("register_take", group, session),
        "key": uuid4(),
    }
    return render(request, "registers/register_conflict.html", context, status=409)
