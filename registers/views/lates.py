"""Who came late: lists by session and by lesson, by pupil, form, year and period, and the sheet for a head of year."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from attendance_office import clock
from attendance_office.days import read_day
from attendance_office.numbers import whole
from attendance_office.staff.roles import Can
from attendance_office.web.doors import StaffRequest, door
from attendance_office.web.export import Cell, Column
from attendance_office.web.lists import narrowed, send_list
from registers.queries import lates as answers
from registers.queries.pupils import years_taught

PAGE = 50
KINDS = (("sessions", "Sessions"), ("lessons", "Lessons"))
VIEWS = (
    ("list", "Each late"),
    ("pupils", "By pupil"),
    ("forms", "By form"),
    ("years", "By year"),
    ("periods", "By period"),
    ("repeated", "Repeated"),
)
FIELDS = {"forms": answers.FORM, "years": answers.YEAR, "periods": answers.PERIOD}


def _read(request: StaffRequest) -> dict[str, Any]:
    """Read the days and filters of the query string; today otherwise."""
    today = clock.today()
    try:
        first = read_day(request.GET.get("from", ""))
        last = read_day(request.GET.get("to", "") or first.isoformat())
    except ValueError:
        first = last = today
    if last < first or last - first > timedelta(days=400):
        first = last
    least = whole(request.GET.get("least"))
    of = "lessons" if request.GET.get("of") == "lessons" else "sessions"
    views = [one for one in VIEWS if of == "lessons" or one[0] != "periods"]
    view = request.GET.get("view", "list")
    asked: dict[str, Any] = {
        "first": first,
        "last": last,
        "year": request.GET.get("year", ""),
        "after": request.GET.get("after") == "1" and of == "sessions",
        "q": request.GET.get("q", "")[:60],
        "of": of,
        "views": views,
        "view": view if view in dict(views) else "list",
        "least": least if least and 0 < least < 100 else answers.REPEATED,
        "today": today,
    }
    days = answers.four_weeks_to(last) if asked["view"] == "repeated" else (first, last)
    within = {"year": asked["year"], "q": asked["q"].strip()}
    marks: answers.Lates
    if of == "lessons":
        marks = answers.lesson_lates(request.school, request.user, *days, **within)
    else:
        marks = answers.lates(request.school, request.user, *days, after=asked["after"], **within)
    return asked | {"marks": marks}


def _lines(read: dict[str, Any]) -> list[answers.Line]:
    if read["view"] in FIELDS:
        return answers.by_group(read["marks"], FIELDS[read["view"]])
    return answers.by_pupil(read["marks"], least=read["least"] if read["view"] == "repeated" else 1)


@require_GET
@door(Can.SEE_LATES, section="marks")
def late_list(request: StaffRequest) -> HttpResponse:
    """Show who came late."""
    read = _read(request)
    rows: Any = read.pop("marks") if read["view"] == "list" else _lines(read)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    today = read["today"]
    week = today - timedelta(days=today.weekday())
    context = read | {
        "marks": None,
        "page": page,
        "total": page.paginator.count,
        "kinds": KINDS,
        "of_pupils": read["view"] in {"pupils", "repeated"},
        "years": years_taught(request.school),
        "periods": (
            ("Today", today, today),
            ("This week", week, today),
            ("Last four weeks", today - timedelta(weeks=4), today),
        ),
    }
    return render(request, "registers/late_list.html", context)


@require_GET
@door(Can.SEE_LATES, section="marks")
def late_sheet(request: StaffRequest, year: int) -> HttpResponse:
    """Show the lates of a year group as the sheet for its head: today's, the week by pupil, and who is late again."""
    if year not in years_taught(request.school):
        raise Http404
    sheet = answers.sheet_of(request.school, request.user, year, clock.today())
    return render(request, "registers/late_sheet.html", {"sheet": sheet, "least": answers.REPEATED})


@require_POST
@door(Can.EXPORT, section="marks")
@door(Can.SEE_LATES)
def late_export(request: StaffRequest, form: str) -> HttpResponse:
    """Send out the list as it is shown."""
    read = _read(narrowed(request))
    heads, rows = _each(read) if read["view"] == "list" else _summed(read)
    asked = f"{read['first']} to {read['last']} {request.GET.urlencode()}"
    what = f"lates of {read['of']} {read['view']}"
    return send_list(request, form, what=what, columns=[Column(one) for one in heads], rows=rows, filters=asked)


def _each(read: dict[str, Any]) -> tuple[tuple[str, ...], list[list[Cell]]]:
    rows: list[list[Cell]] = []
    for one in read["marks"]:
        of_lesson = (one.lesson.period.name, one.lesson.teaching_group.name) if read["of"] == "lessons" else ()
        of_session = () if of_lesson else (one.half, one.code)
        form = one.pupil.tutor_group.name if one.pupil.tutor_group else ""
        rows.append([str(one.pupil), form, one.on, *of_lesson, *of_session, one.minutes_late])
    where = ("Period", "Class") if read["of"] == "lessons" else ("Session", "Code")
    return ("Pupil", "Form", "Day", *where, "Minutes late"), rows


def _summed(read: dict[str, Any]) -> tuple[tuple[str, ...], list[list[Cell]]]:
    lines = _lines(read)
    if read["of"] == "lessons":
        rows: list[list[Cell]] = [[one.name, one.form, one.late, one.minutes, one.last_on] for one in lines]
        return ("Name", "Form", "Late", "Minutes on average", "Last"), rows
    rows = [[one.name, one.form, one.late, one.after, one.minutes, one.last_on] for one in lines]
    return ("Name", "Form", "Late", "After the close", "Minutes on average", "Last"), rows
