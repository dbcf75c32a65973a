"""Bands, movements and grounds: exact at every edge."""

import inspect
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interventions.rules import trawl
from interventions.rules.trawl import BANDS, Ground, Moved, Standing, band_of, ground_for, is_graver, movements
from registers.rules.rates import Tally, spoken_percent


def missed(absent, possible, late=0):
    return Tally(possible, possible - absent, 0, absent, late)


tallies = st.integers(0, 400).flatmap(lambda n: st.integers(0, n).map(lambda a: missed(a, n)))
standings = st.builds(
    Standing, year=tallies, weeks=tallies, good_run=st.integers(0, 39), broken_run=st.integers(0, 39),
    broken_weeks=st.integers(0, 39),
)  # fmt: skip


@pytest.mark.parametrize(
    ("absent", "possible", "place"),
    [
        (0, 380, 0), (18, 380, 0), (19, 380, 1), (37, 380, 1), (38, 380, 2), (39, 391, 1), (57, 380, 3), (75, 380, 3),
        (76, 380, 4), (189, 380, 4), (190, 380, 5), (380, 380, 5), (1, 3, 4), (1, 2, 5),
    ],
)  # fmt: skip
def test_a_band_begins_with_its_lower_bound_exactly(absent, possible, place):
    assert band_of(missed(absent, possible)) == place


def test_what_reads_as_ten_per_cent_and_is_not_is_not_persistent():
    just_under = missed(39, 391)
    assert spoken_percent(just_under.absence_rate) == "10.0%"
    assert (band_of(just_under), just_under.persistently_absent) == (1, False)
    assert (band_of(missed(38, 380)), missed(38, 380).persistently_absent) == (2, True)


def test_nobody_stands_in_a_band_before_the_first_possible_session():
    assert band_of(Tally()) is None


@given(tallies)
def test_bands_part_the_pupils_and_agree_with_the_laws_own_tests(tally):
    place = band_of(tally)
    inside = [
        n for n, band in enumerate(BANDS)
        if tally.possible and band.at_least <= tally.absence_rate
        and (n + 1 == len(BANDS) or tally.absence_rate < BANDS[n + 1].at_least)
    ]  # fmt: skip
    assert inside == ([] if place is None else [place])
    assert tally.persistently_absent == (None if place is None else place >= 2)
    assert tally.severely_absent == (None if place is None else place == 5)


@given(standings)
def test_a_run_held_against_itself_is_empty(standing):
    assert movements(standing, standing) - {Moved.RECOVERED} == set()
    assert Moved.RECOVERED not in movements(standing, standing)


@given(standings, standings)
def test_there_and_back_is_nothing(one, other):
    there, back = movements(one, other), movements(other, one)
    for level in (95, 90, 50):
        assert (Moved(f"below_{level}") in there) == (Moved(f"above_{level}") in back)
    assert not any({Moved(f"below_{n}"), Moved(f"above_{n}")} <= there for n in (95, 90, 50))


def test_who_is_in_one_run_alone_joined_or_left():
    assert movements(None, Standing()) == {Moved.NEW}
    assert movements(Standing(), None) == {Moved.LOST}
    assert movements(None, None) == set()


def test_a_fall_past_two_levels_is_both():
    fell = movements(Standing(missed(3, 100)), Standing(missed(11, 100)))
    assert fell == {Moved.BELOW_95, Moved.BELOW_90}


def test_a_good_run_is_broken_by_an_absence_and_by_nothing_else():
    steady = Standing(missed(2, 100), good_run=4, broken_weeks=2)
    absent = Standing(missed(3, 110), good_run=0, broken_run=1, broken_weeks=3)
    assert movements(steady, absent) == {Moved.BROKE_RUN}
    assert movements(Standing(missed(2, 100), good_run=3, broken_weeks=2), absent) == set()
    assert movements(steady, Standing(missed(2, 110), good_run=5, broken_weeks=2)) == set()


def test_recovered_is_said_of_the_last_four_weeks():
    was = Standing(missed(20, 120), weeks=missed(4, 40))
    assert movements(was, Standing(missed(21, 130), weeks=missed(1, 40))) == {Moved.RECOVERED}
    assert movements(was, Standing(missed(21, 130), weeks=missed(2, 40))) == set()
    assert movements(Standing(was.year, missed(3, 40)), Standing(missed(21, 130), weeks=missed(1, 40))) == set()


def test_the_gravest_ground_is_named_and_too_few_sessions_give_none():
    assert ground_for(None, Standing(missed(20, 40))) is Ground.SEVERE
    assert ground_for(None, Standing(missed(39, 39))) is None
    before = Standing(missed(5, 100))
    assert ground_for(before, Standing(missed(11, 110))) is Ground.NEWLY_PERSISTENT
    assert ground_for(None, Standing(missed(11, 110))) is None
    assert ground_for(Standing(), Standing(missed(11, 110))) is None
    assert ground_for(None, Standing(missed(11, 110), weeks=missed(8, 40))) is Ground.WORSENING
    assert ground_for(None, Standing(missed(11, 110), weeks=missed(7, 40))) is None
    assert ground_for(None, Standing(missed(6, 110), broken_run=5)) is Ground.BROKEN_WEEKS
    assert ground_for(None, Standing(missed(5, 110), broken_run=5)) is None
    assert is_graver(Ground.SEVERE, than=Ground.WORSENING)
    assert not is_graver(Ground.WORSENING, than=Ground.WORSENING)


def test_every_rule_of_the_support_says_its_source():
    for name, thing in vars(trawl).items():
        if inspect.isfunction(thing) and thing.__module__ == trawl.__name__ and not name.startswith("_"):
            assert re.search(r"Source: [^\n]+", inspect.getdoc(thing)), name
