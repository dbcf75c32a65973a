"""Case studies: issued ones are read by whoever sees figures, drafts by whoever writes them and may see the pupil."""

from attendance_office.staff.roles import Can
from reporting.actions.case_studies import draft_study, issue_study
from tests.conftest import MONDAY, MORNING

from .unexplained import csv
from .way import Way

FIGURES, WRITES = (Can.SEE_FIGURES,), (Can.WRITE_CASE_STUDIES,)


def pupil(cast):
    return {"pk": cast.callum.pk}


def study_of(cast):
    return draft_study(pupil=cast.callum, from_on=MONDAY.replace(day=2), to_on=MONDAY, by=cast.laila, at=MORNING)


def draft(cast):
    return {"pk": study_of(cast).pk}


def issued(cast):
    return {"pk": issue_study(study=study_of(cast), by=cast.laila, at=MORNING).pk}


WAYS = {
    "reporting:case_list": Way(FIGURES),
    "reporting:case_list_export": Way((Can.EXPORT,), csv, chooses=True, post=True, also=FIGURES),
    "reporting:case_draft": Way(WRITES, pupil, post=True, rows="group"),
    "reporting:case_detail": Way(FIGURES, issued),
    "reporting:case_act": Way(WRITES, draft, post=True, rows="group"),
    "reporting:case_file": Way(FIGURES, issued, is_fragment=True),
}
