"""The school's own rule on letters as it stands on a day."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from letters.models import LetterPolicy, Stop
from letters.rules.levels import period_start
from registers.models import Group, Membership
from registers.queries.pupils import SAFEGUARDING
from registers.rules.ages import school_year_starts
from registers.rules.sessions import Calendar

# Facts about a pupil for which a school may leave a pupil out of its letters, in the words of a choice; those about
# safeguarding are read only by people who see it.
FLAGS: dict[str, str] = {**SAFEGUARDING, "is_boarder": "Boarder", "is_mobile_child": "Mobile child"}
PRIVATE_FLAGS = frozenset(SAFEGUARDING)
LEVELS = (1, 2)


@dataclass(frozen=True)
class Window:
    """The days counted, both included. An empty one ends before it starts."""

    from_on: date
    to_on: date


def policies_in_force(school_id: int, on: date) -> dict[int, LetterPolicy]:
    """Give the policy of each level that is in force on a day and is on, by level: one query.

    Of several that begin on or before the day the latest stands; of two of one day the one made later.
    """
    rows = LetterPolicy.objects.filter(school=school_id, from_on__lte=on).select_related("template")
    found = {row.level: row for row in rows.order_by("level", "from_on", "made_at", "pk")}
    return {level: row for level, row in found.items() if row.is_on}


def below_of(policy: LetterPolicy) -> Fraction:
    """Give a policy's level as an exact number of per cent."""
    return Fraction(policy.below)


def below_words(below: Fraction | Decimal) -> str:
    """Give a level as it is read, like "95 %" or "92.5 %"."""
    return f"{float(below):g} %"


def window_of(policy: LetterPolicy, on: date, calendar: Calendar) -> Window:
    """Give the school days that a policy counts on a day: the first of its period to the last before the day.

    The day itself is never counted, so that a register not yet taken cannot count against anybody.
    """
    before = [day for day in calendar.days(school_year_starts(on), on) if day < on]
    to_on = before[-1] if before else school_year_starts(on)
    if not before:
        return Window(on, to_on)
    starts = [term.starts_on for term in calendar.terms if term.starts_on <= to_on]
    from_on = period_start(
        to_on,
        policy.counted,
        year_starts=school_year_starts(on),
        term_starts=max(starts, default=None),
        weeks=list(calendar.school_weeks(school_year_starts(on), to_on)),
    )
    return Window(next(day for day in before if day >= min(from_on, to_on)), to_on)


def groups_left_out(policies: Iterable[LetterPolicy]) -> set[int]:
    """Give the keys of the groups that any of these policies leaves out."""
    return groups_named(name for policy in policies for name in policy.leaves_out)


def groups_named(names: Iterable[str]) -> set[int]:
    """Give the keys of the school's own groups among names of flags and groups."""
    return {int(name.removeprefix("group:")) for name in names if name.startswith("group:")}


def memberships_on(
    school_id: int, pupil_ids: Collection[int], groups: Collection[int], on: date
) -> dict[int, dict[int, str]]:
    """Give of each pupil the names of those of these groups that they are in on a day: one query, none for no group."""
    found: dict[int, dict[int, str]] = {}
    if groups:
        rows = Membership.objects.filter(school=school_id, pupil__in=pupil_ids, group__in=groups, from_on__lte=on)
        for row in rows.exclude(to_on__lt=on).select_related("group"):
            found.setdefault(row.pupil_id, {})[row.group_id] = row.group.name
    return found


def left_out_choices(school_id: int) -> list[tuple[str, str]]:
    """Give what a policy may leave out, as choices: facts about pupils, and the school's own groups."""
    return [*FLAGS.items(), *group_choices(school_id)]


def group_choices(school_id: int) -> list[tuple[str, str]]:
    """Give the school's own groups as choices: one query."""
    groups = Group.objects.filter(school=school_id).order_by("name")
    return [(f"group:{group.pk}", f"Group: {group.name}") for group in groups]


def standing_stops(school_id: int, on: date, *, covers: Iterable[str]) -> dict[int, Stop]:
    """Give the stop that stands on a day for each pupil who has one of these kinds: one query.

    Of several the one for everybody's eyes comes last, so that it is the private one that is not told.
    """
    rows = Stop.objects.filter(school=school_id, covers__in=covers, from_on__lte=on, lifted_at=None)
    rows = rows.exclude(to_on__lt=on).select_related("owner", "pupil").order_by("-is_private", "-pk")
    return {row.pupil_id: row for row in rows}
