"""What stands of one pupil beside the marks: absence notes and agreements, those that hold first."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.db.models import CharField, Count, F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce as FirstOf
from django.db.models.functions import Concat, NullIf, Trim

from attendance_office.staff.roles import Can
from registers.models import AbsenceNote, AgreementPupil, Call, Pupil
from registers.rules.agreements import ends_soon
from registers.rules.sessions import HALVES

from .kept_words import comment_for

SHOWN: Final = 6
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri")
_EVERY: Final = 10


@dataclass(frozen=True, slots=True)
class NoteLine:
    """A note as the pupil's page shows it: whether it stands, and who reported it last."""

    note: AbsenceNote
    is_standing: bool
    reporter: str
    is_known: bool
    reports: int

    @property
    def is_refused(self) -> bool:
        """Tell whether the school chose another code than was told."""
        return self.note.told_code != self.note.code


@dataclass(frozen=True, slots=True)
class AgreementLine:
    """An agreement as the pupil's page shows it: its days for this pupil, its sessions of the week, and its state."""

    place: AgreementPupil
    ends_on: date
    state: str
    is_soon: bool

    @property
    def sessions(self) -> str:
        """Give its sessions of the week in words, like "Mon pm, Tue pm"."""
        weekly = self.place.agreement.weekly
        if weekly.count("1") == _EVERY:
            return "every session"
        names = [f"{day} {half.lower()}" for day in _DAYS for half in HALVES]
        return ", ".join(name for name, is_in in zip(names, weekly, strict=True) if is_in == "1")


def notes_of(pupil: Pupil, on: date, *, allowed: Collection[Can]) -> list[NoteLine]:
    """Give the pupil's last absence notes, those that stand first, then the latest: one query.

    What they say in words is told to whoever reads comments: it is what stands beside the marks.

    Source: SI 2024/208 reg 10(7)-(9).
    """
    last = Call.objects.filter(note=OuterRef("pk")).order_by("-heard_at", "-pk")
    contact = NullIf(Trim(Concat("contact__forename", Value(" "), "contact__surname")), Value(""))
    who = FirstOf(contact, "caller", output_field=CharField())
    rows = (
        AbsenceNote.objects.filter(school=pupil.school_id, pupil=pupil)
        .annotate(
            reporter=Subquery(last.annotate(who=who).values("who")[:1]),
            is_known=Subquery(last.values("is_known")[:1]),
            reports=Count("calls"),
        )
        .order_by(F("from_on").desc(), "-pk")[: SHOWN * 2]
    )
    lines = [
        NoteLine(
            note=_told(row, allowed),
            is_standing=row.state == AbsenceNote.State.STANDING and (row.to_on is None or row.to_on >= on),
            reporter=row.reporter or "",
            is_known=bool(row.is_known),
            reports=row.reports,
        )
        for row in rows
    ]
    return sorted(lines, key=lambda one: not one.is_standing)[:SHOWN]


def _told(note: AbsenceNote, allowed: Collection[Can]) -> AbsenceNote:
    for name in ("reason", "why_refused", "why_closed"):
        # In memory only: who writes a note reads it for itself.
        setattr(note, name, comment_for(getattr(note, name), allowed))
    return note


def agreements_of(pupil: Pupil, on: date) -> list[AgreementLine]:
    """Give the pupil's agreements, those in force or coming first, then the latest that are over: one query."""
    rows = (
        AgreementPupil.objects.filter(Q(school=pupil.school_id), pupil=pupil)
        .select_related("agreement")
        .order_by("-agreement__ends_on", "-pk")[: SHOWN * 2]
    )
    lines = []
    for row in rows:
        until = min(row.agreement.ends_on, row.to_on) if row.to_on else row.agreement.ends_on
        state = "Ended" if until < on else "Coming" if row.agreement.from_on > on else "In force"
        lines.append(AgreementLine(row, until, state, is_soon=state == "In force" and ends_soon(until, on)))
    order = {"In force": 0, "Coming": 1, "Ended": 2}
    return sorted(lines, key=lambda one: order[one.state])[:SHOWN]
