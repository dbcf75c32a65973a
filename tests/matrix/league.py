"""The form league and the display sheets."""

from attendance_office.staff.roles import Can

from .unexplained import csv
from .way import Way


def kind(_cast):
    return {"kind": "league"}


FIGURES = (Can.SEE_FIGURES,)
WAYS = {
    "reporting:league": Way(FIGURES),
    "reporting:league_choose": Way((Can.KEEP_REPORTS,), post=True, also=FIGURES),
    "reporting:league_export": Way((Can.EXPORT,), csv, chooses=True, post=True, also=FIGURES),
    "reporting:display_print": Way(
        (Can.MAKE_CERTIFICATES,), kind, chooses=True, post=True, is_fragment=True, also=FIGURES
    ),
}
