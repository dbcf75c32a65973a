"""The audit trail, read."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from attendance_office import clock
from attendance_office.audit.models import Entry
from attendance_office.staff.roles import Can
from attendance_office.web import forms
from attendance_office.web.doors import StaffRequest, door

PAGE = 50


@require_GET
@door(Can.SEE_AUDIT, section="office")
def trail(request: StaffRequest) -> HttpResponse:
    """List what was done in this school, newest first."""
    entries = Entry.objects.of_schools([request.school.pk]).order_by("-at", "-pk")
    form = forms.Trail(request.GET)
    if form.is_valid():
        asked = form.cleaned_data
        if asked["q"]:
            entries = entries.filter(words__icontains=asked["q"])
        if asked["who"]:
            entries = entries.filter(by_name__icontains=asked["who"])
        if asked["kind"]:
            entries = entries.filter(subject_kind=asked["kind"])
        if asked["on"]:
            begins = datetime.combine(asked["on"], time(), tzinfo=clock.LONDON)
            entries = entries.filter(at__gte=begins, at__lt=begins + timedelta(days=1))
    page = Paginator(entries, PAGE).get_page(request.GET.get("page"))
    return render(request, "office/trail.html", {"page": page, "form": form})
