"""An alert and a word to safeguarding, read again at the moment of sending."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from attendance_office import clock
from letters.models import Message
from registers.models import Mark, Pupil
from registers.rules.sessions import Session

from . import alerts
from .words import Reading


def read_alert(message: Message, at: datetime) -> Reading:
    """Look again at the marks, the rule, stops and contacts: who is marked meanwhile is named no more, and a home that
    may not be told is not told. Eight queries.
    """
    session = Session(message.on, message.half)  # type: ignore[arg-type]
    if clock.local(at).date() != message.on:
        return _not("The day it is about is over.")
    rule = alerts.rule_of(message.school)
    if quiet := alerts.quiet_words(rule, at):
        return _not(quiet)
    every = _pupils(message)
    marks = alerts.marks_now(message.school, [pupil.pk for pupil in every], session)
    away = [pupil for pupil in every if pupil.pk in marks and marks[pupil.pk].code == alerts.UNEXPLAINED]
    if not away:
        return _not(_marked(every, marks))
    # The home is looked at whole: a stop for a child who is in by now holds for the home all the same.
    (family, *others) = alerts.families_of(message.school, every, session, rule)
    if others:
        return _not("Its pupils are of one family no more: somebody rings.")
    planned = alerts.plan(family, rule, session, school=message.school, ring=alerts.ring_of(message.school))
    if planned.why_not is not None:
        return _not(planned.why_not.words)
    told = planned.told
    if told.adult is None or (told.adult.contact_id, told.address) != (message.contact_id, message.address):
        return _not("Whom to tell, or their number, has changed since: somebody rings.")
    words = alerts.alert(message.school, away, session, alerts.ring_of(message.school))
    return Reading(words.subject, words.body, "")


def read_safeguarding(message: Message, at: datetime) -> Reading:
    """Add what the register says by now. A mark that arrived is told and holds nothing back."""
    session = Session(message.on, message.half)  # type: ignore[arg-type]
    every = _pupils(message)
    marks = alerts.marks_now(message.school, [pupil.pk for pupil in every], session)
    since = [
        f"{pupil.name}: the register says {marks[pupil.pk].code} at {clock.local(at):%H:%M}."
        for pupil in every
        if pupil.pk in marks and marks[pupil.pk].code != alerts.UNEXPLAINED
    ]
    return Reading(message.subject, "\n\n".join([message.body, *since]), "")


def _pupils(message: Message) -> list[Pupil]:
    return list(Pupil.objects.filter(pk__in=message.about.values("pupil")).order_by("sort_name", "pk"))


def _marked(pupils: list[Pupil], marks: Mapping[int, Mark]) -> str:
    parts = [f"{pupil.forename} {marks[pupil.pk].code if pupil.pk in marks else 'without a mark'}" for pupil in pupils]
    return f"Nobody of them is without a reason any more: {', '.join(parts)}."[:300]


def _not(why: str) -> Reading:
    return Reading("", "", why[:300])
