"""Display sheets for a corridor: forms and numbers, nobody by name, and no number that would tell of a few."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, TypedDict

from attendance_office import clock
from attendance_office.staff.models import School, User
from attendance_office.web.templatetags.office import per_cent
from letters.models import LetterKind
from letters.queries.earning import LEAST_POSSIBLE, Asked, earning
from registers.rules.dates import spoken_date
from registers.rules.sessions import Session
from reporting.rules.small_numbers import SMALL, in_words

from .explorer import Reader
from .league import Form, League, Wish, league
from .periods import Period

KINDS: Final = {"league": "Form league", "full": "100 % attendance", "improved": "Most improved forms"}
BEST: Final = 10
MISSING: Final = "* A register of this form is missing: its number may yet change."


@dataclass(frozen=True)
class Display:
    """All that a display sheet says. The first column of a row is its head; the others after it are numbers."""

    kind: str
    title: str
    school: str
    days: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]
    made: str
    empty: str


class _Said(TypedDict):
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]
    empty: str


def wall_reader(user: User, school: School) -> Reader:
    """Give a person's reach for a sheet that hangs where anybody reads it: figures only, whoever asks."""
    return replace(Reader.of(user, school), sees_pupils=False)


def display(kind: str, *, school: School, user: User, wish: Wish, upto: Session, at: datetime) -> Display:
    """Give one display sheet over the days of a league."""
    found = league(wall_reader(user, school), wish, upto=upto)
    here = clock.local(at)
    said = _SAID[kind](found, school, user, at)
    return Display(
        kind=kind,
        title=KINDS[kind] + (f", year {wish.year}" if wish.year else ""),
        school=school.name,
        days=_days(wish.period),
        made=f"Counted {spoken_date(here.date())}, {here:%H:%M}.",
        **said,
    )


def _days(period: Period) -> str:
    return f"{spoken_date(period.from_on)} to {spoken_date(period.to_on)}"


def _league(found: League, school: School, user: User, at: datetime) -> _Said:
    rows = tuple(
        (f"{form.place}{' =' if form.is_tied else ''}", form.name, per_cent(form.rate), _moved(form), _flag(form))
        for form in found.forms
        if form.place is not None
    )
    return {
        "heads": ("Place", "Form", _head(found), "Since the days before", ""),
        "rows": rows,
        "notes": (*found.notes, f"Compared with {_days(found.wish.before)}.", MISSING),
        "empty": "No form has a place over these days.",
    }


def _improved(found: League, school: School, user: User, at: datetime) -> _Said:
    least = max(1, found.wish.least)
    risen = sorted(
        (
            form
            for form in found.forms
            if form.place is not None and form.points is not None and form.points > 0 and form.before.possible >= least
        ),
        key=lambda form: (-(form.points or 0), form.name),
    )
    gains = [form.points for form in risen]
    rows = []
    for form in risen:
        place = gains.index(form.points) + 1
        if place > BEST:
            break
        tied = " =" if gains.count(form.points) > 1 else ""
        rows.append((f"{place}{tied}", form.name, _points(form), per_cent(form.rate), _flag(form)))
    return {
        "heads": ("Place", "Form", "Gained", _head(found), ""),
        "rows": tuple(rows),
        "notes": (*found.notes, f"Compared with {_days(found.wish.before)}.", MISSING),
        "empty": "No form has gained over these days.",
    }


def _full(found: League, school: School, user: User, at: datetime) -> _Said:
    """Say how many pupils of each form have earned a certificate of full attendance: the certificates' own answer."""
    period = found.wish.period
    wanted = Asked(LetterKind.CERTIFICATE_FULL, period.from_on, period.to_on, least_possible=LEAST_POSSIBLE)
    if period.key in ("week", "last_week"):
        wanted = replace(wanted, least_possible=1)
    if found.wish.year:
        wanted = replace(wanted, year_group=int(found.wish.year))
    earned = Counter(
        one.pupil.tutor_group.name for one in earning(school, wanted, user=user, at=at).earned if one.pupil.tutor_group
    )
    forms = sorted(found.forms, key=lambda form: (form.year_group, form.name))
    rows = tuple(
        (form.name, in_words(min(earned[form.name], form.pupils), form.pupils), _flag(form))
        for form in forms
        if not form.is_held_back and form.pupils
    )
    return {
        "heads": ("Form", "Pupils here for every session", ""),
        "rows": rows,
        "notes": (
            (
                f"Every possible session attended, {wanted.least_possible} at least. A number of fewer than {SMALL}"
                f" pupils, or of all but a few, is not told; forms of fewer than {SMALL} pupils are left out, and with"
                " them what would give them away."
            ),
            MISSING,
        ),
        "empty": "No form has a possible session over these days.",
    }


_SAID: Final = {"league": _league, "full": _full, "improved": _improved}


def _head(found: League) -> str:
    return "Without illness and medical" if found.wish.is_without_medical else "Attendance"


def _points(form: Form) -> str:
    return f"{per_cent(form.points).removesuffix(' %')} points"


def _moved(form: Form) -> str:
    if form.moved is None:
        return "no place before"
    if not form.moved:
        return "same place"
    return f"{'up' if form.moved > 0 else 'down'} {abs(form.moved)}"


def _flag(form: Form) -> str:
    return "*" if form.missing else ""
