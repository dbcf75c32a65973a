"""Callum's story: two weeks ill and late, a call, a letter, a morning on which nobody was reached."""

from datetime import UTC, date, datetime, timedelta

import pytest

from interventions.actions.calls import record_attempt
from interventions.actions.first_day import open_families
from interventions.actions.safeguarding import close_item, raise_item, take_step
from interventions.models import FirstDay
from letters.actions.deciding import approve_letters
from letters.actions.proposing import propose_letters
from letters.actions.stops import keep_stop
from letters.models import Letter
from registers.actions.absences import Report, log_absence
from registers.actions.pupils import change_pupil
from registers.models import Doubt, Pupil
from registers.rules.absences import Span
from registers.rules.sessions import Session
from reporting.queries.pupil_file import Asked, file_of
from tests.conftest import MONDAY, MORNING
from tests.factories.letters import amend, at_home, attend, give_policy, make_sent
from tests.factories.marks import take

YEAR_FROM = date(2026, 9, 1)
TUESDAY = date(2026, 11, 24)
AFTER = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)


@pytest.fixture
def story(cast):
    """Give the cast after what happened to Callum: see the module."""
    callum, sandra, dee = cast.callum, cast.sandra, cast.dee
    at_home(callum)
    callum.refresh_from_db()
    give_policy(cast.thornbridge)
    attend(cast.nine_a, by=cast.pat, absent={callum: 4}, code="N")
    note(cast)
    amend(callum, date(2026, 11, 10), "PM", "O", by=sandra, at=at(11, 20, 10), reason="Nobody knows why")
    propose_letters(school=cast.thornbridge, by=sandra, at=at(11, 20, 16))
    letter = Letter.objects.get(pupil=callum)
    approve_letters(school=cast.thornbridge, letter_ids=[letter.pk], by=sandra, at=at(11, 20, 17))
    make_sent(letter, by=sandra, at=at(11, 20, 17) + timedelta(minutes=5))
    keep_stop(
        pupil=callum, covers="all", reason="Father must not know the address", is_private=True, owner=dee, to_on=None,
        by=dee, at=MORNING,
    )  # fmt: skip
    nobody_reached(cast)
    change_pupil(
        pupil=callum,
        changes={"is_in_need": True, "former_surname": "Ash"},
        reason="Social worker rang",
        by=cast.laila,
        at=MORNING,
    )
    Doubt.objects.create(
        school=cast.thornbridge, pupil=callum, on=MONDAY, half="AM", ground="no_place", words="B without a place.",
        found_at=MORNING,
    )  # fmt: skip
    return cast


def at(month, day, hour):
    return datetime(2026, month, day, hour, tzinfo=UTC)


def note(cast):
    contact = cast.callum.parents.get().contact
    log_absence(
        school=cast.thornbridge, pupils=[cast.callum], span=Span(date(2026, 11, 9), "AM", date(2026, 11, 9), "PM"),
        told="I", report=Report(channel="call", heard_at=at(11, 9, 8), contact=contact, caller="", words="He was sick all night"),
        reason="Sick in the night", symptom="stomach", by=cast.sandra, at=at(11, 9, 9),
    )  # fmt: skip


def nobody_reached(cast):
    take(
        cast.nine_a, Session(MONDAY, "AM"), by=cast.pat, at=at(11, 23, 9),
        codes={cast.callum.pk: "N", cast.amina.pk: "L"},
    )  # fmt: skip
    open_families(
        school=cast.thornbridge, session=Session(MONDAY, "AM"), pupil_ids=[cast.callum.pk], by=cast.sandra, at=MORNING
    )
    day = FirstDay.objects.get(pupils__pupil=cast.callum)
    contact = cast.callum.parents.get().contact
    record_attempt(
        day=day, contact=contact, way="mobile", outcome="no_answer", words="Rang out", by=cast.sandra, at=MORNING
    )
    item = raise_item(day=day, why="Nobody answered by ten", by=cast.sandra, at=at(11, 23, 10))
    take_step(
        item=item, kind="safe_and_well", words="At home with his aunt", who_said="PC Lane", how_known="Saw him",
        said_at=at(11, 23, 11), by=cast.dee, at=at(11, 23, 11),
    )  # fmt: skip
    close_item(item=item, why="Seen by the police", by=cast.dee, at=at(11, 23, 12))


@pytest.fixture
def read(story):
    """Give a function that reads Callum's file as one person, over this school year or other days."""

    def _read(user, pupil=None, *, from_on=YEAR_FROM, to_on=TUESDAY, **asked):
        return file_of(Pupil.objects.get(pk=(pupil or story.callum).pk), user, Asked(from_on, to_on, **asked), at=AFTER)

    return _read
