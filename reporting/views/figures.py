"""The school's figures for a period, each with its receipt."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from attendance_office import clock
from attendance_office.staff.roles import Can
from attendance_office.web.doors import StaffRequest, door, may
from registers.queries import figures as answers
from registers.rules.codes import code_set
from registers.rules.figures import Figures
from reporting import forms
from reporting.queries.periods import USUAL, Period, named_periods

SMALL = 5  # fewer pupils than this are not shown to those who see figures only


@require_GET
@door(Can.SEE_FIGURES, section="figures")
def figures(request: StaffRequest) -> HttpResponse:
    """Show attendance, absence, persistent and severe absence and every code over a period, by year group."""
    at = clock.now()
    today = clock.local(at).date()
    periods = named_periods(request.school.pk, today)
    named = {period.key: period for period in periods}
    chosen = named.get(request.GET.get("period", USUAL), named[USUAL])
    form = forms.Period(request.GET if "from_on" in request.GET else None)
    if form.is_bound and form.is_valid():
        chosen = Period("own", "Own period", form.cleaned_data["from_on"], form.cleaned_data["to_on"])
    upto = answers.latest_due(request.school.pk, at)
    years = answers.by_year_group(request.school.pk, chosen.from_on, chosen.to_on, upto=upto)
    total = Figures.together(years.values())
    meaning = code_set(min(chosen.to_on, today))
    hides_small = not may(request, Can.SEE_PUPILS)
    context = {
        "periods": periods,
        "chosen": chosen,
        "form": form if form.is_bound else forms.Period(initial={"from_on": chosen.from_on, "to_on": chosen.to_on}),
        "total": total,
        "years": years.items(),
        "codes": [(symbol, meaning.get(symbol), number) for symbol, number in total.codes.items()],
        "hides_small": hides_small,
        "small": SMALL,
        "at": at,
    }
    return render(request, "reporting/figures.html", context)
