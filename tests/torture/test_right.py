"""The judge of the torture run: it sees a letter that went in spite of a stop or a corrected mark, and no other."""

from datetime import date, timedelta

import pytest

from letters.models import Letter
from tests.factories.letters import AT, amend, at_home, attend, give_policy
from tests.torture.right import Judge, StopKept, Went

LOOKED = AT + timedelta(minutes=10)
SEEN = LOOKED + timedelta(seconds=1)


@pytest.fixture
def letter(cast):
    """Give Callum's letter of level 1: 18 of 20 sessions attended."""
    attend(cast.nine_a, by=cast.pat, absent={cast.callum: 2})
    at_home(cast.callum)
    policy = give_policy(cast.thornbridge, 1)
    facts = {"from_on": "2026-11-09", "to_on": "2026-11-20"}
    return Letter(school=cast.thornbridge, pupil=cast.callum, policy=policy, facts_sent=facts)


def wrong(cast, letter, *stops):
    return Judge(cast.thornbridge, stops).wrong(Went(letter, LOOKED, SEEN))


def test_a_letter_that_the_marks_support_may_go(cast, letter):
    judge = Judge(cast.thornbridge, [])
    assert judge.wrong(Went(letter, LOOKED, SEEN)) == ""
    assert judge.judged == 1


def test_a_correction_before_the_office_looked_is_held_against_it(cast, letter):
    amend(cast.callum, date(2026, 11, 9), "AM", "/", by=cast.sandra, at=AT)
    assert wrong(cast, letter) == "19 of 20 is not below 95 %"


@pytest.mark.parametrize("late", [timedelta(seconds=-2), timedelta(seconds=3), timedelta(minutes=5)])
def test_one_that_came_about_then_or_after_it_was_seen_is_not(cast, letter, late):
    amend(cast.callum, date(2026, 11, 9), "AM", "/", by=cast.sandra, at=LOOKED + late)
    assert wrong(cast, letter) == ""


def test_a_stop_is_held_against_it_only_while_it_stood(cast, letter):
    pupil = cast.callum.pk
    assert "a stop stood" in wrong(cast, letter, StopKept(pupil, AT))
    assert wrong(cast, letter, StopKept(pupil, LOOKED)) == ""
    assert wrong(cast, letter, StopKept(pupil, AT, LOOKED)) == ""
    assert wrong(cast, letter, StopKept(cast.amina.pk, AT)) == ""
