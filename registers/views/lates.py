"""Who came late: lists by session, lesson, pupil, form and year, and the sheet for a head of year."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from attendance_office import clock
from attendance_office.numbers import whole
from attendance_office.staff.roles import Can
from attendance_office.web.doors import StaffRequest, door
from attendance_office.web.export import Cell, Column
from attendance_office.web.lists import narrowed, send_list
from registers.queries import lates as answers
from registers.queries.pupils import years_taught

PAGE = 50
VIEWS = (
    ("list", "Each late"),
    ("pupils", "By pupil"),
    ("forms", "By form"),
    ("years", "By year"),
    ("repeated", "Repeated"),
    ("lessons", "In lessons"),
)


def _read(request: StaffRequest) -> dict[str, Any]:
    """Read the period and filters of the query string; today otherwise."""
    today = clock.today()
    try:
        first = date.fromisoformat(request.GET.get("from", ""))
        last = date.fromisoformat(request.GET.get("to", "") or first.isoformat())
    except ValueError:
        first = last = today
    if last < first or last - first > timedelta(days=400):
        first = last
    least = whole(request.GET.get("least"))
    view = request.GET.get("view", "list")
    asked: dict[str, Any] = {
        "first": first,
        "last": last,
        "year": request.GET.get("year", ""),
        "after": request.GET.get("after") == "1",
        "q": request.GET.get("q", "")[:60],
        "view": view if view in dict(VIEWS) else "list",
        "least": least if least and 0 < least < 100 else answers.REPEATED,
        "today": today,
    }
    marks = answers.lates(
        request.school, request.user, first, last, year=asked["year"], after=asked["after"], q=asked["q"].strip()
    )
    return asked | {"marks": marks}


def _lines(request: StaffRequest, read: dict[str, Any]) -> list[answers.Line]:
    if read["view"] == "forms":
        return answers.by_group(read["marks"], "pupil__tutor_group__name")
    if read["view"] == "years":
        return answers.by_group(read["marks"], "pupil__year_group")
    if read["view"] == "repeated":
        return answers.repeated(request.school, request.user, read["last"], least=read["least"])
    return answers.by_pupil(read["marks"])


@require_GET
@door(Can.SEE_LATES, section="marks")
def late_list(request: StaffRequest) -> HttpResponse:
    """Show who came late."""
    read = _read(request)
    rows: Any
    if read["view"] == "list":
        rows = read["marks"]
    elif read["view"] == "lessons":
        rows = answers.lesson_lates(request.school, request.user, read["first"], read["last"], year=read["year"])
    else:
        rows = _lines(request, read)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    today = read["today"]
    week = today - timedelta(days=today.weekday())
    context = read | {
        "page": page,
        "total": page.paginator.count,
        "views": VIEWS,
        "years": years_taught(request.school),
        "periods": (
            ("Today", today, today),
            ("This week", week, today),
            ("Last four weeks", today - timedelta(weeks=4), today),
        ),
    }
    del context["marks"]
    return render(request, "registers/late_list.html", context)


@require_GET
@door(Can.SEE_LATES, section="marks")
def late_sheet(request: StaffRequest, year: int) -> HttpResponse:
    """Show the lates of a year group as the sheet for its head: today's, the week by pupil, and who is late again."""
    if year not in years_taught(request.school):
        raise Http404
    today = clock.today()
    week = today - timedelta(days=today.weekday())
    day = answers.lates(request.school, request.user, today, today, year=str(year))
    context = {
        "year": year,
        "today": today,
        "day": list(day),
        "week": answers.by_pupil(answers.lates(request.school, request.user, week, today, year=str(year))),
        "repeated": answers.by_pupil(
            answers.lates(request.school, request.user, today - timedelta(weeks=4), today, year=str(year)),
            least=answers.REPEATED,
        ),
        "least": answers.REPEATED,
    }
    return render(request, "registers/late_sheet.html", context)


@require_POST
@door(Can.EXPORT, section="marks")
@door(Can.SEE_LATES)
def late_export(request: StaffRequest, form: str) -> HttpResponse:
    """Send out the list as it is shown."""
    read = _read(narrowed(request))
    rows: list[list[Cell]]
    heads: tuple[str, ...]
    if read["view"] == "list":
        heads = ("Pupil", "Form", "Day", "Session", "Code", "Minutes late")
        rows = [
            [
                str(one.pupil),
                one.pupil.tutor_group.name if one.pupil.tutor_group else "",
                one.on,
                one.half,
                one.code,
                one.minutes_late,
            ]
            for one in read["marks"]
        ]
    elif read["view"] == "lessons":
        heads = ("Pupil", "Form", "Day", "Period", "Class", "Minutes late")
        found = answers.lesson_lates(request.school, request.user, read["first"], read["last"], year=read["year"])
        rows = [
            [
                str(one.pupil),
                one.pupil.tutor_group.name if one.pupil.tutor_group else "",
                one.on,
                one.lesson.period.name,
                one.lesson.teaching_group.name,
                one.minutes_late,
            ]
            for one in found
        ]
    else:
        heads = ("Name", "Form", "Late", "After the close", "Minutes on average", "Last")
        rows = [[one.name, one.form, one.late, one.after, one.minutes, one.last_on] for one in _lines(request, read)]
    columns = [Column(one) for one in heads]
    asked = f"{read['first']} to {read['last']} {request.GET.urlencode()}"
    return send_list(request, form, what=f"lates {read['view']}", columns=columns, rows=rows, filters=asked)
