"""The sweep: what is still owed is asked for, and who must know of a vulnerable pupil is told."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import transaction

from attendance_office.jobs import actions as jobs
from attendance_office.jobs.models import Run, Schedule
from attendance_office.refusals import Refused
from attendance_office.staff.models import School, User
from interventions.queries.sweep import Plan, plan_sweep, run_of, session_of, why_not_held
from letters.actions.alerts import alert_staff
from letters.actions.chases import answer_chases, chase_registers
from registers.queries.calendar import calendar_of


def preview_sweep(*, school: School, job: str, on: date, at: datetime) -> Plan:
    """Give all that the sweep would see and do now, with reasons: the same reading as the run's, nothing written."""
    return plan_sweep(school=school, job=job, on=on, at=at)


def run_sweep(*, school: School, job: str, on: date, by: User | None, at: datetime) -> Run:
    """Run one of the sweeps for a school and a day, and give its record.

    There is one run for each school, job and date: asked again, it gives the run on record and does nothing;
    `started_at` is `at` only where this call ran it. The work and its record are one transaction.

    Raises Refused on a day without school and before the register opens.
    """
    schedule = Schedule.objects.filter(school=school, job=job).first()
    calendar, session = calendar_of(school.pk), session_of(job, on)
    not_held = why_not_held(school, calendar, session, at)
    if not_held and (calendar.has_session(session) or not calendar.is_school_day(on)):
        raise Refused(not_held)
    run = jobs.claim(
        school_id=school.pk,
        job=job,
        due_on=on,
        due_at=jobs.due_instant(schedule=schedule, job=job, on=on),
        by=by,
        at=at,
    )
    if run is None:
        there = run_of(school, job, on)
        if there is None:
            raise Refused("Another worker is just beginning this run. Look again in a moment.")
        return there
    try:
        with transaction.atomic():
            plan = plan_sweep(school=school, job=job, on=on, at=at)
            did = _act(plan, by=by, at=at)
            return jobs.finish(run=run, saw=plan.saw, did=did, words=_words(plan, did), by=by, at=at)
    except jobs.RunLost:
        return run_of(school, job, on) or run
    except Exception as error:
        jobs.fail(run=run, error=f"{type(error).__name__}: the run broke off and wrote nothing.", at=at)
        raise


def _act(plan: Plan, *, by: User | None, at: datetime) -> dict[str, Any]:
    """Do what the plan says; give what was done, in numbers."""
    if plan.not_held:
        return {"told": 0, "messages": 0, "walk_round": 0, "alerts": 0, "answered": 0}
    shared: dict[str, Any] = {"school": plan.school, "by": by, "at": at}
    answered = answer_chases(lines=plan.lines, **shared)
    chased = chase_registers(session=plan.session, lines=plan.owed, step=plan.step, **shared)
    alerts = alert_staff(session=plan.session, concerns=plan.concerns, told=plan.told, **shared)
    return {
        "told": chased.people,
        "messages": len(chased.messages),
        "walk_round": len(chased.to_walk),
        "alerts": len(alerts),
        "alerted": len({message.recipient_id for message in alerts}),
        "answered": answered,
    }


def _words(plan: Plan, did: dict[str, Any]) -> str:
    if plan.not_held:
        return plan.not_held
    parts = [plan.seen_words()]
    if did["told"]:
        parts.append(f"Told {_people(did['told'])}.")
    if did["walk_round"]:
        noun = "register" if did["walk_round"] == 1 else "registers"
        parts.append(f"{did['walk_round']} {noun} on the walk-round list.")
    if did["alerts"]:
        parts.append(f"Told {_people(did['alerted'])} of the vulnerable pupils.")
    if not plan.owed and not plan.concerns:
        parts.append("Nothing to chase.")
    return " ".join(parts)


def _people(number: int) -> str:
    return f"{number} {'person' if number == 1 else 'people'}"
