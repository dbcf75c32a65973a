"""Taking a name off the roll: the grounds, and what each must meet."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final

from registers.rules.ages import compulsory_school_age
from registers.rules.dates import spoken_date


@dataclass(frozen=True, slots=True)
class Ground:
    """One ground of deletion: its letter, its title, and the conditions that a person confirms.

    Source: SI 2024/208 reg 9(1)(a)-(o).
    """

    letter: str
    title: str
    conditions: tuple[str, ...]
    needs_destination: bool = False

    @property
    def words(self) -> str:
        """Give it as a list shows it. Source: as the class."""
        return f"({self.letter}) {self.title}"


GROUNDS: Final[Mapping[str, Ground]] = MappingProxyType(
    {
        ground.letter: ground
        for ground in (
            Ground("a", "Registered at another school",
                   ("The pupil is registered at the other school.", "No school attendance order names this school.",
                    "Dual registration was not agreed."), needs_destination=True),
            Ground("b", "Not continuing after nursery education",
                   ("The pupil finished nursery education here.",
                    "There are no reasonable grounds to believe that the pupil will attend again.")),
            Ground("c", "Dual registered, the other schools consent",
                   ("Every other school at which the pupil is registered consents.",
                    "There are no reasonable grounds to believe that the pupil will attend again.",
                    "No school attendance order names this school."), needs_destination=True),
            Ground("d", "School attendance order names another school",
                   ("The order was amended to name the other school.",), needs_destination=True),
            Ground("e", "School attendance order revoked",
                   ("The order was revoked: education is otherwise arranged.",)),
            Ground("f", "Educated otherwise than at school", ("A parent gave notice in writing.",)),
            Ground("g", "No longer lives within a reasonable distance",
                   ("The pupil has ceased to live within a reasonable distance of the school.",)),
            Ground("h", "Has not returned after leave of absence",
                   ("Ten school days have passed since the leave ended.",
                    "The school and the authority jointly made reasonable enquiries.",
                    "There is no reasonable belief of sickness or an unavoidable cause.")),
            Ground("i", "Continually absent for twenty school days",
                   ("Twenty school days were missed without leave throughout.",
                    "The school and the authority jointly made reasonable efforts to find the pupil.",
                    "There is no reasonable belief of sickness or an unavoidable cause.")),
            Ground("j", "Detained under a sentence of detention", ("A final sentence of detention is being served.",)),
            Ground("k", "Died", ("The pupil has died.",)),
            Ground("l", "Over compulsory school age, not staying for the sixth form",
                   ("The pupil will be over compulsory school age before the next term.",
                    "The pupil will not enter the sixth form.")),
            Ground("m", "Boarder whose fees are unpaid", ("Boarding fees are unpaid at the end of the term.",)),
            Ground("n", "Ceased to be a pupil of an independent school", ("The pupil has ceased to be a pupil here.",)),
            Ground("o", "Permanently excluded",
                   ("The time for a review has passed, or the review and any reconsideration have ended.",)),
        )
    }
)  # fmt: skip


def what_is_missing(
    letter: str,
    *,
    confirmed: Collection[int],
    last_on: date,
    today: date,
    starts_on: date,
    date_of_birth: date,
    destination: str,
) -> list[str]:
    """Give, in words, what still keeps a name on the roll; nothing where it may be taken off after `last_on`.

    A name is never taken off for a day gone by. A pupil of compulsory school age leaves on a ground alone, each of its
    conditions confirmed (`confirmed` holds their places).

    Source: SI 2024/208 reg 9(1) and 9(3); DfE guidance (a deletion is not back-dated).
    """
    wrong = []
    if last_on < today:
        wrong.append(f"The last day on roll cannot be back-dated: the earliest is today, {spoken_date(today)}.")
    if last_on < starts_on:
        wrong.append(f"The pupil starts on {spoken_date(starts_on)}: the last day cannot be before it.")
    ground = GROUNDS.get(letter)
    if ground is None:
        if letter:
            wrong.append(f"({letter}) is no ground: choose one of (a) to (o).")
        elif compulsory_school_age(date_of_birth, last_on):
            wrong.append("A pupil of compulsory school age leaves only on a ground of regulation 9(1): choose it.")
        return wrong
    open_ones = [words for place, words in enumerate(ground.conditions) if place not in confirmed]
    wrong += [f"Not confirmed: {words}" for words in open_ones]
    if ground.needs_destination and not destination.strip():
        wrong.append("Name the other school.")
    return wrong
