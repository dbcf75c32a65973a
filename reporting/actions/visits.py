"""Monitoring visits: logged with the day's figures, corrected with a trace, what was agreed followed to its end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from attendance_office import clock
from attendance_office.audit import trail
from attendance_office.refusals import Refused
from attendance_office.staff.models import School, User
from attendance_office.staff.roles import Can
from registers.rules.dates import spoken_date
from reporting.models import Visit, VisitStep
from reporting.queries.visits import figures_of

State = VisitStep.State


@dataclass(frozen=True)
class Said:
    """What is written down of a visit."""

    visited_on: date
    visitors: str
    found: str
    met: str = ""
    looked_at: str = ""

    def judged(self, on: date) -> dict[str, Any]:
        """Give it as the fields of a visit; Refused for a day to come, and without who came or what was found."""
        if self.visited_on > on:
            raise Refused("That day has not come yet: log the visit when it has been made.")
        if not self.visitors.strip():
            raise Refused("Say who came.")
        if not self.found.strip():
            raise Refused("Write down what was found.")
        return {
            "visited_on": self.visited_on,
            "visitors": self.visitors.strip()[:200],
            "met": self.met.strip()[:200],
            "looked_at": self.looked_at.strip()[:4000],
            "found": self.found.strip()[:4000],
        }


def log_visit(*, school: School, said: Said, by: User, at: datetime) -> Visit:
    """Log a visit to a school, with its figures of the year to the day of the visit as they stand now.

    Raises Refused where `by` logs no visits to that school, and as `Said.judged` does.
    """
    if not by.standing.may(Can.LOG_VISITS, school.pk):
        raise Refused("Visits to this school are logged by its trust.")
    fields = said.judged(clock.local(at).date())
    with trail.signed(by=by, at=at, school_id=school.pk):
        visit = Visit.objects.create(
            school=school, **fields, figures=figures_of(school, said.visited_on, at=at), logged_at=at, logged_by=by
        )
        _say(visit, "logged a visit", spoken_date(said.visited_on), by=by, at=at)
    return visit


def correct_visit(*, visit: Visit, said: Said, why: str, by: User, at: datetime) -> Visit:
    """Correct what is written of a visit, with a reason; what stood before is kept, its figures stay.

    Raises Refused without a reason, where nothing differs, and as `Said.judged` does.
    """
    reason = why.strip()[:400]
    if not reason:
        raise Refused("Say why it is corrected.")
    fields = said.judged(clock.local(at).date())
    with trail.signed(by=by, at=at, school_id=visit.school_id, reason=reason):
        kept = Visit.objects.select_for_update(of=("self",)).get(pk=visit.pk)
        before = {name: getattr(kept, name) for name in fields}
        changed = [name for name, value in fields.items() if before[name] != value]
        if not changed:
            raise Refused("Nothing is changed.")
        for name in changed:
            setattr(kept, name, fields[name])
        kept.changed_at, kept.changed_by = at, by
        kept.save(update_fields=[*changed, "changed_at", "changed_by"])
        trail.record(
            verb="corrected a visit", by=by, at=at, school_id=kept.school_id, subject_kind="visit", subject_id=kept.pk,
            words=f"{spoken_date(kept.visited_on)}: {', '.join(name.replace('_', ' ') for name in changed)}",
            before={name: str(before[name]) for name in changed}, after={name: str(fields[name]) for name in changed},
            reason=reason,
        )  # fmt: skip
    return kept


def agree_step(
    *, visit: Visit, words: str, owner: str = "", due_on: date | None = None, by: User, at: datetime
) -> VisitStep:
    """Put down something agreed at a visit. Raises Refused without words, and for a day before the visit."""
    said = words.strip()[:400]
    if not said:
        raise Refused("Write down what was agreed.")
    if due_on is not None and due_on < visit.visited_on:
        raise Refused("It is to be done by a day before the visit: choose a later one.")
    with trail.signed(by=by, at=at, school_id=visit.school_id):
        step = VisitStep.objects.create(visit=visit, words=said, owner=owner.strip()[:120], due_on=due_on, at=at, by=by)
        _say(visit, "put down what was agreed at a visit", said, by=by, at=at)
    return step


def settle_step(*, step: VisitStep, state: str, outcome: str, by: User, at: datetime) -> VisitStep:
    """Say that something agreed was done, or is let go, and how.

    Raises Refused for a state that settles nothing, without words, and where it is settled already.
    """
    if state not in (State.DONE, State.LET_GO):
        raise Refused("Choose whether it was done or is let go.")
    said = outcome.strip()[:400]
    if not said:
        raise Refused("Say how it was done, or why it is let go.")
    school_id = step.visit.school_id
    with trail.signed(by=by, at=at, school_id=school_id):
        kept = VisitStep.objects.select_for_update(of=("self",)).select_related("visit").get(pk=step.pk)
        if kept.state != State.OPEN:
            raise Refused(f"It is settled already: {kept.get_state_display().lower()}.")
        kept.state, kept.outcome, kept.settled_at, kept.settled_by = state, said, at, by
        kept.save(update_fields=["state", "outcome", "settled_at", "settled_by"])
        words = f"{kept.get_state_display()}: {kept.words}"[:400]
        _say(kept.visit, "settled what was agreed at a visit", words, by=by, at=at)
    return kept


def _say(visit: Visit, verb: str, words: str, *, by: User, at: datetime) -> None:
    trail.record(
        verb=verb, by=by, at=at, school_id=visit.school_id, subject_kind="visit", subject_id=visit.pk, words=words,
    )  # fmt: skip
