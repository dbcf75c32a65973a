"""The patterns that the latest search found, within a reader's reach, and one pupil's."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from types import MappingProxyType

from django.db.models import QuerySet
from django.http import QueryDict

from attendance_office.numbers import whole
from attendance_office.staff.models import School, User
from interventions.models import PatternFlag, Trawl
from interventions.queries.pattern_steps import NOTHING, Followed, Identity, identity, identity_words, narrowed_by_steps
from interventions.queries.trawls import trawls_of
from interventions.rules.patterns import KIND_BEGAN, Kind, spoken_chance
from registers.models import Pupil
from registers.queries import pupils


@dataclass(frozen=True)
class Flag:
    """A pattern as it is shown: why in words, and how surprising."""

    row: PatternFlag
    why: str
    chance: str
    done: Followed = NOTHING

    @property
    def expected(self) -> str:
        """Give how many were expected, to one place."""
        return _to_one_place(self.row.expected)

    @property
    def title(self) -> str:
        """Give the kind in words, the subject with it."""
        return identity_words(self.row)


def searched(school: School) -> Trawl | None:
    """Give the latest run, whose patterns are shown."""
    return trawls_of(school).first()


def patterns(trawl: Trawl, user: User, query: QueryDict, *, on: date) -> QuerySet[PatternFlag]:
    """Give the patterns asked for of a run, within a person's reach, the most surprising first."""
    reach = Pupil.objects.visible_to(user).filter(school=trawl.school_id)
    if q := query.get("q", "")[:60].strip():
        reach = pupils.called(reach, q)
    if (group := whole(query.get("group", ""))) is not None:
        reach = reach.filter(pk__in=pupils.present(trawl.on).filter(group=group).values("pupil"))
    if (year := whole(query.get("year", ""))) is not None:
        reach = reach.filter(year_group=year)
    rows = PatternFlag.objects.filter(school=trawl.school_id, trawl=trawl, pupil__in=reach)
    if (kind := query.get("kind", "")) in set(Kind):
        rows = rows.filter(kind=kind)
    rows = narrowed_by_steps(rows, query.get("done", ""), on=on)
    rows = rows.select_related("pupil__tutor_group", "other__tutor_group", "trawl")
    return rows.order_by("-one_in", "pupil__sort_name", "pk")


def patterns_of(pupil: Pupil) -> list[PatternFlag]:
    """Give the patterns that the latest run found in a pupil's absences: one query."""
    latest = trawls_of(pupil.school).values("pk")[:1]
    rows = PatternFlag.objects.filter(school=pupil.school_id, pupil=pupil, trawl__in=latest)
    return list(rows.select_related("other__tutor_group", "trawl").order_by("-one_in", "pk"))


def flags_of(
    rows: Collection[PatternFlag], user: User, done: Mapping[Identity, Followed] = MappingProxyType({})
) -> list[Flag]:
    """Give patterns in words, with what was `done` about each: one query, or none.

    A brother or sister beyond the reader's reach is not named.
    """
    others = {row.other_id for row in rows if row.other_id}
    seen = Pupil.objects.visible_to(user).filter(pk__in=others)
    named = set(seen.values_list("pk", flat=True)) if others else set()
    return [
        Flag(
            row,
            _why(row, is_named=row.other_id in named),
            spoken_chance(Fraction(1, row.one_in)),
            done.get(identity(row), NOTHING),
        )
        for row in rows
    ]


def _why(row: PatternFlag, *, is_named: bool) -> str:
    kind = Kind(row.kind)
    what = "times out of lessons while in school" if kind is Kind.LESSON else "absences"
    words = f"{row.here} of {row.spells} {what} {KIND_BEGAN[kind]}"
    if kind is Kind.SIBLING:
        who = row.other.name if is_named and row.other is not None else "a brother or sister"
        words = f"{row.here} of {row.spells} {what} began on a day on which those of {who} did"
    return f"{words}; {_to_one_place(row.expected)} would by the school's own days"


def _to_one_place(number: Decimal) -> str:
    return str(number.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP))
