"""Nobody reached: raised to safeguarding with its clock, told at once, and open until a person closes it with words.

No mark, message or call closes an item, and nothing here says of a child that it is safe: it keeps who said so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from attendance_office import clock
from attendance_office.audit import trail
from attendance_office.refusals import Refused
from attendance_office.staff.models import School, User
from attendance_office.staff.roles import Can
from interventions.models import Attempt, FirstDay, SafeguardingItem, SafeguardingStep
from letters.actions.home_alerts import tell_safeguarding
from letters.queries.alerts import listed
from letters.queries.asks import half_words
from letters.queries.words import link
from registers.models import Pupil
from registers.queries.calendar import calendar_of
from registers.queries.registers import registers_of
from registers.rules.sessions import Session

from .first_day import open_families, safeguarding_people

Kind = SafeguardingStep.Kind
Work = tuple[dict[str, Any], dict[str, Any], str]


def raise_item(*, day: FirstDay, why: str, by: User | None, at: datetime) -> SafeguardingItem:
    """Raise a family to safeguarding, once, and tell the DSL and deputies at once; give the item that stands.

    Its clock runs from when the first of the pupils was marked. Raises Refused without words.
    """
    said = why.strip()[:400]
    if not said:
        raise Refused("Say why it goes to safeguarding.")
    with trail.signed(by=by, at=at, school_id=day.school_id):
        FirstDay.objects.select_for_update(no_key=True).get(pk=day.pk)
        rows = list(day.pupils.select_related("pupil__tutor_group").order_by("pupil__sort_name"))
        item, is_new = SafeguardingItem.objects.get_or_create(
            first_day=day,
            defaults={
                "school_id": day.school_id,
                "since_at": min(row.since_at for row in rows),
                "raised_at": at,
                "raised_by": by,
                "why": said,
            },
        )
        if not is_new:
            return item
        pupils = [row.pupil for row in rows]
        session = Session(day.on, day.half)  # type: ignore[arg-type]
        people = safeguarding_people(day.school)
        tell_safeguarding(
            school=day.school, session=session, key=f"safeguarding:{day.pk}", pupils=pupils, people=people,
            subject=f"Nobody reached: absent this {half_words(session)} since {clock.local(item.since_at):%H:%M}",
            body="\n\n".join(
                [
                    f"{_names(pupils)}: marked absent at {clock.local(item.since_at):%H:%M}, no reason known.",
                    said,
                    link("interventions:safeguarding_item", pk=item.pk),
                    f"Attendance office, {day.school.name}",
                ]
            ),
            why="nobody of the family was reached", by=by, at=at,
        )  # fmt: skip
        trail.record(
            verb="raised to safeguarding", by=by, at=at, school_id=day.school_id, subject_kind="safeguarding item",
            subject_id=item.pk, words=f"Nobody reached; told {', '.join(one.signature for one in people) or 'nobody'}.",
            after={"told": [one.pk for one in people]},
        )  # fmt: skip
    return item


def no_contact_job(*, school: School, on: date, by: User | None, at: datetime) -> Work:
    """Raise every family of the day's first session that is still without a reason and with whom nobody has spoken."""
    sessions = calendar_of(school.pk).sessions(on, on)
    if not sessions:
        return {"families": 0}, {"raised": 0}, "No session is held: nothing to do."
    session = sessions[0]
    opened = open_families(school=school, session=session, pupil_ids=None, by=by, at=at)
    days = [day for day, _ in opened]
    tried: dict[int, list[Attempt]] = {}
    for row in Attempt.objects.filter(first_day__in=days).order_by("at"):
        tried.setdefault(row.first_day_id, []).append(row)
    there = set(SafeguardingItem.objects.filter(first_day__in=days).values_list("first_day_id", flat=True))
    raised = 0
    for day in days:
        own = tried.get(day.pk, [])
        if any(row.outcome == Attempt.Outcome.SPOKE for row in own) or day.pk in there:
            continue
        raise_item(day=day, why=_tried_words(day, own), by=by, at=at)
        raised += 1
    owed = sum(line.is_owed for line in registers_of(school, session))
    words = f"{len(days)} families without a reason, {raised} with nobody reached: told to safeguarding."
    if owed:
        words += f" {owed} registers not taken: of their pupils nothing is known."
    return {"families": len(days), "registers_owed": owed}, {"raised": raised}, words


def take_step(
    *,
    item: SafeguardingItem,
    kind: str,
    words: str,
    who_said: str = "",
    how_known: str = "",
    said_at: datetime | None = None,
    by: User,
    at: datetime,
) -> SafeguardingStep:
    """Record a step about an open item, or who said that the child is safe and well and how they know.

    Raises Refused without words, without who said so and how they know, for a time to come, and where it is closed.
    """
    if kind not in Kind.values:
        raise Refused("Choose which step was taken.")
    if not words.strip():
        raise Refused("Write down what was done or said.")
    if kind == Kind.SAFE_AND_WELL and not (who_said.strip() and how_known.strip()):
        raise Refused("Write who said so, and how they know.")
    when = said_at or at
    if when > at:
        raise Refused("That time has not come yet.")
    with trail.signed(by=by, at=at, school_id=item.school_id):
        _open(item)
        step = SafeguardingStep.objects.create(
            school_id=item.school_id, item=item, kind=kind, words=words.strip()[:400], who_said=who_said.strip()[:150],
            how_known=how_known.strip()[:200], said_at=when, at=at, by=by,
        )  # fmt: skip
        trail.record(
            verb="took a safeguarding step", by=by, at=at, school_id=item.school_id, subject_kind="safeguarding item",
            subject_id=item.pk, words=f"{step.get_kind_display()}.", after={"step": step.pk},
        )  # fmt: skip
    return step


def close_item(*, item: SafeguardingItem, why: str, by: User, at: datetime) -> SafeguardingItem:
    """Close an item by a person's word.

    Raises Refused without the right, without words, and where it is closed already.
    """
    if not by.standing.may(Can.SETTLE_SAFEGUARDING, item.school_id):
        raise Refused("Only the DSL or the attendance lead closes an item.")
    if not why.strip():
        raise Refused("Write why it is closed: who was reached, and what they said.")
    with trail.signed(by=by, at=at, school_id=item.school_id, reason=why):
        row = _open(item)
        row.closed_at, row.closed_by, row.why_closed = at, by, why.strip()[:400]
        row.save(update_fields=["closed_at", "closed_by", "why_closed"])
        trail.record(
            verb="closed a safeguarding item", by=by, at=at, school_id=item.school_id,
            subject_kind="safeguarding item", subject_id=item.pk, words="Closed by a person's word.", reason=why,
        )  # fmt: skip
    return row


def _open(item: SafeguardingItem) -> SafeguardingItem:
    row = SafeguardingItem.objects.select_for_update(of=("self",)).select_related("closed_by").get(pk=item.pk)
    if row.closed_at is not None:
        who = row.closed_by.signature if row.closed_by else "somebody"
        raise Refused(f"{who} closed it at {clock.local(row.closed_at):%H:%M}.")
    return row


def _tried_words(day: FirstDay, tried: Sequence[Attempt]) -> str:
    """Say what was tried, in a sentence."""
    many = Counter(row.get_outcome_display().lower() for row in tried)
    rung = ", ".join(word if number == 1 else f"{word} {number} times" for word, number in many.items())
    times = "once" if len(tried) == 1 else f"{len(tried)} times"
    parts = [f"Rung {times}: {rung}." if tried else "Nobody was rung."]
    alert = day.alert
    if alert is None:
        parts.append(f"{day.why_no_alert}." if day.why_no_alert else "No alert was sent.")
    else:
        parts.append(f"Alert to {alert.recipient_name}: {alert.get_state_display().lower()}.")
    return " ".join(parts)


def _names(pupils: Sequence[Pupil]) -> str:
    return listed([f"{one.name}, {_form(one)}" for one in pupils])


def _form(pupil: Pupil) -> str:
    return pupil.tutor_group.name if pupil.tutor_group else f"year {pupil.year_group}"
