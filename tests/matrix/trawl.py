"""The persistent-absence trawl, and the cases it proposes."""

from datetime import UTC, date, datetime
from decimal import Decimal

from attendance_office.staff.roles import Can
from interventions.actions.pattern_steps import record_step
from interventions.actions.trawl import run_trawl
from interventions.models import PatternFlag, Trawl
from tests.conftest import MONDAY, MORNING

from .unexplained import csv, entry
from .way import Way

SEE = (Can.SEE_TRAWL,)
WORK = (Can.WORK_PROPOSALS,)
CONTACT = (Can.CONTACT_HOME,)


def pupil(cast):
    run_trawl(school=cast.thornbridge, on=date(2026, 11, 20), by=None, at=datetime(2026, 11, 20, 7, tzinfo=UTC))
    run_trawl(school=cast.thornbridge, on=MONDAY, by=None, at=MORNING)
    return {"pk": cast.callum.pk}


def frozen(cast):
    pupil(cast)
    return {}


def a_flag(cast):
    trawl = Trawl.objects.filter(school=cast.thornbridge).first()
    if trawl is None:
        trawl = run_trawl(school=cast.thornbridge, on=MONDAY, by=None, at=MORNING).trawl
    return PatternFlag.objects.create(
        school=cast.thornbridge, trawl=trawl, pupil=cast.callum, kind="friday_pm", spells=9, here=7,
        expected=Decimal("1.20"), one_in=4000, tests=12,
    )  # fmt: skip


def flag(cast):
    return {"pk": a_flag(cast).pk}


def step(cast):
    made = record_step(
        flag=a_flag(cast), kind="talked", words="He says he is tired on Fridays.", done_on=MONDAY, by=cast.sandra,
        at=MORNING,
    )  # fmt: skip
    return {"pk": made.pk}


WAYS = {
    "interventions:trawl": Way(SEE, frozen, chooses=True),
    "interventions:trawl_progress": Way(SEE, is_fragment=True),
    "interventions:trawl_now": Way((Can.RUN_JOBS,), post=True, also=SEE),
    "interventions:trawl_export": Way((Can.EXPORT,), csv, chooses=True, post=True, also=SEE),
    "interventions:pattern_detail": Way(SEE, flag, rows="group"),
    "interventions:pattern_step": Way(CONTACT, flag, post=True, rows="group", also=SEE),
    "interventions:pattern_strike": Way(CONTACT, step, post=True, rows="group", also=SEE),
    "interventions:pattern_list": Way(SEE),
    "interventions:pattern_export": Way((Can.EXPORT,), csv, chooses=True, post=True, also=SEE),
    "interventions:proposal_list": Way(SEE),
    "interventions:proposal_settle": Way(WORK, post=True, also=SEE),
    "interventions:proposal_undo": Way(WORK, entry, chooses=True, post=True, also=SEE),
    "interventions:proposal_export": Way((Can.EXPORT,), csv, chooses=True, post=True, also=SEE),
    "interventions:pupil_absence": Way(SEE, pupil, rows="group"),
}
