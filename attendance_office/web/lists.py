"""A list as a file: exactly what the page shows, safe in a spreadsheet, and on record."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from django.http import Http404, HttpResponse, QueryDict

from attendance_office import clock
from attendance_office.audit.actions import record_export

from . import export
from .doors import StaffRequest
from .middleware import refuse_nul


def narrowed(request: StaffRequest) -> StaffRequest:
    """Give the request with the query string of the page whose list it asks for, so that both narrow it alike."""
    request.GET = QueryDict(request.POST.get("query", ""))  # type: ignore[assignment]
    refuse_nul(request.GET)
    return request


def send_list(
    request: StaffRequest,
    form: str,
    *,
    what: str,
    columns: Sequence[export.Column],
    rows: Sequence[Sequence[export.Cell]],
    filters: str = "",
    also_of: Collection[int] = (),
) -> HttpResponse:
    """Give the rows as CSV or XLSX (`form`) and write into the trail that they left the office.

    `what` names the list in the trail and, with the date, the file; `filters` says by what it was narrowed. `also_of`
    are other schools whose figures it holds: each of them has it in its trail.
    Raises Http404 for another form.
    """
    if form not in export.FORMATS:
        raise Http404
    at = clock.now()
    record_export(
        school_id=request.school.pk,
        what=what,
        rows=len(rows),
        columns=[column.heading for column in columns],
        filters=filters,
        form=form,
        by=request.user,
        at=at,
        also_of=also_of,
    )
    name = f"{what.lower().replace(' ', '-')}-{clock.local(at):%Y-%m-%d}"
    if form == "csv":
        return export.as_csv(columns, rows, name=name)
    return export.as_xlsx(columns, rows, name=name, sheet=what.capitalize()[:31])
