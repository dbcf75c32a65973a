"""Doubtful marks."""

from attendance_office.staff.roles import Can
from registers.models import Doubt
from tests.conftest import MONDAY, MORNING

from .unexplained import AMEND, csv, entry
from .way import Way


def doubt(cast):
    row = Doubt.objects.create(
        school=cast.thornbridge, pupil=cast.callum, on=MONDAY, half="AM", ground="no_part_time", code="C2",
        words="No agreement", proposed="O", found_at=MORNING,
    )  # fmt: skip
    return {"pk": row.pk}


WAYS = {
    "registers:doubt_list": Way(AMEND),
    "registers:doubt_detail": Way(AMEND, doubt, rows="group"),
    "registers:doubt_settle": Way(AMEND, post=True),
    "registers:doubt_trawl": Way(AMEND, post=True),
    "registers:doubt_undo": Way(AMEND, entry, chooses=True, post=True),
    "registers:doubt_export": Way((Can.EXPORT,), csv, chooses=True, post=True, also=AMEND),
}
