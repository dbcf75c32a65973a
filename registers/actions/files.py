"""Keeping files that people give."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Final

from attendance_office.audit import trail
from attendance_office.refusals import Refused
from attendance_office.staff.models import School, User
from registers.models import StoredFile

LARGEST_PAPER: Final = 10 * 1024 * 1024
# What a signed paper may be, told by its first bytes and not by its name.
_PAPERS: Final = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"PK\x03\x04", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
)


def store_paper(*, school: School, name: str, content: bytes, by: User, at: datetime) -> StoredFile:
    """Keep a signed paper: PDF, picture or Word document, up to 10 MB.

    Raises Refused for anything else, told by its content.
    """
    if not content:
        raise Refused(f"{name} is empty.")
    if len(content) > LARGEST_PAPER:
        raise Refused(f"{name} has {len(content) / 1024**2:.0f} MB; at most 10 MB are kept. Scan it smaller.")
    kind = next((kind for first, kind in _PAPERS if content.startswith(first)), "")
    if not kind or (kind.endswith("document") and not name.lower().endswith(".docx")):
        raise Refused(f"{name} is no PDF, PNG, JPEG or Word document.")
    with trail.signed(by=by, at=at, school_id=school.pk):
        file = StoredFile.objects.create(
            school=school,
            purpose=StoredFile.Purpose.AGREEMENT,
            name=name[:200],
            kind=kind,
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            content=content,
            added_at=at,
            added_by=by,
        )
        trail.record(
            verb="kept a file", by=by, at=at, school_id=school.pk, subject_kind="file", subject_id=file.pk,
            words=f"Kept {name}"[:400], after={"size": file.size, "sha256": file.sha256},
        )  # fmt: skip
    return file


def record_download(*, file: StoredFile, by: User, at: datetime) -> None:
    """Write into the trail that a file was given out."""
    with trail.signed(by=by, at=at, school_id=file.school_id):
        trail.record(
            verb="gave out a file", by=by, at=at, school_id=file.school_id, subject_kind="file", subject_id=file.pk,
            words=f"Gave out {file.name}"[:400],
        )  # fmt: skip
