"""The receipt of a letter: the figures, the rule and its version, and the sessions counted as they stood."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from letters.models import LetterPolicy
from letters.rules.amounts import per_cent
from registers.models import Mark
from registers.queries.figures import PupilFigures
from registers.rules import codes
from registers.rules.codes import Counts
from registers.rules.sessions import Calendar

from .policies import Window

# A day's codes, morning and afternoon; an empty one is a session without a mark.
Days = Mapping[date, Mapping[str, str]]
_ABSENT = frozenset({Counts.AUTHORISED, Counts.UNAUTHORISED})


def days_of(school_id: int, pupil_ids: Collection[int], window: Window) -> dict[int, dict[date, dict[str, str]]]:
    """Give each pupil's codes by day and session over some days: one query."""
    rows = Mark.objects.filter(school=school_id, pupil__in=pupil_ids, on__range=(window.from_on, window.to_on))
    found: dict[int, dict[date, dict[str, str]]] = {}
    for pupil_id, on, half, code in rows.order_by("pupil_id", "on", "half").values_list(
        "pupil_id", "on", "half", "code"
    ):
        found.setdefault(pupil_id, {}).setdefault(on, {})[half] = code
    return found


def facts_of(
    policy: LetterPolicy,
    window: Window,
    counted: PupilFigures,
    days: Days,
    *,
    calendar: Calendar,
    started_on: date | None,
    at: datetime,
) -> dict[str, Any]:
    """Give the receipt as it is kept on a letter.

    `days` lists every day counted as [day, am code, pm code]; `absences` the sessions missed as [day, half, code];
    `missing` counts sessions due of the pupil that have no mark, which count neither way.
    """
    first = max(window.from_on, started_on or window.from_on)
    held = {(session.on, session.half) for session in calendar.sessions(first, window.to_on)}
    marked = {(on, half) for on, halves in days.items() for half in halves}
    by_code: dict[str, int] = {}
    absences = []
    for on, halves in sorted(days.items()):
        for half, code in sorted(halves.items()):
            by_code[code] = by_code.get(code, 0) + 1
            if codes.code(code, on).counts in _ABSENT:
                absences.append([on.isoformat(), half, code])
    return {
        "level": policy.level,
        "below": f"{float(policy.below):g}",
        "policy": policy.pk,
        "policy_from_on": policy.from_on.isoformat(),
        "counted": policy.counted,
        "counted_words": policy.get_counted_display(),
        "least_possible": policy.least_possible,
        "from_on": window.from_on.isoformat(),
        "to_on": window.to_on.isoformat(),
        "first_on": min(days, default=window.from_on).isoformat(),
        "read_at": at.isoformat(),
        "possible": counted.possible,
        "attended": counted.attended,
        "missed": counted.possible - counted.attended,
        "authorised": counted.authorised,
        "unauthorised": counted.unauthorised,
        "late": counted.late,
        "missing": len(held - marked),
        "percent": rate_words(counted.attended, counted.possible, policy.below),
        "codes": dict(sorted(by_code.items())),
        "absences": absences,
        "days": [[on.isoformat(), halves.get("AM", ""), halves.get("PM", "")] for on, halves in sorted(days.items())],
    }


def rate_words(attended: int, possible: int, below: Decimal | None = None) -> str:
    """Give a rate to be read, like "94.2 %": under a level never as having reached it."""
    return per_cent(Fraction(attended, possible) if possible else None, below).replace("\u00a0", " ")


def is_supported(facts: Mapping[str, Any], attended: int, possible: int) -> bool:
    """Tell whether other counts of the same days would still be below the level of a receipt."""
    return possible >= max(1, int(facts["least_possible"])) and attended * 100 < Fraction(facts["below"]) * possible


@dataclass(frozen=True)
class Reason:
    """How many sessions of a receipt were missed with one code, and what the code means."""

    code: str
    meaning: str
    many: int


def reasons_of(facts: Mapping[str, Any]) -> list[Reason]:
    """Give the sessions missed by code, the most first, from a receipt."""
    found: dict[str, tuple[date, int]] = {}
    for on, _, code in facts.get("absences", ()):
        found[code] = (date.fromisoformat(on), found.get(code, (None, 0))[1] + 1)
    named = [Reason(code, codes.code(code, on).meaning, many) for code, (on, many) in found.items()]
    return sorted(named, key=lambda one: (-one.many, one.code))
