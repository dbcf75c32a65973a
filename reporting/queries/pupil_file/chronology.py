"""The file put together: every source read once, narrowed to what was asked, with the figures at its head."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import groupby
from typing import Final

from attendance_office import clock
from attendance_office.staff.models import User
from letters.models import Letter
from registers.models import Pupil
from registers.queries import pupil_marks, years
from registers.queries.calendar import calendar_of
from registers.queries.years import Receipt
from registers.rules.ages import school_year, school_year_starts
from registers.rules.dates import spoken_date
from registers.rules.rates import Tally
from registers.rules.sessions import Calendar

from . import contact_home, letters, marks, roll, support, told
from .entries import KINDS, Entry, Kind, Scope

# Each with the kinds it gives, one of which a reader has to see for it to be read at all.
_SOURCES: Final[Sequence[tuple[tuple[str, ...], Callable[[Scope], list[Entry]]]]] = (
    (("roll",), roll.stays),
    (("roll", "contacts"), roll.trail),
    (("record",), roll.changes),
    (("returns",), roll.returns),
    (("contacts",), roll.faults),
    (("groups",), roll.groups),
    (("absence", "elsewhere"), marks.runs),
    (("late",), marks.lates),
    (("missing",), marks.missing),
    (("amended",), marks.amendments),
    (("amended",), marks.taken_back),
    (("doubts",), marks.doubts),
    (("notes",), told.notes),
    (("agreements",), told.agreements),
    (("closures",), told.closures),
    (("first_day",), contact_home.first_days),
    (("safeguarding",), contact_home.nobody_reached),
    (("told",), contact_home.staff_told),
    (("letters",), letters.letters),
    (("letters",), letters.episodes),
    (("stops",), letters.stops),
    (("rewards",), letters.rewards),
    (("trawl",), support.trawls),
    (("patterns",), support.patterns),
    (("patterns",), support.pattern_steps),
    (("cases",), support.cases),
    (("studies",), support.studies),
)
_SENT: Final = (Letter.State.SENT, Letter.State.DELIVERED)


@dataclass(frozen=True)
class Asked:
    """What a reader asks of a file: which days, which kinds (none: all), with which words, in which order.

    `is_everything` tells that no first day was chosen: `from_on` is then only early enough.
    """

    from_on: date
    to_on: date
    kinds: Collection[str] = ()
    q: str = ""
    oldest_first: bool = False
    is_everything: bool = False

    @property
    def days(self) -> str:
        """Give the days in words."""
        if self.is_everything:
            return f"Everything on file, to {spoken_date(self.to_on)}"
        return f"{spoken_date(self.from_on)} to {spoken_date(self.to_on)}"


@dataclass(frozen=True)
class Month:
    """The entries of one month, in the order asked for."""

    first: date
    entries: Sequence[Entry]

    @property
    def anchor(self) -> str:
        """Give its name in an address."""
        return f"m{self.first:%Y-%m}"


@dataclass(frozen=True)
class Summary:
    """The figures at the head of a file, each with what it was counted from."""

    year: str
    so_far: Receipt
    period: Receipt
    letters_sent: int | None

    @property
    def standing(self) -> str:
        """Give persistent or severe absence in words, by the exact test over the school year so far.

        Source: DfE absence statistics method (10 per cent or more, and 50 per cent or more).
        """
        return standing_words(self.so_far.tally)


@dataclass(frozen=True)
class File:
    """A pupil's file as one reader may see it."""

    asked: Asked
    entries: Sequence[Entry]
    kinds: Sequence[tuple[Kind, int]]
    summary: Summary

    @property
    def months(self) -> list[Month]:
        """Give the entries month by month."""
        by_month = groupby(self.entries, key=lambda one: one.on.replace(day=1))
        return [Month(first, list(entries)) for first, entries in by_month]

    @property
    def total(self) -> int:
        """Give how many entries the period has that the reader may see, before they are narrowed."""
        return sum(number for _, number in self.kinds)


def file_of(pupil: Pupil, user: User, asked: Asked, *, at: datetime, calendar: Calendar | None = None) -> File:
    """Give a pupil's file over a period, as far as the reader may see it; the number of queries is fixed.

    What the reader may not see is neither read, counted nor named.
    """
    calendar = calendar or calendar_of(pupil.school_id)
    today = clock.local(at).date()
    first = school_year_starts(today)
    from_on, to_on = min(asked.from_on, first), max(asked.to_on, today)
    allowed = user.standing.allowed(pupil.school_id)
    read = pupil_marks.marks_of(pupil, from_on, to_on, allowed=allowed)
    due = years.sessions_due(pupil, calendar, from_on, to_on, at)
    scope = Scope(
        pupil=pupil, user=user, allowed=allowed, from_on=asked.from_on,
        to_on=asked.to_on, at=at, calendar=calendar, marks=read, due=due,
    )  # fmt: skip
    found = [
        entry
        for kinds, source in _SOURCES
        if any(scope.sees(kind) for kind in kinds)
        for entry in source(scope)
        if scope.covers(entry.on) and scope.sees(entry.kind.key)
    ]
    found.sort(key=lambda one: one.order)
    if not asked.oldest_first:
        # Not sorted the other way: what was done in one moment is turned round as well.
        found.reverse()
    counts = Counter(entry.kind.key for entry in found)
    return File(
        asked=asked,
        entries=_narrowed(found, asked),
        kinds=[(kind, counts[kind.key]) for kind in KINDS.values() if counts[kind.key]],
        summary=Summary(
            year=school_year(today),
            so_far=_receipt(scope, first, today),
            period=_receipt(scope, asked.from_on, asked.to_on),
            letters_sent=_letters_sent(scope, first) if scope.sees("letters") else None,
        ),
    )


def _narrowed(found: Sequence[Entry], asked: Asked) -> list[Entry]:
    words = asked.q.casefold().split()
    return [
        entry
        for entry in found
        if (not asked.kinds or entry.kind.key in asked.kinds) and all(word in entry.search for word in words)
    ]


def _receipt(scope: Scope, first: date, last: date) -> Receipt:
    return years.receipt(
        [mark for mark in scope.marks if first <= mark.session.on <= last],
        [one for one in scope.due if first <= one.on <= last],
    )


def _letters_sent(scope: Scope, first: date) -> int:
    rows = Letter.objects.filter(school=scope.pupil.school_id, pupil=scope.pupil, state__in=_SENT)
    return rows.filter(sent_at__gte=datetime.combine(first, time(), tzinfo=clock.LONDON)).count()


def standing_words(tally: Tally) -> str:
    """Give what the exact test says of a pupil's absence, in words.

    Source: DfE absence statistics method 3.2.
    """
    if not tally.possible:
        return "No possible session yet"
    if tally.severely_absent:
        return "Severely absent (half or more missed)"
    if tally.persistently_absent:
        return "Persistently absent (a tenth or more missed)"
    return "Not persistently absent"
