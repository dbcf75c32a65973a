"""Folders of evidence: read by leadership and the trust's lead, kept by leadership."""

from attendance_office.staff.roles import Can
from reporting.actions.evidence import make_folder, put_in, put_in_document
from tests.conftest import MONDAY, MORNING

from .unexplained import csv
from .way import Way

SEES, KEEPS = (Can.SEE_EVIDENCE,), (Can.KEEP_EVIDENCE,)


def made(cast):
    return make_folder(
        school=cast.thornbridge, title="Inspection", purpose="", from_on=MONDAY.replace(day=2), to_on=MONDAY, by=cast.laila,
        at=MORNING,
    )  # fmt: skip


def folder(cast):
    return {"pk": made(cast).pk}


def folder_csv(cast):
    return folder(cast) | {"form": "csv"}


def filled(cast):
    found = made(cast)
    put_in_document(
        folder=found, name="Plan.pdf", content=b"%PDF-1.7 plan", title="", section="leadership", why="",
        names_pupils=False, by=cast.laila, at=MORNING,
    )  # fmt: skip
    return {"pk": found.pk}


def entry(cast):
    found = made(cast)
    row = put_in(folder=found, key="part:letter_rule", section="", why="", by=cast.laila, at=MORNING)
    return {"pk": found.pk, "entry": row.pk}


WAYS = {
    "reporting:evidence_list": Way(SEES),
    "reporting:evidence_list_export": Way((Can.EXPORT,), csv, chooses=True, post=True, also=SEES),
    "reporting:evidence_make": Way(KEEPS, post=True),
    "reporting:evidence_detail": Way(SEES, filled),
    "reporting:evidence_export": Way((Can.EXPORT,), folder_csv, post=True, also=SEES),
    "reporting:evidence_act": Way(KEEPS, folder, post=True),
    "reporting:evidence_upload": Way(KEEPS, folder, post=True),
    "reporting:evidence_zip": Way(SEES, filled, post=True),
    "reporting:evidence_entry_act": Way(KEEPS, entry, post=True),
    "reporting:evidence_file": Way(SEES, entry, is_fragment=True),
}
