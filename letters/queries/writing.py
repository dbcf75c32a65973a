"""Letters that a person writes to the homes of some pupils: who gets one, from which words, who does not and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from attendance_office.staff.models import School
from letters.models import LetterKind, LetterTemplate
from letters.rules.amounts import listed
from letters.rules.fields import FIELDS, Field
from letters.rules.households import Household
from letters.rules.placeholders import NoValue, read
from registers.models import Pupil
from registers.queries.calendar import calendar_of
from registers.rules.ages import school_year_starts

from .composing import letterhead_of
from .ground import around
from .letter_values import Given, Home, receipts, values_of
from .templates import Chosen, latest_version, version_in

# What a person may write by hand; letters of a level are proposed by the school's own rule.
BY_HAND = (LetterKind.MEETING, LetterKind.PRAISE, LetterKind.IMPROVED, LetterKind.CONCERN, LetterKind.APOLOGY)


@dataclass(frozen=True)
class Period:
    """The days a letter is about, and the earlier ones it compares them with."""

    from_on: date
    to_on: date
    earlier: tuple[date, date] | None = None


@dataclass(frozen=True)
class ToHome:
    """One letter to one home."""

    pupil: Pupil
    home: Household
    chosen: Chosen
    facts: Mapping[str, Any]


@dataclass
class Plan:
    """What would be written, and to whom nothing goes."""

    letters: list[ToHome] = field(default_factory=list)
    left_out: list[tuple[Pupil, str]] = field(default_factory=list)

    @property
    def notes(self) -> list[str]:
        """Give what there is to say about languages, each once."""
        return list(dict.fromkeys(one.chosen.note for one in self.letters if one.chosen.note))


def fields_of(template: LetterTemplate) -> dict[Field, bool]:
    """Give the fields that a template holds as it now stands, as they come, and whether there is no letter without."""
    version = latest_version(template)
    found: dict[Field, bool] = {}
    for words in (read(version.subject), read(version.body)):
        for name in words.fields:
            found[FIELDS[name]] = found.get(FIELDS[name], False) or name in words.needed
    return found


def usual_period(school: School, on: date) -> Period:
    """Give the school year up to the last school day before a day."""
    first = school_year_starts(on)
    days = [one for one in calendar_of(school.pk).days(first, on) if one < on]
    return Period(days[0] if days else first, days[-1] if days else first)


def plan_letters(
    *,
    school: School,
    pupils: Sequence[Pupil],
    template: LetterTemplate,
    fields: Mapping[str, str],
    period: Period,
    on: date,
) -> Plan:
    """Plan letters to the homes of pupils: a fixed number of queries, one more for each language.

    Left out are leavers, pupils for whom a stop stands, homes that nobody may write to or reach, and letters in which
    a field would have no value.
    """
    ids = [one.pk for one in pupils]
    near = around(school.pk, ids, on)
    facts = receipts(school.pk, ids, from_on=period.from_on, to_on=period.to_on, earlier=period.earlier)
    head = letterhead_of(school.pk)
    chosen: dict[str, Chosen] = {}
    plan = Plan()
    for pupil in pupils:
        ground = near.left(pupil.pk) or near.stopped(pupil.pk) or near.unreached(pupil.pk)
        if ground is not None:
            plan.left_out.append((pupil, ground.words))
            continue
        for home in near.homes[pupil.pk]:
            if home.language not in chosen:
                chosen[home.language] = version_in(template, home.language)
            one = ToHome(pupil, home, chosen[home.language], facts[pupil.pk])
            greets = Home(listed([f"{reader.title} {reader.surname}".strip() for reader in home.readers]))
            given = Given(facts=one.facts, fields=fields)
            values = values_of(pupil, school=school, head=head, home=greets, given=given, on=on)
            try:
                read(one.chosen.version.subject).line(values)
                read(one.chosen.version.body).fill(values)
            except NoValue as lacking:
                plan.left_out.append((pupil, f"{home.name}: {lacking}"))
                continue
            plan.letters.append(one)
    return plan
