"""Short ways to take a register in a test."""

from uuid import uuid4

import pytest

from registers.actions.attendance import Entry, save_marks
from registers.models import Mark
from registers.rules.sessions import Session
from tests.conftest import MONDAY, MORNING

AM = Session(MONDAY, "AM")


@pytest.fixture
def save(cast):
    """Give a function that saves codes by pupil: save({cast.callum: "/"}, by=cast.pat)."""

    def _save(marks, *, by, group=None, session=AM, at=MORNING, key=None, finish=False, was=None):
        group = group or cast.nine_a
        entries = [
            Entry(pupil.pk, *([code] if isinstance(code, str) else code), was=(was or {}).get(pupil))
            for pupil, code in marks.items()
        ]
        return save_marks(
            school=group.school,
            tutor_group=group,
            session=session,
            entries=entries,
            key=key or uuid4(),
            finish=finish,
            by=by,
            at=at,
        )

    return _save


@pytest.fixture
def code_of():
    """Give what a pupil's mark says."""

    def _code(pupil, session=AM):
        mark = Mark.objects.filter(pupil=pupil, on=session.on, half=session.half).first()
        return mark.code if mark else ""

    return _code
