"""Codes that the office knows before a register is taken: from absence notes, agreements and closures.

They are read from those rows whenever they are asked for. What is known of a day to come is not in the register;
`registers.actions.known` writes it when its day has come.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, cast

from django.db import connection
from django.db.models import Q

from registers.models import AbsenceNote, AgreementPupil
from registers.rules.absences import Span, Standing, in_pattern, standing_first
from registers.rules.closures import ELSEWHERE, KINDS
from registers.rules.codes import Half
from registers.rules.sessions import Session

OTHER_SCHOOL: Final = "D"


@dataclass(frozen=True, slots=True)
class Known:
    """A code that is known of one pupil's session, and from what: "note", "agreement" or "closure" and its key."""

    pupil_id: int
    session: Session
    code: str
    source: str
    source_id: int
    words: str


def known_codes(
    school_id: int, sessions: Sequence[Session], *, pupil_ids: Collection[int] | None = None
) -> dict[tuple[int, Session], Known]:
    """Give what is known of pupils' sessions, by pupil and session: four queries at most, one where nothing is known.

    Of several known codes that stands which `rules.absences.Standing` puts first; a closure here says nothing of a
    pupil who was due elsewhere. Whether the school meets then, and whether there is a mark, is not asked.
    """
    if not sessions or (pupil_ids is not None and not pupil_ids):
        return {}
    first, last = min(one.on for one in sessions), max(one.on for one in sessions)
    sources = _sources(school_id, first, last)
    found: dict[tuple[int, Session], list[tuple[Standing, int, Known]]] = {}
    readers = (("closure", _closures), ("note", _notes), ("agreement", _agreements))
    for name, reader in readers:
        if name not in sources:
            continue
        for standing, age, known in reader(school_id, sessions, first, last, pupil_ids):
            found.setdefault((known.pupil_id, known.session), []).append((standing, age, known))
    return {key: standing_first(_due_here(several)) for key, several in found.items()}


_SOURCES: Final = """
    SELECT 'note' WHERE EXISTS (
        SELECT FROM registers_absencenote WHERE school_id = %(school)s AND state <> 'withdrawn'
          AND from_on <= %(last)s AND (to_on IS NULL OR to_on >= %(first)s))
    UNION ALL SELECT 'agreement' WHERE EXISTS (
        SELECT FROM registers_agreement WHERE school_id = %(school)s
          AND from_on <= %(last)s AND ends_on >= %(first)s)
    UNION ALL SELECT 'closure' WHERE EXISTS (
        SELECT FROM registers_closure WHERE school_id = %(school)s AND is_standing
          AND from_on <= %(last)s AND to_on >= %(first)s)
"""


def _sources(school_id: int, first: date, last: date) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(_SOURCES, {"school": school_id, "first": first, "last": last})
        return {name for (name,) in cursor.fetchall()}


_Found = Iterator[tuple[Standing, int, Known]]


def _notes(
    school_id: int, sessions: Sequence[Session], first: date, last: date, pupil_ids: Collection[int] | None
) -> _Found:
    rows = AbsenceNote.objects.filter(Q(to_on=None) | Q(to_on__gte=first), school=school_id, from_on__lte=last).exclude(
        state=AbsenceNote.State.WITHDRAWN
    )
    if pupil_ids is not None:
        rows = rows.filter(pupil__in=pupil_ids)
    for note in rows:
        span = Span(note.from_on, cast("Half", note.from_half), note.to_on, cast("Half", note.to_half))
        for session in sessions:
            if span.covers(session):
                words = note.reason or "absence line"
                yield Standing.NOTE, note.pk, Known(note.pupil_id, session, note.code, "note", note.pk, words)


def _agreements(
    school_id: int, sessions: Sequence[Session], first: date, last: date, pupil_ids: Collection[int] | None
) -> _Found:
    rows = AgreementPupil.objects.filter(
        Q(to_on=None) | Q(to_on__gte=first),
        school=school_id,
        agreement__from_on__lte=last,
        agreement__ends_on__gte=first,
    ).select_related("agreement")
    if pupil_ids is not None:
        rows = rows.filter(pupil__in=pupil_ids)
    for row in rows:
        deal = row.agreement
        until = min(deal.ends_on, row.to_on) if row.to_on else deal.ends_on
        standing = Standing.OTHER_SCHOOL if deal.code == OTHER_SCHOOL else Standing.AGREEMENT
        for session in sessions:
            if deal.from_on <= session.on <= until and in_pattern(deal.weekly, session):
                yield standing, deal.pk, Known(row.pupil_id, session, deal.code, "agreement", deal.pk, deal.name)


# Whoever was on roll and, for a part of the school, sat in it that day.
_CLOSED: Final = """
    SELECT DISTINCT c.id, c.code, c.name, e.pupil_id, s."on", s.half
    FROM unnest(%(days)s::date[], %(halves)s::text[]) AS s ("on", half)
    JOIN registers_closure c
      ON c.school_id = %(school)s AND c.is_standing AND s."on" BETWEEN c.from_on AND c.to_on AND c.half IN ('', s.half)
    JOIN registers_enrolment e
      ON e.school_id = c.school_id AND e.starts_on <= s."on" AND (e.ends_on IS NULL OR e.ends_on >= s."on")
    LEFT JOIN registers_placement p
      ON p.school_id = c.school_id AND p.pupil_id = e.pupil_id AND p.from_on <= s."on"
     AND (p.to_on IS NULL OR p.to_on >= s."on")
    WHERE (jsonb_array_length(c.year_groups) + jsonb_array_length(c.tutor_groups) = 0
           OR c.year_groups @> to_jsonb(p.year_group) OR c.tutor_groups @> to_jsonb(p.tutor_group_id))
      AND (%(pupils)s::bigint[] IS NULL OR e.pupil_id = ANY (%(pupils)s::bigint[]))
"""


def _closures(
    school_id: int, sessions: Sequence[Session], first: date, last: date, pupil_ids: Collection[int] | None
) -> _Found:
    asked: dict[str, Any] = {
        "school": school_id,
        "days": [one.on for one in sessions if first <= one.on <= last],
        "halves": [one.half for one in sessions if first <= one.on <= last],
        "pupils": None if pupil_ids is None else list(pupil_ids),
    }
    with connection.cursor() as cursor:
        cursor.execute(_CLOSED, asked)
        rows = cursor.fetchall()
    for pk, code, name, pupil, on, half in rows:
        standing = Standing.CLOSURE if code in KINDS and KINDS[code].closes else Standing.HINDRANCE
        yield standing, pk, Known(pupil, Session(on, half), code, "closure", pk, name)


def _due_here(several: Sequence[tuple[Standing, int, Known]]) -> Sequence[tuple[Standing, int, Known]]:
    """Leave closures out where an agreement says that the pupil was due elsewhere, which is open all the same."""
    if any(one.source == "agreement" and one.code in ELSEWHERE for _, _, one in several):
        return [one for one in several if one[2].source != "closure"]
    return several
