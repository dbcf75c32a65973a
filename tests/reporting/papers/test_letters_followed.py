"""What followed letters, counted by hand; and whether they fall evenly at the same absence."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest

from letters.models import Letter
from registers.rules.codes import present_code
from registers.rules.sessions import monday
from reporting.queries.explorer import Question, Reader, answer
from reporting.queries.few import held_of_paper
from reporting.queries.letters_followed import FROM_BAND, fairness_of, fairness_rows, fairness_words, followed_rows
from reporting.queries.papers import MAY_TELL
from reporting.queries.periods import Period
from reporting.queries.sheets import SUPPRESSED
from tests.factories.cast import put_on_roll
from tests.factories.letters import give_policy, make_sent
from tests.reporting.conftest import FROM, TO, put, sessions

# Four school weeks lie before each of these weeks. After the first come three and half term; after the second, four.
EARLY, LATE = date(2026, 10, 5), date(2026, 10, 19)


def marks(pupil, missed):
    """Give a pupil's marks of the term; of the sessions of each week (its Monday) the first so many missed."""
    left = dict(missed)
    found = {}
    for on, half in sessions():
        week = monday(on)
        is_away = left.get(week, 0) > 0
        left[week] = left.get(week, 0) - is_away
        found[pupil, on, half] = "O" if is_away else present_code(half)
    return found


def weeks(first, last, many):
    """Give so many sessions missed in each week from one Monday to another."""
    return {first + timedelta(weeks=n): many for n in range((last - first).days // 7 + 1)}


def send(cast, pupil, on, level=1):
    letter = Letter.objects.create(
        school=cast.thornbridge, key=f"{level}:{pupil.pk}:{on}", kind=f"level_{level}", pupil=pupil,
        version=cast.policies[level].template.versions.get(), channel="post", to_name="Home", to_address="1 Lane",
        proposed_on=on, proposed_at=datetime(on.year, on.month, on.day, 8, tzinfo=UTC),
    )  # fmt: skip
    at = datetime(on.year, on.month, on.day, 9, tzinfo=UTC)
    Letter.objects.filter(pk=letter.pk).update(approved_at=at, approved_by=cast.sandra)
    letter.refresh_from_db()
    return make_sent(letter, by=cast.sandra, at=at)


def ask(cast, first=FROM, last=TO):
    reader = Reader.of_school(cast.thornbridge, allowed=MAY_TELL, sees_pupils=False)
    return answer(reader, Question(Period("own", "Own", first, last)))


def fair(cast):
    """Give the comparisons that a paper shows, how many it holds back, and what it says of the others."""
    found = ask(cast)
    fairness = fairness_of(cast.thornbridge, found)
    held = held_of_paper(found, fairness.comparisons, first=FROM_BAND, before=())
    return *fairness_rows(fairness, held), fairness_words(fairness, held)


@pytest.fixture
def world(cast):
    """Six who had a letter, five in October's first week and one in its third; six who stood near and had none.

    Whoever had one missed two sessions of each week before it and none after. Of the six others everybody missed one of
    ten in the weeks before EARLY and none after: 42 of 46 sessions as EARLY begins and 62 of 66 as LATE does, both
    within two points of the school's line of 92 %.
    """
    cast.policies = {level: give_policy(cast.thornbridge, level, below=below) for level, below in ((1, 92), (2, 85))}
    first = date(2026, 9, 7)
    cast.sent = put_on_roll(*((cast.nine_a, f"Sent{n}", "Sam", {"sex": "FM"[n % 2]}) for n in range(6)))
    cast.near = put_on_roll(*((cast.nine_a, f"Near{n}", "Sam", {"sex": "FM"[n % 2]}) for n in range(6)))
    cast.far = put_on_roll(*((cast.eight_c, f"Far{n}", "Sam", {"sex": "FM"[n % 2]}) for n in range(3)))
    found = {}
    for n, pupil in enumerate(cast.sent):
        found |= marks(pupil, weeks(first, (LATE if n == 5 else EARLY) - timedelta(weeks=1), 2))
    for pupil in cast.near:
        found |= marks(pupil, weeks(first, EARLY - timedelta(weeks=1), 1))
    for pupil in cast.far:
        found |= marks(pupil, weeks(first, TO, 9))
    put(cast.thornbridge, found)
    for n, pupil in enumerate(cast.sent):
        send(cast, pupil, LATE + timedelta(days=2) if n == 5 else EARLY + timedelta(days=n))
    return cast


def test_before_and_after_are_sums_over_sums_and_the_others_are_the_mean_over_the_letters(world):
    ((name, pupils, before, after, change, without, theirs),) = followed_rows(world.thornbridge, ask(world))
    assert (name, pupils) == ("Level 1, below 92 %", "6: says little")
    # Every pupil missed 2 of 10 in each of the four weeks before, and nothing of what is possible after.
    assert (before, after, change) == (Fraction(80, 100), 1, Fraction(1, 5))
    # Beside the five of EARLY the six near rose from 36 of 40 sessions to all; beside the one of LATE, whose weeks
    # before are two with 9 of 10 and two whole ones, from 38 of 40.
    assert without == "6: says little"
    assert theirs == (5 * Fraction(4, 40) + Fraction(2, 40)) / 6


def test_who_had_a_letter_earlier_in_the_year_is_nobody_that_had_none_and_is_counted_once(world):
    early = ask(world, date(2026, 10, 12), TO)
    ((_, pupils, *_),) = followed_rows(world.thornbridge, early)
    # In this period lies the one letter of LATE: few, and held back.
    assert pupils == SUPPRESSED
    for pupil in world.near[:2]:
        send(world, pupil, date(2026, 9, 14), level=2)
    ((*_, without, theirs),) = [
        row for row in followed_rows(world.thornbridge, ask(world)) if row[0].startswith("Level 1")
    ]
    assert (without, theirs) == (SUPPRESSED, SUPPRESSED)


def test_who_falls_and_gets_a_letter_after_the_weeks_compared_is_still_among_those_that_had_none(world):
    before = followed_rows(world.thornbridge, ask(world))[0]
    for pupil in world.near[:2]:
        send(world, pupil, date(2026, 11, 16), level=2)
    # The four weeks after EARLY ended on Fri 6 Nov, those after LATE on Fri 20 Nov.
    after = next(row for row in followed_rows(world.thornbridge, ask(world)) if row[0].startswith("Level 1"))
    assert after[5:] == before[5:]
    for pupil in world.near[2:]:
        send(world, pupil, date(2026, 11, 6), level=2)
    last = next(row for row in followed_rows(world.thornbridge, ask(world)) if row[0].startswith("Level 1"))
    assert last[5] == SUPPRESSED


def test_letters_whose_weeks_after_are_not_over_are_too_early(world):
    ((_, pupils, *others),) = followed_rows(world.thornbridge, ask(world, last=date(2026, 10, 22)))
    assert (pupils, others) == ("too early", [None] * 5)


def test_a_school_without_letters_has_no_line(cast):
    assert followed_rows(cast.thornbridge, ask(cast)) == []
    assert fair(cast)[:2] == ([], 0)


def test_at_the_same_absence_letters_for_each_hundred_by_group_are_counted_by_hand(world):
    more = put_on_roll(*((world.nine_a, f"More{n:02d}", "Sam", {"sex": "F" if n < 20 else "M"}) for n in range(32)))
    put(
        world.thornbridge,
        {key: code for pupil in more for key, code in marks(pupil, weeks(date(2026, 9, 7), TO, 1)).items()},
    )
    for pupil in (*more[:5], *more[20:26]):
        send(world, pupil, EARLY)
    found = ask(world)
    lines = {line.pupil_id: line for line in found.lines}
    rows, held_back, _ = fair(world)
    band = lines[more[0].pk].band.words
    alike = [line for line in found.lines if line.band is not None and line.band.words == band]
    sent = set(Letter.objects.values_list("pupil_id", flat=True))
    for sex, words in (("F", "Girls"), ("M", "Boys")):
        group = [line for line in alike if line.values["sex"] == (sex,)]
        some = [line for line in group if line.pupil_id in sent]
        assert (band, words, len(group), len(some), f"{100 * len(some) / len(group):.0f}") in rows
    # The smaller bands tell of few, and their comparisons are held back whole.
    assert {row[0] for row in rows} == {band}
    assert held_back > 0
