"""Letters compared with the register as it now stands: which of them it supports no longer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection
from django.db.models import QuerySet

from attendance_office.staff.models import School, User
from letters.models import Letter

from .receipts import is_supported, rate_words

# States of a letter that has left the house, or may have.
OUT: Final = frozenset({Letter.State.SENT, Letter.State.DELIVERED, Letter.State.UNCERTAIN})
_COMPARED: Final = [*OUT, Letter.State.READY]

# Only letters of whose pupils a mark was made, changed or taken back since they were read are counted anew. The days
# are those of the receipt, and each code counts as it does in law on its day.
_SQL: Final = """
    SELECT l.id, l.doubted_at IS NOT NULL, l.f,
           coalesce(sum((c.counts_as IN ('present', 'approved'))::int), 0),
           coalesce(sum((c.counts_as IN ('present', 'approved', 'authorised', 'unauthorised'))::int), 0)
    FROM (
        SELECT id, school_id, pupil_id, doubted_at, coalesce(facts_sent, facts) AS f
        FROM letters_letter
        WHERE school_id = %(school)s AND state = ANY(%(states)s) AND policy_id IS NOT NULL
          AND recalled_at IS NULL AND stands_at IS NULL
    ) l
    LEFT JOIN registers_mark m
      ON m.school_id = l.school_id AND m.pupil_id = l.pupil_id
     AND m."on" BETWEEN (l.f->>'from_on')::date AND (l.f->>'to_on')::date
    LEFT JOIN registers_codeinforce c
      ON c.symbol = m.code AND m."on" >= c.from_on AND (c.to_on IS NULL OR m."on" <= c.to_on)
    WHERE EXISTS (
            SELECT 1 FROM registers_amendment a
            WHERE a.school_id = l.school_id AND a.pupil_id = l.pupil_id
              AND a."on" BETWEEN (l.f->>'from_on')::date AND (l.f->>'to_on')::date
              AND a.at > (l.f->>'read_at')::timestamptz)
       OR EXISTS (
            SELECT 1 FROM registers_takenbackmark t
            WHERE t.school_id = l.school_id AND t.pupil_id = l.pupil_id
              AND t."on" BETWEEN (l.f->>'from_on')::date AND (l.f->>'to_on')::date
              AND t.at > (l.f->>'read_at')::timestamptz)
       OR EXISTS (
            SELECT 1 FROM registers_mark n
            WHERE n.school_id = l.school_id AND n.pupil_id = l.pupil_id
              AND n."on" BETWEEN (l.f->>'from_on')::date AND (l.f->>'to_on')::date
              AND n.recorded_at > (l.f->>'read_at')::timestamptz)
    GROUP BY l.id, l.doubted_at, l.f
    ORDER BY l.id
"""


@dataclass(frozen=True)
class Doubt:
    """A letter whose support by the register has changed: to doubt, or back to support."""

    letter_id: int
    is_supported: bool
    words: str


def doubts_of(school_id: int) -> list[Doubt]:
    """Give the letters, made or sent, that are to be flagged, and those whose flag is to go: one query."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL, {"school": school_id, "states": [str(state) for state in _COMPARED]})
        rows = cursor.fetchall()
    found = []
    for letter_id, is_flagged, facts, attended, possible in rows:
        supported = is_supported(_loaded(facts), attended, possible)
        if supported == is_flagged:
            was, now = _loaded(facts)["percent"], rate_words(attended, possible)
            words = f"Read as {was} when it was made; the same days now give {now} ({attended} of {possible})."
            found.append(Doubt(letter_id, supported, words))
    return found


def _loaded(facts: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(facts) if isinstance(facts, str) else facts
    return found


def in_doubt(school: School, user: User) -> QuerySet[Letter]:
    """Give the doubted letters within a person's reach that nobody has answered, the oldest doubt first."""
    rows = Letter.objects.visible_to(user).filter(school=school, doubted_at__isnull=False)
    return (
        rows.filter(recalled_at=None, stands_at=None).exclude(state=Letter.State.RECALLED).order_by("doubted_at", "pk")
    )
