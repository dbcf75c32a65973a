"""Papers for governors and leadership, and what is expected of the school."""

from attendance_office.staff.roles import Can
from reporting.actions.papers import draft_paper, issue_paper
from tests.conftest import MONDAY, MORNING

from .unexplained import csv
from .way import Way


def draft(cast):
    paper = draft_paper(school=cast.thornbridge, from_on=MONDAY.replace(day=2), to_on=MONDAY, by=cast.laila, at=MORNING)
    return {"pk": paper.pk}


def issued(cast):
    paper = draft_paper(school=cast.thornbridge, from_on=MONDAY.replace(day=2), to_on=MONDAY, by=cast.laila, at=MORNING)
    return {"pk": issue_paper(paper=paper, by=cast.laila, at=MORNING).pk}


WAYS = {
    "reporting:paper_list": Way((Can.SEE_FIGURES,)),
    "reporting:paper_list_export": Way((Can.EXPORT,), csv, chooses=True, post=True, also=(Can.SEE_FIGURES,)),
    "reporting:paper_draft": Way((Can.ISSUE_PAPERS,), post=True),
    "reporting:baseline_set": Way((Can.ISSUE_PAPERS,), post=True),
    "reporting:paper_detail": Way((Can.SEE_FIGURES,), issued),
    "reporting:paper_act": Way((Can.ISSUE_PAPERS,), draft, post=True),
    "reporting:paper_file": Way((Can.SEE_FIGURES,), issued, is_fragment=True),
}
