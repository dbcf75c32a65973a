"""The audit trail, read."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Final

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from attendance_office import clock
from attendance_office.audit.models import Entry, EntryQuerySet
from attendance_office.staff.roles import Can
from attendance_office.web import forms
from attendance_office.web.doors import StaffRequest, door, may
from attendance_office.web.export import Cell, Column
from attendance_office.web.lists import narrowed, send_list
from attendance_office.web.trail_lines import KEPT, Line, line_of, saying

PAGE: Final = 50
MOST_EXPORTED: Final = 50_000
MOST: Final = 6
DAY: Final = re.compile(r"\d{4}-\d\d-\d\d( [AP]M)?$")


@require_GET
@door(Can.SEE_AUDIT, section="office")
def trail(request: StaffRequest) -> HttpResponse:
    """List what was done in this school, newest first."""
    entries, form = _shown(request)
    page = Paginator(entries, PAGE).get_page(request.GET.get("page"))
    allowed = request.user.standing.allowed(request.school.pk)
    lines = [_told(line_of(entry, allowed)) for entry in page]
    return render(request, "office/trail.html", {"page": page, "lines": lines, "form": form})


@require_POST
@door(Can.EXPORT, section="office")
def trail_export(request: StaffRequest, form: str) -> HttpResponse:
    """Send out the trail as it is narrowed, the newest lines first."""
    if not may(request, Can.SEE_AUDIT):
        raise PermissionDenied
    entries, _ = _shown(narrowed(request))
    allowed = request.user.standing.allowed(request.school.pk)
    rows: list[list[Cell]] = [
        [line.entry.at, line.entry.by_name, line.entry.by_role, line.words, line.reason, "; ".join(changes)]
        for line, changes in (_told(line_of(entry, allowed)) for entry in entries[:MOST_EXPORTED])
    ]
    heads = ("When", "Who", "Role", "What", "Why", "From and to")
    asked = request.GET.urlencode()
    return send_list(
        request, form, what="audit trail", columns=[Column(one) for one in heads], rows=rows, filters=asked
    )


def _shown(request: StaffRequest) -> tuple[EntryQuerySet, forms.Trail]:
    """Give the entries as the query string narrows them, and the form that asked."""
    entries = Entry.objects.of_schools([request.school.pk]).order_by("-at", "-pk")
    kinds = entries.order_by("subject_kind").values_list("subject_kind", flat=True).distinct()
    form = forms.Trail(request.GET, kinds=list(kinds))
    if form.is_valid():
        asked = form.cleaned_data
        if asked["q"]:
            entries = saying(entries, asked["q"], request.user.standing.allowed(request.school.pk))
        if asked["who"]:
            entries = entries.filter(by_name__icontains=asked["who"])
        if asked["kind"]:
            entries = entries.filter(subject_kind=asked["kind"])
        if asked["on"]:
            begins = datetime.combine(asked["on"], time(), tzinfo=clock.LONDON)
            entries = entries.filter(at__gte=begins, at__lt=begins + timedelta(days=1))
    return entries, form


def _told(line: Line) -> tuple[Line, list[str]]:
    """Give a line with what it changed, as far as its reader may know."""
    changes = _changes(line.entry)
    return line, changes if line.sees_changes or not changes else [KEPT]


def _changes(entry: Entry) -> list[str]:
    """Say what an entry changed, one field a line: "ends on: Fri 17 Dec 2027 to Thu 16 Dec 2027"."""
    before, after = entry.before or {}, entry.after or {}
    said = []
    for field in dict.fromkeys([*before, *after]):
        both = [_word(side[field]) for side in (before, after) if field in side]
        said.append(f"{field.replace('_', ' ')}: {' to '.join(both)}")
    return said


def _word(value: object) -> str:
    """Say one value as people do."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        words = [_word(one) for one in value]
        return ", ".join(words[:MOST]) + (f" and {len(words) - MOST} more" if len(words) > MOST else "")
    if value in (None, "", {}):
        return "empty"
    text = str(value)
    if DAY.match(text):
        on = date.fromisoformat(text[:10])
        return f"{on:%a} {on.day} {on:%b %Y}{text[10:]}"
    return text
