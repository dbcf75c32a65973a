"""Files read in."""

from attendance_office.staff.roles import Can
from registers.actions.imports.uploads import upload_file
from tests.conftest import MORNING

from .way import Way


def reading(cast):
    row = upload_file(
        school=cast.thornbridge, name="pupils.csv", content=b"UPN,Surname,Forename\nH801200001001,Ash,Cal\n", by=cast.sandra,
        at=MORNING,
    )  # fmt: skip
    return {"pk": row.pk}


def faults(cast):
    return reading(cast) | {"form": "csv"}


IMPORT = (Can.IMPORT,)
WAYS = {
    "registers:import_list": Way(IMPORT),
    "registers:import_detail": Way(IMPORT, reading),
    "registers:import_progress": Way(IMPORT, reading, is_fragment=True),
    "registers:import_ask": Way(IMPORT, reading, post=True),
    "registers:import_undo": Way(IMPORT, reading, post=True),
    "registers:import_file": Way(IMPORT, reading, is_fragment=True),
    "registers:import_give_up": Way(IMPORT, reading, post=True),
    "registers:import_rows": Way((Can.EXPORT,), faults, post=True, also=IMPORT),
    "registers:import_faults": Way(IMPORT, faults, post=True),
}
