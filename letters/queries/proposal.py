"""The letters that wait for a decision, a line for each pupil, as the page of letters due shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from attendance_office import clock
from attendance_office.staff.models import School, User
from letters.models import Letter, LetterKind
from registers.models import Parent, Pupil
from registers.rules import codes
from registers.rules.codes import Counts

from .receipts import Reason, rate_words, reasons_of
from .standing import KINDS, UNDECIDED, WENT

WEEK = 5
_ATTENDED = frozenset({Counts.PRESENT, Counts.APPROVED})
_POSSIBLE = _ATTENDED | {Counts.AUTHORISED, Counts.UNAUTHORISED}
TABS = {"1": KINDS[1], "2": KINDS[2], "other": ""}


@dataclass(frozen=True)
class Before:
    """A letter that went before: which, and when."""

    kind: str
    on: date


@dataclass
class Row:
    """One pupil's letters of one kind that wait for a decision."""

    pupil: Pupil
    letters: list[Letter] = field(default_factory=list)
    before: list[Before] = field(default_factory=list)
    siblings: list[Pupil] = field(default_factory=list)

    @property
    def first(self) -> Letter:
        """Give the letter of the parent who is rung first."""
        return self.letters[0]

    @property
    def open_letters(self) -> list[Letter]:
        """Give those that can be approved."""
        return [one for one in self.letters if one.state == Letter.State.PROPOSED]

    @property
    def pick(self) -> str:
        """Give what a form sends for the row."""
        return "-".join(str(one.pk) for one in self.open_letters)

    @property
    def held(self) -> list[Letter]:
        """Give those that are held back."""
        return [one for one in self.letters if one.state == Letter.State.HELD_BACK]

    @property
    def facts(self) -> Mapping[str, Any]:
        """Give the receipt."""
        facts: Mapping[str, Any] = self.first.facts
        return facts

    @property
    def reasons(self) -> list[Reason]:
        """Give the sessions missed by code."""
        return reasons_of(self.facts)

    @property
    def a_week_ago(self) -> str:
        """Give the rate of the same days without the last five school days; empty where nothing was possible then."""
        return rate_before(self.facts, WEEK)

    @property
    def is_same_as_a_week_ago(self) -> bool:
        """Tell whether the rate reads the same as a week ago."""
        return self.a_week_ago == self.facts.get("percent")


def waiting_rows(school: School, user: User, letters: Sequence[Letter]) -> list[Row]:
    """Give letters that wait for a decision, a line for each pupil, by year, form and name: three queries.

    Lines of which every letter is held back come last.
    """
    rows: dict[tuple[int, str, int | None], Row] = {}
    for letter in letters:
        key = (letter.pupil_id, letter.kind, letter.corrects_id)
        rows.setdefault(key, Row(letter.pupil)).letters.append(letter)
    found = sorted(rows.values(), key=_in_order)
    _put_before(school, found)
    _put_siblings(school, user, found)
    return found


def waiting_letters(school: School, user: User) -> list[Letter]:
    """Give the letters themselves: one query."""
    rows = Letter.objects.visible_to(user).filter(school=school, state__in=UNDECIDED)
    rows = rows.select_related("pupil__tutor_group", "policy", "corrects", "version__template").defer(
        "facts_sent", "words", "version__body"
    )
    return list(rows.order_by("pk"))


def tab_of(letter: Letter) -> str:
    """Give under which tab a letter stands."""
    return next((tab for tab, kind in TABS.items() if kind == letter.kind), "other")


def rate_before(facts: Mapping[str, Any], days: int) -> str:
    """Give the rate of a receipt's days without the last few, to be read."""
    attended = possible = 0
    for on, *marks in facts.get("days", [])[:-days]:
        for symbol in marks:
            if symbol:
                counts = codes.code(symbol, date.fromisoformat(on)).counts
                attended += counts in _ATTENDED
                possible += counts in _POSSIBLE
    return rate_words(attended, possible) if possible else ""


def sent_since(letters: Sequence[Letter]) -> list[Before]:
    """Give what went home, the newest first."""
    went = [(one.get_kind_display(), _went_at(one)) for one in letters]
    return [Before(kind, clock.local(at).date()) for kind, at in sorted(went, key=lambda one: one[1], reverse=True)]


def _put_before(school: School, rows: Sequence[Row]) -> None:
    went: dict[int, list[Letter]] = {}
    letters = Letter.objects.filter(school=school, pupil__in=[row.pupil.pk for row in rows], state__in=WENT)
    for letter in letters.exclude(kind=LetterKind.APOLOGY).only(
        "kind", "pupil", "sent_at", "approved_at", "proposed_at"
    ):
        went.setdefault(letter.pupil_id, []).append(letter)
    for row in rows:
        row.before = sent_since(went.get(row.pupil.pk, []))


def _put_siblings(school: School, user: User, rows: Sequence[Row]) -> None:
    """Put beside each pupil those on roll within reach who share a parent: two queries."""
    ids = {row.pupil.pk for row in rows}
    shared: dict[int, set[int]] = {}
    for contact, pupil in Parent.objects.filter(school=school, pupil__in=ids).values_list("contact", "pupil"):
        shared.setdefault(contact, set()).add(pupil)
    pupils = Pupil.objects.visible_to(user).filter(school=school)
    links = Parent.objects.filter(school=school, contact__in=shared, pupil__in=pupils)
    found: dict[int, dict[int, Pupil]] = {}
    for link in links.select_related("pupil__tutor_group").order_by("pupil__sort_name"):
        for pupil_id in shared[link.contact_id] - {link.pupil_id}:
            found.setdefault(pupil_id, {})[link.pupil_id] = link.pupil
    for row in rows:
        row.siblings = list(found.get(row.pupil.pk, {}).values())


def _went_at(letter: Letter) -> datetime:
    return letter.sent_at or letter.approved_at or letter.proposed_at


def _in_order(row: Row) -> tuple[bool, int, str, str]:
    return not row.open_letters, row.pupil.year_group, _form(row.pupil), row.pupil.sort_name


def _form(pupil: Pupil) -> str:
    return pupil.tutor_group.name if pupil.tutor_group else ""
