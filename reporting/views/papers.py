"""Papers for governors and leadership: drafted, looked at as they would be, issued, and read."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from attendance_office import clock
from attendance_office.refusals import Refused
from attendance_office.staff.roles import Can
from attendance_office.web import toasts
from attendance_office.web.doors import StaffRequest, door, may
from attendance_office.web.export import Cell, Column
from attendance_office.web.lists import send_list
from reporting import forms
from reporting.actions import papers as actions
from reporting.models import Paper
from reporting.queries.paper_since import changed_since
from reporting.queries.paper_words import baseline_of, earlier_baselines
from reporting.queries.papers import content_of, held_before
from reporting.queries.periods import named_periods


def _papers(request: StaffRequest) -> QuerySet[Paper]:
    """Give the papers a person may read: the issued ones, and the drafts to whoever issues papers."""
    rows = Paper.objects.filter(school=request.school).exclude(state=Paper.State.DROPPED).defer("content")
    if not may(request, Can.ISSUE_PAPERS):
        rows = rows.filter(state=Paper.State.ISSUED)
    return rows.select_related("issued_by", "made_by")


def _paper(request: StaffRequest, pk: int) -> Paper:
    return get_object_or_404(_papers(request).defer(None), pk=pk)


@require_GET
@door(Can.SEE_FIGURES, section="figures")
def paper_list(request: StaffRequest) -> HttpResponse:
    """List the papers, and what is expected of the school."""
    today = clock.today()
    return render(
        request,
        "reporting/paper_list.html",
        {
            "papers": _papers(request).order_by("-made_at", "-pk"),
            "periods": [
                one for one in named_periods(request.school.pk, today) if one.key not in ("week", "year_before")
            ],
            "baseline": baseline_of(request.school, today),
            "earlier": earlier_baselines(request.school, today),
            "form": forms.ExpectedAttendance(today=today),
            "issues": may(request, Can.ISSUE_PAPERS),
        },
    )


@require_POST
@door(Can.EXPORT, section="figures")
@door(Can.SEE_FIGURES)
def paper_list_export(request: StaffRequest, form: str) -> HttpResponse:
    """Send out the list of papers; not what they say."""
    rows: list[list[Cell]] = [
        [
            str(one),
            one.from_on,
            one.to_on,
            one.get_state_display(),
            one.issued_at,
            one.issued_by.signature if one.issued_by else "",
        ]
        for one in _papers(request).order_by("-made_at", "-pk")
    ]
    heads = [Column(one) for one in ("Paper", "From", "To", "State", "Issued", "By")]
    return send_list(request, form, what="papers", columns=heads, rows=rows)


@require_POST
@door(Can.ISSUE_PAPERS, section="figures")
def paper_draft(request: StaffRequest) -> HttpResponse:
    """Begin a paper over a named period or own days."""
    named = {one.key: (one.from_on, one.to_on) for one in named_periods(request.school.pk, clock.today())}
    days = named.get(request.POST.get("period", ""))
    form = forms.Period(request.POST)
    if days is None and form.is_valid():
        days = (form.cleaned_data["from_on"], form.cleaned_data["to_on"])
    if days is None:
        toasts.fail(request, "Choose the days that the paper is about.")
        return redirect("reporting:paper_list")
    try:
        paper = actions.draft_paper(
            school=request.school, from_on=days[0], to_on=days[1], by=request.user, at=clock.now()
        )
    except Refused as refusal:
        toasts.fail(request, str(refusal))
        return redirect("reporting:paper_list")
    return redirect("reporting:paper_detail", paper.pk)


@require_GET
@door(Can.SEE_FIGURES, section="figures")
def paper_detail(request: StaffRequest, pk: int) -> HttpResponse:
    """Show a paper as it was issued, or a draft with the figures as they stand now."""
    paper = _paper(request, pk)
    is_draft = paper.state == Paper.State.DRAFT
    content = paper.content
    if is_draft:
        content = content_of(
            request.school, from_on=paper.from_on, to_on=paper.to_on, at=clock.now(), before=held_before(paper)
        )  # fmt: skip
    return render(
        request,
        "reporting/paper_detail.html",
        {
            "paper": paper,
            "content": content,
            "is_draft": is_draft,
            "since": "" if is_draft else changed_since(paper),
            "form": forms.PaperWords(initial={"title": paper.title, "headline": paper.headline, "asks": paper.asks}),
            "issues": may(request, Can.ISSUE_PAPERS),
        },
    )


@require_POST
@door(Can.ISSUE_PAPERS, section="figures")
def paper_act(request: StaffRequest, pk: int) -> HttpResponse:
    """Write into a paper, issue it, drop it, or begin its next edition."""
    paper, at, act = _paper(request, pk), clock.now(), request.POST.get("act", "")
    form = forms.PaperWords(request.POST)
    try:
        if act == "issue":
            actions.issue_paper(paper=paper, by=request.user, at=at)
            toasts.say(request, "Issued: governors may read it, and it stays as it is")
        elif act == "drop":
            actions.drop_paper(paper=paper, by=request.user, at=at)
            toasts.say(request, "The draft is dropped")
            return redirect("reporting:paper_list")
        elif act == "again":
            paper = actions.next_edition(paper=paper, by=request.user, at=at)
        elif act == "write" and form.is_valid():
            actions.write_paper(paper=paper, by=request.user, at=at, **form.cleaned_data)
            toasts.say(request, "Kept")
        else:
            toasts.fail(request, "Give the paper a title." if act == "write" else "Choose what is to be done with it.")
    except Refused as refusal:
        toasts.fail(request, str(refusal))
    return redirect("reporting:paper_detail", paper.pk)


@require_GET
@door(Can.SEE_FIGURES, section="figures")
def paper_file(request: StaffRequest, pk: int) -> HttpResponse:
    """Give the issued paper as it was printed; one that no worker has come to yet is printed now."""
    paper = _paper(request, pk)
    if paper.state != Paper.State.ISSUED:
        raise Http404
    file = paper.file or actions.print_paper(paper_id=paper.pk, by=None, at=clock.now(), waits=True)
    if file is None:
        raise Http404
    answer = HttpResponse(bytes(file.content), content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="attendance-{paper.to_on:%Y-%m-%d}.pdf"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


@require_POST
@door(Can.ISSUE_PAPERS, section="figures")
def baseline_set(request: StaffRequest) -> HttpResponse:
    """Say what attendance is expected of the school in this school year or the last."""
    form = forms.ExpectedAttendance(request.POST, today=clock.today())
    if not form.is_valid():
        toasts.fail(request, "Choose the school year, and give the expected attendance as a per cent, like 93.40.")
        return redirect("reporting:paper_list")
    try:
        row = actions.set_baseline(school=request.school, by=request.user, at=clock.now(), **form.cleaned_data)
    except Refused as refusal:
        toasts.fail(request, str(refusal))
    else:
        toasts.say(request, f"Expected in {row.school_year}: {row.attendance} %")
    return redirect("reporting:paper_list")
