"""The illness monitor: figures, and reasons beside them."""

from attendance_office.staff.roles import Can

from .unexplained import csv
from .way import Way

SEE = (Can.SEE_MARK_REASONS,)
WAYS = {
    "reporting:illness": Way((Can.SEE_FIGURES,), also=SEE),
    "reporting:illness_export": Way((Can.EXPORT,), csv, chooses=True, post=True, also=(Can.SEE_FIGURES, *SEE)),
}
