"""Reports: the explorer and its saved views."""

from attendance_office.staff.roles import Can
from reporting.actions.visits import Said, agree_step, log_visit
from reporting.models import SavedView
from tests.conftest import MONDAY, MORNING

from .unexplained import csv
from .way import Way


def shared_view(cast):
    view = SavedView.objects.create(
        school=cast.thornbridge, owner=cast.sandra, name="Nines", query="year=9", is_shared=True, made_at=MORNING
    )
    return {"pk": view.pk}


def into_thornbridge(cast):
    return {"school_id": cast.thornbridge.pk, "what": "persistent"}


SEE = (Can.SEE_FIGURES,)
TRUST = (Can.SEE_TRUST,)
VISITS, LOG_VISITS = (Can.SEE_VISITS,), (Can.LOG_VISITS,)


def a_visit(cast):
    return log_visit(
        school=cast.thornbridge, said=Said(MONDAY, "Ms T. Stott", "All well"), by=cast.tess, at=MORNING
    )  # fmt: skip


def visit(cast):
    return {"pk": a_visit(cast).pk}


def visit_step(cast):
    return {"pk": agree_step(visit=a_visit(cast), words="Look again", by=cast.tess, at=MORNING).pk}


WAYS = {
    "reporting:trust": Way(TRUST),
    "reporting:trust_into": Way(TRUST, into_thornbridge, chooses=True, post=True),
    "reporting:trust_export": Way((Can.EXPORT,), csv, chooses=True, post=True, also=TRUST),
    "reporting:visit_list": Way(VISITS),
    "reporting:visit_export": Way((Can.EXPORT,), csv, chooses=True, post=True, also=VISITS),
    "reporting:visit_log": Way(LOG_VISITS),
    "reporting:visit_detail": Way(VISITS, visit),
    "reporting:visit_correct": Way(LOG_VISITS, visit, also=VISITS),
    "reporting:visit_agree": Way(LOG_VISITS, visit, post=True, also=VISITS),
    "reporting:visit_settle": Way(VISITS, visit_step, post=True),
    "reporting:explorer": Way(SEE),
    "reporting:differs": Way(SEE, also=(Can.SEE_PUPILS,)),
    "reporting:explorer_receipt": Way(SEE),
    "reporting:explorer_group": Way((Can.EDIT_PUPILS,), post=True, also=SEE),
    "reporting:explorer_letter": Way((Can.APPROVE_LETTERS,), post=True, also=SEE),
    "reporting:explorer_reward": Way((Can.MAKE_CERTIFICATES,), post=True, also=SEE),
    "reporting:explorer_export": Way((Can.EXPORT,), csv, chooses=True, post=True, also=SEE),
    "reporting:view_save": Way(SEE, post=True),
    "reporting:view_open": Way(SEE, shared_view),
    "reporting:view_change": Way(SEE, shared_view),
    "reporting:view_delete": Way(SEE, shared_view, post=True, once=True),
}
