"""Letters by hand, certificates and print runs."""

from uuid import uuid4

from attendance_office.staff.roles import Can
from letters.actions.rewards import give_rewards
from letters.models import PrintRun
from registers.models import StoredFile
from tests.conftest import MONDAY, MORNING

from .unexplained import csv
from .way import Way


def run(cast):
    file = StoredFile.objects.create(
        school=cast.thornbridge, purpose="print_run", name="run.pdf", kind="application/pdf", size=5, sha256="0",
        content=b"%PDF-", added_at=MORNING,
    )  # fmt: skip
    made = PrintRun.objects.create(
        school=cast.thornbridge, made_at=MORNING, made_by=cast.sandra, state="ready", ready_at=MORNING, file=file
    )
    return {"pk": made.pk}


def run_as_csv(cast):
    return run(cast) | csv(cast)


def reward(cast):
    made = give_rewards(
        school=cast.thornbridge, pupils=[cast.callum], name="Badge", given_on=MONDAY, token=uuid4(), by=cast.sandra,
        at=MORNING,
    )  # fmt: skip
    return {"pk": made[0].pk}


APPROVE, CERTIFY = (Can.APPROVE_LETTERS,), (Can.MAKE_CERTIFICATES,)
RUNS = (Can.APPROVE_LETTERS, Can.MAKE_CERTIFICATES)
WAYS = {
    "letters:write": Way(APPROVE),
    "letters:certificates": Way(CERTIFY),
    "letters:certificates_export": Way(CERTIFY, csv, chooses=True, post=True, also=(Can.EXPORT,)),
    "letters:certificates_make": Way(CERTIFY, post=True),
    "letters:reward_list": Way(CERTIFY),
    "letters:reward_export": Way(CERTIFY, csv, chooses=True, post=True, also=(Can.EXPORT,)),
    "letters:reward_give": Way(CERTIFY),
    "letters:reward_strike": Way(CERTIFY, reward, post=True, rows="group"),
    "letters:run_list": Way(RUNS),
    "letters:run_export": Way(RUNS, csv, chooses=True, post=True, also=(Can.EXPORT,)),
    "letters:run_make": Way(APPROVE, post=True),
    "letters:notify_ask": Way(APPROVE),
    "letters:notify_hand": Way(APPROVE, post=True),
    "letters:notify_back": Way(APPROVE, post=True),
    "letters:run_detail": Way(RUNS, run, rows="runs"),
    "letters:run_letters_export": Way(RUNS, run_as_csv, post=True, rows="runs", also=(Can.EXPORT,)),
    "letters:run_progress": Way(RUNS, run, rows="runs", is_fragment=True),
    "letters:run_file": Way(RUNS, run, rows="runs", is_fragment=True),
    "letters:run_posted": Way(RUNS, run, post=True, rows="runs"),
    "letters:run_take_out": Way(RUNS, run, post=True, rows="runs"),
    "letters:run_again": Way(RUNS, run, post=True, rows="runs"),
    "letters:run_not_posted": Way(RUNS, run, post=True, rows="runs"),
}
