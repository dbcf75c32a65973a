"""The school's figures for a period, each with its receipt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from attendance_office import clock
from attendance_office.staff.models import School
from attendance_office.staff.roles import Can
from attendance_office.web.doors import StaffRequest, door, may
from registers.queries import figures as answers
from registers.rules.codes import code_set
from registers.rules.figures import Figures
from reporting import forms
from reporting.queries.beside import beside_sheet, shares_of
from reporting.queries.comparators import HOW_DFE_COUNTS, comparators
from reporting.queries.held_back import codes_held_back
from reporting.queries.paper_parts import table_of
from reporting.queries.periods import USUAL, Period, named_periods
from reporting.queries.sheets import SUPPRESSED
from reporting.rules.small_numbers import SMALL, hidden, hidden_counts, in_words, is_small


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
    away = codes_held_back(request.school.pk, chosen, meaning) if hides_small else frozenset()
    context = {
        "periods": periods,
        "chosen": chosen,
        "form": form if form.is_bound else forms.Period(initial={"from_on": chosen.from_on, "to_on": chosen.to_on}),
        "total": total,
        "years": _years(years, hides_small=hides_small),
        "is_of_few": hides_small and is_small(total.pupils),
        "codes": [
            (symbol, meaning.get(symbol), SUPPRESSED if symbol in away else f"{number:,}")
            for symbol, number in total.codes.items()
        ],
        "beside": _beside(request.school, chosen, total, hides_small=hides_small),
        "persistent": _words(total.persistently_absent, total, hides_small=hides_small),
        "severe": _words(total.severely_absent, total, hides_small=hides_small),
        "how_dfe_counts": HOW_DFE_COUNTS,
        "hides_small": hides_small,
        "small": SMALL,
        "at": at,
    }
    return render(request, "reporting/figures.html", context)


def _beside(school: School, period: Period, total: Figures, *, hides_small: bool) -> dict[str, Any]:
    """Give the school's shares beside what DfE published of England, its region and its authority, in words."""
    shares = shares_of(total, total.codes, is_shy=hides_small)
    return table_of(beside_sheet(shares, comparators(school, period), period, whose="This school"))


def _words(some: int, total: Figures, *, hides_small: bool) -> str:
    return in_words(some, total.pupils) if hides_small else f"{some:,}"


def _years(years: Mapping[int, Figures], *, hides_small: bool) -> list[tuple[int, Figures, dict[str, bool]]]:
    """Give each year group with what is held back of it, so that no few pupils can be worked out from the whole."""
    rows = list(years.values())
    pupils = [row.pupils for row in rows]
    gone = hidden(pupils)
    persistent = hidden_counts([row.persistently_absent for row in rows], pupils)
    severe = hidden_counts([row.severely_absent for row in rows], pupils)
    return [
        (
            year,
            row,
            {
                "all": hides_small and at in gone,
                "persistent": hides_small and at in persistent,
                "severe": hides_small and at in severe,
            },
        )
        for at, (year, row) in enumerate(years.items())
    ]
