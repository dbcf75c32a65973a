"""The persistent-absence trawl, and the cases it proposes."""

from datetime import UTC, date, datetime

from attendance_office.staff.roles import Can
from interventions.actions.trawl import run_trawl
from tests.conftest import MONDAY, MORNING

from .unexplained import csv, entry
from .way import Way

SEE = (Can.SEE_TRAWL,)
WORK = (Can.WORK_PROPOSALS,)


def pupil(cast):
    run_trawl(school=cast.thornbridge, on=date(2026, 11, 20), by=None, at=datetime(2026, 11, 20, 7, tzinfo=UTC))
    run_trawl(school=cast.thornbridge, on=MONDAY, by=None, at=MORNING)
    return {"pk": cast.callum.pk}


def frozen(cast):
    pupil(cast)
    return {}


WAYS = {
    "interventions:trawl": Way(SEE, frozen, chooses=True),
    "interventions:trawl_progress": Way(SEE, is_fragment=True),
    "interventions:trawl_now": Way((Can.RUN_JOBS,), post=True, also=SEE),
    "interventions:trawl_export": Way((Can.EXPORT,), csv, chooses=True, post=True, also=SEE),
    "interventions:pattern_list": Way(SEE),
    "interventions:pattern_export": Way((Can.EXPORT,), csv, chooses=True, post=True, also=SEE),
    "interventions:proposal_list": Way(SEE),
    "interventions:proposal_settle": Way(WORK, post=True, also=SEE),
    "interventions:proposal_undo": Way(WORK, entry, chooses=True, post=True, also=SEE),
    "interventions:proposal_export": Way((Can.EXPORT,), csv, chooses=True, post=True, also=SEE),
    "interventions:pupil_absence": Way(SEE, pupil, rows="group"),
}
