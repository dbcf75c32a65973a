"""The demo's people: valid, shared out in real proportions, related, and nobody's."""

import re
from datetime import date

from registers.actions.demo import cast, people
from registers.rules.ages import compulsory_school_age
from registers.rules.upn import check_upn

COHORTS = {starts: people.cohort(cast.THORNBRIDGE, cast.SEED, starts) for starts in (2022, 2024)}
CHILDREN = [child for cohort in COHORTS.values() for child in cohort]


def test_a_cohort_fills_its_groups():
    for cohort in COHORTS.values():
        assert len(cohort) == 240
        assert {letter: sum(child.letter == letter for child in cohort) for letter in "ABCDEFGH"} == dict.fromkeys(
            "ABCDEFGH", 30
        )


def test_every_upn_is_valid_and_nobodys_else():
    assert len({child.upn for child in CHILDREN}) == len(CHILDREN)
    assert all(check_upn(child.upn) == child.upn for child in CHILDREN)


def test_year_seven_is_eleven_years_old():
    for starts, cohort in COHORTS.items():
        assert all(date(starts - 12, 9, 1) <= child.born_on <= date(starts - 11, 8, 31) for child in cohort)
        assert all(compulsory_school_age(child.born_on, date(starts, 9, 2)) for child in cohort)


def test_free_meals_and_special_needs_are_in_their_real_shares():
    assert abs(sum(child.is_fsm for child in CHILDREN) / len(CHILDREN) - 0.24) < 0.01
    assert abs(sum(child.sen != "N" for child in CHILDREN) / len(CHILDREN) - 0.15) < 0.01
    assert sum(child.is_fsm and child.sen != "N" for child in CHILDREN) > 0.036 * len(CHILDREN)
    assert all(child.is_pp for child in CHILDREN if child.is_fsm)


def test_brothers_and_sisters_share_their_parents():
    younger = [child for child in COHORTS[2024] if child.place % people.SIBLINGS_EVERY == 1]
    elder = {child.place: child for child in COHORTS[2022]}
    assert younger
    for child in younger:
        assert child.family == elder[child.place - 1].family
        assert child.surname == elder[child.place - 1].surname


def test_numbers_ring_nowhere_and_addresses_reach_nobody():
    adults = [adult for child in CHILDREN for adult in child.family.adults]
    assert all(re.fullmatch(r"(07700 900\d{3})?", adult.mobile) for adult in adults)
    assert all(re.fullmatch(r"(01632 960\d{3})?", child.family.home_phone) for child in CHILDREN)
    assert all(adult.email.endswith("@home.example") for adult in adults if adult.email)


def test_the_highly_vulnerable_sit_where_the_morning_needs_them():
    vulnerable = [child.letter for child in COHORTS[2024] if "is_vulnerable" in child.flags]
    assert sorted(vulnerable) == ["A", "C", "E"]


def test_the_cast_has_one_post_each_and_every_group_a_tutor():
    staff = cast.staff_of(cast.THORNBRIDGE)
    emails = [person.email("x.example") for person in staff]
    assert len(set(emails)) == len(emails)
    assert "sandra.pugh@x.example" in emails
    groups = [person.group for person in staff if person.group]
    assert sorted(groups) == sorted(f"{year}{letter}" for year in range(7, 12) for letter in "ABCDEFGH")
    assert sorted(person.year_group for person in staff if person.year_group) == [7, 8, 9, 10, 11]
