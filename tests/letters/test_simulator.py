"""The simulator gives what would be proposed, keeps nothing, and costs the same for any school."""

from datetime import date, timedelta
from decimal import Decimal

from letters.models import Episode, Letter, LetterPolicy
from letters.queries.policies import policies_in_force
from letters.queries.simulator import replay, try_out
from letters.queries.standing import picture
from registers.models import Placement
from tests.conftest import MONDAY
from tests.factories.cast import put_on_roll
from tests.factories.letters import AT, at_home, attend, second_parent


def policies(cast, **change):
    found = policies_in_force(cast.thornbridge.pk, MONDAY)
    for level, below in change.items():
        found[int(level[-1])].below = Decimal(below)
    return found


def test_for_the_policy_in_force_it_gives_what_is_proposed(fallen, propose):
    second_parent(fallen.callum)
    trial = try_out(fallen.thornbridge.pk, MONDAY, policies(fallen), policies(fallen))
    assert Letter.objects.count() == Episode.objects.count() == 0
    done = propose()
    assert trial.letters == {1: 2, 2: 1}
    proposed = {(one.pupil_id, one.kind[-1]) for one in done.new}
    assert {(line.pupil.pk, str(line.level)) for line in trial.tried.due} == proposed
    assert sum(trial.letters.values()) == len(done.new)
    again = try_out(fallen.thornbridge.pk, MONDAY, policies(fallen), policies(fallen))
    assert again.letters == trial.letters


def test_a_moved_threshold_is_counted_by_year_sex_sen_and_pupil_premium(fallen):
    tried = policies(fallen, level_1="85", level_2="70")
    trial = try_out(fallen.thornbridge.pk, MONDAY, tried, policies(fallen))
    assert (trial.letters, trial.letters_now) == ({1: 1, 2: 0}, {1: 1, 2: 1})
    cuts = {name: [(cut.name, cut.pupils, cut.pupils_now) for cut in cuts] for name, cuts in trial.cuts}
    assert cuts["By year group"] == [("Year 9", 1, 2)]
    assert cuts["By sex"] == [("Male", 0, 1), ("Female", 1, 1)]
    assert cuts["By pupil premium"] == [("Pupil premium", 1, 1), ("Not pupil premium", 0, 1)]
    assert cuts["By special educational needs"] == [("Neither SEN support nor EHC plan", 1, 2)]
    assert LetterPolicy.objects.count() == 2


def test_last_term_is_played_week_by_week(fallen):
    summer = date(2026, 4, 13)
    Placement.objects.filter(pupil__tutor_group=fallen.eight_c).update(from_on=summer)
    attend(fallen.eight_c, by=fallen.hal, absent={fallen.ikra: 3}, first=summer, last=date(2026, 4, 24))
    found = replay(fallen.thornbridge.pk, MONDAY, policies(fallen))
    assert found.term.name == "Summer"
    assert [(found.pupils[one.pupil_id].forename, one.level, one.on) for one in found.found] == [
        ("Ikra", 2, date(2026, 4, 20)),
    ]
    assert (found.found[0].attended, found.found[0].possible) == (7, 10)
    assert found.by_level == {2: 1}
    kept = policies(fallen)
    kept[2].least_possible = kept[1].least_possible = 11
    later = replay(fallen.thornbridge.pk, MONDAY, kept)
    assert [(one.level, one.on, one.attended) for one in later.found] == [(2, date(2026, 4, 27), 17)]


def test_a_school_without_an_earlier_term_has_none_to_play(fallen):
    fallen.thornbridge.terms.filter(school_year="2025/26").delete()
    assert replay(fallen.thornbridge.pk, MONDAY, policies(fallen)) is None


def test_it_costs_the_same_for_three_pupils_and_for_many(fallen, count_queries, django_assert_num_queries):
    more = put_on_roll(*((fallen.eight_c, f"Many{n:03}", "Alex", {}) for n in range(60)))
    for pupil in more:
        at_home(pupil)
    now = policies_in_force(fallen.thornbridge.pk, MONDAY)
    with django_assert_num_queries(10) as few:
        picture(fallen.thornbridge.pk, MONDAY, now)
    first, last = date(2026, 11, 16), date(2026, 11, 20)
    attend(fallen.eight_c, by=fallen.hal, absent=dict.fromkeys(more, 4), first=first, last=last)
    with count_queries(len(few.captured_queries)):
        assert len(picture(fallen.thornbridge.pk, MONDAY, now).due) == 62
    with count_queries(6):
        replay(fallen.thornbridge.pk, MONDAY, now)


def test_proposing_and_approving_cost_the_same_for_any_number(
    fallen, propose, approve, django_assert_num_queries, count_queries
):
    more = put_on_roll(*((fallen.eight_c, f"Many{n:03}", "Alex", {}) for n in range(60)))
    for pupil in more:
        at_home(pupil)
    with django_assert_num_queries(23) as few:
        propose()
    first, last = date(2026, 11, 16), date(2026, 11, 20)
    attend(fallen.eight_c, by=fallen.hal, absent=dict.fromkeys(more, 4), first=first, last=last)
    with count_queries(len(few.captured_queries) + 13):
        assert len(propose(at=AT + timedelta(minutes=1)).new) == 60
    with count_queries(30):
        assert len(approve().done) == 62
