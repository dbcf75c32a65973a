"""The demo's Friday trawls with what became of the older ones, and this morning's first-day contact, begun."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from attendance_office import clock
from attendance_office.jobs.actions import DEFAULTS
from attendance_office.jobs.due import instant
from attendance_office.jobs.models import Job
from attendance_office.staff.models import Post, School
from attendance_office.staff.roles import Role
from interventions.actions.due import run_job
from interventions.actions.first_day import prepare_alerts
from interventions.actions.pattern_steps import record_step
from interventions.actions.trawl import put_aside, take_up
from interventions.models import CaseProposal, FirstDay, PatternStep, Trawl
from interventions.queries.first_day import begun_today, board_of, session_now
from interventions.queries.pattern_steps import home_of, to_follow
from letters.actions.deliveries import note_delivery
from letters.actions.outbox import deliver, reference_of
from letters.actions.replies import take_reply
from letters.models import Message
from registers.queries.calendar import calendar_of

FRIDAYS: Final = 4
_FRIDAY: Final = 4
FAMILIES: Final = 14
COUNTING: Final = 2
_ASKED_BEFORE: Final = timedelta(minutes=8)
_ANSWERS: Final = (
    "Sorry, {name} was sick in the night and is staying in bed today.",
    "{name} has a dentist appointment, back by 11.",
    "{name} left for school at 8 as always?",
)
_SAID: Final = (
    "Had not noticed. Will drive in on those days and ring if it gets hard.",
    "Says that mornings after a late evening at work are hard. We agreed breakfast club for a fortnight.",
    "Worried about one lesson on that day. Head of year to talk with the teacher.",
)
_ASIDE: Final = (
    "In hospital until the new year, the ward school teaches",
    "Parent met on Thursday, plan agreed with the head of year",
)


def trawl_past_fridays(*, school: School, at: datetime) -> int:
    """Run the trawls of the last four Fridays that have none, as the clock would have; give how many were run.

    On the Monday after each but the last the attendance lead put two proposals aside and took the others up.
    """
    today = clock.local(at).date()
    days = calendar_of(school.pk).days(today - timedelta(weeks=12), today)
    due = DEFAULTS[Job.ABSENCE_TRAWL]
    fridays = [on for on in days if on.weekday() == _FRIDAY and instant(on, due) <= at][-FRIDAYS:]
    run = 0
    for on in fridays:
        if Trawl.objects.filter(school=school, on=on).exists():
            continue
        run_job(school=school, job=Job.ABSENCE_TRAWL, on=on, by=None, at=instant(on, due))
        run += 1
        if on != fridays[-1]:
            _work_through(school, at=instant(on + timedelta(days=3), due) + timedelta(hours=2))
            _follow_up(school, at=instant(on + timedelta(days=3), due) + timedelta(hours=5))
    return run


def _follow_up(school: School, *, at: datetime) -> None:
    """Have heads of year ring home about the most surprising patterns of their years that nobody has followed up."""
    on = clock.local(at).date()
    heads = Post.objects.filter(school=school, role=Role.HEAD_OF_YEAR, ended_on=None).select_related("user")
    for post in heads.order_by("year_group"):
        flags = to_follow(school, post.user, on).select_related("trawl", "pupil").order_by("-one_in", "pk")
        flag = next((one for one in flags if home_of(one.pupil)), None)
        if flag is not None:
            record_step(
                flag=flag, kind=PatternStep.Kind.RANG, words=_SAID[(post.user.pk + at.day) % len(_SAID)], done_on=on,
                contact=home_of(flag.pupil)[0], look_again_on=on + timedelta(weeks=2), by=post.user, at=at,
            )  # fmt: skip


def _work_through(school: School, *, at: datetime) -> None:
    lead = Post.objects.filter(school=school, role=Role.LEAD, ended_on=None).select_related("user").first()
    rows = list(CaseProposal.objects.filter(school=school, state=CaseProposal.State.PROPOSED).order_by("gravity", "pk"))
    if lead is None:
        return
    for row, why in zip(rows, _ASIDE, strict=False):
        put_aside(school=school, proposals=[row], why=why, by=lead.user, at=at)
    if rest := rows[len(_ASIDE) :]:
        take_up(school=school, proposals=rest, by=lead.user, at=at + timedelta(minutes=20))


def begin_first_day(*, school: School, at: datetime) -> int:
    """Begin this morning's first-day contact, once: fourteen families alerted, three answers waiting, one number dead.

    Two alerts still count down. Families whose homes are never alerted are on the call sheet. Gives how many alerts.
    """
    session = session_now(begun_today(school, at))
    officer = Post.objects.filter(school=school, role=Role.OFFICER, ended_on=None).select_related("user").first()
    if session is None or officer is None or FirstDay.objects.filter(school=school, on=session.on).exists():
        return 0
    board = board_of(school, officer.user, session, at)
    silent = [line for line in board.alertable if not line.replies]
    lines = sorted(silent[:FAMILIES], key=lambda line: line.planned.told.channel != Message.Channel.SMS)
    first, last = lines[: len(lines) - COUNTING], lines[len(lines) - COUNTING :]
    never = [line for line in board.not_alertable if line.family.flagged]
    groups = ((first + never, at - _ASKED_BEFORE), (last, at))
    for group, asked_at in groups:
        keys = [pupil.pk for line in group for pupil in line.away]
        if keys:
            prepare_alerts(school=school, session=session, pupil_ids=keys, by=officer.user, at=asked_at)
    gone = list(Message.objects.filter(school=school, kind=Message.Kind.ALERT, on=session.on, due_at__lte=at))
    for message in gone:
        deliver(message_id=message.pk, at=at)
    texts = [message for message in gone if message.channel == Message.Channel.SMS]
    for place, message in enumerate(texts):
        status = "permanent-failure" if place == len(_ANSWERS) else "delivered"
        note_delivery(number="", reference=reference_of(message), status=status, at=at)
    for said, message in zip(_ANSWERS, texts, strict=False):
        pupil = message.about.select_related("pupil").order_by("pk")[0].pupil
        take_reply(
            number=message.address, text=said.format(name=pupil.forename), reference=f"demo {message.pk}",
            received_at=at, at=at,
        )  # fmt: skip
    return len(lines)
