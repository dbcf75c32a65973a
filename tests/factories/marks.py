"""Taking registers in tests: by the same action as a teacher's press."""

from uuid import uuid4

from registers.actions.attendance import save_marks
from registers.actions.entries import Entry
from registers.rules.codes import present_code


def take(group, session, *, by, at, codes=None, finish=True, only=None):
    """Mark a group's pupils present, `codes` by pupil excepted, and give what the save answered."""
    codes = codes or {}
    pupils = only if only is not None else list(group.pupils.order_by("pk"))
    entries = [Entry(pupil.pk, codes.get(pupil.pk, present_code(session.half))) for pupil in pupils]
    return save_marks(
        school=group.school, tutor_group=group, session=session, entries=entries, key=uuid4(), finish=finish,
        by=by, at=at,
    )  # fmt: skip
