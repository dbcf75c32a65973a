"""The list of pupils: narrowed, sorted, found, sent out as a file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST
from django_tables2 import RequestConfig

from attendance_office import clock
from attendance_office.staff.models import School, User
from attendance_office.staff.roles import Can
from attendance_office.web.doors import StaffRequest, door, may
from attendance_office.web.lists import send_list
from registers.filters.pupils import Pupils as Filter
from registers.models import Group
from registers.queries import pupils
from registers.queries.pupils import PupilLine
from registers.rules.ages import school_year
from registers.tables.pupils import Pupils as Table
from registers.tables.pupils import exported

SIZES: Final = {"50": 50, "100": 100, "all": 5000}


@dataclass(frozen=True)
class PupilList:
    """The pupils a query string asks for, with what they were narrowed by."""

    filter: Filter
    lines: list[PupilLine]
    today: date


def asked_for(query: QueryDict, *, school: School, user: User, today: date) -> PupilList:
    """Give the list a query string asks for, as far as the person may see it: four queries."""
    allowed = user.standing.allowed(school.pk)
    narrowed = Filter(query, school=school, user=user, allowed=allowed, today=today)
    tallies = pupils.year_so_far(school.pk, today)
    lines = pupils.lines(narrowed.qs, tallies, allowed=allowed, below=narrowed.rate_under)
    return PupilList(narrowed, lines, today)


@require_GET
@door(Can.SEE_PUPILS, section="pupils")
def pupil_list(request: StaffRequest) -> HttpResponse:
    """Show the pupils, by page, with the filters in force."""
    today = clock.today()
    found = asked_for(_query(request.GET), school=request.school, user=request.user, today=today)
    size = next((name for name in SIZES if name == request.GET.get("size")), "50")
    edits = may(request, Can.EDIT_PUPILS)
    shown = min(SIZES[size], len(found.lines))
    table = Table(
        found.lines,
        allowed=request.user.standing.allowed(request.school.pk),
        picks=shown if edits else None,
    )
    table.attrs["caption"] = f"Pupils, {len(found.lines)}"
    RequestConfig(request, paginate={"per_page": SIZES[size]}).configure(table)
    context: dict[str, Any] = {
        "table": table,
        "filter": found.filter,
        "total": len(found.lines),
        "year": school_year(today),
        "tags": [(words, _without(request.GET, name)) for name, words in found.filter.tags()],
        "more": [name for name in found.filter.form.fields if name not in Filter.ALWAYS],
        "more_open": any(found.filter.value(name) for name in found.filter.form.fields if name not in Filter.ALWAYS),
        "sizes": [(name, name.capitalize(), name == size) for name in SIZES],
        "sort": request.GET.get("sort", ""),
        "size": size,
        "may_export": may(request, Can.EXPORT),
        "may_edit": edits,
        "groups": Group.objects.filter(school=request.school).order_by("name") if edits else [],
        "query": request.GET.urlencode(),
    }
    return render(request, "registers/pupil_list.html", context)


@require_GET
@door(Can.SEE_PUPILS, section="pupils")
def pupil_find(request: StaffRequest) -> HttpResponse:
    """Answer Find a pupil as it is typed."""
    text = request.GET.get("q", "")[:100].strip()
    found, total = pupils.find(text, school=request.school, user=request.user, on=clock.today())
    rows = [
        {
            "name": str(pupil),
            "form": pupil.tutor_group.name if pupil.tutor_group else f"Year {pupil.year_group}",
            "url": reverse("registers:pupil_detail", args=[pupil.pk]),
        }
        for pupil in found
    ]
    asked = text if len(text) >= pupils.SHORTEST_SEARCH else ""
    return render(request, "components/found.html", {"found": rows, "q": asked, "total": total})


@require_POST
@door(Can.EXPORT, section="pupils")
def pupil_export(request: StaffRequest, form: str) -> HttpResponse:
    """Send out exactly the list of the page, whole, and write down that it went."""
    today = clock.today()
    query = QueryDict(request.POST.get("query", ""))
    allowed = request.user.standing.allowed(request.school.pk)
    found = asked_for(_query(query), school=request.school, user=request.user, today=today)
    table = Table(found.lines, allowed=allowed, order_by=query.getlist("sort"))
    columns, rows = exported(table)
    return send_list(
        request,
        form,
        what="pupils",
        columns=columns,
        rows=rows,
        filters="; ".join(words for _, words in found.filter.tags()) or "on roll today",
    )


def _query(query: QueryDict) -> QueryDict:
    """Give the query with at least one key, so that the filters count as asked even where none is."""
    bound = query.copy()
    bound.setdefault("q", "")
    return bound


def _without(query: QueryDict, name: str) -> str:
    left = query.copy()
    for key in (name, "page"):
        left.pop(key, None)
    return f"?{left.urlencode()}"
