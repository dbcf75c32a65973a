"""Patterns of absence: what the latest run found, why, and how surprising it is."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from attendance_office import clock
from attendance_office.staff.roles import Can
from attendance_office.web.doors import StaffRequest, door
from attendance_office.web.export import Cell, Column
from attendance_office.web.lists import narrowed, send_list
from interventions.queries import patterns as answers
from interventions.queries.trawl_pages import groups_of
from interventions.rules.patterns import FALSE_SHARE, KIND_WORDS, LEAST_HERE, LEAST_SPELLS, Kind
from registers.queries.pupils import years_taught

PAGE = 50


@require_GET
@door(Can.SEE_TRAWL, section="figures")
def pattern_list(request: StaffRequest) -> HttpResponse:
    """Show the patterns that stand, the most surprising first."""
    trawl = answers.searched(request.school)
    if trawl is None:
        return render(request, "interventions/pattern_list.html", {"trawl": None, "total": 0})
    every = answers.patterns(trawl, request.user, QueryDict()).order_by()
    many = dict(every.values_list("kind").annotate(many=Count("pk")))
    page = Paginator(answers.patterns(trawl, request.user, request.GET), PAGE).get_page(request.GET.get("page"))
    rows = list(page)
    context = {
        "trawl": trawl,
        "total": sum(many.values()),
        "page": page,
        "flags": answers.flags_of(rows, request.user),
        "tests": rows[0].tests if rows else None,
        "kinds": [(kind.value, KIND_WORDS[kind], many[kind.value]) for kind in Kind if kind.value in many],
        "kind": request.GET.get("kind", ""),
        "year": request.GET.get("year", ""),
        "years": years_taught(request.school),
        "group": request.GET.get("group", ""),
        "groups": groups_of(request.school),
        "q": request.GET.get("q", ""),
        "least_spells": LEAST_SPELLS,
        "least_here": LEAST_HERE,
        "false_in": FALSE_SHARE.denominator,
    }
    return render(request, "interventions/pattern_list.html", context)


@require_POST
@door(Can.EXPORT, section="figures")
@door(Can.SEE_TRAWL)
def pattern_export(request: StaffRequest, form: str) -> HttpResponse:
    """Send out the patterns as they are narrowed, each with what it stands on."""
    trawl = answers.searched(request.school)
    asked = narrowed(request).GET
    found = list(answers.patterns(trawl, request.user, asked)) if trawl else []
    rows: list[list[Cell]] = [
        [
            str(one.row.pupil),
            one.row.pupil.tutor_group.name if one.row.pupil.tutor_group else "",
            one.row.pupil.year_group,
            one.title,
            one.row.here,
            one.row.spells,
            one.row.expected,
            one.chance,
            one.why,
            "; ".join(f"{key.replace('_', ' ')} {value}" for key, value in one.row.facts.items()),
        ]
        for one in answers.flags_of(found, request.user)
    ]
    heads = ("Pupil", "Form", "Year", "Pattern", "Here", "Of", "Expected", "By chance", "Why", "Stands on")
    what = f"patterns of absence {trawl.on:%Y-%m-%d}" if trawl else f"patterns of absence {clock.today():%Y-%m-%d}"
    columns = [Column(one) for one in heads]
    return send_list(request, form, what=what, columns=columns, rows=rows, filters=asked.urlencode())
