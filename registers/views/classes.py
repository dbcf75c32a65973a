"""Classes: who sits in them from when to when, and their lessons from a day on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from attendance_office import clock
from attendance_office.numbers import whole
from attendance_office.refusals import Refused
from attendance_office.staff.roles import Can
from attendance_office.web import toasts
from attendance_office.web.doors import StaffRequest, door, may
from attendance_office.web.export import Cell, Column
from attendance_office.web.lists import narrowed, send_list
from registers.actions import seats, timetable
from registers.forms import timetable as forms
from registers.models import Pupil, Seat, TeachingGroup
from registers.queries import timetable as answers
from registers.queries.calendar import calendar_of
from registers.queries.imports import traced
from registers.queries.name_matching import Matched, match_lines
from registers.queries.pupils import years_taught
from registers.rules.dates import spoken_date
from registers.rules.sessions import Session
from registers.rules.timetable import lessons_of_day

PAGE: Final = 100
COMING_DAYS: Final = 14


def _class(request: StaffRequest, pk: int) -> TeachingGroup:
    return get_object_or_404(TeachingGroup, pk=pk, school=request.school)


def _listed(request: StaffRequest) -> dict[str, Any]:
    q, year = request.GET.get("q", "")[:60].strip(), request.GET.get("year", "")
    rows = answers.classes_of(request.school, clock.today(), q=q, year=whole(year))
    return {"q": q, "year": year, "rows": rows}


@require_GET
@door(Can.SEE_PUPILS, section="registers")
def class_list(request: StaffRequest) -> HttpResponse:
    """Show the classes with their pupils of today."""
    listed = _listed(request)
    page = Paginator(listed["rows"], PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "total": page.paginator.count,
        "q": listed["q"],
        "year": listed["year"],
        "years": years_taught(request.school),
        "may_edit": may(request, Can.EDIT_TIMETABLE),
    }
    return render(request, "registers/class_list.html", context)


@require_POST
@door(Can.EXPORT, section="registers")
@door(Can.SEE_PUPILS)
def class_export(request: StaffRequest, form: str) -> HttpResponse:
    """Send out the classes as they are listed."""
    listed = _listed(narrowed(request))
    rows: list[list[Cell]] = [
        [one.name, one.subject, one.year_group, one.pupils, "yes" if one.is_used else "no"] for one in listed["rows"]
    ]
    columns = [Column(one) for one in ("Class", "Subject", "Year", "Pupils", "In use")]
    asked = f"{listed['q']} {listed['year']}".strip()
    return send_list(request, form, what="classes", columns=columns, rows=rows, filters=asked)


@require_http_methods(["GET", "POST"])
@door(Can.EDIT_TIMETABLE, section="registers")
def class_save(request: StaffRequest, pk: int | None = None) -> HttpResponse:
    """Make a class, or change its name, subject, year and use."""
    row = _class(request, pk) if pk is not None else None
    names = ("name", "subject", "year_group", "is_used")
    form = forms.SaveClass(request.POST or None, initial={one: getattr(row, one) for one in names} if row else None)
    if request.method == "POST" and form.is_valid():
        try:
            saved = timetable.save_class(
                school=request.school, teaching_group=row, by=request.user, at=clock.now(), **form.cleaned_data
            )
        except Refused as no:
            form.add_error("name", str(no))
        else:
            toasts.say(request, f"Class {saved.name} saved")
            return redirect("registers:class_detail", saved.pk)
    context = {"form": form, "group": _class(request, pk) if pk is not None else None}
    return render(request, "registers/class_form.html", context, status=422 if form.errors else 200)


@require_GET
@door(Can.SEE_PUPILS, section="registers")
def class_detail(request: StaffRequest, pk: int) -> HttpResponse:
    """Show a class: its two weeks, the lessons of the next days, and its pupils within the person's reach."""
    return _page(request, _class(request, pk), forms.SeatPupils(initial={"from_on": clock.today()}))


def _page(
    request: StaffRequest, group: TeachingGroup, form: forms.SeatPupils, clashes: tuple[str, ...] = ()
) -> HttpResponse:
    today = clock.today()
    calendar = calendar_of(request.school.pk)
    weeks = answers.weeks_of(request.school.pk, calendar)
    lessons = answers.lessons_of(group, today)
    places = [(one, answers.place_of(one)) for one in lessons]
    coming = [
        (on, lesson)
        for on in calendar.days(today, today + timedelta(days=COMING_DAYS))
        for lesson in lessons_of_day(places, on, weeks.letter(on))
        if calendar.has_session(Session(on, lesson.period.half))  # type: ignore[arg-type]
    ]
    rows = answers.seats_of(group, request.user)
    now = [one for one in rows if one.from_on <= today and (one.to_on is None or one.to_on >= today)]
    files = traced(
        request.school.pk,
        {"class": [group.pk], "lesson": [one.pk for one in lessons], "seat": [one.pk for one in now]},
    )
    context = {
        "group": group,
        "files": files.get(("class", group.pk), ()),
        "now": [(one, files.get(("seat", one.pk), ())) for one in now],
        "total": len(rows),
        "other": [one for one in rows if one not in now],
        "today": today,
        "letter": weeks.letter(today),
        "lessons": [(one, dict(answers.WEEKDAYS)[one.weekday], files.get(("lesson", one.pk), ())) for one in lessons],
        "coming": coming[:6],
        "form": form,
        "clashes": clashes,
        "may_edit": may(request, Can.EDIT_TIMETABLE),
    }
    return render(request, "registers/class_detail.html", context, status=422 if form.errors or clashes else 200)


@require_POST
@door(Can.EXPORT, section="registers")
@door(Can.SEE_PUPILS)
def seat_export(request: StaffRequest, pk: int, form: str) -> HttpResponse:
    """Send out who sits, sat or will sit in a class, as far as the person sees them."""
    group = _class(request, pk)
    rows: list[list[Cell]] = [
        [str(one.pupil), one.pupil.tutor_group.name if one.pupil.tutor_group else "", one.from_on, one.to_on]
        for one in answers.seats_of(group, request.user)
    ]
    columns = [Column(one) for one in ("Pupil", "Form", "From", "To")]
    return send_list(request, form, what=f"pupils of class {group.name}", columns=columns, rows=rows)


# ---------- who sits in it ----------


@require_POST
@door(Can.EDIT_TIMETABLE, section="registers")
def seat_add(request: StaffRequest, pk: int) -> HttpResponse:
    """Seat the pupils of a pasted list; who would have two lessons at once is said before it is saved."""
    group = _class(request, pk)
    form = forms.SeatPupils(request.POST)
    if not form.is_valid():
        return _page(request, group, form)
    from_on = form.cleaned_data["from_on"]
    matched = match_lines(form.cleaned_data["who"], school=request.school, user=request.user, on=clock.today())
    clashes: tuple[str, ...] = ()
    if matched.pupils:
        try:
            many = seats.seat_pupils(
                teaching_group=group,
                pupils=matched.pupils,
                from_on=from_on,
                in_spite="in_spite" in request.POST,
                by=request.user,
                at=clock.now(),
            )
        except timetable.InTwoPlaces as two:
            clashes = two.clashes
        except Refused as no:
            form.add_error(None, str(no))
        else:
            pupils = "1 pupil sits" if many == 1 else f"{many} pupils sit"
            toasts.say(request, f"{pupils} in {group.name} from {spoken_date(from_on)}")
            if not matched.left:
                return redirect("registers:class_detail", group.pk)
            form = forms.SeatPupils({"who": matched.left_text, "from_on": from_on.isoformat()})
            form.is_valid()
    _say_left(form, matched)
    return _page(request, group, form, clashes)


def _say_left(form: forms.SeatPupils, matched: Matched) -> None:
    for line, words in matched.left:
        form.add_error("who", f"\u201c{line}\u201d: {words}")


@require_POST
@door(Can.EDIT_TIMETABLE, section="registers")
def seat_end(request: StaffRequest, pk: int, seat: int) -> HttpResponse:
    """End a pupil's time in a class."""
    reach = Pupil.objects.visible_to(request.user)
    row = get_object_or_404(Seat, pk=seat, teaching_group=pk, school=request.school, pupil__in=reach)
    form = forms.EndSeat(request.POST)
    if not form.is_valid():
        toasts.fail(request, "Name the last day as a date: nothing was changed.")
        return redirect("registers:class_detail", pk)
    last_on = form.cleaned_data["last_on"]
    try:
        seats.end_seat(seat=row, last_on=last_on, by=request.user, at=clock.now())
    except Refused as no:
        toasts.fail(request, str(no))
    else:
        toasts.say(request, f"{row.pupil.name} leaves {row.teaching_group.name} after {spoken_date(last_on)}")
    return redirect("registers:class_detail", pk)


# ---------- its lessons ----------


@require_http_methods(["GET", "POST"])
@door(Can.EDIT_TIMETABLE, section="registers")
def class_lessons(request: StaffRequest, pk: int) -> HttpResponse:
    """Change a class's lessons from a day on; who would be in two places is said before it is saved."""
    group, today = _class(request, pk), clock.today()
    periods, teachers = answers.periods_of(request.school), answers.teachers_of(request.school)
    offered = {"periods": periods, "teachers": teachers}
    held = [one for one in answers.lessons_of(group, today) if one.to_on is None]
    rows = forms.LessonRows(
        request.POST or None,
        initial=[
            {
                "week": one.week,
                "weekday": str(one.weekday),
                "period": one.period_id,
                "teacher": one.teacher_id or "",
                "room": one.room,
            }
            for one in held
        ],
        form_kwargs=offered,
        prefix="l",
    )
    form = forms.LessonsFrom(request.POST or None, initial={"from_on": today})
    clashes: tuple[str, ...] = ()
    if request.method == "POST" and form.is_valid() and rows.is_valid():
        from_on = form.cleaned_data["from_on"]
        try:
            begin, end = timetable.set_lessons(
                teaching_group=group,
                from_on=from_on,
                wanted=answers.wanted_of(rows.cleaned_data, periods, teachers, from_on),
                in_spite="in_spite" in request.POST,
                by=request.user,
                at=clock.now(),
            )
        except timetable.InTwoPlaces as two:
            clashes = two.clashes
        except Refused as no:
            form.add_error("from_on", str(no))
        else:
            toasts.say(request, f"{group.name} from {spoken_date(from_on)}: {begin} lessons begin, {end} end")
            return redirect("registers:class_detail", group.pk)
    wrong = bool(form.errors or clashes or (rows.is_bound and not rows.is_valid()))
    context = {"group": group, "rows": rows, "form": form, "clashes": clashes, "no_periods": not periods}
    return render(request, "registers/class_lessons.html", context, status=422 if wrong else 200)
