"""Everything that is done to the school's calendar: terms, closures, and when registers open and close."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Final

from django.db import IntegrityError, transaction

from attendance_office import clock
from attendance_office.audit import trail
from attendance_office.refusals import Refused
from attendance_office.staff.models import School, User
from registers.models import Closure, Half, NonSchoolDay, SessionTimes, Term
from registers.queries import school_year
from registers.queries.calendar import calendar_of, session_times
from registers.rules.codes import Half as HalfName
from registers.rules.dates import spoken_date
from registers.rules.sessions import HALVES, Calendar, Session
from registers.rules.sessions import Term as Run

LONGEST_CLOSURE: Final = timedelta(days=92)
_NOON: Final = time(12)


def save_term(
    *,
    school: School,
    term: Term | None = None,
    year: str,
    name: str,
    starts_on: date,
    ends_on: date,
    by: User | None,
    at: datetime,
) -> Term:
    """Add a term, or change one's name and dates.

    :raises Refused: when it ends before it starts, leaves its school year, overlaps another term, carries another
        term's name, or would leave marks outside every term.
    """
    if ends_on < starts_on:
        raise Refused(f"The term ends on {spoken_date(ends_on)}, before it starts on {spoken_date(starts_on)}.")
    first, last = _bounds(year)
    if starts_on < first or ends_on > last:
        raise Refused(f"The school year {year} runs from {spoken_date(first)} to {spoken_date(last)}.")
    with trail.signed(by=by, at=at, school_id=school.pk):
        lock_calendar(school)
        others = Term.objects.filter(school=school)
        if term is not None:
            term = others.get(pk=term.pk)
            others = others.exclude(pk=term.pk)
        clash = others.filter(starts_on__lte=ends_on, ends_on__gte=starts_on).first()
        if clash is not None:
            raise Refused(
                f"{clash} runs from {spoken_date(clash.starts_on)} to {spoken_date(clash.ends_on)}"
                " and overlaps these dates."
            )
        before = _term_values(term) if term else None
        row = term or Term(school=school)
        was = calendar_of(school.pk)
        row.school_year, row.name, row.starts_on, row.ends_on = year, name, starts_on, ends_on
        after = _term_values(row)
        if before == after:
            return row
        if before is not None:
            runs = tuple(Run(one.name, one.starts_on, one.ends_on) for one in [*others, row])
            _refuse_marks_lost(school, was, Calendar(runs, was.closed, was.closed_sessions))
        try:
            with transaction.atomic():
                row.save()
        except IntegrityError as again:
            raise Refused(f"{year} already has a term called {name}. Change that one instead.") from again
        trail.record(
            verb="change_term" if before else "add_term",
            by=by,
            at=at,
            school_id=school.pk,
            subject_kind="calendar",
            subject_id=row.pk,
            words=f"{'Changed' if before else 'Added'} {row}: {spoken_date(starts_on)} to {spoken_date(ends_on)}",
            before=before,
            after=after,
        )
    return row


def add_closure(
    *,
    school: School,
    from_on: date,
    to_on: date,
    half: HalfName | None = None,
    kind: NonSchoolDay.Kind,
    name: str = "",
    by: User | None,
    at: datetime,
) -> list[NonSchoolDay]:
    """Shut the school on the school days from one day to another, whole or for one session of each; give the days.

    It writes no code: that is `closures.plan_closure`, which shuts its days through `close_sessions` as well. Days
    already closed stay as they are. Marks are not touched: a day on which pupils were marked present or absent was
    held, and is not closed afterwards.

    :raises Refused: when no session is left to close, the span is too long, or marks say that a session was held.
    """
    if to_on < from_on:
        raise Refused(f"The last day, {spoken_date(to_on)}, comes before the first, {spoken_date(from_on)}.")
    if to_on - from_on > LONGEST_CLOSURE:
        raise Refused("That is more than three months. Change the terms instead.")
    with trail.signed(by=by, at=at, school_id=school.pk):
        lock_calendar(school)
        wanted = [one for one in calendar_of(school.pk).sessions(from_on, to_on) if half in (None, one.half)]
        if not wanted:
            raise Refused(
                "The school does not meet then: the days are closed already, at a weekend or outside the terms."
            )
        if held := school_year.marks_held(school.pk, wanted):
            raise Refused(
                f"{_marks(held)} already taken in those sessions, so the school was open."
                " If the marks are wrong, plan a closure that writes # or Y4 in their place."
            )
        rows = close_sessions(school, wanted, half, kind=kind, name=name)
        trail.record(
            verb="add_closure",
            by=by,
            at=at,
            school_id=school.pk,
            subject_kind="calendar",
            subject_id=rows[0].pk,
            words=f"Closed {_span(rows)}: {name or kind.label}",
            after={"kind": kind.value, "name": name, "days": [_day_value(row) for row in rows]},
        )
    return rows


def close_sessions(
    school: School,
    wanted: list[Session],
    half: HalfName | None,
    *,
    kind: NonSchoolDay.Kind,
    name: str,
    closure: Closure | None = None,
) -> list[NonSchoolDay]:
    """Put sessions that the school holds into the calendar as closed, for an action within its transaction."""
    return NonSchoolDay.objects.bulk_create(
        NonSchoolDay(school=school, on=on, half=closed, kind=kind, name=name, closure=closure)
        for on, closed in _as_rows(school, wanted, half)
    )


def remove_closure(
    *, school: School, closure: NonSchoolDay, only_this_day: bool = False, by: User | None, at: datetime
) -> list[NonSchoolDay]:
    """Take a closure back, the whole run of days or one of them; give what was taken back.

    The sessions are held again, and their registers are owed.

    :raises Refused: when it has been taken back meanwhile, or writes a code (`closures.take_back_closure`).
    """
    with trail.signed(by=by, at=at, school_id=school.pk):
        lock_calendar(school)
        row = NonSchoolDay.objects.filter(school=school, pk=closure.pk).first()
        if row is None:
            raise Refused("This closure has been taken back already.")
        if row.closure_id is not None:
            raise Refused("It wrote a code into the register: take it back on the closure's own page, with the reason.")
        gone = [row] if only_this_day else list(school_year.run_with(row).days)
        NonSchoolDay.objects.filter(school=school, pk__in=[one.pk for one in gone]).delete()
        trail.record(
            verb="remove_closure",
            by=by,
            at=at,
            school_id=school.pk,
            subject_kind="calendar",
            subject_id=row.pk,
            words=f"Opened {_span(gone)} again: {row.name or row.get_kind_display()} taken back",
            before={"kind": row.kind, "name": row.name, "days": [_day_value(one) for one in gone]},
        )
    return gone


def set_times(
    *, school: School, half: HalfName, from_on: date, opens_at: time, closes_at: time, by: User | None, at: datetime
) -> SessionTimes:
    """Set when a session's register opens and closes from a day on; earlier days keep their times.

    :raises Refused: when it closes before it opens, the two sessions would overlap, or the day has passed and times
        were in force on it: what was late then stays late.
    """
    if closes_at <= opens_at:
        raise Refused(f"The register would close at {closes_at:%H:%M}, before it opens at {opens_at:%H:%M}.")
    if half == "AM" and opens_at >= _NOON:
        raise Refused("A morning register opens before noon.")
    with trail.signed(by=by, at=at, school_id=school.pk):
        lock_calendar(school)
        in_force = session_times(school.pk, from_on)
        today = clock.local(at).date()
        if from_on < today and half in in_force:
            raise Refused(f"Times of past days stay as they were. The earliest day is today, {spoken_date(today)}.")
        _refuse_overlap(half, opens_at, closes_at, in_force)
        row = SessionTimes.objects.filter(school=school, half=half, from_on=from_on).first()
        before = _times_value(row) if row else None
        row = row or SessionTimes(school=school, half=half, from_on=from_on)
        row.opens_at, row.closes_at = opens_at, closes_at
        row.save()
        trail.record(
            verb="set_times",
            by=by,
            at=at,
            school_id=school.pk,
            subject_kind="calendar",
            subject_id=row.pk,
            words=f"{Half(half).label} registers open {opens_at:%H:%M} and close {closes_at:%H:%M}"
            f" from {spoken_date(from_on)}",
            before=before,
            after=_times_value(row),
        )
    return row


def lock_calendar(school: School) -> None:
    """Let one change of a school's calendar wait for another, without holding up registers that name the school."""
    School.objects.select_for_update(no_key=True).get(pk=school.pk)


def _bounds(year: str) -> tuple[date, date]:
    try:
        return school_year.bounds(year)
    except ValueError as strange:
        raise Refused(str(strange)) from strange


def _refuse_marks_lost(school: School, was: Calendar, will_be: Calendar) -> None:
    """Refuse a change of terms that would leave marks on days outside every term.

    :raises Refused: naming how many.
    """
    if not was.terms:
        return
    first, last = min(term.starts_on for term in was.terms), max(term.ends_on for term in was.terms)
    lost = [session for session in was.sessions(first, last) if not will_be.has_session(session)]
    if lost and (held := school_year.marks_held(school.pk, lost)):
        raise Refused(f"{_marks(held)} taken on days that these dates would put outside the term.")


def _refuse_overlap(half: HalfName, opens_at: time, closes_at: time, in_force: dict[str, SessionTimes]) -> None:
    """Refuse a morning that closes after the afternoon opens.

    :raises Refused: naming the other session's time.
    """
    afternoon = in_force.get("PM")
    morning = in_force.get("AM")
    if half == "AM" and afternoon is not None and closes_at > afternoon.opens_at:
        raise Refused(f"The afternoon register opens at {afternoon.opens_at:%H:%M}: the morning's closes before.")
    if half == "PM" and morning is not None and opens_at < morning.closes_at:
        raise Refused(f"The morning register closes at {morning.closes_at:%H:%M}: the afternoon's opens after.")


def _as_rows(school: School, wanted: list[Session], half: HalfName | None) -> Iterable[tuple[date, str]]:
    """Give the day and session of each row: one row a day where both sessions close and neither is closed yet."""
    partly = set(
        NonSchoolDay.objects.filter(school=school, on__in={one.on for one in wanted}).values_list("on", flat=True)
    )
    for on in sorted({one.on for one in wanted}):
        if half is None and on not in partly:
            yield on, ""
        else:
            yield from ((on, one) for one in HALVES if Session(on, one) in wanted)


def _marks(count: int) -> str:
    return "1 mark was" if count == 1 else f"{count:,} marks were"


def _span(rows: list[NonSchoolDay]) -> str:
    first, last = rows[0], rows[-1]
    days = spoken_date(first.on) if first.on == last.on else f"{spoken_date(first.on)} to {spoken_date(last.on)}"
    halves = {row.half for row in rows}
    return f"{days}, {Half(first.half).label.lower()}" if halves != {""} and len(halves) == 1 else days


def _day_value(row: NonSchoolDay) -> str:
    return f"{row.on} {row.half}".strip()


def _term_values(term: Term) -> dict[str, str]:
    return {
        "school_year": term.school_year,
        "name": term.name,
        "starts_on": term.starts_on.isoformat(),
        "ends_on": term.ends_on.isoformat(),
    }


def _times_value(row: SessionTimes) -> dict[str, str]:
    return {"opens_at": f"{row.opens_at:%H:%M}", "closes_at": f"{row.closes_at:%H:%M}"}
