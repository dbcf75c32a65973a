"""Taking the registers of lessons: the same sheet as a session's, with the session's marks beside each name."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET, require_POST

from attendance_office import clock
from attendance_office.days import read_day
from attendance_office.refusals import Conflict, Refused
from attendance_office.staff.models import User
from attendance_office.staff.roles import Can
from attendance_office.web import toasts
from attendance_office.web.chips import LESSON_FAMILIES
from attendance_office.web.doors import StaffRequest, door
from attendance_office.web.templatetags.office import code_chip
from registers.actions.attendance import Saved
from registers.actions.lessons import ABSENT, ELSEWHERE, LATE, PRESENT, is_away, lesson_counts, save_lesson_marks
from registers.models import LessonMark
from registers.queries.calendar import calendar_of
from registers.queries.lessons import LessonLine, LessonRow, lesson_sheet, lesson_to_take, own_lessons
from registers.queries.registers import Status
from registers.rules.codes import code_set
from registers.rules.dates import spoken_date
from registers.rules.sessions import HALVES, Calendar

from .sent import Sent, Unreadable, answer_batch, asked_of, read_form, saved_line, time_of
from .sheet import SPOKEN_HALF, saved_words

PLACES: Final = ("Music lesson", "Nurse", "With the head of year", "Support room", "Examination", "Sports fixture")
_PICKER: Final = [
    {
        "name": "Marks of a lesson",
        "codes": [
            {"symbol": one.value, "family": LESSON_FAMILIES[one.value], "name": one.label, "more": ""}
            for one in LessonMark.Code
        ],
    }
]


def lesson_address(name: str, line: LessonLine) -> str:
    """Give the address of a lesson's page on its day."""
    return reverse(f"registers:{name}", args=[line.lesson.pk, line.on.isoformat()])


SHAPES: Final = {Status.NOT_OPENED: ("none", "none"), Status.PART: ("part", "part"), Status.COMPLETE: ("done", "done")}


def shown_lesson(line: LessonLine, user: User, now: datetime) -> dict[str, Any]:
    """Give a lesson of a day with its words and shapes, and whether somebody else covers it."""
    begun = line.opens_at <= now
    css, icon = SHAPES[line.status] if begun or line.marked else ("idle", "wait")
    words = {
        Status.NOT_OPENED: "Not taken" if begun else f"Begins {line.opens_at:%H:%M}",
        Status.PART: f"{line.marked} of {line.expected} marked",
        Status.COMPLETE: f"Taken {time_of(line.register.completed_at)}" if line.register else "",
    }[line.status]
    covers = line.cover is not None and line.cover.user_id == user.pk
    return {
        "line": line,
        "css": css,
        "icon": icon,
        "words": words,
        "covers": covers,
        "begun": begun,
        "covered_by": line.owner if line.is_covered and not covers else "",
        "url": lesson_address("lesson_take", line),
    }


def _line(request: StaffRequest, lesson_pk: int, on: str) -> tuple[LessonLine, Calendar]:
    """Give the lesson whose register the person may take; any other is not there."""
    try:
        day = read_day(on)
    except ValueError as strange:
        raise Http404 from strange
    calendar = calendar_of(request.school.pk)
    today = clock.today()
    line = lesson_to_take(request.user, request.school, lesson_pk, day, today=today, calendar=calendar)
    if line is None:
        raise Http404
    return line, calendar


@require_GET
@door(Can.TAKE_OWN_LESSON, Can.TAKE_ANY_REGISTER, section="registers")
def lesson_take(request: StaffRequest, lesson_pk: int, on: str) -> HttpResponse:
    """Show the sheet of a lesson's register. Looking writes nothing."""
    return _sheet(request, *_line(request, lesson_pk, on))


def _next(request: StaffRequest, line: LessonLine, calendar: Calendar) -> LessonLine | None:
    """Give the next of the person's own lessons of the day that has begun and is not taken."""
    now = clock.now()
    mine = own_lessons(request.user, request.school, line.on, calendar)
    return next((one for one in mine if line.opens_at < one.opens_at <= now and one.is_owed), None)


def _sheet(
    request: StaffRequest,
    line: LessonLine,
    calendar: Calendar,
    *,
    sent: Sent | None = None,
    refused: str = "",
    status: int = 200,
) -> HttpResponse:
    now, lesson = clock.now(), line.lesson
    sheet = lesson_sheet(line, request.user)
    following = _next(request, line, calendar)
    is_open = line.opens_at <= now and bool(sheet)
    name = f"{lesson.teaching_group.name} {lesson.period.name}"
    context = {
        "line": line,
        "lesson": lesson,
        "group": {"name": name},
        "session": line.session,
        "half_word": lesson.period.name,
        "is_today": clock.local(now).date() == line.on,
        "register": line.register,
        "owner": line.owner,
        "rows": _rows(request, line, sheet, sent, is_open=is_open),
        "ten": "Morning, afternoon",
        "counts": lesson_counts([row.code for row in sheet]),
        "is_open": is_open,
        "closed_words": f"The lesson begins at {lesson.period.starts_at:%H:%M} on {spoken_date(line.on)}.",
        "empty_words": "No pupil sits in this class on this day.",
        "next": {"name": _named(following)} if following else None,
        "picker": {"html": render_to_string("registers/register_codes.html", {"picker": _PICKER})},
        "key": uuid4(),
        "refused": refused,
        "wheres": PLACES,
        "printhead": f"{name}, {spoken_date(line.on)}",
        "page": {
            "save": lesson_address("lesson_save", line),
            "open": "",
            "next": lesson_address("lesson_take", following) if following else "",
            "group": name,
            "present": PRESENT,
            "elsewhere": ELSEWHERE,
            "codes": [{"s": one.value, "f": LESSON_FAMILIES[one.value], "n": one.label} for one in LessonMark.Code],
        },
    }
    return render(request, "registers/lesson_take.html", context, status=status)


def _named(line: LessonLine) -> str:
    return f"{line.lesson.teaching_group.name} {line.lesson.period.name}"


def _rows(
    request: StaffRequest, line: LessonLine, sheet: list[LessonRow], sent: Sent | None, *, is_open: bool
) -> list[dict[str, Any]]:
    typed = {entry.pupil_id: entry for entry in sent.entries} if sent else {}
    own = request.user.signature
    rows = []
    for number, row in enumerate(sheet, start=1):
        entry = typed.get(row.pupil.pk)
        code = entry.code if entry else row.code
        minutes = entry.minutes_late if entry else row.mark.minutes_late if row.mark else None
        where = entry.comment if entry else row.mark.comment if row.mark else ""
        away = _away(row, line)
        rows.append(
            {
                "number": str(number),
                "pk": str(row.pupil.pk),
                "name": str(row.pupil),
                "within": row.within_reach,
                "code": code,
                "was": row.code,
                "family": LESSON_FAMILIES.get(code, ""),
                "minutes": str(minutes or ""),
                "where": where,
                "late": code == LATE,
                "noted": code in {LATE, ELSEWHERE},
                "shut": not is_open,
                "fill": ABSENT if away else "",
                "away": away,
                "sessions_said": _said(row, line),
                "chips": _chips(row),
                "quick": _quick(code, off=not is_open),
                "saved": saved_words(row.hand, own, line.on),
            }
        )
    return rows


def _away(row: LessonRow, line: LessonLine) -> str:
    """Say that the session's mark has the pupil absent, "" where it has not."""
    mark = row.sessions.get(line.session.half)
    if mark is None or not is_away(mark.code, line.on):
        return ""
    return f"Absent this {SPOKEN_HALF[line.session.half]}"


def _said(row: LessonRow, line: LessonLine) -> str:
    names = code_set(line.on)
    found = []
    for half in HALVES:
        mark = row.sessions.get(half)
        meaning = (
            "not marked" if mark is None else names[mark.code].meaning.lower() if mark.code in names else mark.code
        )
        found.append(f"{SPOKEN_HALF[half]} {meaning}")
    return ", ".join(found)


def _chips(row: LessonRow) -> str:
    return mark_safe("".join(code_chip(row.sessions[half].code if half in row.sessions else "") for half in HALVES))


def _quick(code: str, *, off: bool) -> str:
    quick = [(one.value, one.label, LESSON_FAMILIES[one.value]) for one in LessonMark.Code]
    return render_to_string("registers/register_quick.html", {"quick": quick, "code": code, "off": off})


@require_POST
@door(Can.TAKE_OWN_LESSON, Can.TAKE_ANY_REGISTER, section="registers")
def lesson_save(request: StaffRequest, lesson_pk: int, on: str) -> HttpResponse:
    """Save what was sent: JSON answers the page's script, a form answers a person without one."""
    line, calendar = _line(request, lesson_pk, on)
    if request.content_type == "application/json":
        return answer_batch(request, lambda sent: _save(request, line, sent), where=True)
    sent = None
    try:
        sent = _read(request, line)
        saved = _save(request, line, sent)
    except Conflict as conflict:
        if sent is None:
            raise
        return _conflict(request, line, sent, conflict)
    except (Refused, Unreadable) as refused:
        return _sheet(request, line, calendar, sent=sent, refused=str(refused), status=422)
    toasts.say(request, saved_line(_named(line), saved))
    following = _next(request, line, calendar) if sent.finish else None
    return redirect(lesson_address("lesson_take", following or line))


def _read(request: StaffRequest, line: LessonLine) -> Sent:
    """Read the whole form; who is absent in the session is not filled in as there."""
    if "fill" not in request.POST:
        return read_form(request.POST)
    away = {row.pupil.pk: ABSENT for row in lesson_sheet(line, request.user) if _away(row, line)}
    return read_form(request.POST, blank=PRESENT, blanks=away)


def _save(request: StaffRequest, line: LessonLine, sent: Sent) -> Saved:
    return save_lesson_marks(
        lesson=line.lesson,
        on=line.on,
        entries=sent.entries,
        key=sent.key,
        finish=sent.finish,
        by=request.user,
        at=clock.now(),
    )


def _conflict(request: StaffRequest, line: LessonLine, sent: Sent, conflict: Conflict) -> HttpResponse:
    """Show what both wrote, and ask which stays."""
    context = asked_of(conflict, sent) | {
        "group": {"name": _named(line)},
        "session": line.session,
        "half_word": line.lesson.period.name,
        "save_at": lesson_address("lesson_save", line),
        "back_at": lesson_address("lesson_take", line),
        "key": uuid4(),
    }
    return render(request, "registers/register_conflict.html", context, status=409)
