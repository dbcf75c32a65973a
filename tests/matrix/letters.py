"""Letters to parents: due, sent, stopped, and when they are due."""

from attendance_office.staff.roles import Can
from letters.actions.stops import keep_stop
from letters.models import Letter
from tests.conftest import MONDAY, MORNING
from tests.factories.letters import give_policy, make_sent

from .way import Way


def csv(_cast):
    return {"form": "csv"}


def entry(_cast):
    return {"entry": 1}


def level(cast):
    give_policy(cast.thornbridge, 1)
    return {"level": 1}


def pupil(cast):
    return {"pk": cast.callum.pk}


def letter(cast):
    policy = give_policy(cast.thornbridge, 1)
    row = Letter.objects.create(
        school=cast.thornbridge, key="matrix", kind="level_1", pupil=cast.callum, version=policy.template.versions.get(),
        channel="post", to_name="Mrs J. Ashworth", to_address="1 Lane", proposed_on=MONDAY, proposed_at=MORNING,
    )  # fmt: skip
    return {"pk": row.pk}


def made(cast):
    where = letter(cast)
    row = Letter.objects.get(pk=where["pk"])
    Letter.objects.filter(pk=row.pk).update(approved_at=MORNING, approved_by=cast.sandra)
    make_sent(row, by=cast.sandra, at=MORNING)
    return where


def stop(cast):
    row = keep_stop(
        pupil=cast.callum, covers="all", reason="Bereavement", is_private=False, owner=cast.bea, to_on=None, by=cast.bea,
        at=MORNING,
    )  # fmt: skip
    return {"pk": row.pk}


SEE, APPROVE, EDIT = (Can.SEE_LETTERS,), (Can.APPROVE_LETTERS,), (Can.EDIT_LETTERS,)
WAYS = {
    "letters:due_list": Way(SEE),
    "letters:due_none": Way(SEE),
    "letters:due_export": Way((Can.EXPORT,), csv, chooses=True, post=True, also=SEE),
    "letters:stop_export": Way((Can.EXPORT,), csv, chooses=True, post=True, also=SEE),
    "letters:due_none_export": Way((Can.EXPORT,), csv, chooses=True, post=True, also=SEE),
    "letters:due_propose": Way(APPROVE, post=True),
    "letters:due_ask": Way(APPROVE, post=True),
    "letters:due_decide": Way(APPROVE, post=True),
    "letters:approval_undo": Way(APPROVE, entry, chooses=True, post=True),
    "letters:letter_list": Way(SEE),
    "letters:letter_export": Way((Can.EXPORT,), csv, chooses=True, post=True, also=SEE),
    "letters:letter_detail": Way(SEE, letter, rows="group"),
    "letters:letter_preview": Way(SEE, letter, rows="group", is_fragment=True),
    "letters:letter_file": Way(SEE, made, rows="group", is_fragment=True, also=(Can.SEE_CONTACTS,)),
    "letters:letter_release": Way(APPROVE, letter, post=True, rows="group"),
    "letters:letter_recall": Way(APPROVE, letter, post=True, rows="group"),
    "letters:letter_stand": Way(APPROVE, letter, post=True, rows="group"),
    "letters:stop_list": Way(SEE),
    "letters:stop_lift": Way((Can.KEEP_STOPS,), stop, post=True, rows="group"),
    "letters:pupil_letters": Way(SEE, pupil, rows="group"),
    "letters:policy": Way(SEE),
    "letters:policy_begin": Way(EDIT, post=True),
    "letters:policy_change": Way(EDIT, level, chooses=True),
    "letters:simulator": Way(EDIT),
}
