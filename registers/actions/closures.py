"""What is done with closures: planning one that writes its code, opening again before its end, taking it back."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, Final, cast

from django.db import connection

from attendance_office import clock
from attendance_office.audit import trail
from attendance_office.audit.models import Entry
from attendance_office.refusals import Refused
from attendance_office.staff.models import School, TutorGroup, User
from registers.models import Closure, NonSchoolDay
from registers.queries import closures as answers
from registers.queries.calendar import calendar_of
from registers.rules import closures as law
from registers.rules.closures import Plan
from registers.rules.codes import Half, UnknownCode, code, code_set
from registers.rules.dates import spoken_date

from .calendar import close_sessions, lock_calendar
from .coding import Coded, Wanted, code_sessions
from .hand import by_hand
from .known import write_known_codes
from .taking_back import amend_back


def plan_closure(*, school: School, plan: Plan, by: User | None, at: datetime) -> tuple[Closure, Coded]:
    """Close the school or a part of it, and write the code; give the closure with what it coded at once.

    Sessions up to today get the code, without a mark or over one, as `rules.closures.why_it_stays` says; sessions to
    come are known from the closure and get it when their day has come. One that shuts the whole school stands in the
    calendar too: no register is owed.

    Raises Refused for what the law does not allow, a code not in force, days on which the school does not meet, a
    form of another school, the same closure again, and where the school would be shut in a session pupils came to.

    Source: SI 2024/208 reg 10 (# and Y1 to Y7).
    """
    reason = f"Closure: {plan.name.strip()}"
    with by_hand(school.pk, reason, by=by, at=at):
        lock_calendar(school)
        look = judged(school, plan, clock.local(at).date())
        row = Closure.objects.create(
            school=school,
            code=plan.code,
            name=plan.name.strip(),
            from_on=plan.from_on,
            to_on=plan.to_on,
            half=plan.half,
            year_groups=sorted(plan.year_groups),
            tutor_groups=sorted(plan.tutor_groups),
            nobody_came=plan.nobody_came,
            made_at=at,
            made_by=by,
        )
        coded = _code(row, look, by, at)
        if coded.entry is not None:
            row.coding = coded.entry.pk
            row.save(update_fields=["coding"])
        if plan.in_calendar:
            close_sessions(
                school,
                [*look.past, *look.ahead],
                cast("Half", plan.half) if plan.half else None,
                kind=NonSchoolDay.Kind.CLOSURE,
                name=row.name[:100],
                closure=row,
            )
        if look.known_otherwise:
            write_known_codes(school=school, sessions=look.past, by=by, at=at)
        trail.record(
            verb="planned a closure",
            by=by,
            at=at,
            school_id=school.pk,
            subject_kind="closure",
            subject_id=row.pk,
            words=f"{row}: {_span(row)}, {answers.for_whom(row, answers.group_names(school)).lower()}",
            after=_values(row) | {"coded": coded.done, "stayed": len(look.stay)},
        )
    return row, coded


def judged(school: School, plan: Plan, today: date) -> answers.Look:
    """Give what a closure would do, without doing it.

    Raises Refused where it may not stand, as `plan_closure` does.

    Source: as `plan_closure`.
    """
    _judge(school, plan)
    look = answers.look_at(school, plan, today)
    _judge_sessions(look)
    return look


def take_back_closure(
    *, closure: Closure, from_on: date | None = None, reason: str, by: User | None, at: datetime
) -> tuple[int, int]:
    """Take a closure back, or open again from a day on; give how many marks were taken back and how many restored.

    A mark that the closure wrote goes, one that it overwrote says again what it said; marks amended since stay as they
    are. The school meets again in those sessions, and what else is known of them is written.

    Raises Refused without a reason, for a day outside the closure, and where it was taken back already.

    Source: SI 2024/208 reg 6 (an amendment keeps what was there, who, when and why).
    """
    why = reason.strip()
    if not why:
        raise Refused("Say why it is taken back: the record keeps the reason.")
    with by_hand(closure.school_id, why, by=by, at=at):
        lock_calendar(closure.school)
        row = Closure.objects.select_for_update(of=("self",)).select_related("school").get(pk=closure.pk)
        if not row.is_standing:
            raise Refused("It was taken back already.")
        first = from_on or row.from_on
        if not row.from_on <= first <= row.to_on:
            raise Refused(f"Choose a day from {spoken_date(row.from_on)} to {spoken_date(row.to_on)}.")
        before, last = _values(row), row.to_on
        NonSchoolDay.objects.filter(school=row.school, closure=row, on__gte=first).delete()
        gone = _take_marks(row, first)
        restored = _restore(row, first)
        if first == row.from_on:
            row.is_standing, row.taken_back_at, row.taken_back_by, row.why_taken_back = False, at, by, why[:400]
        else:
            row.to_on = first - timedelta(days=1)
        row.save()
        today = clock.local(at).date()
        open_again = calendar_of(row.school_id).sessions(first, min(last, today))
        write_known_codes(school=row.school, sessions=open_again, by=by, at=at)
        trail.record(
            verb="took back a closure" if not row.is_standing else "ended a closure early",
            by=by,
            at=at,
            school_id=row.school_id,
            subject_kind="closure",
            subject_id=row.pk,
            words=f"{row}: open again from {spoken_date(first)}; {gone} marks taken back, {restored} restored",
            before=before,
            after=_values(row) | {"taken_back": gone, "restored": restored},
            reason=why,
        )
    return gone, restored


def _judge(school: School, plan: Plan) -> None:
    wrong = law.refusals(plan)
    if plan.tutor_groups:
        known = TutorGroup.objects.filter(school=school, pk__in=plan.tutor_groups).count()
        if known != len(set(plan.tutor_groups)):
            wrong.append("One of the forms is not of this school.")
    if plan.year_groups:
        years = set(TutorGroup.objects.filter(school=school).values_list("year_group", flat=True))
        wrong += [f"The school has no year {year}." for year in plan.year_groups if year not in years]
    again = Closure.objects.filter(
        school=school,
        code=plan.code,
        is_standing=True,
        from_on__lte=plan.to_on,
        to_on__gte=plan.from_on,
        half__in=["", plan.half] if plan.half else ["", "AM", "PM"],
        year_groups=sorted(plan.year_groups),
        tutor_groups=sorted(plan.tutor_groups),
    ).first()
    if again is not None:
        wrong.append(f"{again} stands for the same pupils already: {_span(again)}.")
    if wrong:
        raise Refused(" ".join(wrong))


def _judge_sessions(look: answers.Look) -> None:
    plan, sessions = look.plan, (*look.past, *look.ahead)
    if not sessions:
        raise Refused("The school does not meet then: the days are closed already, at a weekend or outside the terms.")
    for on in (sessions[0].on, sessions[-1].on):
        try:
            code(plan.code, on)
        except UnknownCode as unknown:
            raise Refused(f"{spoken_date(on)}: {unknown}") from unknown
    if plan.in_calendar and look.came:
        many = "1 mark says" if look.came == 1 else f"{look.came:,} marks say"
        raise Refused(
            f"{many} that a pupil came in those sessions, so the school was open."
            " Close the half in which nobody came, or say that the marks are wrong: nobody came."
        )


def _code(row: Closure, look: answers.Look, by: User | None, at: datetime) -> Coded:
    """Bring the sessions up to today to the closure's code."""
    if not look.wanted:
        return Coded()
    days = {one.session.on for one in look.over}
    over = {
        symbol
        for on in days
        for symbol in code_set(on)
        if not law.why_it_stays(symbol, under=row.code, on=on, nobody_came=row.nobody_came)
    }
    return code_sessions(
        school=row.school,
        wanted=[Wanted(one.pupil_id, one.session, row.code, comment=row.name) for one in look.wanted],
        over=over,
        reason=f"Closure: {row.name}",
        verb="coded from a closure",
        words=str(row),
        by=by,
        at=at,
    )


_TAKE: Final = """
    DELETE FROM registers_mark m
    WHERE m.school_id = %(school)s AND m."on" BETWEEN %(first)s AND %(last)s AND m.half = ANY (%(halves)s)
      AND m.code = %(code)s AND m.comment = %(name)s AND m.recorded_at >= %(made_at)s
      AND m.origin IN ('office', 'planned')
      AND NOT EXISTS (SELECT FROM registers_amendment a WHERE a.mark_id = m.id)
"""


def _take_marks(row: Closure, first: date) -> int:
    """Take back the marks that the closure wrote from a day on and that nobody amended since."""
    asked: dict[str, Any] = {
        "school": row.school_id,
        "first": first,
        "last": row.to_on,
        "halves": [row.half] if row.half else ["AM", "PM"],
        "code": row.code,
        "name": row.name,
        "made_at": row.made_at,
    }
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('office.taking_back', %s, true)", [f"closure:{row.pk}"])
        cursor.execute(_TAKE, asked)
        gone = int(cursor.rowcount)
        cursor.execute("SELECT set_config('office.taking_back', '', true)")
    return gone


def _restore(row: Closure, first: date) -> int:
    """Amend back the marks that the closure overwrote from a day on and that nobody amended since."""
    entry = Entry.objects.filter(pk=row.coding, school_id=row.school_id).first() if row.coding else None
    if entry is None or not entry.after:
        return 0
    return amend_back(row.school, entry.after["amended"], entry.at, from_on=first)


def _span(row: Closure) -> str:
    days = spoken_date(row.from_on)
    if row.to_on != row.from_on:
        days = f"{days} to {spoken_date(row.to_on)}"
    return f"{days}, {'mornings' if row.half == 'AM' else 'afternoons'} only" if row.half else days


def _values(row: Closure) -> dict[str, Any]:
    return {
        "code": row.code,
        "name": row.name,
        "from_on": row.from_on.isoformat(),
        "to_on": row.to_on.isoformat(),
        "half": row.half,
        "year_groups": row.year_groups,
        "tutor_groups": row.tutor_groups,
        "nobody_came": row.nobody_came,
        "is_standing": row.is_standing,
    }
