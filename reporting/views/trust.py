"""The schools of a trust side by side."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from attendance_office import clock
from attendance_office.staff.models import School, User
from attendance_office.staff.roles import Can
from attendance_office.web.doors import StaffRequest, door
from attendance_office.web.lists import narrowed, send_list
from reporting import forms
from reporting.actions.trust import OPENED, open_from_trust
from reporting.queries.axes import axes_for
from reporting.queries.periods import OWN, USUAL, Period, named_periods
from reporting.queries.sheets import SUPPRESSED, Sheet
from reporting.queries.trust import BESIDE, TrustView, beside_of, trust_schools, trust_view
from reporting.queries.trust_groups import Choice, choices
from reporting.queries.trust_sheet import (
    NO_MARK,
    PERSISTENT,
    PUPILS,
    REGISTERS,
    SCHOOL,
    SEVERE,
    UNSAFE_READ,
    trust_sheet,
    unsafe_lines,
)

from .cells import in_cell

# From which column one goes where: what OPENED names of it.
LEADS: Final = {
    SCHOOL: "explorer",
    PUPILS: "pupils",
    NO_MARK: "missing",
    PERSISTENT: "persistent",
    SEVERE: "severe",
}


@dataclass(frozen=True)
class Asked:
    """What the address asks: the days, those beside them and the group, among what may be asked."""

    period: Period
    beside: str
    choice: Choice | None
    form: forms.TrustPeriod
    periods: list[Period]
    groups: list[Choice]


def _asked(request: StaffRequest) -> Asked:
    """Read the query string; what is none in it asks nothing."""
    query, periods = request.GET, named_periods(request.school.pk, clock.today())
    named = {period.key: period for period in periods}
    chosen = named.get(query.get("period", USUAL), named[USUAL])
    form = forms.TrustPeriod(query if "from_on" in query else None)
    if form.is_bound and form.is_valid():
        chosen = Period(OWN, "Own period", form.cleaned_data["from_on"], form.cleaned_data["to_on"])
    if not form.is_bound:
        form = forms.TrustPeriod(initial={"from_on": chosen.from_on, "to_on": chosen.to_on})
    beside = query.get("beside", "")
    beside = beside if beside in dict(BESIDE) else BESIDE[0][0]
    groups = choices(request.user, trust_schools(request.user))
    choice = next((one for one in groups if one.key == query.get("group", "")), None)
    return Asked(chosen, beside, choice, form, periods, groups)


def _seen(request: StaffRequest, asked: Asked) -> tuple[TrustView, Sheet]:
    """Count the schools as asked."""
    view = trust_view(
        request.user,
        asked.period,
        beside_of(request.school.pk, asked.period, asked.beside),
        at=clock.now(),
        choice=asked.choice,
        others=[one for one in asked.groups if asked.choice and one.axis.key == asked.choice.axis.key],
    )
    return view, trust_sheet(view).sorted(request.GET.get("sort", ""))


@require_GET
@door(Can.SEE_TRUST, section="figures")
def trust(request: StaffRequest) -> HttpResponse:
    """Show each school's attendance, absent pupils and missing marks over some days, with the way into each."""
    asked = _asked(request)
    view, sheet = _seen(request, asked)
    context = {
        "view": view,
        "sheet": sheet,
        "lines": _lines(view, sheet, request.user),
        "unsafe": unsafe_lines(view),
        "asked": asked,
        "groups": [(axis, list(some)) for axis, some in groupby(asked.groups, key=lambda one: one.axis.words)],
        "besides": BESIDE,
        "school_of_dates": request.school,
        "days": _days(view.period) if view.period.key == OWN else {"period": view.period.key},
    }
    return render(request, "reporting/trust.html", context)


@require_POST
@door(Can.SEE_TRUST, section="figures")
def trust_into(request: StaffRequest, school_id: int, what: str) -> HttpResponse:
    """Go into one school, to what a number of the table is made of, over the same days; its trail says so."""
    school = next((one for one in trust_schools(request.user) if one.pk == school_id), None)
    if school is None or what not in OPENED:
        raise Http404
    asked = _asked(narrowed(request))
    onward = _lead(school, what, asked.period, asked.choice, request.user)
    if not onward:
        raise Http404
    open_from_trust(
        school=school,
        what=what,
        period=asked.period,
        group=asked.choice.words if asked.choice else "",
        by=request.user,
        at=clock.now(),
    )
    request.session["school_id"] = school.pk
    return redirect(onward)


@require_POST
@door(Can.EXPORT, section="figures")
@door(Can.SEE_TRUST)
def trust_export(request: StaffRequest, form: str) -> HttpResponse:
    """Send out the table as it is shown, the trust's own line last; the trail of every school in it says so."""
    asked = _asked(narrowed(request))
    view, sheet = _seen(request, asked)
    period = view.period
    filters = [f"{period.words}, {period.from_on.isoformat()} to {period.to_on.isoformat()}"]
    if view.beside is not None:
        filters.append(f"beside {view.beside.from_on.isoformat()} to {view.beside.to_on.isoformat()}")
    if view.choice is not None:
        filters.append(view.choice.words)
    return send_list(
        request,
        form,
        what="schools of the trust",
        columns=sheet.columns,
        rows=sheet.file_rows,
        filters="; ".join(filters),
        also_of=[line.school.pk for line in view.lines if line.school],
    )


def _lines(view: TrustView, sheet: Sheet, user: User) -> list[dict[str, Any]]:
    """Give the lines of the table with, beside each number, what it leads to."""
    schools = {line.school.pk: line.school for line in view.lines if line.school}
    found = []
    for row in sheet.lines:
        school = schools.get(int(dict(row.narrows).get("school", "0")))
        cells = []
        for cell, column, is_number in zip(row.cells, sheet.columns, sheet.numbers, strict=True):
            what = LEADS.get(column.heading, "")
            leads = school is not None and what and cell not in (0, SUPPRESSED)
            cells.append(
                {
                    "words": in_cell(cell, column),
                    "heading": column.heading,
                    "is_number": is_number,
                    "is_unsafe": column.heading == REGISTERS and str(cell).startswith(UNSAFE_READ),
                    "what": what if leads and school and _lead(school, what, view.period, view.choice, user) else "",
                }
            )
        found.append(
            {
                "name": cells[0],
                "cells": cells[1:],
                "school": school.pk if school else None,
                "is_sum": row is sheet.total or row in sheet.sums,
            }
        )
    return found


def _lead(school: School, what: str, period: Period, choice: Choice | None, user: User) -> str:
    """Give the address, in one school, of what a number is made of, as far as the person may see it; "" for nowhere.

    Pupils are for who may see them: others are led to the school's figures of the same days.
    """
    allowed = user.standing.allowed(school.pk)
    if Can.SEE_FIGURES not in allowed:
        return ""
    asks: dict[str, str] = dict(_days(period))
    if what == "missing" or (what in ("persistent", "severe") and Can.SEE_PUPILS not in allowed):
        return f"{reverse('reporting:figures')}?{urlencode(asks)}"
    asks["period"] = OWN
    knows = choice is not None and choice.axis.key in {axis.key for axis in axes_for(allowed)}
    if Can.SEE_PUPILS not in allowed:
        if what == "pupils":
            return ""
        if choice is not None and knows:
            asks |= {"view": "table", "by": choice.axis.key}
        return f"{reverse('reporting:explorer')}?{urlencode(asks)}"
    if what in ("persistent", "severe"):
        asks["much"] = what
    if choice is not None and knows:
        asks[choice.axis.key] = choice.value
    return f"{reverse('reporting:explorer')}?{urlencode(asks)}"


def _days(period: Period) -> dict[str, str]:
    return {"from_on": period.from_on.isoformat(), "to_on": period.to_on.isoformat()}
