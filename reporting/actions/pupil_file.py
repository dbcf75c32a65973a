"""Printing a pupil's file: the chronology as a tagged PDF, and on record that it was printed."""

from __future__ import annotations

from datetime import datetime

from django.template.loader import render_to_string

from attendance_office.audit import trail
from attendance_office.staff.models import User
from letters.pdf import print_html
from registers.models import Pupil
from reporting.queries.pupil_file import KINDS, File


def print_file(*, pupil: Pupil, file: File, by: User, at: datetime) -> bytes:
    """Give a pupil's file as a PDF, and write into the trail who printed it, when, and over which days.

    Raises NotPrinted where it cannot be laid out; then nothing is on record.
    """
    asked = file.asked
    kinds = [KINDS[key].title for key in KINDS if key in asked.kinds]
    context = {
        "pupil": pupil,
        "file": file,
        "school": pupil.school,
        "by": by,
        "role": by.role_in(pupil.school_id),
        "at": at,
        "kinds": kinds,
    }
    content = print_html(render_to_string("reporting/print/pupil_file.html", context), styles=["paper", "file"])
    with trail.signed(by=by, at=at, school_id=pupil.school_id):
        trail.record(
            verb="printed a pupil file",
            by=by,
            at=at,
            school_id=pupil.school_id,
            subject_kind="pupil",
            subject_id=pupil.pk,
            words=f"{pupil}: file printed, {asked.days}, {len(file.entries)} entries",
            after={
                "from_on": asked.from_on.isoformat(),
                "to_on": asked.to_on.isoformat(),
                "kinds": kinds,
                "search": asked.q,
                "entries": len(file.entries),
            },
        )  # fmt: skip
    return content
