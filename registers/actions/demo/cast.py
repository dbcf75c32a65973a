"""The people of the demo who sign in, and the schools that they work at."""

# ruff: noqa: S105 - the demo's password is printed beside its sign-ins

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final

from attendance_office.staff.roles import Role

from .names import HERITAGES, first_name
from .people import Plan

PASSWORD: Final = "nine-oclock-register"
SEED: Final = 2026
TRUST: Final = "Peak Learning Trust"


@dataclass(frozen=True)
class Person:
    """A member of staff: a name, and one post."""

    role: Role
    title: str
    first: str
    last: str
    year_group: int | None = None
    group: str = ""

    def email(self, domain: str) -> str:
        """Give the address to sign in with."""
        return f"{self.first}.{self.last}@{domain}".lower().replace(" ", "").replace("'", "")


THORNBRIDGE: Final = Plan(urn="199001", name="Thornbridge Academy", estab_number="4101", domain="thornbridge.example")
RIDGEWAY: Final = Plan(
    urn="199002", name="Ridgeway School", estab_number="4102", domain="ridgeway.example",
    years=(9, 10), letters="A", per_group=14,
)  # fmt: skip

# Two small schools of the trust, so that its schools can be seen side by side.
LONGDALE: Final = Plan(
    urn="199101", name="Longdale High School", estab_number="4191", domain="longdale.example",
    years=(7, 8, 9), letters="AB", per_group=22,
)  # fmt: skip
HATHERSIDE: Final = Plan(
    urn="199102", name="Hatherside School", estab_number="4192", domain="hatherside.example",
    years=(7, 8, 9, 10, 11), letters="A", per_group=20,
)  # fmt: skip
NEIGHBOURS: Final = (LONGDALE, HATHERSIDE)
NO_TRUST: Final = frozenset({RIDGEWAY.urn})

CAST: Final = {
    THORNBRIDGE.urn: (
        Person(Role.OFFICER, "Mrs", "Sandra", "Pugh"),
        Person(Role.LEAD, "Ms", "Laila", "Noor"),
        Person(Role.HEAD_OF_YEAR, "Mr", "Ade", "Adeyemi", year_group=9),
        Person(Role.TUTOR, "Mrs", "Pat", "Hargreave", group="9A"),
        Person(Role.PASTORAL, "Ms", "Bea", "Farrant"),
        Person(Role.DSL, "Ms", "Dee", "Lacey"),
        Person(Role.DATA_MANAGER, "Mr", "Max", "Reed"),
        Person(Role.SLT, "Dr", "Sol", "Abara"),
        Person(Role.GOVERNOR, "Mr", "Gavin", "Lund"),
        Person(Role.TRUST_LEAD, "Ms", "Tess", "Stott"),
        Person(Role.TRUSTEE, "Mrs", "Nell", "Ashby"),
        Person(Role.ADMINISTRATOR, "Ms", "Ada", "Fenn"),
    ),
    RIDGEWAY.urn: (
        Person(Role.OFFICER, "Mr", "Olly", "Marsden"),
        Person(Role.TUTOR, "Ms", "Rita", "Gill", group="9A"),
        Person(Role.HEAD_OF_YEAR, "Mr", "Tom", "Aspin", year_group=9),
        Person(Role.TUTOR, "Mr", "Kit", "Bowden", group="10A"),
    ),
}

# This morning's registers that are still owed, at the school of the cast: nobody has begun, or only part is marked.
NOT_TAKEN: Final = {THORNBRIDGE.urn: ("9A", "10C")}
PART_TAKEN: Final = {THORNBRIDGE.urn: ("7D", "8B", "9F", "10G")}
# Groups whose highly vulnerable pupil is away this morning without a reason.
VULNERABLE_AWAY: Final = {THORNBRIDGE.urn: ("8A", "10E")}
# Marks of the school day before that look wrong, one for each: places without a word, codes without their ground.
DOUBTFUL: Final = {THORNBRIDGE.urn: ("V", "B", "P", "C2", "C2", "X", "D", "E", "Y4", "L")}
# Today's covers: group, who (a tutor's group, or a name), why.
COVERS: Final = {
    THORNBRIDGE.urn: (
        ("7H", "", "Mr J. Whitlock (supply)", "Tutor on a course"),
        ("10C", "10D", "", "Tutor away ill"),
        ("11B", "11A", "", "Tutor on the geography trip"),
    )
}


TEACHERS_AT_LEAST: Final = 1
TEACHERS_TO_A_FORM: Final = 0.35


def staff_of(plan: Plan) -> list[Person]:
    """Give a school's staff: the cast, then a head for each year and a tutor for each group without one."""
    people = list(CAST.get(plan.urn, ()))
    rng = Random(f"staff/{plan.urn}")  # noqa: S311
    taken = {(person.first, person.last) for person in people}
    wanted = [
        *((Role.HEAD_OF_YEAR, year, "") for year in plan.years),
        *((Role.TUTOR, None, f"{year}{letter}") for year in plan.years for letter in plan.letters),
    ]
    if plan.urn not in CAST:
        wanted.insert(0, (Role.OFFICER, None, ""))
    # Teachers without a form, so that somebody is free in every period.
    forms = len(plan.years) * len(plan.letters)
    wanted += [(Role.TUTOR, None, "")] * max(TEACHERS_AT_LEAST, round(forms * TEACHERS_TO_A_FORM))
    there = {(person.role, person.year_group, person.group) for person in people}
    for role, year, group in wanted:
        if (role, year, group) in there:
            continue
        while True:
            sex = rng.choice("FFM")
            background = rng.choices(HERITAGES, weights=[one.share for one in HERITAGES])[0]
            first, last = first_name(rng, sex, background), rng.choice(background.surnames)
            if (first, last) not in taken:
                break
        taken.add((first, last))
        title = "Mr" if sex == "M" else rng.choice(("Mrs", "Ms", "Miss"))
        people.append(Person(role, title, first, last, year, group))
    return people


def copies(count: int) -> list[Plan]:
    """Give further schools of the trust, for measuring: like the first in everything but their names."""
    places = (
        "Alport", "Bakewell", "Baslow", "Beeley", "Birchover", "Bonsall", "Bradwell", "Calver", "Castleton",
        "Chelmorton", "Cressbrook", "Curbar", "Darley", "Edale", "Edensor", "Elton", "Eyam", "Fenny", "Flash", "Foolow",
    )  # fmt: skip
    kinds = ("Academy", "High School", "Community School")
    return [
        Plan(
            urn=str(199003 + n),
            name=f"{places[n % len(places)]} {kinds[n // len(places) % len(kinds)]}",
            estab_number=str(4103 + n),
            domain=f"school{n + 3}.example",
        )
        for n in range(count)
    ]
