"""The form league as a page and a file, and the display sheets for the corridor."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from attendance_office import clock
from attendance_office.numbers import whole
from attendance_office.refusals import Refused
from attendance_office.staff.roles import Can
from attendance_office.web import toasts
from attendance_office.web.doors import StaffRequest, door, may
from attendance_office.web.lists import narrowed, send_list
from letters.pdf import NotPrinted
from registers.queries.figures import latest_due
from registers.rules.sessions import Session
from reporting.actions.displays import print_display
from reporting.actions.league import choose_league_rule
from reporting.models import LeagueRule
from reporting.queries.displays import KINDS, display
from reporting.queries.explorer import Reader
from reporting.queries.league import COLUMNS, USUAL_LEAGUE, Wish, file_rows, league, league_periods, period_before
from reporting.queries.league_rule import league_rule
from reporting.queries.periods import Period
from reporting.rules.league import LEAST_SESSIONS, MOST_SESSIONS
from reporting.rules.small_numbers import is_small


@dataclass(frozen=True)
class Look:
    """What an address asks of the league, and the days it may choose from."""

    wish: Wish
    periods: list[Period]
    upto: Session
    rule: LeagueRule | None


def _look(request: StaffRequest) -> Look:
    """Read what is asked; what is none of the choices is the usual."""
    at = clock.now()
    school = request.school.pk
    periods = league_periods(school, clock.local(at).date())
    named = {period.key: period for period in periods}
    period = named.get(request.GET.get("period", ""), named.get(USUAL_LEAGUE, periods[-1]))
    year, rule = whole(request.GET.get("year")), league_rule(request.school)
    without, fewest = (rule.is_without_medical, rule.least_sessions) if rule else (False, LEAST_SESSIONS)
    asked = {"in": False, "out": True}.get(request.GET.get("medical", ""), without)
    least = whole(request.GET.get("least"))
    least = fewest if least is None else min(max(least, 1), MOST_SESSIONS)
    wish = Wish(
        period=period,
        before=period_before(school, period),
        year="" if year is None else str(year),
        least=least,
        is_without_medical=asked,
        is_other=(asked, least) != (without, fewest),
    )
    return Look(wish, periods, latest_due(school, at), rule)


@require_GET
@door(Can.SEE_FIGURES, section="figures")
def league_page(request: StaffRequest) -> HttpResponse:
    """Show the forms in their places over some days, with the days before."""
    look = _look(request)
    found = league(Reader.of(request.user, request.school), look.wish, upto=look.upto)
    whole_figures = found.whole.figures
    context = {
        "found": found,
        "wish": look.wish,
        "rule": look.rule,
        "usual_least": LEAST_SESSIONS,
        "may_choose": may(request, Can.KEEP_REPORTS),
        "periods": look.periods,
        "years": sorted({str(line.year_group) for line in found.whole.everyone}, key=int),
        "whole": None if found.is_shy and is_small(whole_figures.pupils) else whole_figures,
        "displays": KINDS.items(),
        "here": reverse("reporting:league"),
        "total": len(found.forms),
    }
    return render(request, "reporting/league.html", context)


@require_POST
@door(Can.KEEP_REPORTS, section="figures")
@door(Can.SEE_FIGURES)
def league_choose(request: StaffRequest) -> HttpResponse:
    """Choose how the school's league counts, from now on."""
    try:
        choose_league_rule(
            school=request.school,
            is_without_medical=request.POST.get("medical") == "out",
            least_sessions=whole(request.POST.get("least")) or 0,
            why=request.POST.get("why", ""),
            by=request.user,
            at=clock.now(),
        )
    except Refused as refusal:
        toasts.fail(request, str(refusal))
    else:
        toasts.say(request, "Chosen: the school's league counts so from now on")
    return redirect("reporting:league")


@require_POST
@door(Can.EXPORT, section="figures")
@door(Can.SEE_FIGURES)
def league_export(request: StaffRequest, form: str) -> HttpResponse:
    """Send out the league as the page shows it."""
    look = _look(narrowed(request))
    found = league(Reader.of(request.user, request.school), look.wish, upto=look.upto)
    return send_list(
        request, form, what="form league", columns=COLUMNS, rows=file_rows(found), filters=request.GET.urlencode()
    )


@require_POST
@door(Can.MAKE_CERTIFICATES, section="figures")
@door(Can.SEE_FIGURES)
def display_print(request: StaffRequest, kind: str) -> HttpResponse:
    """Give a display sheet as a PDF; that it was made goes into the trail."""
    if kind not in KINDS:
        raise Http404
    look, at = _look(narrowed(request)), clock.now()
    sheet = display(kind, school=request.school, user=request.user, wish=look.wish, upto=look.upto, at=at)
    try:
        content = print_display(
            sheet=sheet, school=request.school, filters=request.GET.urlencode(), by=request.user, at=at
        )
    except NotPrinted as refusal:
        toasts.fail(request, f"The sheet could not be printed: {refusal}")
        return redirect("reporting:league")
    answer = HttpResponse(content, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="display-{kind}-{clock.local(at):%Y-%m-%d}.pdf"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
