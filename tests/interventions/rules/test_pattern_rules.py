"""Patterns: an exact test against the school's own days, corrected for looking at many pupils."""

import inspect
import random
import re
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interventions.rules import patterns
from interventions.rules.patterns import (
    FALSE_SHARE,
    Evidence,
    Rate,
    chance_of,
    expected_share,
    is_tested,
    shown,
    spoken_chance,
)

FIFTH = Fraction(1, 5)


def test_the_worked_example_of_the_page_comes_out():
    share = expected_share(11, 44, Rate(300, 6000), Rate(800, 24000))
    assert share == Fraction(3, 11)
    evidence = Evidence(12, 9, share)
    assert float(evidence.expected) == pytest.approx(3.27, abs=0.01)
    assert float(chance_of(evidence)) == pytest.approx(0.00079, abs=0.00001)
    assert spoken_chance(chance_of(evidence)) == "1 in 1,300"


def test_the_chance_is_the_sum_over_every_way_it_can_come_out():
    share = Fraction(2, 7)
    for spells, here in ((6, 4), (7, 3), (8, 8)):
        by_hand = sum(
            share ** sum(way) * (1 - share) ** (spells - sum(way))
            for way in product((0, 1), repeat=spells)
            if sum(way) >= here
        )
        assert chance_of(Evidence(spells, here, share)) == by_hand


@given(
    st.integers(1, 60).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))),
    st.fractions(Fraction(1, 99), Fraction(98, 99), max_denominator=10**6),
)
def test_a_chance_is_above_nought_at_most_one_and_falls_with_every_spell_more(counts, share):
    spells, here = counts
    chance = chance_of(Evidence(spells, here, share))
    assert 0 < chance <= 1
    if here < spells:
        assert chance_of(Evidence(spells, here + 1, share)) <= chance


def test_a_friday_on_which_the_whole_school_is_away_is_held_against_nobody():
    even = expected_share(10, 40, Rate(10, 100), Rate(40, 400))
    assert even == FIFTH
    ill_fridays = expected_share(10, 40, Rate(40, 100), Rate(40, 400))
    assert ill_fridays == Fraction(1, 2)
    assert chance_of(Evidence(10, 6, ill_fridays)) > chance_of(Evidence(10, 6, even))


def test_there_is_no_share_without_sessions_on_both_sides_or_without_an_absence():
    some = Rate(5, 50)
    assert expected_share(0, 10, some, some) is None
    assert expected_share(10, 0, some, some) is None
    assert expected_share(10, 10, Rate(0, 0), some) is None
    assert expected_share(10, 10, Rate(0, 9), Rate(0, 9)) is None


def test_evidence_is_asked_for_by_number_of_spells_alone():
    assert is_tested(Evidence(6, 0, FIFTH))
    assert not is_tested(Evidence(5, 5, FIFTH))


def test_benjamini_and_hochbergs_own_example():
    """The fifteen chances of their table, of which four stand at one twentieth."""
    chances = [
        "0.0001", "0.0004", "0.0019", "0.0095", "0.0201", "0.0278", "0.0298", "0.0344", "0.0459", "0.3240", "0.4262",
        "0.5719", "0.6528", "0.7590", "1.000",
    ]  # fmt: skip
    assert shown([Fraction(one) for one in chances]) == [True] * 4 + [False] * 11
    assert shown([Fraction(one) for one in reversed(chances)]) == [False] * 11 + [True] * 4
    assert shown([]) == []


@given(st.lists(st.fractions(Fraction(1, 10**6), 1), max_size=40))
def test_what_stands_stands_with_all_that_is_more_surprising(chances):
    standing = shown(chances)
    if any(standing):
        weakest = max(chance for chance, stands in zip(chances, standing, strict=True) if stands)
        assert all(stands for chance, stands in zip(chances, standing, strict=True) if chance <= weakest)
        assert weakest <= FALSE_SHARE


def school_of_chance(rng, pupils=250, days=130):
    """Give each pupil's spells by weekday where nobody has a pattern: Fridays are worse for all, some are often away."""
    weekday = (1, 1, 1, 1, 1.5)
    counts = []
    for _ in range(pupils):
        away = rng.choice((0.02, 0.05, 0.1, 0.2))
        began = [sum(rng.random() < away * weekday[day] for _ in range(days // 5)) for day in range(5)]
        counts.append(began)
    return counts, days // 5


def test_in_schools_without_patterns_as_few_are_shown_as_the_correction_promises():
    """At most one school in twenty may show any pattern at all; of sixty that is three, and five would be rare."""
    rng = random.Random(2026)
    with_any = tests = 0
    for _ in range(60):
        counts, each = school_of_chance(rng)
        school = [Rate(sum(began[day] for began in counts), each * len(counts)) for day in range(5)]
        whole = Rate(sum(one.began for one in school), sum(one.chances for one in school))
        chances = []
        for began in counts:
            for day in range(5):
                share = expected_share(each, 4 * each, school[day], whole - school[day])
                evidence = Evidence(sum(began), began[day], share)
                if is_tested(evidence):
                    chances.append(chance_of(evidence))
        tests += len(chances)
        with_any += any(shown(chances))
    assert tests > 30_000
    assert with_any <= 5


def test_a_true_pattern_among_a_thousand_pupils_is_found():
    quiet = [chance_of(Evidence(10, 2, FIFTH))] * 4999
    assert shown([*quiet, chance_of(Evidence(14, 12, FIFTH))])[-1]
    assert not shown([*quiet, chance_of(Evidence(10, 6, FIFTH))])[-1]


def test_chances_are_spoken_in_two_figures():
    assert spoken_chance(Fraction(1, 2412)) == "1 in 2,400"
    assert spoken_chance(Fraction(1, 7)) == "1 in 7"
    assert spoken_chance(Fraction(1, 10**12)) == "less than 1 in a thousand million"
    with pytest.raises(ValueError, match="more than nought"):
        spoken_chance(Fraction(0))


def test_every_rule_of_patterns_says_its_source():
    for name, thing in vars(patterns).items():
        if inspect.isfunction(thing) and thing.__module__ == patterns.__name__ and not name.startswith("_"):
            assert re.search(r"Source: [^\n]+", inspect.getdoc(thing)), name
