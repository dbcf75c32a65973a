"""The schools of a trust side by side."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from attendance_office import clock
from attendance_office.staff.roles import Can
from attendance_office.web.doors import StaffRequest, door
from attendance_office.web.lists import narrowed, send_list
from reporting import forms
from reporting.queries.periods import OWN, USUAL, Period, named_periods
from reporting.queries.sheets import Sheet
from reporting.queries.trust import TrustView, trust_sheet, trust_view

from .cells import in_cell


def _read(request: StaffRequest) -> tuple[TrustView, Sheet, forms.Period, list[Period]]:
    """Read the period from the query string and count the schools over it."""
    periods = named_periods(request.school.pk, clock.today())
    named = {period.key: period for period in periods}
    chosen = named.get(request.GET.get("period", USUAL), named[USUAL])
    form = forms.Period(request.GET if "from_on" in request.GET else None)
    if form.is_bound and form.is_valid():
        chosen = Period(OWN, "Own period", form.cleaned_data["from_on"], form.cleaned_data["to_on"])
    if not form.is_bound:
        form = forms.Period(initial={"from_on": chosen.from_on, "to_on": chosen.to_on})
    view = trust_view(request.user, chosen)
    return view, trust_sheet(view).sorted(request.GET.get("sort", "")), form, periods


@require_GET
@door(Can.SEE_TRUST, section="figures")
def trust(request: StaffRequest) -> HttpResponse:
    """Show each school's attendance, persistent absence and lates over one period, with the way into each."""
    view, sheet, form, periods = _read(request)
    standing, period = request.user.standing, view.period
    inside = f"period={period.key}"
    if period.key == OWN:
        inside += f"&from_on={period.from_on.isoformat()}&to_on={period.to_on.isoformat()}"
    lines: list[dict[str, Any]] = []
    for row in (*sheet.rows, *([sheet.total] if sheet.total else [])):
        school_pk = int(dict(row.narrows).get("school", "0"))
        cells = [
            (in_cell(cell, column), column.heading, is_number)
            for cell, column, is_number in zip(row.cells, sheet.columns, sheet.numbers, strict=True)
        ]
        lines.append(
            {
                "name": cells[0][0],
                "cells": cells[1:],
                "school": school_pk if school_pk and standing.may(Can.SEE_FIGURES, school_pk) else None,
                "is_sum": row is sheet.total,
            }
        )
    context = {
        "view": view,
        "sheet": sheet,
        "lines": lines,
        "form": form,
        "periods": periods,
        "chosen": period,
        "school_of_dates": request.school,
        "inside": f"{reverse('reporting:explorer')}?{inside}",
    }
    return render(request, "reporting/trust.html", context)


@require_POST
@door(Can.EXPORT, section="figures")
@door(Can.SEE_TRUST)
def trust_export(request: StaffRequest, form: str) -> HttpResponse:
    """Send out the table as it is shown, the trust's own line last."""
    view, sheet, _, _ = _read(narrowed(request))
    period = view.period
    return send_list(
        request,
        form,
        what="schools of the trust",
        columns=sheet.columns,
        rows=sheet.file_rows,
        filters=f"{period.words}, {period.from_on.isoformat()} to {period.to_on.isoformat()}",
    )
