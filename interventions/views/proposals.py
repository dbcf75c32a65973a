"""The worklist of cases that the trawl proposes: taken up, or put aside with a reason."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from attendance_office import clock
from attendance_office.numbers import wholes
from attendance_office.refusals import Refused
from attendance_office.staff.roles import Can
from attendance_office.web import toasts
from attendance_office.web.doors import StaffRequest, door, may
from attendance_office.web.export import Cell, Column
from attendance_office.web.lists import narrowed, send_list
from interventions.actions import trawl as actions
from interventions.models import CaseProposal
from interventions.queries import trawl_pages as answers
from interventions.rules.trawl import GROUND_WORDS, GROUNDS
from registers.queries.pupils import years_taught

PAGE = 50


@require_GET
@door(Can.SEE_TRAWL, section="figures")
def proposal_list(request: StaffRequest) -> HttpResponse:
    """Show the cases proposed, the gravest first."""
    page = Paginator(answers.proposals(request.school, request.user, request.GET), PAGE).get_page(
        request.GET.get("page")
    )
    counted = answers.open_proposals(request.school, request.user).order_by().values_list("ground")
    many = dict(counted.annotate(many=Count("pk")))
    context = {
        "page": page,
        "total": sum(many.values()),
        "by_ground": [(one.value, GROUND_WORDS[one], many[one.value]) for one in GROUNDS if one.value in many],
        "ground": request.GET.get("ground", ""),
        "state": request.GET.get("state") or CaseProposal.State.PROPOSED.value,
        "states": CaseProposal.State.choices,
        "year": request.GET.get("year", ""),
        "years": years_taught(request.school),
        "q": request.GET.get("q", ""),
        "may_work": may(request, Can.WORK_PROPOSALS),
        "query": request.GET.urlencode(),
    }
    return render(request, "interventions/proposal_list.html", context)


@require_POST
@door(Can.WORK_PROPOSALS, section="figures")
@door(Can.SEE_TRAWL)
def proposal_settle(request: StaffRequest) -> HttpResponse:
    """Take the selected up, or put them aside because."""
    at, why = clock.now(), request.POST.get("why", "").strip()
    if request.POST.get("all"):
        rows = answers.proposals(request.school, request.user, narrowed(request).GET)
    else:
        reach = answers.open_proposals(request.school, request.user)
        rows = reach.filter(pk__in=wholes(request.POST.getlist("pick")))
    act = actions.put_aside if request.POST.get("act") == "aside" else actions.take_up
    try:
        entry = act(school=request.school, proposals=list(rows), why=why, by=request.user, at=at)
    except Refused as refused:
        toasts.fail(request, str(refused))
    else:
        toasts.say(request, entry.words, undo=reverse("interventions:proposal_undo", args=[entry.pk]))
    return HttpResponseRedirect(reverse("interventions:proposal_list") + f"?{request.POST.get('query', '')}")


@require_POST
@door(Can.WORK_PROPOSALS, section="figures")
@door(Can.SEE_TRAWL)
def proposal_undo(request: StaffRequest, entry: int) -> HttpResponse:
    """Take back one's own settling within ten minutes."""
    try:
        back = actions.undo_settling(school=request.school, entry_id=entry, by=request.user, at=clock.now())
    except Refused as refused:
        toasts.fail(request, str(refused))
    else:
        toasts.say(request, f"Taken back: {back} open again")
    return redirect("interventions:proposal_list")


@require_POST
@door(Can.EXPORT, section="figures")
@door(Can.SEE_TRAWL)
def proposal_export(request: StaffRequest, form: str) -> HttpResponse:
    """Send out the proposals as they are narrowed."""
    rows: list[list[Cell]] = [
        [
            str(one.pupil),
            one.pupil.tutor_group.name if one.pupil.tutor_group else "",
            one.pupil.year_group,
            one.get_ground_display(),
            one.line.year.attendance_rate,
            one.line.year.attended,
            one.line.year.possible,
            one.line.trawl.counted_to,
            one.proposed_on,
            one.get_state_display(),
            one.settled_at,
            one.settled_by.signature if one.settled_by else "",
            one.why,
        ]
        for one in answers.proposals(request.school, request.user, narrowed(request).GET)
    ]
    heads = [Column(one) for one in ("Pupil", "Form", "Year", "Ground")]
    heads += [Column("Attendance %", is_share=True)]
    heads += [Column(one) for one in ("Attended", "Possible", "Counted to", "Proposed", "State", "On", "By", "Why")]
    asked = request.GET.urlencode()
    return send_list(request, form, what="proposed cases", columns=heads, rows=rows, filters=asked)
