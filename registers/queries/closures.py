"""Closures: what one would write and overwrite, what stays under it, and what the register says of those that stand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, cast

from django.db import connection
from django.db.models import Q, QuerySet

from attendance_office.staff.models import School, TutorGroup, User
from registers.models import Closure, NonSchoolDay, Pupil
from registers.queries.calendar import calendar_of
from registers.queries.known import Known, known_codes
from registers.rules.closures import Plan, attended, why_it_stays
from registers.rules.codes import Half
from registers.rules.sessions import Session

SHOWS: Final = {
    "standing": "Standing",
    "coming": "Coming",
    "over": "Over",
    "back": "Taken back",
}

# Whoever was on roll in each session and, for a part of the school, sat in it that day, with the mark of the session.
_DUE: Final = """
    SELECT DISTINCT e.pupil_id, s."on", s.half, coalesce(m.code, '')
    FROM unnest(%(days)s::date[], %(halves)s::text[]) AS s ("on", half)
    JOIN registers_enrolment e
      ON e.school_id = %(school)s AND e.starts_on <= s."on" AND (e.ends_on IS NULL OR e.ends_on >= s."on")
    LEFT JOIN registers_placement p
      ON p.school_id = e.school_id AND p.pupil_id = e.pupil_id AND p.from_on <= s."on"
     AND (p.to_on IS NULL OR p.to_on >= s."on")
    LEFT JOIN registers_mark m
      ON m.school_id = e.school_id AND m.pupil_id = e.pupil_id AND m."on" = s."on" AND m.half = s.half
    WHERE %(whole)s OR p.year_group = ANY (%(years)s::int[]) OR p.tutor_group_id = ANY (%(groups)s::bigint[])
"""


@dataclass(frozen=True, slots=True)
class Due:
    """One pupil in one session of a closure, and the code that stands there; empty where there is no mark."""

    pupil_id: int
    session: Session
    there: str


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of the marks of one code: how many, of how many pupils, and why they stay if they do."""

    code: str
    why: str
    marks: int
    pupils: int


@dataclass(frozen=True, slots=True)
class PupilFate:
    """What becomes of one pupil's marks of one code."""

    pupil: Pupil
    code: str
    why: str
    sessions: tuple[Session, ...]


@dataclass(frozen=True)
class Look:
    """All that a closure would do before it is saved."""

    plan: Plan
    past: tuple[Session, ...]
    ahead: tuple[Session, ...]
    closed_already: int
    new: tuple[Due, ...]
    over: tuple[Due, ...]
    stay: tuple[tuple[Due, str], ...]
    same: int
    known_otherwise: tuple[Due, ...]

    @property
    def wanted(self) -> tuple[Due, ...]:
        """Give the sessions of pupils that get the code now."""
        return self.new + self.over

    @property
    def sessions(self) -> int:
        """Give how many sessions it closes, those to come included."""
        return len(self.past) + len(self.ahead)

    @property
    def pupils(self) -> int:
        """Give how many pupils are due in the sessions up to today."""
        rows = (*self.wanted, *(one for one, _ in self.stay), *self.known_otherwise)
        return len({one.pupil_id for one in rows})

    @property
    def came(self) -> int:
        """Give how many marks stay that say a pupil came."""
        return sum(attended(one.there, one.session.on) for one, _ in self.stay)

    @property
    def overwritten(self) -> list[Fate]:
        """Give the marks that give way, by code."""
        return _by_code((one, "") for one in self.over)

    @property
    def staying(self) -> list[Fate]:
        """Give the marks that stay, by code and reason."""
        return _by_code(self.stay)


def _by_code(rows: Iterable[tuple[Due, str]]) -> list[Fate]:
    marks: Counter[tuple[str, str]] = Counter()
    pupils: dict[tuple[str, str], set[int]] = {}
    for one, why in rows:
        marks[one.there, why] += 1
        pupils.setdefault((one.there, why), set()).add(one.pupil_id)
    return [Fate(code, why, many, len(pupils[code, why])) for (code, why), many in marks.most_common()]


def look_at(school: School, plan: Plan, today: date) -> Look:
    """Give what a closure would write, overwrite and leave: seven queries at most. Nothing is locked or written."""
    calendar = calendar_of(school.pk)
    held = [one for one in calendar.sessions(plan.from_on, plan.to_on) if plan.holds(one)]
    past = tuple(one for one in held if one.on <= today)
    due = due_in(school.pk, past, plan)
    known = known_codes(school.pk, past)
    new: list[Due] = []
    over: list[Due] = []
    otherwise: list[Due] = []
    stay: list[tuple[Due, str]] = []
    same = 0
    for one in due:
        expected = known.get((one.pupil_id, one.session))
        if one.there == plan.code:
            same += 1
        elif not one.there:
            is_free = expected is None or expected.source == "closure" or _gives_way(expected, plan)
            (new if is_free else otherwise).append(one)
        elif why := why_it_stays(one.there, under=plan.code, on=one.session.on, nobody_came=plan.nobody_came):
            stay.append((one, why))
        else:
            over.append(one)
    shut = _closed_days(school.pk, plan)
    return Look(
        plan=plan,
        past=past,
        ahead=tuple(one for one in held if one.on > today),
        closed_already=shut,
        new=tuple(new),
        over=tuple(over),
        stay=tuple(stay),
        same=same,
        known_otherwise=tuple(otherwise),
    )


def _gives_way(known: Known, plan: Plan) -> bool:
    """Tell whether what is known of a session without a mark gives way to the closure, as a mark would."""
    return not why_it_stays(known.code, under=plan.code, on=known.session.on, nobody_came=False)


def _closed_days(school_id: int, plan: Plan) -> int:
    days = NonSchoolDay.objects.filter(school=school_id, on__range=(plan.from_on, plan.to_on))
    return days.values("on").distinct().count()


def due_in(school_id: int, sessions: Sequence[Session], plan: Plan) -> list[Due]:
    """Give who was due in the sessions under a plan, with what the register says: one query, none without a session."""
    if not sessions:
        return []
    asked: dict[str, Any] = {
        "school": school_id,
        "days": [one.on for one in sessions],
        "halves": [one.half for one in sessions],
        "whole": plan.is_whole,
        "years": list(plan.year_groups),
        "groups": list(plan.tutor_groups),
    }
    with connection.cursor() as cursor:
        cursor.execute(_DUE, asked)
        return [Due(pupil, Session(on, cast("Half", half)), code) for pupil, on, half, code in cursor.fetchall()]


def pupil_fates(look: Look, user: User, *, most: int) -> tuple[list[PupilFate], int]:
    """Give, pupil by pupil, which marks give way and which stay and why, by name; and how many more there are.

    Only pupils within the person's reach: one query.
    """
    found: dict[tuple[int, str, str], list[Session]] = {}
    for one, why in (*look.stay, *((one, "") for one in look.over)):
        found.setdefault((one.pupil_id, one.there, why), []).append(one.session)
    reach = Pupil.objects.visible_to(user).filter(pk__in={pupil for pupil, _, _ in found})
    names = {pupil.pk: pupil for pupil in reach.select_related("tutor_group")}
    rows = [
        PupilFate(names[pupil], code, why, tuple(sorted(sessions)))
        for (pupil, code, why), sessions in found.items()
        if pupil in names
    ]
    rows.sort(key=lambda one: (not one.why, one.code in {"/", "\\"}, one.pupil.sort_name, one.code))
    return rows[:most], max(0, len(rows) - most)


def plan_of(row: Closure) -> Plan:
    """Give what a closure says as a plan."""
    return Plan(
        code=row.code,
        name=row.name,
        from_on=row.from_on,
        to_on=row.to_on,
        half=row.half,
        year_groups=tuple(row.year_groups),
        tutor_groups=tuple(row.tutor_groups),
        nobody_came=row.nobody_came,
    )


def sessions_shut(school_id: int, from_on: date, to_on: date) -> list[Session]:
    """Give the sessions that the school does not hold because a closure with a code shuts it: one query."""
    found = set()
    rows = NonSchoolDay.objects.filter(school=school_id, closure__isnull=False, on__range=(from_on, to_on))
    for on, half in rows.values_list("on", "half"):
        halves: tuple[Half, ...] = (cast("Half", half),) if half else ("AM", "PM")
        found |= {Session(on, one) for one in halves}
    return sorted(found)


def said_under(row: Closure, today: date) -> tuple[int, list[tuple[str, int, int]]]:
    """Give how many sessions of a closure have come, and what the register says in them: code, marks, pupils.

    An empty code is no mark at all. Four queries.
    """
    plan = plan_of(row)
    held = {one for one in calendar_of(row.school_id).sessions(row.from_on, min(row.to_on, today)) if plan.holds(one)}
    held |= {one for one in sessions_shut(row.school_id, row.from_on, min(row.to_on, today)) if plan.holds(one)}
    fates = _by_code((one, "") for one in due_in(row.school_id, sorted(held), plan))
    return len(held), [(one.code, one.marks, one.pupils) for one in fates]


def closures_of(school: School, *, show: str, on: date) -> QuerySet[Closure]:
    """Give the closures of a school in one state, the latest first."""
    when = {
        "standing": Q(is_standing=True, from_on__lte=on, to_on__gte=on),
        "coming": Q(is_standing=True, from_on__gt=on),
        "over": Q(is_standing=True, to_on__lt=on),
        "back": Q(is_standing=False),
    }.get(show, Q())
    rows = Closure.objects.filter(when, school=school).select_related("made_by", "taken_back_by")
    return rows.order_by("-from_on", "-pk")


def counts(school: School, on: date) -> dict[str, int]:
    """Give how many closures are in each state: one query."""
    many = dict.fromkeys((*SHOWS, "all"), 0)
    for from_on, to_on, stands in Closure.objects.filter(school=school).values_list("from_on", "to_on", "is_standing"):
        many["all"] += 1
        many["back"] += not stands
        many["coming"] += stands and from_on > on
        many["over"] += stands and to_on < on
        many["standing"] += stands and from_on <= on <= to_on
    return many


def for_whom(row: Closure, groups: dict[int, str]) -> str:
    """Say for whom a closure holds: "Whole school", or its years and forms."""
    years = ", ".join(f"Year {year}" for year in row.year_groups)
    forms = ", ".join(groups.get(pk, "a form") for pk in row.tutor_groups)
    return "; ".join(part for part in (years, forms) if part) or "Whole school"


def group_names(school: School) -> dict[int, str]:
    """Give the names of a school's forms by key: one query."""
    return dict(TutorGroup.objects.filter(school=school).order_by("year_group", "name").values_list("pk", "name"))


@dataclass(frozen=True, slots=True)
class Past:
    """What a closure said before a change: its last day then, and who changed it, when and why."""

    to_on: date
    at: datetime | None
    by: str
    reason: str


def history_of(row: Closure) -> list[Past]:
    """Give the states a closure was in before, the latest first: one query."""
    events = row.events.filter(pgh_label="update").select_related("pgh_context").order_by("-pgh_id")  # type: ignore[attr-defined]
    found = []
    for event in events:
        hand = event.pgh_context.metadata if event.pgh_context else {}
        at = datetime.fromisoformat(hand["at"]) if "at" in hand else None
        if event.coding is not None or hand.get("reason", "") != f"Closure: {row.name}":
            found.append(Past(event.to_on, at, hand.get("by", ""), hand.get("reason", "")))
    return found
