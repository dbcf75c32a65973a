"""The marks that schools of a trust lack: the same numbers as each school's own page, in a fixed number of questions."""

from datetime import date, datetime, timedelta

import pytest

from attendance_office.clock import LONDON
from registers.models import Enrolment, NonSchoolDay
from registers.queries.figures import counts_by_school_and_pupil, latest_due, missing_by_pupil
from registers.queries.missing_of_schools import missing_of_schools
from registers.rules.sessions import Session
from tests.conftest import MONDAY, MORNING
from tests.factories.cast import put_on_roll
from tests.factories.marks import take

TUESDAY = MONDAY + timedelta(days=1)
AFTERNOON = datetime(2026, 11, 24, 14, 0, tzinfo=LONDON)


def found_and_alone(cast, from_on, to_on, at):
    """Give what was found of both schools at once, and what each of their own pages counts."""
    schools = [cast.thornbridge.pk, cast.ridgeway.pk]
    counted = counts_by_school_and_pupil(schools, from_on, to_on)
    found = missing_of_schools(counted, from_on, to_on, at=at)
    alone = {key: missing_by_pupil(key, from_on, to_on, upto=latest_due(key, at)) for key in schools}
    together = {
        key: {pupil: one.missing for pupil, one in pupils.items() if one.due or one.missing}
        for key, pupils in found.items()
    }
    return together, alone, found


@pytest.fixture
def marked(cast):
    """Mark 9A on Monday and Tuesday morning, and 8C on neither."""
    for on, at in ((MONDAY, MORNING), (TUESDAY, MORNING + timedelta(days=1))):
        take(cast.nine_a, Session(on, "AM"), by=cast.pat, at=at)
    return cast


def test_a_register_not_taken_is_missing_for_each_of_its_pupils(marked):
    together, alone, found = found_and_alone(marked, MONDAY, TUESDAY, AFTERNOON)
    assert together == alone
    # Three of 9A lack two afternoons, two of 8C all four sessions.
    assert sum(one.missing for one in found[marked.thornbridge.pk].values()) == 3 * 2 + 2 * 4
    assert sum(one.due for one in found[marked.thornbridge.pk].values()) == 5 * 4
    assert found[marked.ridgeway.pk][marked.canary.pk].missing == 4


def test_a_session_not_yet_due_is_not_missing_and_its_mark_fills_no_other(marked):
    together, alone, found = found_and_alone(marked, MONDAY, TUESDAY, MORNING)
    assert together == alone
    assert found[marked.thornbridge.pk][marked.callum.pk].missing == 0
    assert found[marked.thornbridge.pk][marked.callum.pk].due == 1


def test_a_mark_on_a_day_closed_since_fills_no_session_that_was_due(marked):
    NonSchoolDay.objects.create(school=marked.thornbridge, on=TUESDAY, kind="closure", name="Snow")
    together, alone, found = found_and_alone(marked, MONDAY, TUESDAY, AFTERNOON)
    assert together == alone
    assert found[marked.thornbridge.pk][marked.callum.pk].missing == 1


def test_a_mark_of_who_was_not_on_roll_fills_nothing_and_who_joins_lacks_nothing_before(marked):
    Enrolment.objects.filter(pupil=marked.callum).update(ends_on=MONDAY)
    put_on_roll((marked.ridgeway_nine_a, "Newly", "Come", {}))
    Enrolment.objects.filter(pupil__legal_surname="Newly").update(starts_on=TUESDAY)
    together, alone, _ = found_and_alone(marked, MONDAY, TUESDAY, AFTERNOON)
    assert together == alone
    assert together[marked.thornbridge.pk][marked.callum.pk] == 1
    assert sorted(together[marked.ridgeway.pk].values()) == [2, 4]


def test_days_without_a_session_are_due_of_nobody(marked):
    together, alone, _ = found_and_alone(marked, date(2026, 10, 26), date(2026, 10, 30), AFTERNOON)
    assert together == alone == {marked.thornbridge.pk: {}, marked.ridgeway.pk: {}}


def test_it_asks_six_questions_of_however_many_schools(marked, count_queries):
    counted = counts_by_school_and_pupil([marked.thornbridge.pk, marked.ridgeway.pk], MONDAY, TUESDAY)
    with count_queries(6):
        missing_of_schools(counted, MONDAY, TUESDAY, at=AFTERNOON)
