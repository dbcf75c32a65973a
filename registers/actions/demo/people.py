"""Pupils and their families, one cohort at a time: from a seed to plain values, without a database.

A cohort is the children who start together. It is made from the seed alone, so that a later run makes the same cohort
and the next one beside it. Brothers and sisters are two years apart: every sixth place of a cohort has a younger one in
the place after it two cohorts on.
"""

# ruff: noqa: S311 - the same seed makes the same school; nothing here keeps a secret

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Final

from registers.rules.upn import check_letter

from .absence import propensities
from .names import Heritage, address, first_name, heritage, landline, mobile

SIBLINGS_EVERY: Final = 6
SIBLINGS_APART: Final = 2
LATE_STARTERS_EVERY: Final = 41
FSM_AND_SEN, FSM_ONLY, SEN_ONLY = 0.052, 0.188, 0.098
DUAL_REGISTERED: Final = 0.003
# The places in a cohort of eight groups whose children are known to be highly vulnerable: one each in A, C and E.
VULNERABLE_GROUPS: Final = "ACE"


@dataclass(frozen=True)
class Plan:
    """A school to be made."""

    urn: str
    name: str
    estab_number: str
    domain: str
    years: tuple[int, ...] = (7, 8, 9, 10, 11)
    letters: str = "ABCDEFGH"
    per_group: int = 30
    la_code: str = "830"

    @property
    def cohort_size(self) -> int:
        """Give the number of children who start together."""
        return len(self.letters) * self.per_group

    def year_group(self, cohort: int, school_year: int) -> int | None:
        """Give a cohort's year group in the school year that starts in a year, or None when it is not at the school."""
        place = school_year - cohort
        return self.years[place] if 0 <= place < len(self.years) else None

    def cohorts(self, school_year: int) -> range:
        """Give the cohorts at the school in a school year, the oldest first."""
        return range(school_year - len(self.years) + 1, school_year + 1)


@dataclass(frozen=True)
class Adult:
    """A parent, known to the school by a reference of its own."""

    reference: str
    title: str
    forename: str
    surname: str
    relationship: str
    mobile: str
    email: str
    lives_with: bool = True


@dataclass(frozen=True)
class Family:
    """A household."""

    surname: str
    heritage: Heritage
    address: str
    postcode: str
    home_phone: str
    language: str
    confirmed_days_ago: int
    adults: tuple[Adult, ...]


@dataclass(frozen=True)
class Child:
    """A pupil to be, with what the demo knows about their attendance."""

    key: str
    upn: str
    admission_number: str
    cohort: int
    place: int
    letter: str
    forename: str
    known_as: str
    surname: str
    sex: str
    born_on: date
    family: Family
    starts_late_by: int
    propensity: float
    is_fsm: bool
    sen: str
    is_pp: bool
    flags: frozenset[str] = field(default_factory=frozenset)

    @property
    def is_eal(self) -> bool:
        """Tell whether another language than English is spoken at home."""
        return self.family.language != "English"


def cohort(plan: Plan, seed: int, starts: int) -> list[Child]:
    """Give the children who start in September of a year, place by place."""
    rng = Random(f"{seed}/{plan.urn}/cohort/{starts}")
    size = plan.cohort_size
    means = _means(rng, size)
    chances = propensities(rng, means)
    numbers = rng.sample(range(1000), size) if size <= 1000 else [n % 1000 for n in range(size)]
    return [
        _child(plan, seed, starts, place, rng, means[place], chances[place], numbers[place]) for place in range(size)
    ]


def _means(rng: Random, size: int) -> list[tuple[bool, bool]]:
    """Share out free meals and special needs in their real shares, to the nearest child."""
    both, meals, needs = (round(share * size) for share in (FSM_AND_SEN, FSM_ONLY, SEN_ONLY))
    found = [(True, True)] * both + [(True, False)] * meals + [(False, True)] * needs
    found += [(False, False)] * (size - len(found))
    rng.shuffle(found)
    return found


def _child(
    plan: Plan, seed: int, starts: int, place: int, rng: Random, means: tuple[bool, bool], chance: float, number: int
) -> Child:
    is_fsm, has_sen = means
    younger = place % SIBLINGS_EVERY == 1
    key = (starts - SIBLINGS_APART, place - 1) if younger else (starts, place)
    family = _family(plan, seed, *key)
    sex = rng.choice("FM")
    forename = first_name(rng, sex, family.heritage)
    letter = plan.letters[place % len(plan.letters)]
    youngest = plan.years[0] + 4
    born_on = date(starts - youngest - 1, 9, 1) + timedelta(days=rng.randrange(365))
    body = f"{plan.la_code}{2100 + int(plan.estab_number) % 7 * 100 + place % 6}{(starts - 7) % 100:02d}{number:03d}"
    return Child(
        key=f"{starts}-{place}",
        upn=check_letter(body) + body,
        admission_number=f"{starts % 100:02d}{place:04d}",
        cohort=starts,
        place=place,
        letter=letter,
        forename=forename,
        known_as=forename[:3] if len(forename) > 7 and rng.random() < 0.12 else "",
        surname=family.surname,
        sex=sex,
        born_on=born_on,
        family=family,
        starts_late_by=rng.randrange(10, 50) if place % LATE_STARTERS_EVERY == 7 else 0,
        propensity=chance,
        is_fsm=is_fsm,
        sen=("E" if rng.random() < 0.25 else "K") if has_sen else "N",
        is_pp=is_fsm or rng.random() < 0.06,
        flags=_flags(plan, rng, place, chance),
    )


def _flags(plan: Plan, rng: Random, place: int, chance: float) -> frozenset[str]:
    """Draw what only some of the staff may see; the highly vulnerable sit in known groups."""
    found = set()
    for flag, share in (
        ("is_looked_after", 0.008),
        ("has_protection_plan", 0.005 + chance / 25),
        ("is_in_need", 0.015 + chance / 12),
        ("is_young_carer", 0.02),
    ):
        if rng.random() < share:
            found.add(flag)
    row, column = divmod(place, len(plan.letters))
    if row == plan.per_group // 3 and plan.letters[column] in VULNERABLE_GROUPS:
        found |= {"is_vulnerable", "is_in_need"}
    return frozenset(found)


def _family(plan: Plan, seed: int, starts: int, place: int) -> Family:
    rng = Random(f"{seed}/{plan.urn}/family/{starts}/{place}")
    background = heritage(rng)
    surname = rng.choice(background.surnames)
    where, postcode = address(rng)
    language = background.language if rng.random() < 0.55 else "English"
    reference = f"{starts % 100:02d}{place:04d}"
    adults = []
    kinds = [("Mrs" if rng.random() < 0.6 else "Ms", "F", "Mother")]
    if rng.random() < 0.68:
        kinds.append(("Mr", "M", "Father"))
    elif rng.random() < 0.1:
        kinds.append(("Mrs", "F", "Grandmother"))
    if rng.random() < 0.08:
        kinds.reverse()
    for number, (title, sex, relationship) in enumerate(kinds, 1):
        forename = first_name(rng, sex, background)
        own = rng.choice(background.surnames) if rng.random() < 0.15 else surname
        adults.append(
            Adult(
                reference=f"D{reference}-{number}",
                title=title,
                forename=forename,
                surname=own,
                relationship=relationship,
                mobile=mobile(rng) if rng.random() < 0.97 else "",
                email=f"{forename}.{own}{place}@home.example".lower() if rng.random() < 0.9 else "",
                lives_with=number == 1 or rng.random() < 0.75,
            )
        )
    return Family(
        surname=surname,
        heritage=background,
        address=where,
        postcode=postcode,
        home_phone=landline(rng) if rng.random() < 0.4 else "",
        language=language,
        confirmed_days_ago=rng.randrange(5, 600),
        adults=tuple(adults),
    )
