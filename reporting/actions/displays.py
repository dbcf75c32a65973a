"""Printing a display sheet: a PDF for the corridor, and a line in the trail that it was made."""

from __future__ import annotations

from datetime import datetime

from django.template.loader import render_to_string

from attendance_office.audit.actions import record_export
from attendance_office.staff.models import School, User
from letters.pdf import print_html
from reporting.queries.displays import KINDS, Display


def print_display(*, sheet: Display, school: School, filters: str, by: User, at: datetime) -> bytes:
    """Give a display sheet as a tagged PDF, A4 on its side, and write into the trail that it was made.

    Raises NotPrinted where it cannot be laid out; nothing is written then.
    """
    content = print_html(render_to_string("reporting/print/display.html", {"sheet": sheet}), styles=["display"])
    record_export(
        school_id=school.pk,
        what=f"display sheet, {KINDS[sheet.kind]}",
        rows=len(sheet.rows),
        columns=[head for head in sheet.heads if head],
        filters=filters,
        form="pdf",
        by=by,
        at=at,
    )
    return content
