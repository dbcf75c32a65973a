"""Why a figure differs from another system's: reconciled by cause, every cause with its sessions."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from attendance_office import clock
from attendance_office.staff.roles import Can
from attendance_office.web.doors import StaffRequest, door
from registers.feeds.table import LARGEST, Unreadable, read_table
from registers.queries.figures import latest_due
from registers.rules.ages import school_year_starts
from reporting import forms
from reporting.queries import reconciling
from reporting.queries.asked import asked, tags
from reporting.queries.comparators import HOW_DFE_COUNTS
from reporting.queries.explorer import Answer, Reader, answer
from reporting.queries.reconciling import Reconciled, Theirs
from reporting.rules.differences import second_week


@require_http_methods(["GET", "POST"])
@door(Can.SEE_FIGURES, section="figures")
@door(Can.SEE_PUPILS)
def differs(request: StaffRequest) -> HttpResponse:
    """Take the other figure, or its file of pupils, and say by which causes it differs from ours."""
    at = clock.now()
    reader = Reader.of(request.user, request.school)
    wanted = asked(request.GET, reader=reader, on=clock.local(at).date())
    found = answer(reader, wanted.question)
    form = forms.OtherFigure(request.POST or None, request.FILES or None)
    result: Reconciled | None = None
    if request.method == "POST" and form.is_valid():
        try:
            result = _reconciled(found, form.cleaned_data, request.school.pk, at)
        except Unreadable as wrong:
            place = f"Row {wrong.row}: " if wrong.row else ""
            value = f" It holds \u201c{wrong.value}\u201d." if wrong.value else ""
            form.add_error("file", f"{place}{wrong}{value}")
    context: dict[str, Any] = {
        "form": form,
        "asked": wanted,
        "found": found,
        "period": wanted.question.period,
        "tags": tags(found, request.GET),
        "result": result,
        "query": request.GET.urlencode(),
        "how_dfe_counts": HOW_DFE_COUNTS,
    }
    return render(request, "reporting/differs.html", context, status=422 if form.errors else 200)


def _reconciled(found: Answer, said: dict[str, Any], school_id: int, at: Any) -> Reconciled:
    period = found.question.period
    first_on = said["first_on"]
    if first_on is None and said["source"] == "dfe":
        first_on = second_week(school_year_starts(period.from_on))
    per_cent: Decimal | None = said["per_cent"]
    theirs = Theirs(
        said["possible"],
        said["attended"],
        None if per_cent is None else Fraction(per_cent),
        0 if per_cent is None else max(0, -int(per_cent.as_tuple().exponent)),
        first_on,
    )
    rows = None
    if said["file"] is not None:
        if said["file"].size > LARGEST:
            raise Unreadable("The file is larger than 25 MB. Export the pupils of one year group.")
        rows = reconciling.read_pupils(read_table(said["file"].read(), said["file"].name), found)
    known = reconciling.facts(found, theirs_from=first_on, upto=latest_due(school_id, at))
    if rows is not None:
        return reconciling.reconcile_pupils(found, rows, known, theirs)
    return reconciling.reconcile(found, theirs, known)
