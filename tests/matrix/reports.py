"""Reports: the explorer and its saved views."""

from attendance_office.staff.roles import Can
from reporting.models import SavedView
from tests.conftest import MORNING

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
WAYS = {
    "reporting:trust": Way(TRUST),
    "reporting:trust_into": Way(TRUST, into_thornbridge, chooses=True, post=True),
    "reporting:trust_export": Way((Can.EXPORT,), csv, chooses=True, post=True, also=TRUST),
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
