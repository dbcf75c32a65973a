"""Amending one mark."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from attendance_office import clock
from attendance_office.refusals import Refused
from attendance_office.staff.roles import Can
from attendance_office.web import toasts
from attendance_office.web.doors import StaffRequest, door
from registers import forms
from registers.actions.amendments import AfterClose, amend_mark
from registers.models import Mark, Pupil
from registers.queries import pupil_marks
from registers.queries.years import Cell
from registers.tables.pupils import code_cell

from .pupil_pages import attendance, look
from .sheet import after_close

PAGES = {"year": "registers:pupil_detail", "marks": "registers:pupil_marks"}


@require_http_methods(["GET", "POST"])
@door(Can.AMEND_MARKS, section="pupils")
def mark_amend(request: StaffRequest, pk: int) -> HttpResponse:
    """Ask for the amendment in a slide-over or on a page of its own, make it, and draw again what it changed."""
    mark = get_object_or_404(
        Mark.objects.select_related("pupil__tutor_group", "recorded_by"),
        pk=pk,
        school=request.school,
        pupil__in=Pupil.objects.visible_to(request.user),
    )
    allowed = request.user.standing.allowed(request.school.pk)
    marked = pupil_marks.mark_of(mark, allowed=allowed)
    form = forms.AmendMark(_chosen(request) or None, mark=marked, allowed=allowed)
    offers: list[tuple[str, str]] = []
    if request.method == "POST" and form.is_valid():
        got = form.cleaned_data
        try:
            amend_mark(
                mark=mark,
                code=got["code"],
                minutes_late=got["minutes_late"],
                comment=got.get("comment", mark.comment),
                reason=got["reason"],
                was=got["was"] or None,
                by=request.user,
                at=clock.now(),
            )
        except Refused as refused:
            form.add_error(None, str(refused))
            offers = after_close(marked.session.on, "U") if isinstance(refused, AfterClose) else []
        else:
            return _amended(request, mark, got["code"])
    context: dict[str, Any] = {
        "form": form,
        "offers": offers,
        "mark": marked,
        "pupil": mark.pupil,
        "from_page": _from_page(request),
        "period": request.GET.get("period") or request.POST.get("period", ""),
    }
    template = "registers/mark_amend.html" + ("#over" if request.htmx else "")  # type: ignore[attr-defined]
    return render(request, template, context, status=422 if form.errors else 200)


def _chosen(request: StaffRequest) -> QueryDict:
    """Give what was sent; a code that was offered instead of L takes its place, and has minutes only where U is it."""
    instead = request.POST.get("instead", "")
    if not instead:
        return request.POST
    sent = request.POST.copy()
    sent["code"] = instead
    if instead != "U":
        sent["minutes_late"] = ""
    return sent


def _from_page(request: StaffRequest) -> str:
    asked = request.GET.get("from") or request.POST.get("from", "")
    return asked if asked in PAGES else "year"


def _amended(request: StaffRequest, mark: Mark, code: str) -> HttpResponse:
    """Answer with the pieces of the page that the amendment changed; without script, with the page."""
    page = _from_page(request)
    words = f"Amended to {code}: {mark.pupil.name}, {mark.on:%a} {mark.on.day} {mark.on:%b} {mark.half.lower()}"
    if not request.htmx:  # type: ignore[attr-defined]
        toasts.say(request, words)
        return redirect(f"{reverse(PAGES[page], args=[mark.pupil_id])}?period={request.POST.get('period', '')}")
    seen = look(request, mark.pupil, at=clock.now())
    now = next((one for one in seen.marks if one.pk == mark.pk), None)
    if now is not None:
        (now,) = pupil_marks.with_lessons(mark.pupil, pupil_marks.with_files(mark.school_id, [now]))
    context: dict[str, Any] = {
        "period": seen.period,
        "mark": now,
        "pupil": mark.pupil,
        "may_amend": True,
        "reads_comments": request.user.standing.may(Can.READ_COMMENTS, request.school.pk),
        "oob": True,
    }
    if page == "marks":
        body = render_to_string("registers/pupil_marks.html#swapped", context, request)
    else:
        context |= attendance(seen)
        if now is not None:
            cell = Cell(now.session, now, is_missing=False, is_now=now.session == seen.now)
            context["cell"] = code_cell(cell, period=seen.period.key, amends=True, pupil_id=mark.pupil_id, oob=True)
        body = render_to_string("registers/pupil_detail.html#swapped", context, request)
    answer = HttpResponse(body)
    answer["HX-Reswap"] = "none"
    answer["HX-Trigger"] = json.dumps({"over-close": True, "toast": words})
    return answer
