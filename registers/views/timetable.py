"""The two-week timetable: by teacher, class, room and pupil; its periods, and which week is which."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from attendance_office import clock
from attendance_office.days import read_day
from attendance_office.numbers import whole
from attendance_office.refusals import Refused
from attendance_office.staff.roles import Can
from attendance_office.web import toasts
from attendance_office.web.doors import StaffRequest, door, may
from attendance_office.web.export import Cell, Column
from attendance_office.web.lists import narrowed, send_list
from registers.actions import timetable as actions
from registers.forms import timetable as forms
from registers.models import Period, Pupil, TeachingGroup, TimetableWeek
from registers.queries import timetable as answers
from registers.queries.calendar import calendar_of
from registers.rules.dates import spoken_date
from registers.rules.sessions import monday

BY: Final = (("teacher", "Teacher"), ("class", "Class"), ("room", "Room"), ("pupil", "Pupil"))
WEEKS_SHOWN: Final = 8


def day_asked(request: StaffRequest) -> date:
    """Give the day the address names, today where it names none."""
    try:
        return read_day(request.GET.get("on", ""))
    except ValueError:
        return clock.today()


def _read(request: StaffRequest) -> dict[str, Any]:
    """Read whose timetable is asked for, with its grid; a pupil out of reach has none."""
    school, on = request.school, day_asked(request)
    by = request.GET.get("by", "teacher")
    by = by if by in dict(BY) else "teacher"
    who = request.GET.get("who", "")[:60]
    number = whole(who)
    asked: dict[str, Any] = {}
    title, pupil = "", None
    teachers = answers.teachers_of(school)
    groups = list(TeachingGroup.objects.filter(school=school, is_used=True).order_by("year_group", "name"))
    rooms = answers.rooms_of(school, on)
    if by == "teacher":
        number = number if number else request.user.pk
        person = next((one for one in teachers if one.pk == number), None)
        asked, title = ({"teacher": person.pk}, person.signature) if person else ({}, "")
    elif by == "class":
        group = next((one for one in groups if one.pk == number), None)
        asked, title = ({"group": group.pk}, group.name) if group else ({}, "")
    elif by == "room" and who in rooms:
        asked, title = {"room": who}, f"Room {who}"
    elif by == "pupil" and number:
        pupil = Pupil.objects.visible_to(request.user).filter(school=school, pk=number).first()
        asked, title = ({"pupil": pupil.pk}, pupil.name) if pupil else ({}, "")
    grid = answers.grid_of(school, on, answers.lessons_by(school, on, **asked))
    choices = {
        "teacher": [(str(one.pk), f"{one.last_name}, {one.signature}") for one in teachers],
        "class": [(str(one.pk), one.name) for one in groups],
        "room": [(one, one) for one in rooms],
        "pupil": [(str(pupil.pk), str(pupil))] if pupil else [],
    }[by]
    who = str(number or "") if by != "room" else who
    return {"by": by, "who": who, "on": on, "title": title, "grid": grid, "choices": choices, "total": grid.many}


@require_GET
@door(Can.SEE_PUPILS, section="registers")
def timetable(request: StaffRequest) -> HttpResponse:
    """Show two weeks of a teacher, a class, a room or a pupil."""
    read = _read(request)
    weeks = answers.weeks_of(request.school.pk, calendar_of(request.school.pk))
    context = read | {
        "bys": BY,
        "weekdays": answers.WEEKDAYS,
        "letter": weeks.letter(read["on"]),
        "may_edit": may(request, Can.EDIT_TIMETABLE),
    }
    return render(request, "registers/timetable.html", context)


@require_POST
@door(Can.EXPORT, section="registers")
@door(Can.SEE_PUPILS)
def timetable_export(request: StaffRequest, form: str) -> HttpResponse:
    """Send out the two weeks that are shown, a line for each lesson."""
    read = _read(narrowed(request))
    days = dict(answers.WEEKDAYS)
    rows: list[list[Cell]] = [
        [
            letter,
            days[number],
            period.name,
            lesson.teaching_group.name,
            lesson.teaching_group.subject,
            lesson.teacher.signature if lesson.teacher else "",
            lesson.room,
        ]
        for letter, lines in read["grid"].weeks
        for period, cells in lines
        for number, cell in enumerate(cells, start=1)
        for lesson in cell.lessons
    ]
    heads = ("Week", "Day", "Period", "Class", "Subject", "Teacher", "Room")
    columns = [Column(one) for one in heads]
    asked = f"{read['by']} {read['title']}, {read['on']}"
    return send_list(request, form, what=f"timetable by {read['by']}", columns=columns, rows=rows, filters=asked)


# ---------- periods and weeks ----------


def _days(
    request: StaffRequest,
    *,
    period: Period | None = None,
    period_form: forms.SavePeriod | None = None,
    week_form: forms.SetWeek | None = None,
) -> HttpResponse:
    """Draw the page of periods and weeks with the form as it was sent, if one was."""
    today = clock.today()
    calendar = calendar_of(request.school.pk)
    weeks = answers.weeks_of(request.school.pk, calendar)
    coming = calendar.school_weeks(monday(today), today + timedelta(weeks=WEEKS_SHOWN + 4))[:WEEKS_SHOWN]
    sent = next((one for one in (period_form, week_form) if one is not None and one.errors), None)
    context = {
        "periods": answers.periods_of(request.school),
        "rows": TimetableWeek.objects.filter(school=request.school).order_by("-monday"),
        "coming": [(week, weeks.letter(week)) for week in coming],
        "today": today,
        "period": period,
        "period_form": period_form or forms.SavePeriod(auto_id="period_%s"),
        "week_form": week_form or forms.SetWeek(initial={"on": monday(today)}, auto_id="week_%s"),
        "sent": sent,
        "period_sent": period_form is not None,
    }
    return render(request, "registers/timetable_days.html", context, status=422 if sent else 200)


@require_GET
@door(Can.EDIT_TIMETABLE, section="registers")
def timetable_days(request: StaffRequest) -> HttpResponse:
    """Show the periods of the day, and which week is which."""
    return _days(request)


@require_http_methods(["GET", "POST"])
@door(Can.EDIT_TIMETABLE, section="registers")
def period_save(request: StaffRequest, pk: int | None = None) -> HttpResponse:
    """Add a period, or change one."""
    period = get_object_or_404(Period, pk=pk, school=request.school) if pk is not None else None
    names = ("name", "half", "starts_at", "ends_at")
    first = {name: getattr(period, name) for name in names} if period else None
    form = forms.SavePeriod(request.POST or None, initial=first, auto_id="period_%s")
    if request.method == "POST" and form.is_valid():
        try:
            row = actions.save_period(
                school=request.school, period=period, by=request.user, at=clock.now(), **form.cleaned_data
            )
        except Refused as no:
            form.add_error(None, str(no))
        else:
            toasts.say(request, f"Saved {row.name}, {row.starts_at:%H:%M} to {row.ends_at:%H:%M}")
            return redirect("registers:timetable_days")
    shown = get_object_or_404(Period, pk=pk, school=request.school) if pk is not None else None
    return _days(request, period=shown, period_form=form)


@require_POST
@door(Can.EDIT_TIMETABLE, section="registers")
def period_remove(request: StaffRequest, pk: int) -> HttpResponse:
    """Take away a period in which no lesson is."""
    period = get_object_or_404(Period, pk=pk, school=request.school)
    name = period.name
    try:
        actions.remove_period(period=period, by=request.user, at=clock.now())
    except Refused as no:
        toasts.fail(request, str(no))
    else:
        toasts.say(request, f"{name} taken away")
    return redirect("registers:timetable_days")


@require_POST
@door(Can.EDIT_TIMETABLE, section="registers")
def week_set(request: StaffRequest) -> HttpResponse:
    """Say which letter a week has."""
    form = forms.SetWeek(request.POST, auto_id="week_%s")
    if form.is_valid():
        try:
            row = actions.set_week(
                school=request.school,
                on=form.cleaned_data["on"],
                letter=form.cleaned_data["letter"],
                by=request.user,
                at=clock.now(),
            )
        except Refused as no:
            form.add_error(None, str(no))
        else:
            toasts.say(request, f"Week {row.letter} from {spoken_date(row.monday)}; the weeks alternate from there")
            return redirect("registers:timetable_days")
    return _days(request, week_form=form)


@require_POST
@door(Can.EDIT_TIMETABLE, section="registers")
def week_remove(request: StaffRequest, pk: int) -> HttpResponse:
    """Take a row of the weeks away."""
    row = get_object_or_404(TimetableWeek, pk=pk, school=request.school)
    try:
        actions.remove_week(week=row, by=request.user, at=clock.now())
    except Refused as no:
        toasts.fail(request, str(no))
    else:
        toasts.say(request, f"Week {row.letter} from {spoken_date(row.monday)} taken away")
    return redirect("registers:timetable_days")
