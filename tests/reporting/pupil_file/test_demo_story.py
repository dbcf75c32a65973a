"""The demo's pupil whose file tells a story."""

from datetime import date

import pytest

from interventions.actions.first_day import prepare_alerts
from registers.models import Pupil
from registers.rules.sessions import Session
from reporting.actions.demo_story import GROUP, tell_a_story
from reporting.queries.pupil_file import Asked, file_of
from tests.conftest import MONDAY, MORNING
from tests.factories.letters import amend, attend
from tests.factories.marks import take

from .conftest import at

pytestmark = pytest.mark.django_db


def test_one_pupils_story_is_written_once_and_read_back_from_the_file(cast):
    callum = cast.callum
    attend(cast.nine_a, by=cast.pat, absent={callum: 4})
    amend(callum, date(2026, 11, 10), "AM", "O", by=cast.sandra, at=at(11, 10, 15))
    take(cast.nine_a, Session(MONDAY, "AM"), by=cast.pat, at=at(11, 23, 9), codes={callum.pk: "N"})
    prepare_alerts(
        school=cast.thornbridge, session=Session(MONDAY, "AM"), pupil_ids=[callum.pk], by=cast.sandra, at=MORNING
    )
    assert tell_a_story(school=cast.thornbridge, at=MORNING) == callum
    assert tell_a_story(school=cast.thornbridge, at=MORNING) is None
    asked = Asked(date(2026, 9, 1), MONDAY, oldest_first=True)
    file = file_of(Pupil.objects.get(pk=callum.pk), cast.sandra, asked, at=MORNING)
    words = [one.words for one in file.entries]
    for told in (
        f"Joined {GROUP}.",
        "Young carer changed: No to Yes.",
        "Stop over letters lifted.",
        "Absence told: I, Tue 10 Nov 2026, am only. Reason not accepted, coded O.",
        "O changed to M: Tue 10 Nov 2026 am.",
        "Rang Mrs Jo Ashworth, mobile: left a voicemail.",
    ):
        assert told in words
