"""What is done on the first day: families are opened, their alerts prepared, stopped, and answers agreed to."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time

from attendance_office.audit import trail
from attendance_office.jobs.actions import ensure_schedules, set_schedule
from attendance_office.jobs.models import Job
from attendance_office.refusals import Refused
from attendance_office.staff.models import School, User
from attendance_office.staff.roles import Can, Role
from interventions.models import FirstDay, FirstDayPupil
from interventions.queries.first_day import unexplained_marks
from letters.actions.home_alerts import keep_alert_rule, stop_alerts, tell_safeguarding, write_alerts
from letters.queries.alerts import Family, families_of, plan, quiet_words, ring_of, rule_of
from letters.queries.asks import half_words, holders
from letters.queries.words import link
from registers.actions.absences import Logged, Report, log_absence
from registers.models import Contact, LineMessage, Pupil
from registers.queries.calendar import calendar_of
from registers.rules.sessions import Session
from registers.rules.untils import NotUnderstood, read_until


@dataclass(frozen=True)
class Prepared:
    """What became of a press on Prepare: alerts that are new, and families that go to the call sheet."""

    alerts: int
    to_ring: int
    due_at: datetime | None


def open_families(
    *, school: School, session: Session, pupil_ids: Collection[int] | None, by: User | None, at: datetime
) -> list[tuple[FirstDay, Family]]:
    """Open the families of absent pupils, or of all; a pupil who comes later joins the family that is there.

    However many do it at once, a pupil is of one family in a session.
    """
    rule = rule_of(school)
    with trail.signed(by=by, at=at, school_id=school.pk):
        School.objects.select_for_update(no_key=True).get(pk=school.pk)
        marks = {mark.pupil_id: mark for mark in unexplained_marks(school, session)}
        there = {
            row.pupil_id: row.first_day
            for row in FirstDayPupil.objects.filter(
                school=school, on=session.on, half=session.half
            ).select_related("first_day__alert", "first_day__item")
        }  # fmt: skip
        found: list[tuple[FirstDay, Family]] = []
        new: list[FirstDay] = []
        for family in families_of(school, [mark.pupil for mark in marks.values()], session, rule):
            if pupil_ids is not None and not family.ids & set(pupil_ids):
                continue
            day = next((there[pk] for pk in sorted(family.ids) if pk in there), None)
            if day is None:
                day = FirstDay(school=school, on=session.on, half=session.half, opened_at=at, opened_by=by)
                new.append(day)
            found.append((day, family))
        FirstDay.objects.bulk_create(new)
        FirstDayPupil.objects.bulk_create(
            FirstDayPupil(
                school=school, first_day=day, pupil_id=pk, on=session.on, half=session.half,
                since_at=marks[pk].recorded_at, joined_at=at,
            )
            for day, family in found for pk in sorted(family.ids) if pk not in there
        )  # fmt: skip
        if new:
            trail.record(
                verb="opened first-day contact", by=by, at=at, school_id=school.pk, subject_kind="session",
                subject_id=f"{session.on.isoformat()} {session.half}", words=f"Families to contact: {len(new)} more.",
                after={"families": [day.pk for day, _ in found]},
            )  # fmt: skip
    return found


def prepare_alerts(*, school: School, session: Session, pupil_ids: Collection[int], by: User, at: datetime) -> Prepared:
    """Leave an alert for each family of these absent pupils that gets one; the others go to the call sheet, with why.

    A family that has had its alert in this session has no second: prepared twice it is one.

    Raises Refused in the quiet hours, and where nobody chosen is without a reason any more.
    """
    rule = rule_of(school)
    if quiet := quiet_words(rule, at):
        raise Refused(quiet)
    with trail.signed(by=by, at=at, school_id=school.pk):
        opened = open_families(school=school, session=session, pupil_ids=pupil_ids, by=by, at=at)
        if not opened:
            raise Refused("Nobody chosen is absent without a reason any more.")
        ring = ring_of(school)
        new = [
            (day, plan(family, rule, session, school=school, ring=ring)) for day, family in opened if not day.alert_id
        ]
        plans = {day.pk: planned for day, planned in new}
        written = write_alerts(school=school, session=session, plans=plans, rule=rule, by=by, at=at)
        for day, planned in new:
            day.alert = written.get(day.pk)
            day.why_no_alert = planned.why_not.words[:300] if planned.why_not else ""
            day.why_private = planned.why_not.private_words[:300] if planned.why_not else ""
        FirstDay.objects.bulk_update([day for day, _ in new], ["alert", "why_no_alert", "why_private"])
        _tell_of_flagged(school, session, [(day, plans[day.pk].family) for day, _ in new], by, at)
        due_at = next((message.due_at for message in written.values()), None)
        return Prepared(len(written), len(new) - len(written), due_at)


def safeguarding_people(school: School) -> list[User]:
    """Give whom safeguarding is told: the DSL and deputies, else the attendance leads, else the officers."""
    return holders(school, Role.DSL) or holders(school, Role.LEAD) or holders(school, Role.OFFICER)


def _tell_of_flagged(
    school: School, session: Session, opened: Sequence[tuple[FirstDay, Family]], by: User, at: datetime
) -> None:
    """Tell the DSL and deputies of homes that are never alerted: a person rings, and they may know why not to."""
    flagged = [(day, family) for day, family in opened if family.flagged]
    people = safeguarding_people(school) if flagged else []
    for day, family in flagged:
        tell_safeguarding(
            school=school, session=session, key=f"flagged:{day.pk}", pupils=family.pupils, people=people,
            subject=f"Absent this {half_words(session)} without a reason: a home that is not alerted",
            body=f"{family.names}: marked absent, no reason known. No alert goes; the office rings.\n\n"
            f"{link('interventions:call_sheet')}\n\nAttendance office, {school.name}",
            why="absent, and the home is never alerted", by=by, at=at,
        )  # fmt: skip


def stop(*, school: School, days: Sequence[FirstDay], why: str, by: User, at: datetime) -> tuple[int, int]:
    """Stop the alerts of families in their countdown; give how many were stopped and how many were too late.

    Raises Refused where none of them has an alert.
    """
    messages = {day.alert_id for day in days if day.alert_id}
    return stop_alerts(school=school, messages=messages, why=why, by=by, at=at)


def agree(
    *,
    day: FirstDay,
    message: LineMessage,
    contact: Contact | None,
    pupils: Sequence[Pupil],
    code: str,
    until: str,
    by: User,
    at: datetime,
) -> list[Logged]:
    """Settle the absence of pupils by what a parent answered: the code the officer chose, the parent's words as note.

    Raises Refused without a pupil or code, without the right to log absences, and as `log_absence` does.
    """
    report = Report(
        channel=message.channel, heard_at=message.received_at, contact=contact, words=message.body[:1000],
        message=message, caller="" if contact else message.sender[:150],
    )  # fmt: skip
    return log_for(
        day=day, pupils=pupils, code=code, until=until, reason=message.body[:400] or message.subject,
        report=report, by=by, at=at,
    )  # fmt: skip


def log_for(
    *,
    day: FirstDay,
    pupils: Sequence[Pupil],
    code: str,
    until: str,
    reason: str,
    report: Report,
    by: User,
    at: datetime,
) -> list[Logged]:
    """Log what was said of a family's pupils, from the session they were missed in."""
    if not by.standing.may(Can.LOG_ABSENCE, day.school_id):
        raise Refused("Your role does not log absences: leave the code empty and write what was said.")
    own = set(day.pupils.values_list("pupil_id", flat=True))
    if not pupils or any(one.pk not in own for one in pupils):
        raise Refused("Tick whose absence it is.")
    if not code.strip():
        raise Refused("Choose the code of the reason.")
    try:
        span = read_until(until, on=day.on, calendar=calendar_of(day.school_id))
    except NotUnderstood as wrong:
        raise Refused(str(wrong)) from wrong
    if day.half == "PM" and span.from_on == day.on:
        span = replace(span, from_half="PM")
    return log_absence(
        school=day.school, pupils=list(pupils), span=span, told=code.strip().upper(), report=report, reason=reason,
        by=by, at=at,
    )  # fmt: skip


def keep_settings(
    *,
    school: School,
    is_on: bool,
    countdown_minutes: int,
    quiet_from: time,
    quiet_to: time,
    no_contact_at: time,
    flags: Collection[str],
    by: User,
    at: datetime,
) -> None:
    """Change the school's rule on alerts, and the hour by which somebody must have been reached: the job's own time.

    Raises Refused as the two do.
    """
    with trail.signed(by=by, at=at, school_id=school.pk):
        keep_alert_rule(
            school=school, is_on=is_on, countdown_minutes=countdown_minutes, quiet_from=quiet_from, quiet_to=quiet_to,
            flags=flags, by=by, at=at,
        )  # fmt: skip
        schedule = next(row for row in ensure_schedules(school=school, by=by, at=at) if row.job == Job.NO_CONTACT)
        set_schedule(
            schedule=schedule, starts_at=no_contact_at, weekdays=schedule.weekdays, is_on=schedule.is_on,
            window_minutes=schedule.window_minutes, by=by, at=at,
        )  # fmt: skip
