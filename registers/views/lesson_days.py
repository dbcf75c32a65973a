"""The lessons of a day: who takes each, how far its register has come, and cover."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from attendance_office import clock
from attendance_office.days import read_day
from attendance_office.numbers import whole
from attendance_office.refusals import Refused
from attendance_office.staff.models import User
from attendance_office.staff.roles import Can
from attendance_office.web import toasts
from attendance_office.web.doors import StaffRequest, door, may
from attendance_office.web.export import Cell, Column
from attendance_office.web.lists import narrowed, send_list
from registers.actions.lesson_cover import end_lesson_cover, set_lesson_cover
from registers.forms import timetable as forms
from registers.queries import timetable as answers
from registers.queries.calendar import calendar_of
from registers.queries.lessons import LessonLine, lessons_held, lessons_of_day, lines_of
from registers.rules.sessions import Calendar

from .lessons import shown_lesson
from .timetable import day_asked

SHOWS: Final = (("all", "All"), ("owed", "Not taken"), ("cover", "Covered or moved"))
_AROUND: Final = timedelta(days=80)


def _day(request: StaffRequest, calendar: Calendar) -> date:
    asked = day_asked(request)
    return asked if "on" in request.GET else calendar.latest_day(asked) or asked


def _lines(request: StaffRequest, on: date, calendar: Calendar) -> tuple[list[LessonLine], dict[str, int]]:
    """Give the lessons of the day as they are narrowed, and how many there are of each kind."""
    lines, now = lessons_of_day(request.school, on, calendar), clock.now()
    teacher, period = whole(request.GET.get("teacher")), whole(request.GET.get("period"))
    if teacher is not None:
        lines = [one for one in lines if teacher in {one.lesson.teacher_id, one.cover.user_id if one.cover else None}]
    if period is not None:
        lines = [one for one in lines if one.lesson.period_id == period]
    kinds = {
        "all": lines,
        "owed": [one for one in lines if one.is_owed and one.opens_at <= now],
        "cover": [one for one in lines if one.cover is not None],
    }
    return kinds.get(request.GET.get("show", ""), lines), {key: len(some) for key, some in kinds.items()}


@require_GET
@door(Can.TAKE_OWN_LESSON, Can.ARRANGE_COVER, section="registers")
def lesson_day(request: StaffRequest) -> HttpResponse:
    """Show the lessons of a day in the order of the hour."""
    calendar = calendar_of(request.school.pk)
    on = _day(request, calendar)
    lines, counts = _lines(request, on, calendar)
    now = clock.now()
    show = request.GET.get("show", "all")
    context = {
        "on": on,
        "letter": answers.weeks_of(request.school.pk, calendar).letter(on),
        "held": calendar.is_school_day(on),
        "lines": [shown_lesson(one, request.user, now) for one in lines],
        "total": len(lines),
        "shows": [(key, words, counts[key]) for key, words in SHOWS],
        "show": show if show in counts else "all",
        "periods": answers.periods_of(request.school),
        "period": request.GET.get("period", ""),
        "teachers": answers.teachers_of(request.school),
        "teacher": request.GET.get("teacher", ""),
        "previous": calendar.latest_day(on - timedelta(days=1)),
        "next": next(iter(calendar.days(on + timedelta(days=1), on + _AROUND)), None),
        "may_cover": may(request, Can.ARRANGE_COVER),
        "takes_any": may(request, Can.TAKE_ANY_REGISTER) and may(request, Can.ARRANGE_COVER),
    }
    return render(request, "registers/lesson_day.html", context)


@require_POST
@door(Can.EXPORT, section="registers")
@door(Can.TAKE_OWN_LESSON, Can.ARRANGE_COVER)
def lesson_day_export(request: StaffRequest, form: str) -> HttpResponse:
    """Send out the lessons of the day as they are listed: the day's cover list."""
    asked, calendar = narrowed(request), calendar_of(request.school.pk)
    on = _day(asked, calendar)
    lines, _ = _lines(asked, on, calendar)
    now = clock.now()
    rows: list[list[Cell]] = [
        [
            on,
            one.lesson.period.name,
            one.lesson.teaching_group.name,
            one.lesson.teacher.signature if one.lesson.teacher else "",
            one.owner if one.is_covered else "",
            one.room,
            one.cover.why if one.cover else "",
            one.expected,
            shown_lesson(one, request.user, now)["words"],
        ]
        for one in lines
    ]
    heads = ("Day", "Period", "Class", "Teacher", "Covered by", "Room", "Why", "Pupils", "Register")
    columns = [Column(one) for one in heads]
    return send_list(request, form, what="lessons", columns=columns, rows=rows, filters=request.GET.urlencode())


# ---------- cover ----------


def _held(request: StaffRequest, lesson_pk: int, on: str) -> tuple[LessonLine, Calendar]:
    """Give a lesson that is held on a day of the school; another is not there."""
    try:
        day = read_day(on)
    except ValueError as strange:
        raise Http404 from strange
    calendar = calendar_of(request.school.pk)
    rows = lessons_held(request.school, day, calendar).filter(pk=lesson_pk)
    lines = lines_of(request.school, day, rows)
    if not lines:
        raise Http404
    return lines[0], calendar


def _free(request: StaffRequest, line: LessonLine, calendar: Calendar) -> list[User]:
    """Give the colleagues who have no lesson at that hour, and whoever covers it already."""
    letter = answers.weeks_of(request.school.pk, calendar).letter(line.on)
    busy = answers.busy_teachers(request.school, line.on, letter, line.lesson.period)
    busy.discard(line.cover.user_id if line.cover and line.cover.user_id else 0)
    return [one for one in answers.teachers_of(request.school) if one.pk not in busy | {line.lesson.teacher_id}]


@require_http_methods(["GET", "POST"])
@door(Can.ARRANGE_COVER, section="registers")
def lesson_cover(request: StaffRequest, lesson_pk: int, on: str) -> HttpResponse:
    """Say who covers a lesson on a day, where and why: of the colleagues, those who are free."""
    line, calendar = _held(request, lesson_pk, on)
    free = _free(request, line, calendar)
    cover = line.cover
    first = {"user": cover.user_id or "", "name": cover.name, "room": cover.room, "why": cover.why} if cover else None
    form = forms.CoverLesson(request.POST or None, free=free, initial=first)
    if request.method == "POST" and form.is_valid():
        said: dict[str, Any] = form.cleaned_data
        user = next((one for one in free if one.pk == said["user"]), None)
        try:
            set_lesson_cover(
                lesson=line.lesson,
                on=line.on,
                user=user,
                name=said["name"],
                room=said["room"],
                why=said["why"],
                by=request.user,
                at=clock.now(),
            )
        except Refused as no:
            form.add_error(None, str(no))
        else:
            who = user.signature if user else said["name"] or f"room {said['room']}"
            named = f"{line.lesson.teaching_group.name} {line.lesson.period.name}"
            undo = reverse("registers:lesson_cover_end", args=[lesson_pk, on])
            toasts.say(request, f"{named}: {who}", undo="" if cover else undo)
            return redirect(f"{reverse('registers:lesson_day')}?on={line.on.isoformat()}")
    context = {"line": line, "form": form, "free": len(free), "cover": cover}
    return render(request, "registers/lesson_cover.html", context, status=422 if form.errors else 200)


@require_POST
@door(Can.ARRANGE_COVER, section="registers")
def lesson_cover_end(request: StaffRequest, lesson_pk: int, on: str) -> HttpResponse:
    """Take the cover of a lesson back."""
    line, _ = _held(request, lesson_pk, on)
    try:
        end_lesson_cover(lesson=line.lesson, on=line.on, by=request.user, at=clock.now())
    except Refused as no:
        toasts.fail(request, str(no))
    else:
        toasts.say(request, f"{line.lesson.teaching_group.name} {line.lesson.period.name}: no cover any more")
    return redirect(f"{reverse('registers:lesson_day')}?on={line.on.isoformat()}")
