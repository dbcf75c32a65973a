"""Finding the pupils that a pasted list means: by UPN, by admission number, or by name, with the form for namesakes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from django.db.models import Q

from attendance_office.staff.models import School, User
from registers.models import Pupil
from registers.rules.names import folded

MOST_LINES: Final = 2_000
_UPN: Final = re.compile(r"[A-Za-z]\d{11}[\dA-Za-z]")
_FORM: Final = re.compile(r"[\s,(\[]+(\d{1,2}[ -]?[A-Za-z]{1,3}\d?)[\s)\]]*$")


@dataclass
class Matched:
    """What became of the lines: pupils found, lines that mean several, and lines that mean nobody, each with words."""

    pupils: list[Pupil] = field(default_factory=list)
    left: list[tuple[str, str]] = field(default_factory=list)

    @property
    def left_text(self) -> str:
        """Give the lines that were not matched, as they were."""
        return "\n".join(line for line, _ in self.left)


def match_lines(text: str, *, school: School, user: User, on: date) -> Matched:
    """Match each line of a text to a pupil on roll within a person's reach: one query.

    A line is a UPN, an admission number, "Surname, Forename" or "Forename Surname" (the forename in use or the legal
    one), with the form after it where two share a name.
    """
    lines = list(dict.fromkeys(filter(None, (" ".join(line.split()) for line in text.splitlines()))))
    found = Matched()
    if not lines:
        return found
    by_number: dict[str, Pupil] = {}
    by_name: dict[str, list[Pupil]] = {}
    reach = Pupil.objects.visible_to(user).filter(school=school).on_roll(on).select_related("tutor_group")
    for pupil in reach.filter(_may_be(lines)).distinct():
        by_number[pupil.upn.upper()] = pupil
        if pupil.admission_number:
            by_number[pupil.admission_number.upper()] = pupil
        for name in _names(pupil):
            by_name.setdefault(name, []).append(pupil)
    seen: set[int] = set()
    for line in lines[:MOST_LINES]:
        meant, words = _meant(line, by_number, by_name)
        if meant is None:
            found.left.append((line, words))
        elif meant.pk not in seen:
            seen.add(meant.pk)
            found.pupils.append(meant)
    found.left += [(line, f"Only {MOST_LINES:,} lines are read at once.") for line in lines[MOST_LINES:]]
    return found


def _may_be(lines: Iterable[str]) -> Q:
    """Give the pupils whose number stands in a line, or whose surname begins with a word of one: narrowed in Python."""
    numbers, words = set(), set()
    for line in lines:
        numbers.add(line.upper())
        upn = _UPN.search(line)
        if upn:
            numbers.add(upn[0].upper())
        words |= set(folded(_FORM.sub("", line).replace(",", " ")).split())
    wanted = Q(upn__in=numbers) | Q(admission_number__in=numbers)
    for word in words:
        wanted |= Q(sort_name__startswith=word)
    return wanted


def _names(pupil: Pupil) -> set[str]:
    forenames = {pupil.forename, pupil.legal_forename}
    return {folded(f"{one} {pupil.legal_surname}") for one in forenames}


def _begun(name: str, by_name: dict[str, list[Pupil]]) -> list[Pupil]:
    """Give the pupils each of whose words a name begins: "ashworth cal"."""
    words = folded(name.replace(",", " ")).split()
    found = {
        pupil.pk: pupil
        for whole, pupils in by_name.items()
        if words and all(any(part.startswith(word) for part in whole.split()) for word in words)
        for pupil in pupils
    }
    return list(found.values())


def _meant(line: str, by_number: dict[str, Pupil], by_name: dict[str, list[Pupil]]) -> tuple[Pupil | None, str]:
    number = _UPN.search(line)
    pupil = by_number.get(number[0].upper() if number else line.upper())
    if pupil is not None:
        return pupil, ""
    form = _FORM.search(line)
    name = _FORM.sub("", line)
    surname, comma, forename = name.partition(",")
    key = folded(f"{forename} {surname}" if comma else name)
    named = by_name.get(key) or _begun(name, by_name)
    if form and named:
        here = folded(form[1]).replace(" ", "")
        named = [one for one in named if one.tutor_group and folded(one.tutor_group.name).replace(" ", "") == here]
    if len(named) == 1:
        return named[0], ""
    if named:
        forms = ", ".join(one.tutor_group.name for one in named if one.tutor_group)
        return None, f"{len(named)} pupils are called so: write the form after the name ({forms}), or the UPN."
    return None, "Nobody on roll is called so: write Surname, Forename, or the UPN."
