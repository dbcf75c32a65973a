"""Patterns of absence: what the latest run found, why, and how surprising it is."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from attendance_office import clock
from attendance_office.refusals import Refused
from attendance_office.staff.roles import Can
from attendance_office.web import toasts
from attendance_office.web.doors import StaffRequest, door, may
from attendance_office.web.export import Cell, Column
from attendance_office.web.lists import narrowed, send_list
from interventions import forms
from interventions.actions import pattern_steps as actions
from interventions.models import PatternFlag, PatternStep
from interventions.queries import patterns as answers
from interventions.queries.pattern_steps import DONE, followed, home_of
from interventions.queries.trawl_pages import groups_of
from interventions.rules.patterns import FALSE_SHARE, KIND_WORDS, LEAST_HERE, LEAST_SPELLS, Kind
from registers.models import Pupil
from registers.queries.pupils import years_taught

PAGE = 50


@require_GET
@door(Can.SEE_TRAWL, section="figures")
def pattern_list(request: StaffRequest) -> HttpResponse:
    """Show the patterns that stand, the most surprising first."""
    trawl = answers.searched(request.school)
    if trawl is None:
        return render(request, "interventions/pattern_list.html", {"trawl": None, "total": 0})
    today = clock.today()
    every = answers.patterns(trawl, request.user, QueryDict(), on=today).order_by()
    many = dict(every.values_list("kind").annotate(many=Count("pk")))
    asked = answers.patterns(trawl, request.user, request.GET, on=today)
    page = Paginator(asked, PAGE).get_page(request.GET.get("page"))
    rows = list(page)
    context = {
        "trawl": trawl,
        "total": sum(many.values()),
        "page": page,
        "flags": [(one, one.done.is_due(today)) for one in answers.flags_of(rows, request.user, followed(rows))],
        "done": request.GET.get("done", ""),
        "dones": DONE.items(),
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


@require_GET
@door(Can.SEE_TRAWL, section="figures")
def pattern_detail(request: StaffRequest, pk: int) -> HttpResponse:
    """Show one pattern: what it stands on, and what was done about it."""
    flag = _flag(request, pk)
    return _shown(request, flag, _form(flag))


@require_POST
@door(Can.CONTACT_HOME, section="figures")
@door(Can.SEE_TRAWL)
def pattern_step(request: StaffRequest, pk: int) -> HttpResponse:
    """Put on record what was done about a pattern."""
    flag = _flag(request, pk)
    form = _form(flag, request.POST)
    if not form.is_valid():
        return _shown(request, flag, form)
    try:
        actions.record_step(flag=flag, **form.cleaned_data, by=request.user, at=clock.now())
    except Refused as refused:
        form.add_error(None, str(refused))
        return _shown(request, flag, form)
    toasts.say(request, f"{flag.pupil}: on record")
    return redirect("interventions:pattern_detail", pk)


@require_POST
@door(Can.CONTACT_HOME, section="figures")
@door(Can.SEE_TRAWL)
def pattern_strike(request: StaffRequest, pk: int) -> HttpResponse:
    """Strike out a step that was put down in error."""
    seen = Pupil.objects.visible_to(request.user).filter(school=request.school)
    rows = PatternStep.objects.filter(school=request.school, pupil__in=seen).select_related("flag")
    step = get_object_or_404(rows, pk=pk)
    try:
        actions.strike_step(step=step, why=request.POST.get("why", ""), by=request.user, at=clock.now())
    except Refused as refused:
        toasts.fail(request, str(refused))
    else:
        toasts.say(request, "Struck out: it stays to be read, and counts no more")
    return redirect("interventions:pattern_detail", step.flag_id)


def _flag(request: StaffRequest, pk: int) -> PatternFlag:
    seen = Pupil.objects.visible_to(request.user).filter(school=request.school)
    rows = PatternFlag.objects.filter(school=request.school, pupil__in=seen)
    return get_object_or_404(rows.select_related("pupil__tutor_group", "other__tutor_group", "trawl"), pk=pk)


def _form(flag: PatternFlag, data: QueryDict | None = None) -> forms.PatternDone:
    return forms.PatternDone(data, home=home_of(flag.pupil), initial={"done_on": clock.today()})


def _shown(request: StaffRequest, flag: PatternFlag, form: forms.PatternDone) -> HttpResponse:
    shown = answers.flags_of([flag], request.user, followed([flag]))[0]
    context = {
        "shown": shown,
        "pupil": flag.pupil,
        "facts": [
            (key.replace("_", " "), f"{value:,}" if isinstance(value, int) else value)
            for key, value in flag.facts.items()
        ],
        "is_due": shown.done.is_due(clock.today()),
        "form": form,
        "may_do": may(request, Can.CONTACT_HOME),
        "may_write": may(request, Can.APPROVE_LETTERS),
        "least_here": LEAST_HERE,
        "false_in": FALSE_SHARE.denominator,
    }
    return render(request, "interventions/pattern_detail.html", context, status=422 if form.is_bound else 200)


@require_POST
@door(Can.EXPORT, section="figures")
@door(Can.SEE_TRAWL)
def pattern_export(request: StaffRequest, form: str) -> HttpResponse:
    """Send out the patterns as they are narrowed, each with what it stands on."""
    trawl = answers.searched(request.school)
    asked = narrowed(request).GET
    found = list(answers.patterns(trawl, request.user, asked, on=clock.today())) if trawl else []
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
            one.done.last.get_kind_display() if one.done.last else "",
            one.done.last.done_on if one.done.last else None,
            one.done.last.look_again_on if one.done.last else None,
        ]
        for one in answers.flags_of(found, request.user, followed(found))
    ]
    heads = (
        "Pupil", "Form", "Year", "Pattern", "Here", "Of", "Expected", "By chance", "Why", "Stands on", "Last done",
        "On", "Look again on",
    )  # fmt: skip
    what = f"patterns of absence {trawl.on:%Y-%m-%d}" if trawl else f"patterns of absence {clock.today():%Y-%m-%d}"
    columns = [Column(one) for one in heads]
    return send_list(request, form, what=what, columns=columns, rows=rows, filters=asked.urlencode())
