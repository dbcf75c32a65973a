"""Agreements."""

from attendance_office.staff.roles import Can
from registers.models import Agreement, AgreementPupil, StoredFile
from tests.conftest import MONDAY, MORNING

from .unexplained import csv
from .way import Way


def agreement(cast):
    file = StoredFile.objects.create(
        school=cast.thornbridge, purpose="agreement", name="signed.pdf", kind="application/pdf", size=5, sha256="0",
        content=b"%PDF-", added_at=MORNING,
    )  # fmt: skip
    row = Agreement.objects.create(
        school=cast.thornbridge, kind="part_time", code="C2", name="Mornings", from_on=MONDAY, to_on=MONDAY, ends_on=MONDAY,
        agreed_on=MONDAY, agreed_by="Dr Abara", made_at=MORNING, document=file,
    )  # fmt: skip
    AgreementPupil.objects.create(school=cast.thornbridge, agreement=row, pupil=cast.callum)
    return {"pk": row.pk}


SEE, KEEP = (Can.SEE_AGREEMENTS,), (Can.KEEP_AGREEMENTS,)
WAYS = {
    "registers:agreement_list": Way(SEE),
    "registers:agreement_make": Way(KEEP),
    "registers:agreement_detail": Way(SEE, agreement, rows="group"),
    "registers:agreement_change": Way(KEEP, agreement, post=True, rows="group"),
    "registers:agreement_end": Way(KEEP, agreement, post=True, rows="group"),
    "registers:agreement_document": Way(SEE, agreement, rows="group", is_fragment=True),
    "registers:agreement_export": Way((Can.EXPORT,), csv, chooses=True, post=True, also=SEE),
}
