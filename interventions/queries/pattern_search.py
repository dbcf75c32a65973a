"""The search for patterns: three counts in Postgres over a school's year, one exact test for each pupil and kind."""

# ruff: noqa: S608 - every name put into a statement here is a constant of this module; values travel beside it

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any, Final

from django.db import connection

from interventions.models import Trawl
from interventions.rules.patterns import (
    HOLIDAY_DAYS,
    LEAST_HERE,
    Evidence,
    Kind,
    Rate,
    chance_of,
    expected_share,
    is_tested,
    shown,
)
from registers.queries.calendar import calendar_of
from registers.rules.sessions import Calendar, Session, monday

_WEEKDAYS: Final = {1: Kind.TUESDAY, 2: Kind.WEDNESDAY, 3: Kind.THURSDAY, 4: Kind.FRIDAY}
_BY_SESSION: Final = (
    Kind.AFTER_WEEKEND, Kind.TUESDAY, Kind.WEDNESDAY, Kind.THURSDAY, Kind.FRIDAY, Kind.FRIDAY_PM, Kind.ROUND_HOLIDAY,
    Kind.FIRST_WEEK,
)  # fmt: skip
_BIT: Final = {kind: 1 << place for place, kind in enumerate(_BY_SESSION)}
_FRIDAY: Final = 4


@dataclass(frozen=True, slots=True)
class Found:
    """One test: whose, of which kind, on which evidence, and how it came out."""

    pupil_id: int
    kind: Kind
    evidence: Evidence
    subject: str = ""
    other_id: int | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def chance(self) -> Fraction:
        """Give the probability of as much by chance."""
        return chance_of(self.evidence)


@dataclass(frozen=True, slots=True)
class Searched:
    """What a search made of a school: how many tests, and those that stand."""

    tests: int
    found: list[tuple[Found, Fraction]]


def search(trawl: Trawl) -> Searched:
    """Give the patterns of a run's year to date: five queries, whatever the size of the school."""
    values = _values(trawl)
    tests = [*_by_session(values), *_by_lesson(values), *_by_sibling(values)]
    chances = [one.chance for one in tests]
    standing = shown(chances)
    found = [
        (one, chance)
        for one, chance, stands in zip(tests, chances, standing, strict=True)
        if stands and one.evidence.here >= LEAST_HERE
    ]
    return Searched(len(tests), _once_for_fridays(found))


def _once_for_fridays(found: list[tuple[Found, Fraction]]) -> list[tuple[Found, Fraction]]:
    """Leave out the less surprising of a pupil's Fridays and Friday afternoons, where both stand."""
    fridays: defaultdict[int, dict[Kind, Fraction]] = defaultdict(dict)
    for one, chance in found:
        if one.kind in {Kind.FRIDAY, Kind.FRIDAY_PM}:
            fridays[one.pupil_id][one.kind] = chance
    weaker = {
        (pupil_id, max(chances, key=chances.__getitem__)) for pupil_id, chances in fridays.items() if len(chances) > 1
    }
    return [(one, chance) for one, chance in found if (one.pupil_id, one.kind) not in weaker]


def kinds_of_sessions(calendar: Calendar, from_on: date, to_on: date) -> dict[Session, int]:
    """Give for each session held which kinds it is of, as bits in the order of the kinds."""
    days = calendar.days(from_on, to_on)
    later = calendar.days(to_on, date.max)
    following = [*days[1:], *(on for on in later[:2] if on > to_on)]
    gaps = list(zip((None, *days), days, strict=False))
    after_holiday = {on for before, on in gaps if before is None or (on - before).days > HOLIDAY_DAYS}
    before_holiday = {on for on, after in zip(days, following, strict=False) if (after - on).days > HOLIDAY_DAYS}
    first_weeks = {monday(on) for on in after_holiday}
    after_weekend = {
        on
        for before, on in gaps
        if before is not None and (on - before).days <= HOLIDAY_DAYS and monday(on) != monday(before)
    }
    found = {}
    for session in calendar.sessions(from_on, to_on):
        on, kinds = session.on, []
        if on in after_weekend:
            kinds.append(Kind.AFTER_WEEKEND)
        if on.weekday() in _WEEKDAYS:
            kinds.append(_WEEKDAYS[on.weekday()])
        if on.weekday() == _FRIDAY and session.half == "PM":
            kinds.append(Kind.FRIDAY_PM)
        if on in after_holiday or on in before_holiday:
            kinds.append(Kind.ROUND_HOLIDAY)
        if session.monday in first_weeks:
            kinds.append(Kind.FIRST_WEEK)
        found[session] = sum(_BIT[kind] for kind in kinds)
    return found


_FIRSTS: Final = """
    WITH held AS MATERIALIZED (
        SELECT * FROM unnest(%(days)s::date[], %(halves)s::text[], %(kinds)s::int[], %(numbers)s::int[])
                      AS h ("on", half, kinds, number)
    ), firsts AS (
        SELECT pupil_id, "on", kinds, is_absent FROM (
            SELECT m.pupil_id, m."on", h.kinds, c.counts_as IN ('authorised', 'unauthorised') AS is_absent,
                   lag(c.counts_as IN ('authorised', 'unauthorised'), 1, false)
                       OVER (PARTITION BY m.pupil_id ORDER BY h.number) AS was_absent
            FROM registers_mark m
            JOIN held h ON h."on" = m."on" AND h.half = m.half
            JOIN registers_codeinforce c
              ON c.symbol = m.code AND m."on" >= c.from_on AND (c.to_on IS NULL OR m."on" <= c.to_on)
            WHERE m.school_id = %(school)s AND m."on" BETWEEN %(from)s AND %(to)s
              AND c.counts_as IN ('present', 'approved', 'authorised', 'unauthorised')
        ) AS sessions WHERE NOT was_absent
    )
"""
_OF_KIND: Final = ", ".join(
    f"count(*) FILTER (WHERE is_absent AND kinds & {bit} > 0), count(*) FILTER (WHERE kinds & {bit} > 0)"
    for bit in _BIT.values()
)
_COUNTS: Final = f"""
    {_FIRSTS}
    SELECT pupil_id, count(*) FILTER (WHERE is_absent), count(*), {_OF_KIND}
    FROM firsts GROUP BY pupil_id ORDER BY pupil_id
"""
# Days travel as arrays: Postgres cannot guess how many rows of marks a calendar leaves, and would try each with each.
_SIBLINGS: Final = f"""
    {_FIRSTS}, pairs AS MATERIALIZED (
        SELECT DISTINCT a.pupil_id AS one, b.pupil_id AS other
        FROM registers_parent a JOIN registers_parent b ON b.contact_id = a.contact_id AND b.pupil_id <> a.pupil_id
        WHERE a.school_id = %(school)s AND b.school_id = %(school)s
          AND (a.lives_with OR a.has_responsibility) AND (b.lives_with OR b.has_responsibility)
    ), days AS MATERIALIZED (
        SELECT "on", count(*) AS weight FROM firsts WHERE is_absent GROUP BY "on"
    ), own AS MATERIALIZED (
        SELECT pupil_id, array_agg(DISTINCT "on") AS chances,
               coalesce(array_agg(DISTINCT "on") FILTER (WHERE is_absent), '{{}}') AS began
        FROM firsts WHERE pupil_id = ANY (ARRAY(SELECT one FROM pairs)) GROUP BY pupil_id
    )
    SELECT p.one, p.other, d.spells, d.both, d.weight, d.whole
    FROM pairs p JOIN own o ON o.pupil_id = p.one JOIN own s ON s.pupil_id = p.other
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE "on" = ANY (o.began)) AS spells,
               count(*) FILTER (WHERE "on" = ANY (o.began) AND "on" = ANY (s.began)) AS both,
               coalesce(sum(weight) FILTER (WHERE "on" = ANY (s.began)), 0)::bigint AS weight,
               coalesce(sum(weight), 0)::bigint AS whole
        FROM days WHERE "on" = ANY (o.chances)
    ) d
    WHERE d.spells > 0 ORDER BY p.one, p.other
"""
_LESSONS: Final = """
    SELECT pupil_id, subject, count(*) FILTER (WHERE is_missed), count(*) FROM (
    SELECT l.pupil_id, coalesce(nullif(g.subject, ''), g.name) AS subject, l.code = 'N' AS is_missed,
           lag(l.code = 'N', 1, false) OVER (PARTITION BY l.pupil_id, l."on" ORDER BY p.starts_at, l.id) AS was_missed
    FROM registers_lessonmark l
    JOIN registers_lesson le ON le.id = l.lesson_id
    JOIN registers_teachinggroup g ON g.id = le.teaching_group_id
    JOIN registers_period p ON p.id = le.period_id
    JOIN registers_mark m
      ON m.school_id = l.school_id AND m.pupil_id = l.pupil_id AND m."on" = l."on" AND m.half = p.half
    JOIN registers_codeinforce c
      ON c.symbol = m.code AND m."on" >= c.from_on AND (c.to_on IS NULL OR m."on" <= c.to_on)
    WHERE l.school_id = %(school)s AND l."on" BETWEEN %(from)s AND %(to)s AND l.code IN ('/', 'L', 'N')
      AND c.counts_as = 'present'
    ) AS lessons WHERE NOT was_missed
    GROUP BY 1, 2 ORDER BY 1, 2
"""


def _values(trawl: Trawl) -> dict[str, Any]:
    kinds = kinds_of_sessions(calendar_of(trawl.school_id), trawl.year_from, trawl.counted_to)
    return {
        "school": trawl.school_id,
        "from": trawl.year_from,
        "to": trawl.counted_to,
        "days": [one.on for one in kinds],
        "halves": [one.half for one in kinds],
        "kinds": list(kinds.values()),
        "numbers": list(range(len(kinds))),
    }


def _by_session(values: dict[str, Any]) -> Iterator[Found]:
    """Test each pupil's spells against each kind of session."""
    rows = _rows(_COUNTS, values)
    whole = Rate(sum(row[1] for row in rows), sum(row[2] for row in rows))
    for place, kind in enumerate(_BY_SESSION):
        began, chances = 3 + 2 * place, 4 + 2 * place
        here = Rate(sum(row[began] for row in rows), sum(row[chances] for row in rows))
        for row in rows:
            share = expected_share(row[chances], row[2] - row[chances], here, whole - here)
            yield from _tested(row[0], kind, row[1], row[began], share, (row[chances], row[2]), (here, whole))


def _by_lesson(values: dict[str, Any]) -> Iterator[Found]:
    """Test the times out of lessons while in school, by the subject with which each began.

    A lesson right after a missed one of the same day begins none: both halves of a double lesson are missed together.
    """
    rows = _rows(_LESSONS, values)
    school: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
    own: defaultdict[int, list[int]] = defaultdict(lambda: [0, 0])
    for pupil_id, subject, missed, held in rows:
        for counted in (school[subject], own[pupil_id]):
            counted[0] += missed
            counted[1] += held
    whole = Rate(sum(one[0] for one in school.values()), sum(one[1] for one in school.values()))
    for pupil_id, subject, missed, held in rows:
        here = Rate(*school[subject])
        spells, lessons = own[pupil_id]
        share = expected_share(held, lessons - held, here, whole - here)
        yield from _tested(pupil_id, Kind.LESSON, spells, missed, share, (held, lessons), (here, whole), subject)


def _tested(
    pupil_id: int,
    kind: Kind,
    spells: int,
    here: int,
    share: Fraction | None,
    own: tuple[int, int],
    school: tuple[Rate, Rate],
    subject: str = "",
) -> Iterator[Found]:
    if share is None or not is_tested(evidence := Evidence(spells, here, share)):
        return
    facts = {
        "own_chances": own[0],
        "own_chances_in_all": own[1],
        "school_began": school[0].began,
        "school_chances": school[0].chances,
        "school_began_in_all": school[1].began,
        "school_chances_in_all": school[1].chances,
    }
    yield Found(pupil_id, kind, evidence, subject=subject, facts=facts)


def _by_sibling(values: dict[str, Any]) -> Iterator[Found]:
    """Test each pupil's spells against the days on which a brother's or sister's began.

    Each day weighs as many spells of the whole school as began on it, so that a day of much illness is held against
    nobody. A pair is tested from both sides, each with its own spells.
    """
    for one, other, spells, both, weight, whole in _rows(_SIBLINGS, values):
        if not weight or weight == whole:
            continue
        evidence = Evidence(spells, both, Fraction(weight, whole))
        if is_tested(evidence):
            facts = {"school_began_on_those_days": weight, "school_began_in_all": whole}
            yield Found(one, Kind.SIBLING, evidence, other_id=other, facts=facts)


def _rows(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def counted_kinds(found: Iterable[tuple[Found, Fraction]]) -> dict[str, int]:
    """Give how many patterns there are of each kind."""
    many: defaultdict[str, int] = defaultdict(int)
    for one, _ in found:
        many[one.kind.value] += 1
    return dict(many)
