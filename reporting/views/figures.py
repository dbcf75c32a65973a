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
from reporting.queries.explorer import Question, Reader, answer
from reporting.queries.few import NOTHING, held_of
from reporting.queries.held_back import codes_held_back
from reporting.queries.paper_parts import table_of
from reporting.queries.periods import USUAL, Period, named_periods
from reporting.queries.sheets import SUPPRESSED
from reporting.rules.linked import Held
from reporting.rules.linked_figures import PERSISTENT, SEVERE, name_of
from reporting.rules.small_numbers import SMALL, in_words, is_small, tells_of_few


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
    # The page is of the whole school: whoever reaches a part of its pupils learns of no few others by it.
    hides_small = not request.user.standing.sees_all(request.school.pk)
    away = codes_held_back(request.school.pk, chosen, meaning) if hides_small else frozenset()
    # A governor may set this page beside the explorer's tables: what is held back is the same in both.
    held = held_of(answer(_of_figures(request), Question(chosen))) if hides_small else NOTHING
    context = {
        "periods": periods,
        "chosen": chosen,
        "form": form if form.is_bound else forms.Period(initial={"from_on": chosen.from_on, "to_on": chosen.to_on}),
        "total": total,
        "years": _years(years, held),
        "is_of_few": hides_small and is_small(total.pupils),
        "codes": [
            (symbol, meaning.get(symbol), SUPPRESSED if symbol in away else f"{number:,}")
            for symbol, number in total.codes.items()
        ],
        "beside": _beside(request.school, chosen, total, held, hides_small=hides_small),
        "persistent": _words(total.persistently_absent, total, PERSISTENT, held),
        "severe": _words(total.severely_absent, total, SEVERE, held),
        "how_dfe_counts": HOW_DFE_COUNTS,
        "hides_small": hides_small,
        "sees_pupils": may(request, Can.SEE_PUPILS),
        "small": SMALL,
        "at": at,
    }
    return render(request, "reporting/figures.html", context)


def _of_figures(request: StaffRequest) -> Reader:
    """Give a reader of the whole school who sees figures only, whatever pupils the person reaches."""
    allowed = request.user.standing.allowed(request.school.pk)
    return Reader.of_school(request.school, allowed=allowed, sees_pupils=False)


def _beside(school: School, period: Period, total: Figures, held: Held, *, hides_small: bool) -> dict[str, Any]:
    """Give the school's shares beside what DfE published of England, its region and its authority, in words."""
    shares = shares_of(total, total.codes, is_shy=hides_small, hides_persistent=PERSISTENT in held)
    return table_of(beside_sheet(shares, comparators(school, period), period, whose="This school"))


def _words(some: int, total: Figures, what: str, held: Held) -> str:
    """Give a number of the whole school in words that tell of no few."""
    if what not in held:
        return f"{some:,}"
    return in_words(some, total.pupils) if tells_of_few(some, total.pupils) else SUPPRESSED


def _years(years: Mapping[int, Figures], held: Held) -> list[tuple[int, Figures, dict[str, bool]]]:
    """Give each year group with what is held back of it, so that no few pupils can be worked out from the whole."""
    return [
        (
            year,
            row,
            {
                "all": name_of("year", str(year)) in held,
                "persistent": name_of("year", str(year), PERSISTENT) in held,
                "severe": name_of("year", str(year), SEVERE) in held,
            },
        )
        for year, row in years.items()
    ]
