"""The school's own pages: its calendar, its details, and the codes in force."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from attendance_office import clock
from attendance_office.refusals import Refused
from attendance_office.staff import actions as staff_actions
from attendance_office.staff.models import School
from attendance_office.staff.roles import Can
from attendance_office.web import forms as office_forms
from attendance_office.web import toasts
from attendance_office.web.doors import StaffRequest, door, may
from attendance_office.web.export import Cell, Column
from attendance_office.web.lists import narrowed, send_list
from registers import forms
from registers.actions import calendar as actions
from registers.models import Closure, NonSchoolDay, Term
from registers.queries import code_list, school_year
from registers.rules import ages
from registers.rules.dates import spoken_date


def _to_calendar(year: str) -> HttpResponse:
    """Go back to the calendar of a school year."""
    return redirect(f"{reverse('registers:calendar')}?year={year}")


def _year_asked(request: StaffRequest) -> str:
    """Read the school year from the address or the form; a strange one is not there."""
    here = school_year.years_around(clock.today())[1]
    asked = str(request.POST.get("year") or request.GET.get("year") or here)
    try:
        school_year.bounds(asked)
    except ValueError as strange:
        raise Http404 from strange
    return asked


def _page(
    request: StaffRequest,
    year: str,
    *,
    term_form: Form | None = None,
    term: Term | None = None,
    closure_form: Form | None = None,
    times_form: Form | None = None,
) -> HttpResponse:
    """Draw the calendar page with the forms as they were sent, if any was."""
    today = clock.today()
    shown = school_year.year_of(request.school.pk, year)
    around = school_year.years_around(today)
    others = Term.objects.filter(school=request.school).values_list("school_year", flat=True)
    sent = next((form for form in (term_form, closure_form, times_form) if form is not None), None)
    context: dict[str, Any] = {
        "year": shown,
        "years": sorted({*around, *others, year}),
        "this_year": around[1],
        "today": today,
        "times": school_year.times_by_half(request.school.pk, today),
        "edits": may(request, Can.EDIT_CALENDAR),
        "plans": may(request, Can.EDIT_CALENDAR) and may(request, Can.USE_OFFICE_CODES),
        "closures": Closure.objects.filter(school=request.school).count() if may(request, Can.SEE_PUPILS) else 0,
        "in_office": any(may(request, can) for can in (Can.EDIT_CALENDAR, Can.EDIT_STAFF, Can.SEE_AUDIT)),
        "sent": sent,
        "term": term,
        "term_form": term_form or forms.SaveTerm(auto_id="term_%s"),
        "closure_form": closure_form or forms.AddClosure(auto_id="closure_%s"),
        "times_form": times_form or forms.SetTimes(initial={"from_on": today}, auto_id="times_%s"),
        "term_sent": term_form is not None,
        "times_sent": times_form is not None,
    }
    return render(request, "registers/calendar_detail.html", context)


@require_GET
@door(Can.SEE_PUPILS, Can.EDIT_CALENDAR, Can.SEE_FIGURES, Can.EDIT_STAFF, section="office")
def calendar(request: StaffRequest) -> HttpResponse:
    """Show a school year: every day, its terms with their sessions, closures, and when registers open and close."""
    return _page(request, _year_asked(request))


@require_POST
@door(Can.EXPORT, section="office")
@door(Can.SEE_PUPILS, Can.EDIT_CALENDAR, Can.SEE_FIGURES, Can.EDIT_STAFF)
def calendar_export(request: StaffRequest, form: str) -> HttpResponse:
    """Send out the days on which the school does not meet in the year that is shown."""
    year = _year_asked(narrowed(request))
    rows: list[list[Cell]] = [
        [
            run.first.on,
            run.last.on,
            run.first.get_half_display() or "Whole days",
            run.first.name or run.first.get_kind_display(),
            run.first.get_kind_display(),
            len(run.days),
        ]
        for run in school_year.year_of(request.school.pk, year).runs
    ]
    columns = [Column(one) for one in ("First day", "Last day", "Closed", "What", "Kind", "School days")]
    return send_list(request, form, what="closed days", columns=columns, rows=rows, filters=year)


@require_http_methods(["GET", "POST"])
@door(Can.EDIT_CALENDAR, section="office")
def term_save(request: StaffRequest, pk: int | None = None) -> HttpResponse:
    """Add a term, or change one."""
    term = get_object_or_404(Term, pk=pk, school=request.school) if pk is not None else None
    year = term.school_year if term is not None else _year_asked(request)
    first = {field: getattr(term, field) for field in ("name", "starts_on", "ends_on")} if term else None
    form = forms.SaveTerm(request.POST or None, initial=first, auto_id="term_%s")
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            row = actions.save_term(
                school=request.school, term=term, year=year, by=request.user, at=clock.now(), **data
            )
        except Refused as no:
            form.add_error(None, str(no))
        else:
            toasts.say(request, f"Saved {row}.")
            return _to_calendar(year)
    return _page(request, year, term_form=form, term=term)


@require_POST
@door(Can.EDIT_CALENDAR, section="office")
def closure_add(request: StaffRequest) -> HttpResponse:
    """Close the school on a day, a span of days, or one session."""
    form = forms.AddClosure(request.POST, auto_id="closure_%s")
    if form.is_valid():
        data = form.cleaned_data
        try:
            rows = actions.add_closure(
                school=request.school,
                from_on=data["from_on"],
                to_on=data["to_on"],
                half=data["half"] or None,
                kind=NonSchoolDay.Kind(data["kind"]),
                name=data["name"].strip(),
                by=request.user,
                at=clock.now(),
            )
        except Refused as no:
            form.add_error(None, str(no))
        else:
            days = len({row.on for row in rows})
            toasts.say(
                request,
                f"Closed {spoken_date(rows[0].on)}." if days == 1 else f"Closed {days} days.",
                undo=reverse("registers:closure_remove", args=[rows[0].pk]),
            )
            return _to_calendar(ages.school_year(rows[0].on))
    return _page(request, _year_asked(request), closure_form=form)


@require_POST
@door(Can.EDIT_CALENDAR, section="office")
def closure_remove(request: StaffRequest, pk: int) -> HttpResponse:
    """Take a closure back: its whole run of days, or with `only` this one day."""
    row = get_object_or_404(NonSchoolDay, pk=pk, school=request.school)
    try:
        gone = actions.remove_closure(
            school=request.school,
            closure=row,
            only_this_day=request.POST.get("only") == "1",
            by=request.user,
            at=clock.now(),
        )
        days = len({one.on for one in gone})
        toasts.say(request, f"{spoken_date(row.on)} is open again." if days == 1 else f"{days} days are open again.")
    except Refused as no:
        toasts.fail(request, str(no))
    return _to_calendar(ages.school_year(row.on))


@require_POST
@door(Can.EDIT_CALENDAR, section="office")
def times_set(request: StaffRequest) -> HttpResponse:
    """Set when a session's register opens and closes from a day on."""
    form = forms.SetTimes(request.POST, auto_id="times_%s")
    if form.is_valid():
        data = form.cleaned_data
        try:
            row = actions.set_times(school=request.school, by=request.user, at=clock.now(), **data)
        except Refused as no:
            form.add_error(None, str(no))
        else:
            toasts.say(
                request,
                f"{row.get_half_display()} registers open {row.opens_at:%H:%M} and close {row.closes_at:%H:%M}"
                f" from {spoken_date(row.from_on)}.",
            )
            return _to_calendar(_year_asked(request))
    return _page(request, _year_asked(request), times_form=form)


@door(Can.EDIT_CALENDAR, section="office")
def school_details(request: StaffRequest) -> HttpResponse:
    """Show and change the school's name and address as letters and messages carry them."""
    school = School.objects.get(pk=request.school.pk)
    form = office_forms.SchoolDetails(request.POST or None, instance=school)
    if request.method == "POST" and form.is_valid():
        changes = {field: form.cleaned_data[field] for field in form.changed_data}
        staff_actions.change_school(school=request.school, changes=changes, by=request.user, at=clock.now())
        toasts.say(request, "Saved the school's details.")
        return redirect("registers:school_details")
    return render(request, "registers/school_details.html", {"form": form, "fixed": request.school})


@require_GET
@door(Can.SEE_PUPILS, Can.EDIT_CALENDAR, Can.SEE_FIGURES, Can.EDIT_STAFF, section="office")
def codes(request: StaffRequest) -> HttpResponse:
    """List the codes in force on a day, what each counts as, what it needs, and who may enter it."""
    form, on = _codes_on(request)
    context = {
        "form": form,
        "on": on,
        "families": code_list.families(on),
        "ended": code_list.ended(on),
        "total": code_list.total(on),
        "in_office": any(may(request, can) for can in (Can.EDIT_CALENDAR, Can.EDIT_STAFF, Can.SEE_AUDIT)),
    }
    return render(request, "registers/code_list.html", context)


def _codes_on(request: StaffRequest) -> tuple[forms.CodesOn, date]:
    form = forms.CodesOn(request.GET or None, initial={"on": clock.today()})
    return form, (form.cleaned_data["on"] if form.is_valid() else None) or clock.today()


@require_POST
@door(Can.EXPORT, section="office")
@door(Can.SEE_PUPILS, Can.EDIT_CALENDAR, Can.SEE_FIGURES, Can.EDIT_STAFF)
def code_export(request: StaffRequest, form: str) -> HttpResponse:
    """Send out the codes of a day, those in force first and then those that had ended."""
    _, on = _codes_on(narrowed(request))
    rows: list[list[Cell]] = [
        [
            line.code.symbol,
            line.code.meaning,
            line.code.description,
            line.code.counts.words,
            line.needs,
            line.who,
            line.code.from_on,
            line.code.to_on,
            ", ".join(line.code.replaced_by),
        ]
        for line in (*(one for family in code_list.families(on) for one in family.lines), *code_list.ended(on))
    ]
    heads = ("Code", "Meaning", "In full", "Counts as", "Goes with", "Entered by", "From", "To", "In its place")
    return send_list(request, form, what="codes", columns=[Column(one) for one in heads], rows=rows, filters=str(on))
