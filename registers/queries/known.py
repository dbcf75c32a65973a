"""Codes that the office knows before a register is taken: from absence notes, agreements and closures.

They are read from those rows whenever they are asked for. What is known of a day to come is not in the register;
`registers.actions.known` writes it when its day has come.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, cast

from django.db import connection
from django.db.models import F, Q

from registers.models import AbsenceNote, AgreementPupil, Closure, Placement
from registers.rules.absences import Span, Standing, in_pattern, standing_first
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

    Of several known codes that stands which `rules.absences.Standing` puts first. Whether the school meets then, and
    whether there is a mark, is not asked.
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
    return {key: standing_first(several) for key, several in found.items()}


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


def _closures(
    school_id: int, sessions: Sequence[Session], first: date, last: date, pupil_ids: Collection[int] | None
) -> _Found:
    rows = list(Closure.objects.filter(school=school_id, is_standing=True, from_on__lte=last, to_on__gte=first))
    sitting = Placement.objects.filter(
        Q(to_on=None) | Q(to_on__gte=first),
        Q(pupil__enrolments__ends_on=None) | Q(pupil__enrolments__ends_on__gte=F("from_on")),
        school=school_id,
        from_on__lte=last,
    ).distinct()
    if pupil_ids is not None:
        sitting = sitting.filter(pupil__in=pupil_ids)
    seats = list(sitting.values_list("pupil_id", "tutor_group_id", "year_group", "from_on", "to_on"))
    for row in rows:
        held = [
            one for one in sessions if row.from_on <= one.on <= row.to_on and (not row.half or row.half == one.half)
        ]
        for pupil, group, year, from_on, to_on in seats:
            if (row.year_groups or row.tutor_groups) and year not in row.year_groups and group not in row.tutor_groups:
                continue
            for session in held:
                if from_on <= session.on and (to_on is None or session.on <= to_on):
                    known = Known(pupil, session, row.code, "closure", row.pk, row.name)
                    yield Standing.CLOSURE, row.pk, known
