"""What parents said of the illnesses of the last weeks: the absence notes behind the demo's I marks, each of a kind."""

# ruff: noqa: S311 - the same seed makes the same school; nothing here keeps a secret

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from random import Random
from typing import Final

from attendance_office import clock
from attendance_office.staff.models import Post, School
from attendance_office.staff.roles import Role
from registers.models import AbsenceNote, Call, Channel, Mark, Parent
from registers.queries.calendar import calendar_of
from registers.rules.sessions import Calendar

# In the year group where the stomach goes round nobody had it before, and nearly everybody who falls ill has it now.
GOES_ROUND_IN: Final = 8
GOES_ROUND_FOR: Final = 7
_SHARE: Final = 0.85
_DAYS: Final = 40
_CALLED: Final = time(8, 20)
Symptom = AbsenceNote.Symptom
_KINDS: Final = {
    "": (13, "Not well"),
    Symptom.COLD: (40, "Cold and a cough"),
    Symptom.STOMACH: (12, "Sick in the night"),
    Symptom.FEVER: (11, "High temperature"),
    Symptom.HEAD: (11, "Bad headache"),
    Symptom.MENTAL: (6, "Very anxious this morning"),
    Symptom.SKIN: (4, "A rash, seeing the doctor"),
    Symptom.INJURY: (3, "Twisted an ankle"),
}


@dataclass
class _Spell:
    pupil_id: int
    year_group: int
    from_on: date
    from_half: str
    to_on: date
    to_half: str


def add_illness_notes(*, school: School, day: date, seed: int) -> int:
    """Make the notes behind the I marks of the last weeks that have none; give how many."""
    calendar = calendar_of(school.pk)
    days = calendar.days(day - timedelta(days=120), day - timedelta(days=1))[-_DAYS:]
    officer = Post.objects.filter(school=school, role=Role.OFFICER, ended_on=None).select_related("user").first()
    if not days or officer is None:
        return 0
    told = set(AbsenceNote.objects.filter(school=school, to_on__gte=days[0]).values_list("pupil", "from_on"))
    told |= set(AbsenceNote.objects.filter(school=school, to_on=None).values_list("pupil", "from_on"))
    spells = [one for one in _spells(school, calendar, days) if (one.pupil_id, one.from_on) not in told]
    notes = []
    for one in spells:
        kind, words = _said(Random(f"{seed}:{one.pupil_id}:{one.from_on}"), one, days[-GOES_ROUND_FOR])
        notes.append(
            AbsenceNote(
                school=school, pupil_id=one.pupil_id, from_on=one.from_on, from_half=one.from_half, to_on=one.to_on,
                to_half=one.to_half, told_code="I", code="I", symptom=kind, reason=words, logged_by=officer.user,
                logged_at=datetime.combine(one.from_on, _CALLED, tzinfo=clock.LONDON),
            )
        )  # fmt: skip
    made = AbsenceNote.objects.bulk_create(notes)
    parents: dict[int, Parent] = {}
    for parent in Parent.objects.filter(school=school, lives_with=True).order_by("-priority", "-pk"):
        parents[parent.pupil_id] = parent
    Call.objects.bulk_create(
        Call(
            school=school, note=note, channel=Channel.CALL, heard_at=note.logged_at, words=note.reason,
            contact_id=parents[note.pupil_id].contact_id if note.pupil_id in parents else None,
            is_known=note.pupil_id in parents, caller="" if note.pupil_id in parents else "Mother",
            logged_at=note.logged_at, logged_by=officer.user,
        )
        for note in made
    )  # fmt: skip
    return len(made)


def _said(rng: Random, spell: _Spell, since: date) -> tuple[str, str]:
    """Draw what the parent said was wrong."""
    goes_round = spell.year_group == GOES_ROUND_IN
    if goes_round and spell.from_on >= since and rng.random() < _SHARE:
        return Symptom.STOMACH, _KINDS[Symptom.STOMACH][1]
    kinds = [kind for kind in _KINDS if not (goes_round and kind == Symptom.STOMACH)]
    (kind,) = rng.choices(kinds, [_KINDS[one][0] for one in kinds])
    return kind, _KINDS[kind][1]


def _spells(school: School, calendar: Calendar, days: tuple[date, ...]) -> Iterator[_Spell]:
    """Give the I marks of each pupil that follow one another, as spells."""
    marks = Mark.objects.filter(school=school, code="I", on__range=(days[0], days[-1])).order_by("pupil", "on", "half")
    rows = marks.values_list("pupil", "pupil__year_group", "on", "half")
    places = {(one.on, str(one.half)): place for place, one in enumerate(calendar.sessions(days[0], days[-1]))}
    for (pupil, year), some in groupby(rows, key=lambda row: row[:2]):
        spell: _Spell | None = None
        last = -2
        for _, _, on, half in some:
            place = places.get((on, half), -2)
            if spell is not None and place == last + 1:
                spell.to_on, spell.to_half = on, half
            else:
                if spell is not None:
                    yield spell
                spell = _Spell(pupil, year, on, half, on, half)
            last = place
        if spell is not None:
            yield spell
