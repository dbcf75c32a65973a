"""A pupil's file: one chronology as its reader may see it; printed with page numbers, and sent out as a list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from attendance_office import clock
from attendance_office.staff.roles import Can
from attendance_office.web import toasts
from attendance_office.web.doors import StaffRequest, door
from attendance_office.web.export import Cell, Column
from attendance_office.web.lists import narrowed, send_list
from letters.pdf import NotPrinted
from registers.models import Pupil
from registers.queries.calendar import calendar_of
from registers.queries.pupil_frame import frame
from registers.rules.sessions import Calendar
from reporting import forms
from reporting.actions.pupil_file import print_file
from reporting.queries.pupil_file import KINDS, File, file_of, periods_of


@dataclass(frozen=True)
class _Look:
    """A pupil's file with the form that asked for it."""

    pupil: Pupil
    form: forms.PupilFile
    file: File
    calendar: Calendar
    at: datetime


def _look(request: StaffRequest, pk: int) -> _Look:
    """Read the file that the address asks for; Http404 for a pupil beyond the reader's reach."""
    seen = Pupil.objects.visible_to(request.user).filter(school=request.school).select_related("school", "tutor_group")
    pupil, at = get_object_or_404(seen, pk=pk), clock.now()
    calendar = calendar_of(pupil.school_id)
    form = forms.PupilFile(request.GET, periods=periods_of(pupil, calendar, clock.local(at).date()))
    return _Look(pupil, form, file_of(pupil, request.user, form.asked(), at=at, calendar=calendar), calendar, at)


@require_GET
@door(Can.SEE_PUPILS, section="pupils")
def pupil_file(request: StaffRequest, pk: int) -> HttpResponse:
    """Show all that the school knows of a pupil and did, as the reader may see it, in one chronology."""
    seen = _look(request, pk)
    allowed = request.user.standing.allowed(request.school.pk)
    asked = seen.file.asked
    context = frame(seen.pupil, "file", allowed=allowed, at=seen.at, calendar=seen.calendar) | {
        "form": seen.form,
        "file": seen.file,
        "total": len(seen.file.entries),
        "chosen": [
            (key, KINDS[key].title, [one for one in asked.kinds if one != key]) for key in KINDS if key in asked.kinds
        ],
        "role": request.user.role_in(request.school.pk),
        "here": reverse("reporting:pupil_file", args=[pk]),
    }
    return render(request, "reporting/pupil_file.html", context, status=422 if seen.form.errors else 200)


@require_POST
@door(Can.SEE_PUPILS, section="pupils")
def pupil_file_print(request: StaffRequest, pk: int) -> HttpResponse:
    """Give the file as it is narrowed as a PDF; that it was printed goes into the trail."""
    seen = _look(narrowed(request), pk)
    try:
        content = print_file(pupil=seen.pupil, file=seen.file, by=request.user, at=seen.at)
    except NotPrinted as refusal:
        toasts.fail(request, f"The file could not be printed: {refusal}")
        return redirect("reporting:pupil_file", pk)
    answer = HttpResponse(content, content_type="application/pdf")
    answer["Content-Disposition"] = (
        f'inline; filename="pupil-file-{seen.pupil.upn}-{clock.local(seen.at):%Y-%m-%d}.pdf"'
    )
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


@require_POST
@door(Can.EXPORT, section="pupils")
@door(Can.SEE_PUPILS)
def pupil_file_export(request: StaffRequest, pk: int, form: str) -> HttpResponse:
    """Send out the chronology as it is narrowed."""
    seen = _look(narrowed(request), pk)
    rows: list[list[Cell]] = [
        [
            one.on,
            f"{clock.local(one.at):%H:%M}" if one.at else one.half.lower(),
            one.kind.title,
            one.words,
            one.more,
            one.by,
        ]
        for one in seen.file.entries
    ]
    columns = [Column(head) for head in ("Day", "Time", "Kind", "What", "More", "By")]
    what = f"file of pupil {seen.pupil.upn}"
    return send_list(request, form, what=what, columns=columns, rows=rows, filters=request.GET.urlencode())
