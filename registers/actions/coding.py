"""Coding many sessions in one act: the one verb behind notes, worklists, agreements and closures."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db import connection

from attendance_office import clock
from attendance_office.audit import trail
from attendance_office.audit.models import Entry
from attendance_office.refusals import Conflict, Refused
from attendance_office.staff.models import School, User
from attendance_office.staff.roles import Can
from registers.models import Pupil, SessionTimes
from registers.queries.calendar import calendar_of
from registers.queries.marks import Present
from registers.rules.codes import Code, Counts, Needs
from registers.rules.sessions import Session

from .entries import check_age, check_comment, check_minutes, read_code
from .taking_back import Undone, take_back_planned, undo_coding

__all__ = ["Coded", "Undone", "Wanted", "code_sessions", "take_back_planned", "undo_coding"]

CLOSED: Final = "#"
NAMES_IN_A_REFUSAL: Final = 5
_AGED: Final = frozenset({Needs.COMPULSORY_AGE, Needs.NOT_COMPULSORY_AGE})


@dataclass(frozen=True, slots=True)
class Wanted:
    """A code that is to stand for one pupil in one session."""

    pupil_id: int
    session: Session
    code: str
    minutes_late: int | None = None
    comment: str = ""


@dataclass(frozen=True)
class Coded:
    """What became of each wish: written where there was no mark, amended with what it was, left with what stands, or
    the same already. `entry` is the line of the trail by which the act can be undone; None where nothing was done.
    """

    written: tuple[Wanted, ...] = ()
    amended: tuple[tuple[Wanted, str], ...] = ()
    left: tuple[tuple[Wanted, str], ...] = ()
    same: tuple[Wanted, ...] = ()
    entry: Entry | None = None

    @property
    def done(self) -> int:
        """Give how many marks are other than before."""
        return len(self.written) + len(self.amended)


@dataclass(frozen=True, slots=True)
class _Mark:
    pk: int
    code: str
    minutes_late: int | None
    comment: str


_Key = tuple[int, date, str]


def code_sessions(
    *,
    school: School,
    wanted: Sequence[Wanted],
    over: Collection[str] | None,
    reason: str,
    verb: str,
    words: str,
    ahead: bool = False,
    right: Can = Can.USE_OFFICE_CODES,
    by: User | None,
    at: datetime,
) -> Coded:
    """Bring marks to the codes that are wanted: all in one transaction, with one line in the trail.

    A session without a mark gets one; a mark whose code is in `over` (None: any code) is amended; every other mark
    stays and is told. Days to come are refused unless `ahead`. `right` is what a person needs for the codes that the
    office enters. `words` is the line of the trail, with the number of marks added to it.

    Raises Refused without a reason, for a code not in force on its day or not the person's to enter, for a session
    that the school does not hold (# may stand there), for a pupil not on roll then, and for a code that only the
    session itself can earn; Conflict where somebody marked the same pupil this moment.

    Source: SI 2024/208 regs 6 and 10.
    """
    why = reason.strip()
    if not why:
        raise Refused("Say why: the register must show the reason.")
    if not wanted:
        raise Refused("Nothing is selected: choose at least one session.")
    office = by is None or by.standing.may(right, school.pk)
    read = _judge(school, wanted, ahead=ahead, office=office, at=at)
    with trail.signed(by=by, at=at, school_id=school.pk, reason=why):
        _check_roll(school, read)
        held = _lock(school, read)
        new, changed, left, same = _sort(read, held, over)
        opens = _openings(school, new)
        made = _insert(school, new, opens, by, at)
        if len(made) != len(new):
            raise Conflict("Somebody marked one of these pupils this moment. Nothing was changed: look again.", [])
        _amend(changed)
        entry = None
        if new or changed:
            done = len(new) + len(changed)
            entry = trail.record(
                verb=verb,
                by=by,
                at=at,
                school_id=school.pk,
                subject_kind="marks",
                words=f"{words}: {done} {'mark' if done == 1 else 'marks'}",
                after={
                    "written": [[pk, code] for pk, code in made],
                    "amended": [[was.pk, was.code, was.minutes_late, was.comment, one.code] for one, was in changed],
                },
                reason=why,
            )
    return Coded(
        tuple(new),
        tuple((one, was.code) for one, was in changed),
        tuple((one, was.code) for one, was in left),
        tuple(same),
        entry,
    )


# ---------- judging ----------


def _judge(school: School, wanted: Sequence[Wanted], *, ahead: bool, office: bool, at: datetime) -> list[Wanted]:
    """Give what is wanted with its codes as the record writes them, in the order in which marks are locked."""
    calendar, today = calendar_of(school.pk), clock.local(at).date()
    meaning: dict[tuple[str, Session], Code] = {}
    read: dict[_Key, Wanted] = {}
    for one in wanted:
        code = meaning.get((one.code, one.session))
        if code is None:
            code = meaning[one.code, one.session] = _read(one, office=office)
            if code.symbol != CLOSED and not calendar.has_session(one.session):
                raise Refused(f"The school does not meet on {one.session.spoken()}: see the school's calendar.")
            _check_day(code, one.session, today, ahead=ahead)
        check_minutes(code.symbol, one.minutes_late)
        check_comment(one.comment)
        key = (one.pupil_id, one.session.on, one.session.half)
        if key in read:
            raise Refused(f"A pupil is there twice for {one.session.spoken()}. Load the page again.")
        read[key] = Wanted(one.pupil_id, one.session, code.symbol, one.minutes_late, one.comment)
    _check_ages(wanted, meaning)
    return [read[key] for key in sorted(read)]


def _read(one: Wanted, *, office: bool) -> Code:
    try:
        return read_code(one.code, one.session, office=office)
    except Refused as refused:
        raise Refused(f"{one.session.spoken()}: {refused}") from refused


def _check_day(code: Code, session: Session, today: date, *, ahead: bool) -> None:
    if session.on <= today:
        return
    if not ahead:
        raise Refused(f"{session.spoken()} has not come yet.")
    if code.counts is Counts.PRESENT or code.symbol in {"N", "U"}:
        raise Refused(f"{code.symbol} cannot be known before {session.spoken()}.")


def _check_ages(wanted: Sequence[Wanted], meaning: Mapping[tuple[str, Session], Code]) -> None:
    """Refuse a code that the law keeps for the other side of compulsory school age."""
    aged = [one for one in wanted if meaning[one.code, one.session].needs & _AGED]
    if not aged:
        return
    pupils = Pupil.objects.in_bulk({one.pupil_id for one in aged})
    for one in aged:
        pupil = pupils.get(one.pupil_id)
        if pupil is None:
            continue
        present = Present(pupil.pk, str(pupil), pupil.date_of_birth)
        try:
            check_age(meaning[one.code, one.session], present, one.session)
        except Refused as refused:
            raise Refused(f"{pupil}: {refused}") from refused


_OFF_ROLL: Final = """
    SELECT DISTINCT coalesce(u.legal_surname || ', ' || coalesce(nullif(u.known_as, ''), u.legal_forename),
                             'a pupil of another school')
    FROM unnest(%(pupils)s::bigint[], %(days)s::date[]) AS w (pupil_id, "on")
    LEFT JOIN registers_pupil u ON u.id = w.pupil_id AND u.school_id = %(school)s
    WHERE NOT EXISTS (
        SELECT FROM registers_enrolment e
        WHERE e.school_id = %(school)s AND e.pupil_id = w.pupil_id
          AND e.starts_on <= w."on" AND (e.ends_on IS NULL OR e.ends_on >= w."on")
    )
    ORDER BY 1
"""


def _check_roll(school: School, read: Sequence[Wanted]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_OFF_ROLL, _arrays(school, read))
        names = [name for (name,) in cursor.fetchall()]
    if names:
        who = "; ".join(names[:NAMES_IN_A_REFUSAL])
        more = f" and {len(names) - NAMES_IN_A_REFUSAL} more" if len(names) > NAMES_IN_A_REFUSAL else ""
        raise Refused(f"Not on roll on each of these days: {who}{more}. Nothing was changed.")


# ---------- reading and writing ----------

_LOCK: Final = """
    SELECT m.id, m.pupil_id, m."on", m.half, m.code, m.minutes_late, m.comment
    FROM registers_mark m
    JOIN unnest(%(pupils)s::bigint[], %(days)s::date[], %(halves)s::text[]) AS w (pupil_id, "on", half)
      ON m.pupil_id = w.pupil_id AND m."on" = w."on" AND m.half = w.half
    WHERE m.school_id = %(school)s
    ORDER BY m.pupil_id, m."on", m.half FOR UPDATE OF m
"""
_INSERT: Final = """
    INSERT INTO registers_mark (school_id, pupil_id, "on", half, code, minutes_late, comment, school_week, origin,
                                recorded_at, recorded_by_id)
    SELECT %(school)s, w.pupil_id, w."on", w.half, w.code, w.minutes_late, w.comment,
           w."on" - (extract(isodow FROM w."on")::int - 1), w.origin, %(at)s, %(by)s
    FROM unnest(%(pupils)s::bigint[], %(days)s::date[], %(halves)s::text[], %(codes)s::text[],
                %(minutes)s::smallint[], %(comments)s::text[], %(origins)s::text[])
         AS w (pupil_id, "on", half, code, minutes_late, comment, origin)
    ORDER BY w.pupil_id, w."on", w.half
    ON CONFLICT (school_id, pupil_id, "on", half) DO NOTHING
    RETURNING id, code
"""
_AMEND: Final = """
    UPDATE registers_mark m SET code = w.code, minutes_late = w.minutes_late, comment = w.comment, origin = 'office'
    FROM unnest(%(ids)s::bigint[], %(codes)s::text[], %(minutes)s::smallint[], %(comments)s::text[])
         AS w (id, code, minutes_late, comment)
    WHERE m.id = w.id
"""


def _arrays(school: School, read: Sequence[Wanted]) -> dict[str, Any]:
    return {
        "school": school.pk,
        "pupils": [one.pupil_id for one in read],
        "days": [one.session.on for one in read],
        "halves": [one.session.half for one in read],
    }


def _lock(school: School, read: Sequence[Wanted]) -> dict[_Key, _Mark]:
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, _arrays(school, read))
        return {(pupil, on, half): _Mark(pk, *said) for pk, pupil, on, half, *said in cursor.fetchall()}


def _sort(
    read: Sequence[Wanted], held: Mapping[_Key, _Mark], over: Collection[str] | None
) -> tuple[list[Wanted], list[tuple[Wanted, _Mark]], list[tuple[Wanted, _Mark]], list[Wanted]]:
    """Tell what is new, what is amended, what is left, and what says so already."""
    new: list[Wanted] = []
    changed: list[tuple[Wanted, _Mark]] = []
    left: list[tuple[Wanted, _Mark]] = []
    same: list[Wanted] = []
    for one in read:
        was = held.get((one.pupil_id, one.session.on, one.session.half))
        if was is None:
            new.append(one)
        elif was.code == one.code and one.minutes_late in {None, was.minutes_late}:
            same.append(one)
        elif over is None or was.code in over:
            changed.append((one, was))
        else:
            left.append((one, was))
    return new, changed, left, same


def _openings(school: School, new: Sequence[Wanted]) -> dict[Session, datetime | None]:
    """Give when each session's register opens, None where no times are set: one query."""
    if not new:
        return {}
    times = list(SessionTimes.objects.filter(school=school).order_by("from_on"))
    found: dict[Session, datetime | None] = {}
    for session in {one.session for one in new}:
        row = next((one for one in reversed(times) if one.half == session.half and one.from_on <= session.on), None)
        found[session] = datetime.combine(session.on, row.opens_at, tzinfo=clock.LONDON) if row else None
    return found


def _insert(
    school: School,
    new: Sequence[Wanted],
    opens: Mapping[Session, datetime | None],
    by: User | None,
    at: datetime,
) -> list[tuple[int, str]]:
    if not new:
        return []

    def origin(session: Session) -> str:
        begins = opens[session]
        is_ahead = session.on > clock.local(at).date() if begins is None else at < begins
        return "planned" if is_ahead else "office"

    asked = _arrays(school, new) | {
        "at": at,
        "by": by.pk if by else None,
        "codes": [one.code for one in new],
        "minutes": [one.minutes_late for one in new],
        "comments": [one.comment for one in new],
        "origins": [origin(one.session) for one in new],
    }
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, asked)
        return list(cursor.fetchall())


def _amend(changed: Sequence[tuple[Wanted, _Mark]]) -> None:
    if not changed:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            _AMEND,
            {
                "ids": [was.pk for _, was in changed],
                "codes": [one.code for one, _ in changed],
                "minutes": [one.minutes_late for one, _ in changed],
                "comments": [one.comment for one, _ in changed],
            },
        )
