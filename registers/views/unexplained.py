"""Absences without a reason, by their last date; and marks nobody made."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from attendance_office import clock
from attendance_office.days import read_day
from attendance_office.numbers import whole, wholes
from attendance_office.refusals import Refused
from attendance_office.staff.roles import Can
from attendance_office.web import toasts
from attendance_office.web.doors import StaffRequest, door
from attendance_office.web.export import Cell, Column
from attendance_office.web.lists import narrowed, send_list
from registers.actions import settling
from registers.actions.coding import Coded, undo_coding
from registers.forms.settling import Settle, reasons
from registers.queries import unexplained as answers
from registers.queries.calendar import calendar_of
from registers.queries.pupils import years_taught
from registers.rules.codes import Half
from registers.rules.sessions import Session

PAGE = 50
PERIODS = ((5, "Last 5 school days"), (10, "Last 10 school days"), (40, "Last 40 school days"))


def _read(request: StaffRequest) -> dict[str, Any]:
    """Read the worklist as the query string narrows it."""
    at = clock.now()
    calendar = calendar_of(request.school.pk)
    marks = answers.unexplained(request.school, request.user, at)
    days = answers.days_of(marks, calendar, clock.local(at).date())
    asked = {"due": request.GET.get("due", ""), "year": request.GET.get("year", ""), "q": request.GET.get("q", "")[:60]}
    shown = answers.narrowed_to(marks, days, due=asked["due"], year=asked["year"], q=asked["q"].strip())
    return {"at": at, "calendar": calendar, "days": days, "shown": shown, **asked}


@require_GET
@door(Can.AMEND_MARKS, section="marks")
def unexplained_list(request: StaffRequest) -> HttpResponse:
    """Show every N by the last day on which it may stand."""
    read = _read(request)
    at = read["at"]
    page = Paginator(read["shown"], PAGE).get_page(request.GET.get("page"))
    lines = answers.lines_of(
        list(page),
        read["days"],
        read["calendar"],
        school=request.school,
        allowed=request.user.standing.allowed(request.school.pk),
        at=at,
    )
    counts = read["days"].counts()
    context = {
        "page": page,
        "lines": lines,
        "total": sum(counts.values()),
        "dues": [(key, answers.DUE_WORDS[key], counts[key]) for key in answers.DUES],
        "due": read["due"],
        "year": read["year"],
        "q": read["q"],
        "codes": reasons(clock.local(at).date(), present=True),
        "on_last": counts["past"] + counts["today"],
        "may_approve": any(line.is_due for line in lines),
        "not_established": settling.NOT_ESTABLISHED,
        "years": years_taught(request.school),
        "query": request.GET.urlencode(),
    }
    return render(request, "registers/unexplained_list.html", context)


def _back(request: StaffRequest, name: str) -> HttpResponseRedirect:
    query = request.POST.get("query", "")
    return HttpResponseRedirect(reverse(name) + (f"?{query}" if query else ""))


@require_POST
@door(Can.AMEND_MARKS, section="marks")
def unexplained_settle(request: StaffRequest) -> HttpResponse:
    """Settle the selected: with one code and reason, or approve O where the last date has come."""
    at = clock.now()
    is_all, picks = bool(request.POST.get("all")), wholes(request.POST.getlist("pick"))
    marks = _read(narrowed(request))["shown"] if is_all else answers.unexplained(request.school, request.user, at)
    chosen = list(marks if is_all else marks.filter(pk__in=picks).select_related("pupil"))
    if not chosen:
        toasts.fail(request, "Nothing is selected: choose at least one absence.")
        return _back(request, "registers:unexplained_list")
    try:
        if request.POST.get("act") == "unknown":
            coded = settling.approve_unknown(school=request.school, marks=chosen, by=request.user, at=at)
        else:
            form = Settle(request.POST, on=clock.local(at).date(), present=True)
            if not form.is_valid():
                toasts.fail(request, " ".join(str(one) for errors in form.errors.values() for one in errors))
                return _back(request, "registers:unexplained_list")
            coded = settling.settle(
                school=request.school,
                marks=chosen,
                code=form.cleaned_data["code"],
                reason=form.cleaned_data["reason"],
                by=request.user,
                at=at,
            )
    except Refused as refused:
        toasts.fail(request, str(refused))
    else:
        _tell(request, coded)
    return _back(request, "registers:unexplained_list")


def _tell(request: StaffRequest, coded: Coded) -> None:
    """Say what was done and what was left, with the way back."""
    undo = reverse("registers:coding_undo", args=[coded.entry.pk]) if coded.entry else ""
    done = f"{coded.done} mark{'' if coded.done == 1 else 's'} changed"
    left = f", {len(coded.left)} left because they were marked meanwhile" if coded.left else ""
    toasts.say(request, f"{done}{left}", undo=undo)


@require_POST
@door(Can.AMEND_MARKS, section="marks")
def coding_undo(request: StaffRequest, entry: int) -> HttpResponse:
    """Take back one's own bulk act on marks, within ten minutes."""
    try:
        undone = undo_coding(school=request.school, entry_id=entry, by=request.user, at=clock.now())
    except Refused as refused:
        toasts.fail(request, str(refused))
    else:
        back = undone.taken_back + undone.amended_back
        left = f"; {undone.left} left, because they were changed since" if undone.left else ""
        toasts.say(request, f"Taken back: {back} mark{'' if back == 1 else 's'}{left}")
    return redirect(request.headers.get("Referer") or "registers:unexplained_list")


@require_POST
@door(Can.EXPORT, section="marks")
@door(Can.AMEND_MARKS)
def unexplained_export(request: StaffRequest, form: str) -> HttpResponse:
    """Send out the Ns as they are narrowed."""
    read = _read(narrowed(request))
    marks = list(read["shown"])
    lines = answers.lines_of(
        marks,
        read["days"],
        read["calendar"],
        school=request.school,
        allowed=request.user.standing.allowed(request.school.pk),
        at=read["at"],
    )
    rows: list[list[Cell]] = [
        [
            str(line.mark.pupil),
            line.mark.pupil.tutor_group.name if line.mark.pupil.tutor_group else "",
            line.mark.pupil.year_group,
            line.mark.on,
            line.mark.half,
            line.age,
            line.settle_by,
            answers.DUE_WORDS[line.due],
            line.together,
            line.reports,
            line.known.code if line.known else "",
        ]
        for line in lines
    ]
    heads = (
        "Pupil", "Form", "Year", "Day", "Session", "Age in school days", "Last date", "Due", "Ns of the pupil",
        "Reports", "Known",
    )  # fmt: skip
    columns = [Column(one) for one in heads]
    what = "absences without a reason"
    return send_list(request, form, what=what, columns=columns, rows=rows, filters=request.GET.urlencode())


# ---------- marks nobody made ----------


def _asked(query: QueryDict) -> tuple[int, int | None, int | None]:
    days = query.get("days", "")
    return int(days) if days in {"5", "10", "40"} else 10, whole(query.get("year")), whole(query.get("group"))


@require_GET
@door(Can.AMEND_MARKS, section="marks")
def missing_marks(request: StaffRequest) -> HttpResponse:
    """Show pupils without a mark in sessions whose registers have closed."""
    at = clock.now()
    days, year, group = _asked(request.GET)
    sessions = answers.sessions_closed(request.school, calendar_of(request.school.pk), at, many=days)
    place = max(1, whole(request.GET.get("page")) or 1)
    found, total = answers.gaps(request.school, sessions, year=year, group=group, limit=PAGE, offset=(place - 1) * PAGE)
    context = {
        "gaps": found,
        "total": total,
        "first": (place - 1) * PAGE + 1,
        "last": (place - 1) * PAGE + len(found),
        "before": place - 1 if place > 1 else None,
        "after": place + 1 if place * PAGE < total else None,
        "periods": PERIODS,
        "days": days,
        "year": year,
        "codes": reasons(clock.local(at).date(), present=True),
        "years": years_taught(request.school),
        "query": request.GET.urlencode(),
    }
    return render(request, "registers/missing_marks.html", context)


@require_POST
@door(Can.AMEND_MARKS, section="marks")
def missing_complete(request: StaffRequest) -> HttpResponse:
    """Complete the selected with one code and reason."""
    at = clock.now()
    wanted = [gap for gap in map(_gap, request.POST.getlist("pick")) if gap is not None]
    if request.POST.get("all"):
        days, year, group = _asked(narrowed(request).GET)
        sessions = answers.sessions_closed(request.school, calendar_of(request.school.pk), at, many=days)
        found, _ = answers.gaps(request.school, sessions, year=year, group=group, limit=None)
        wanted = [(gap.pupil_id, gap.session) for gap in found]
    form = Settle(request.POST, on=clock.local(at).date(), present=True)
    if not form.is_valid():
        toasts.fail(request, " ".join(str(one) for errors in form.errors.values() for one in errors))
        return _back(request, "registers:missing_marks")
    try:
        coded = settling.complete_missing(
            school=request.school,
            gaps=wanted,
            code=form.cleaned_data["code"],
            reason=form.cleaned_data["reason"],
            by=request.user,
            at=at,
        )
    except Refused as refused:
        toasts.fail(request, str(refused))
    else:
        _tell(request, coded)
    return _back(request, "registers:missing_marks")


def _gap(key: str) -> tuple[int, Session] | None:
    """Read which gap a form means; what it does not say is none."""
    try:
        pupil, on, half = key.split(":")
        return int(pupil), Session(read_day(on), cast("Half", half))
    except ValueError:
        return None


@require_POST
@door(Can.EXPORT, section="marks")
@door(Can.AMEND_MARKS)
def missing_export(request: StaffRequest, form: str) -> HttpResponse:
    """Send out the marks nobody made, as they are narrowed."""
    days, year, group = _asked(narrowed(request).GET)
    sessions = answers.sessions_closed(request.school, calendar_of(request.school.pk), clock.now(), many=days)
    found, _ = answers.gaps(request.school, sessions, year=year, group=group, limit=None)
    rows: list[list[Cell]] = [[gap.name, gap.group, gap.year_group, gap.session.on, gap.session.half] for gap in found]
    columns = [Column(one) for one in ("Pupil", "Form", "Year", "Day", "Session")]
    asked = urlencode({"days": days, "year": year or ""})
    return send_list(request, form, what="missing marks", columns=columns, rows=rows, filters=asked)
