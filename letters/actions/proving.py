"""The post room proved again and again: a proof that does not hold goes into the trail, once for each finding."""

from __future__ import annotations

import logging
from datetime import datetime

from attendance_office.audit import trail
from attendance_office.audit.models import Entry
from attendance_office.staff.models import School, User
from letters.queries.proof import Proof, proof_of

logger = logging.getLogger(__name__)

FAILED = "the post room's proof failed"
HOLDS = "the post room's proof holds again"


def prove_post(*, school: School, by: User | None = None, at: datetime) -> Proof:
    """Prove a school's post room, and write into the trail when it stops holding, holds again, or fails otherwise."""
    proof = proof_of(school, at=at)
    with trail.signed(by=by, at=at, school_id=school.pk):
        last = Entry.objects.filter(school_id=school.pk, subject_kind="proof").order_by("-pk").first()
        said = last.words if last is not None else "Every sum fits"
        if proof.words != said:
            trail.record(
                verb=HOLDS if proof.fits else FAILED, by=by, at=at, school_id=school.pk, subject_kind="proof",
                subject_id=school.pk, words=proof.words,
            )  # fmt: skip
    if not proof.fits:
        logger.error("Post room of school %s: %s", school.urn, proof.words)
    return proof
