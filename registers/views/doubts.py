"""Doubtful marks: the worklist of the weekly trawl."""

from __future__ import annotations

from datetime import timedelta

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from attendance_office import clock
from attendance_office.numbers import wholes
from attendance_office.refusals import Refused
from attendance_office.staff.roles import Can
from attendance_office.web import toasts
from attendance_office.web.doors import StaffRequest, door
from attendance_office.web.export import Cell, Column
from attendance_office.web.lists import narrowed, send_list
from registers.actions import doubts as actions
from registers.forms.settling import reasons
from registers.models import Doubt, Mark
from registers.queries import doubts as answers
from registers.queries.pupil_marks import mark_of
from registers.queries.pupils import years_taught
from registers.rules.ages import school_year_starts
from registers.rules.doubts import GROUNDS

PAGE = 50
PERIODS = {"4": "the last four weeks", "year": "this school year"}


def _shown(request: StaffRequest) -> QuerySet[Doubt]:
    asked = {key: request.GET.get(key, "")[:60].strip() for key in ("state", "ground", "year", "q")}
    return answers.narrowed_to(answers.within(request.school, request.user), **asked)


def _allowed(request: StaffRequest) -> frozenset[Can]:
    return request.user.standing.allowed(request.school.pk)


@require_GET
@door(Can.AMEND_MARKS, section="marks")
def doubt_list(request: StaffRequest) -> HttpResponse:
    """Show the doubtful marks, ground by ground."""
    page = Paginator(_shown(request), PAGE).get_page(request.GET.get("page"))
    many = answers.open_doubts(request.school, request.user)
    context = {
        "page": page,
        "lines": answers.lines_of(list(page), allowed=_allowed(request)),
        "total": sum(many.values()),
        "grounds": [(GROUNDS[key], number) for key, number in many.items()],
        "ground": GROUNDS.get(request.GET.get("ground", "")),
        "state": request.GET.get("state") or Doubt.State.OPEN.value,
        "states": Doubt.State.choices,
        "year": request.GET.get("year", ""),
        "years": years_taught(request.school),
        "q": request.GET.get("q", ""),
        "codes": reasons(clock.today(), present=True),
        "last": answers.last_trawl(request.school),
        "periods": PERIODS,
        "query": request.GET.urlencode(),
    }
    return render(request, "registers/doubt_list.html", context)


@require_GET
@door(Can.AMEND_MARKS, section="marks")
def doubt_detail(request: StaffRequest, pk: int) -> HttpResponse:
    """Show one doubt: why, what it stands on, what the mark said when, and what was decided before."""
    doubt = get_object_or_404(
        answers.within(request.school, request.user).select_related("pupil__tutor_group", "settled_by"), pk=pk
    )
    marks = Mark.objects.filter(school=request.school, pupil=doubt.pupil, on=doubt.on, half=doubt.half)
    mark = marks.select_related("recorded_by").first()
    context = {
        "doubt": doubt,
        "ground": GROUNDS[doubt.ground],
        "mark": mark_of(mark, allowed=_allowed(request)) if mark else None,
        "others": Doubt.objects.filter(pupil=doubt.pupil, ground=doubt.ground)
        .exclude(pk=doubt.pk)
        .select_related("settled_by")
        .order_by("-on", "-half")[:20],
        "codes": reasons(doubt.on, present=True),
    }
    return render(request, "registers/doubt_detail.html", context)


@require_POST
@door(Can.AMEND_MARKS, section="marks")
def doubt_settle(request: StaffRequest) -> HttpResponse:
    """Repair the selected, or leave them because."""
    at = clock.now()
    picks = wholes(request.POST.getlist("pick"))
    is_all = bool(request.POST.get("all"))
    rows = _shown(narrowed(request)) if is_all else answers.within(request.school, request.user).filter(pk__in=picks)
    act, reason = request.POST.get("act", ""), request.POST.get("reason", "").strip()
    back = HttpResponseRedirect(reverse("registers:doubt_list") + f"?{request.POST.get('query', '')}")
    try:
        if act == "leave":
            entry = actions.leave(school=request.school, doubts=list(rows), because=reason, by=request.user, at=at)
            undo = reverse("registers:doubt_undo", args=[entry.pk])
            toasts.say(request, entry.words, undo=undo)
            return back
        coded = actions.repair(
            school=request.school,
            doubts=list(rows),
            code="" if act == "accept" else request.POST.get("code", ""),
            reason=reason or "Weekly check of doubtful marks",
            by=request.user,
            at=at,
        )
    except Refused as refused:
        toasts.fail(request, str(refused))
    else:
        words = f"{coded.done} mark{'' if coded.done == 1 else 's'} repaired"
        undo = reverse("registers:doubt_undo", args=[coded.entry.pk]) if coded.entry else ""
        toasts.say(request, f"{words}, {len(coded.left)} left" if coded.left else words, undo=undo)
    return back


@require_POST
@door(Can.AMEND_MARKS, section="marks")
def doubt_undo(request: StaffRequest, entry: int) -> HttpResponse:
    """Take back one's own repair or leaving within ten minutes."""
    try:
        back = actions.undo_settling(school=request.school, entry_id=entry, by=request.user, at=clock.now())
    except Refused as refused:
        toasts.fail(request, str(refused))
    else:
        toasts.say(request, f"Taken back: {back} open again")
    return redirect("registers:doubt_list")


@require_POST
@door(Can.AMEND_MARKS, section="marks")
def doubt_trawl(request: StaffRequest) -> HttpResponse:
    """Run the trawl now, over the last four weeks or the school year."""
    at = clock.now()
    today = clock.local(at).date()
    from_on = (
        school_year_starts(today) if request.POST.get("period") == "year" else today - timedelta(weeks=actions.WEEKS)
    )
    trawled = actions.run_trawl(school=request.school, from_on=from_on, to_on=today, by=request.user, at=at)
    toasts.say(request, actions.words_of(trawled))
    return redirect("registers:doubt_list")


@require_POST
@door(Can.EXPORT, section="marks")
@door(Can.AMEND_MARKS)
def doubt_export(request: StaffRequest, form: str) -> HttpResponse:
    """Send out the doubts as they are narrowed."""
    rows: list[list[Cell]] = [
        [
            str(line.doubt.pupil),
            line.doubt.pupil.tutor_group.name if line.doubt.pupil.tutor_group else "",
            line.doubt.on,
            line.doubt.half,
            line.says,
            line.ground.title,
            line.doubt.words,
            line.doubt.proposed,
            line.doubt.get_state_display(),
            line.doubt.why,
            line.before,
        ]
        for line in answers.lines_of(list(_shown(narrowed(request))), allowed=_allowed(request))
    ]
    heads = ("Pupil", "Form", "Day", "Session", "Code", "Ground", "Why", "Proposed", "State", "Decision", "Before")
    columns = [Column(one) for one in heads]
    asked = request.GET.urlencode()
    return send_list(request, form, what="doubtful marks", columns=columns, rows=rows, filters=asked)
