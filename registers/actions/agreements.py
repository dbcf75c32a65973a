"""What is done with agreements: making them, changing their review, ending them early."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from attendance_office import clock
from attendance_office.audit import trail
from attendance_office.refusals import Refused
from attendance_office.staff.models import School, User
from registers.models import Agreement, AgreementPupil, Contact, Enrolment, Pupil, StoredFile
from registers.queries.calendar import calendar_of
from registers.rules import agreements as law
from registers.rules.absences import in_pattern
from registers.rules.dates import spoken_date
from registers.rules.sessions import Session

from .coding import Coded, Wanted, code_sessions, take_back_planned
from .hand import by_hand

NAMES: Final = 5


@dataclass(frozen=True)
class Terms:
    """What was agreed."""

    kind: str
    code: str
    name: str
    from_on: date
    to_on: date
    weekly: str
    agreed_on: date
    agreed_by: str
    agreed_with: Contact | None = None
    agreed_with_name: str = ""
    place: str = ""
    nature: str = ""
    review_on: date | None = None


def make_agreement(
    *,
    school: School,
    pupils: Collection[Pupil],
    terms: Terms,
    document: StoredFile | None = None,
    by: User,
    at: datetime,
) -> tuple[Agreement, Coded]:
    """Make an agreement for pupils; give it with what it coded at once.

    Sessions up to today without a mark, or with N, get its code; every other mark stays. Sessions to come are known
    from the agreement and get theirs when their day comes; it stops at its last day by itself.

    Raises Refused for what the law or the roll does not allow, with each reason.

    Source: SI 2024/208 regs 10 and 11(5)-(6).
    """
    _judge(school, pupils, terms)
    with by_hand(school.pk, terms.name, by=by, at=at):
        row = Agreement.objects.create(
            school=school,
            kind=terms.kind,
            code=terms.code,
            name=terms.name.strip()[:120],
            place=terms.place.strip(),
            nature=terms.nature.strip(),
            from_on=terms.from_on,
            to_on=terms.to_on,
            ends_on=terms.to_on,
            weekly=terms.weekly,
            review_on=terms.review_on,
            agreed_on=terms.agreed_on,
            agreed_by=terms.agreed_by.strip(),
            agreed_with=terms.agreed_with,
            agreed_with_name=terms.agreed_with_name.strip(),
            document=document,
            made_at=at,
            made_by=by,
        )
        AgreementPupil.objects.bulk_create(
            AgreementPupil(school=school, agreement=row, pupil=pupil) for pupil in pupils
        )
        coded = _code(row, [pupil.pk for pupil in pupils], by, at)
        trail.record(
            verb="made an agreement",
            by=by,
            at=at,
            school_id=school.pk,
            subject_kind="agreement",
            subject_id=row.pk,
            words=f"{row}: {len(pupils)} pupils, {spoken_date(row.from_on)} to {spoken_date(row.to_on)}",
            after=_values(row) | {"pupils": [pupil.pk for pupil in pupils], "coded": coded.done},
        )
    return row, coded


def change_agreement(
    *,
    agreement: Agreement,
    review_on: date | None,
    place: str,
    nature: str,
    to_on: date,
    document: StoredFile | None = None,
    reason: str,
    by: User,
    at: datetime,
) -> Agreement:
    """Change when an agreement is reviewed, its place, or a later end; give it as it is now.

    Raises Refused without a reason, after its end, and where nothing is other than before.
    """
    if not reason.strip():
        raise Refused("Say why the agreement is changed: the record keeps the reason.")
    with by_hand(agreement.school_id, reason, by=by, at=at):
        row = Agreement.objects.select_for_update(of=("self",)).get(pk=agreement.pk)
        today = clock.local(at).date()
        if row.ends_on < today:
            raise Refused(f"It ended on {spoken_date(row.ends_on)}: make a new one.")
        if to_on < row.ends_on:
            raise Refused("An earlier end is not changed here: end it early, with the reason.")
        if to_on - row.from_on > law.LONGEST:
            raise Refused("It would run for more than a year: agree it anew for the next.")
        before = _values(row)
        row.review_on, row.place, row.nature = review_on, place.strip(), nature.strip()
        row.to_on = row.ends_on = to_on
        row.document = document or row.document
        if _values(row) == before:
            raise Refused("Nothing is other than before: there is nothing to save.")
        row.save()
        trail.record(
            verb="changed an agreement", by=by, at=at, school_id=row.school_id, subject_kind="agreement",
            subject_id=row.pk, words=f"{row} changed", before=before, after=_values(row), reason=reason,
        )  # fmt: skip
    return row


def end_agreement(*, agreement: Agreement, last_on: date, reason: str, by: User, at: datetime) -> int:
    """End an agreement before its time, with its last day; give how many marks known beforehand were taken back.

    Raises Refused without a reason, for a last day outside its days or before yesterday, and where it ended already.
    """
    if not reason.strip():
        raise Refused("Say why it ends early: the record keeps the reason.")
    with by_hand(agreement.school_id, reason, by=by, at=at):
        row = Agreement.objects.select_for_update(of=("self",)).select_related("school").get(pk=agreement.pk)
        today = clock.local(at).date()
        if row.ends_on < today:
            raise Refused(f"It ended on {spoken_date(row.ends_on)} already.")
        first = max(row.from_on - timedelta(days=1), today - timedelta(days=1))
        if not first <= last_on < row.ends_on:
            raise Refused(
                f"The last day lies between {spoken_date(first)} and the day before {spoken_date(row.ends_on)}."
            )
        before = _values(row)
        row.ends_on, row.why_ended = last_on, reason.strip()
        row.save()
        gone = 0
        held = calendar_of(row.school_id).sessions(last_on + timedelta(days=1), today)
        planned = [
            (pupil, one)
            for pupil in row.places.values_list("pupil_id", flat=True)
            for one in held
            if in_pattern(row.weekly, one)
        ]
        if planned:
            gone = take_back_planned(
                school=row.school, pupil_sessions=planned, what=f"agreement {row.pk}", reason=reason, by=by, at=at
            )
        trail.record(
            verb="ended an agreement", by=by, at=at, school_id=row.school_id, subject_kind="agreement",
            subject_id=row.pk, words=f"{row} ends after {spoken_date(last_on)}", before=before, after=_values(row),
            reason=reason,
        )  # fmt: skip
    return gone


def _judge(school: School, pupils: Collection[Pupil], terms: Terms) -> None:
    if not pupils:
        raise Refused("For whom is it? Choose at least one pupil.")
    if any(pupil.school_id != school.pk for pupil in pupils):
        raise Refused("An agreement holds pupils of its own school only.")
    if terms.kind not in law.KINDS:
        raise Refused("Choose what kind of agreement it is.")
    if not terms.name.strip():
        raise Refused("Give it a name, like Peak FE college or Year 9 field trip.")
    parent = str(terms.agreed_with) if terms.agreed_with else terms.agreed_with_name
    wrong = law.refusals(
        terms.kind,
        terms.code,
        from_on=terms.from_on,
        to_on=terms.to_on,
        weekly=terms.weekly,
        place=terms.place,
        nature=terms.nature,
        parent=parent,
        by=terms.agreed_by,
    )
    old = [str(one) for one in pupils if not law.fits_age(terms.code, one.date_of_birth, terms.from_on, terms.to_on)]
    if old:
        side = "not of compulsory school age" if terms.code == "X" else "of compulsory school age"
        wrong.append(f"{terms.code} is only for a pupil {side} on each of the days: not {_names(old)}.")
    if terms.kind == "part_time" and terms.agreed_with is not None:
        lives = terms.agreed_with.children.filter(pupil__in=pupils, lives_with=True).count()
        if lives < len(pupils):
            wrong.append(f"{terms.agreed_with} is no parent the pupil normally lives with.")
    on_roll = set(
        Enrolment.objects.filter(pupil__in=pupils, starts_on__lte=terms.from_on)
        .exclude(ends_on__lt=terms.from_on)
        .values_list("pupil_id", flat=True)
    )
    if strangers := [str(one) for one in pupils if one.pk not in on_roll]:
        wrong.append(f"Not on roll on {spoken_date(terms.from_on)}: {_names(strangers)}.")
    if wrong:
        raise Refused(" ".join(wrong))


def _names(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMES} more" if len(names) > NAMES else ""
    return "; ".join(names[:NAMES]) + more


def _code(row: Agreement, pupil_ids: Sequence[int], by: User, at: datetime) -> Coded:
    """Bring the sessions up to today to the agreement."""
    today = clock.local(at).date()
    held: list[Session] = [
        one
        for one in calendar_of(row.school_id).sessions(row.from_on, min(row.ends_on, today))
        if in_pattern(row.weekly, one)
    ]
    if not held:
        return Coded()
    where = row.place or row.name
    return code_sessions(
        school=row.school,
        wanted=[Wanted(pupil, one, row.code, comment=where[:200]) for pupil in pupil_ids for one in held],
        over={"N"},
        reason=f"Agreement: {row.name}",
        verb="coded from an agreement",
        words=str(row),
        by=by,
        at=at,
    )


def _values(row: Agreement) -> dict[str, str | None]:
    names = ("code", "place", "nature", "weekly", "why_ended")
    days = ("from_on", "to_on", "ends_on", "review_on")
    said: dict[str, str | None] = {name: getattr(row, name) for name in names}
    said |= {name: getattr(row, name).isoformat() if getattr(row, name) else None for name in days}
    return said | {"document": str(row.document_id or "")}
