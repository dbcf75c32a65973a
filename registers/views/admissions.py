"""The admission register at work: joiners and leavers, enrolling, moving, leaving, and the returns to the authority."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from attendance_office import clock
from attendance_office.days import read_day
from attendance_office.numbers import wholes
from attendance_office.refusals import Refused
from attendance_office.staff.roles import Can
from attendance_office.web import toasts
from attendance_office.web.doors import StaffRequest, door
from attendance_office.web.export import Cell, Column
from attendance_office.web.lists import narrowed, send_list
from registers.actions import roll
from registers.forms import roll as forms
from registers.models import Contact, Enrolment, Parent, Pupil
from registers.queries import admissions as answers
from registers.rules.deletion import GROUNDS
from registers.rules.sessions import monday

from .pupil_pages import frame, reach

PAGE = 50
_WEEK = timedelta(days=7)


def _period(request: StaffRequest, today: date) -> tuple[date, date]:
    """Give the week or the period that is asked for; this week otherwise."""
    try:
        first = read_day(request.GET.get("from", ""))
        last = read_day(request.GET.get("to", ""))
    except ValueError:
        first = monday(today)
        return first, first + timedelta(days=6)
    return (first, last) if first <= last else (last, first)


@require_GET
@door(Can.EDIT_PUPILS, section="pupils")
def admissions(request: StaffRequest) -> HttpResponse:
    """Show who joins and who leaves, and which returns are due."""
    today = clock.today()
    first, last = _period(request, today)
    joining, leaving = answers.joiners_and_leavers(request.school, request.user, first, last)
    lists: dict[str, Sequence[Any]] = {
        "joining": joining,
        "leaving": leaving,
        "due": answers.returns_due(request.school, today),
        "upns": answers.upns_to_look_at(request.school, request.user, today),
    }
    pages = {name: Paginator(rows, PAGE).get_page(request.GET.get(name)) for name, rows in lists.items()}
    context = pages | {
        "first": first,
        "last": last,
        "today": today,
        "before": (first - _WEEK, last - _WEEK),
        "after": (first + _WEEK, last + _WEEK),
        "many": len(joining) + len(leaving),
        "grounds": {letter: ground.words for letter, ground in GROUNDS.items()},
        "form": forms.MarkReturn(initial={"sent_on": today}),
    }
    return render(request, "registers/admission_list.html", context)


@require_http_methods(["GET", "POST"])
@door(Can.EDIT_PUPILS, section="pupils")
def pupil_enrol(request: StaffRequest) -> HttpResponse:
    """Put a pupil on the roll; a parent who seems known is offered first."""
    at = clock.now()
    form = forms.Enrol(
        request.POST or None, school=request.school, initial={"starts_on": clock.local(at).date(), "year_group": None}
    )
    context: dict[str, Any] = {"form": form, "parts": form.parts}
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        contacts, children = answers.may_be_family(request.school, request.user, details=form.parent)
        if contacts and "contact_chosen" not in request.POST:
            context |= {"contacts": contacts, "children": children}
            return render(request, "registers/pupil_enrol.html", context)
        chosen = Contact.objects.filter(school=request.school, pk=said["contact"] or 0).first()
        family = roll.Family(said["relationship"], contact=chosen, details={} if chosen else form.parent)
        try:
            pupil = roll.enrol_pupil(
                school=request.school,
                details=form.details,
                tutor_group=said["tutor_group"],
                starts_on=said["starts_on"],
                kind=said["kind"],
                families=[family],
                by=request.user,
                at=at,
            )
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            toasts.say(request, f"{pupil.name} enrolled. Add further contacts here")
            return redirect("registers:pupil_contacts", pupil.pk)
    return render(request, "registers/pupil_enrol.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@door(Can.EDIT_PUPILS, section="pupils")
def pupil_move(request: StaffRequest, pk: int) -> HttpResponse:
    """Seat a pupil in another form from a day on."""
    pupil, at = reach(request, pk), clock.now()
    first = {"from_on": clock.local(at).date() + timedelta(days=1)}
    form = forms.Move(request.POST or None, school=request.school, initial=first)
    if request.method == "POST" and form.is_valid():
        try:
            roll.move_pupil(pupil=pupil, by=request.user, at=at, **form.cleaned_data)
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            toasts.say(request, f"{pupil.name} moves to {form.cleaned_data['tutor_group']}")
            return redirect("registers:pupil_record", pupil.pk)
    context = frame(request, pupil, "record", at=at) | {"form": form, "title": "Move to another form", "verb": "Move"}
    return render(request, "registers/pupil_act.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@door(Can.EDIT_PUPILS, section="pupils")
def pupil_leave(request: StaffRequest, pk: int) -> HttpResponse:
    """Take a pupil off the roll, on a ground with its conditions."""
    pupil, at = reach(request, pk), clock.now()
    letter = request.POST.get("ground", request.GET.get("ground", ""))
    form = forms.Leave(request.POST or None, initial={"ground": letter, "last_on": clock.local(at).date()})
    if request.method == "POST" and form.is_valid():
        said = dict(form.cleaned_data)
        try:
            roll.leave_roll(pupil=pupil, by=request.user, at=at, **said)
        except Refused as refused:
            form.add_error(None, str(refused))
        else:
            toasts.say(
                request, f"{pupil.name} leaves after {said['last_on']:%d %b %Y}. The deletion return is due by then"
            )
            return redirect("registers:admissions")
    context = frame(request, pupil, "record", at=at)
    context |= {
        "form": form,
        "law": GROUNDS.get(letter),
        "grounds": GROUNDS.values(),
        "ticked": set(wholes(request.POST.getlist("confirmed"))),
    }
    return render(request, "registers/pupil_leave.html", context, status=422 if form.errors else 200)


@require_POST
@door(Can.EDIT_PUPILS, section="pupils")
def leaving_cancel(request: StaffRequest, pk: int) -> HttpResponse:
    """Take a leaving back before its last day has gone by."""
    reach_ = Pupil.objects.visible_to(request.user).filter(school=request.school)
    row = get_object_or_404(Enrolment.objects.select_related("school"), pk=pk, school=request.school, pupil__in=reach_)
    try:
        roll.cancel_leaving(enrolment=row, reason=request.POST.get("reason", ""), by=request.user, at=clock.now())
    except Refused as refused:
        toasts.fail(request, str(refused))
    else:
        toasts.say(request, "Taken back: the pupil stays on the roll")
    return redirect("registers:pupil_record", row.pupil_id)


@require_POST
@door(Can.EDIT_PUPILS, section="pupils")
def return_mark(request: StaffRequest) -> HttpResponse:
    """Mark returns as sent, or as not needed."""
    form = forms.MarkReturn(request.POST)
    picks = [pick.split(":") for pick in request.POST.getlist("pick") if pick.count(":") == 1]
    if not form.is_valid():
        toasts.fail(request, "Write the day it was sent as a date.")
        return redirect("registers:admissions")
    said = form.cleaned_data
    if request.POST.get("act") == "not_needed":
        said = said | {"sent_on": None}
    made = 0
    try:
        for kind in ("new_pupil", "deletion"):
            keys = wholes(pk for which, pk in picks if which == kind)
            rows = Enrolment.objects.filter(school=request.school, pk__in=keys).select_related("school")
            if keys:
                made += roll.mark_return(enrolments=rows, kind=kind, by=request.user, at=clock.now(), **said)
    except Refused as refused:
        toasts.fail(request, str(refused))
        return redirect("registers:admissions")
    if made:
        toasts.say(request, f"{made} return{'' if made == 1 else 's'} marked")
    else:
        toasts.fail(request, "Nothing is selected: choose at least one return.")
    return redirect("registers:admissions")


@require_POST
@door(Can.EXPORT, section="pupils")
@door(Can.EDIT_PUPILS)
def return_export(request: StaffRequest, form: str) -> HttpResponse:
    """Send out the returns that are due with all that the authority asks for: every line of the admission register.

    Source: SI 2024/208 reg 13(1) and 13(4).
    """
    due = answers.returns_due(request.school, clock.today())
    parents: dict[int, list[Parent]] = {}
    for one in Parent.objects.filter(pupil__in=[row.enrolment.pupil_id for row in due]).select_related("contact"):
        parents.setdefault(one.pupil_id, []).append(one)
    rows: list[list[Cell]] = []
    for row in due:
        stay, pupil = row.enrolment, row.enrolment.pupil
        family = sorted(parents.get(pupil.pk, []), key=lambda one: one.priority)
        living = [one.contact for one in family if one.lives_with]
        rows.append(
            [
                row.label, row.last_on, pupil.legal_surname, pupil.legal_forename, pupil.middle_names, pupil.sex,
                pupil.date_of_birth, pupil.upn, pupil.address, pupil.postcode, stay.starts_on, pupil.last_school,
                "; ".join(f"{one.contact} ({one.relationship}), {one.contact.address}" for one in family),
                "; ".join(str(one) for one in living),
                "; ".join(one.mobile or one.home_phone for one in living),
                stay.ends_on, stay.leaving_ground, stay.destination, stay.destination_from_on, stay.future_address,
            ]
        )  # fmt: skip
    heads = (
        "Return", "Last date", "Surname", "Forename", "Middle names", "Sex", "Date of birth", "UPN", "Address",
        "Postcode", "Starting day", "Last school", "Parents", "Lives with", "Emergency numbers", "Last day",
        "Ground", "New school", "Starts there", "Future address",
    )  # fmt: skip
    return send_list(request, form, what="returns due", columns=[Column(one) for one in heads], rows=rows)


@require_POST
@door(Can.EXPORT, section="pupils")
@door(Can.EDIT_PUPILS)
def admission_export(request: StaffRequest, form: str) -> HttpResponse:
    """Send out the joiners and leavers of the period: the leaver sheet."""
    first, last = _period(narrowed(request), clock.today())
    joining, leaving = answers.joiners_and_leavers(request.school, request.user, first, last)
    rows: list[list[Cell]] = [
        [what, str(row.pupil), row.pupil.upn, row.pupil.year_group, row.starts_on, row.ends_on, ground, row.destination]
        for what, stays in (("Joins", joining), ("Leaves", leaving))
        for row in stays
        for ground in [GROUNDS[row.leaving_ground].words if row.leaving_ground in GROUNDS else ""]
    ]
    heads = ("What", "Pupil", "UPN", "Year", "Starting day", "Last day", "Ground", "New school")
    asked = f"{first} to {last}"
    columns = [Column(one) for one in heads]
    return send_list(request, form, what="joiners and leavers", columns=columns, rows=rows, filters=asked)


@require_POST
@door(Can.EXPORT, section="pupils")
@door(Can.EDIT_PUPILS)
def upn_export(request: StaffRequest, form: str) -> HttpResponse:
    """Send out the pupils whose UPN is temporary or cannot be."""
    rows: list[list[Cell]] = [
        [str(pupil), pupil.tutor_group.name if pupil.tutor_group else "", pupil.upn, why]
        for pupil, why in answers.upns_to_look_at(request.school, request.user, clock.today())
    ]
    columns = [Column(one) for one in ("Pupil", "Form", "UPN", "Why")]
    return send_list(request, form, what="upns to look at", columns=columns, rows=rows)
