"""What a pupil file is made of: kinds with the rights they need, entries, and the scope in which they are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from typing import Final

from attendance_office import clock
from attendance_office.staff.models import User
from attendance_office.staff.roles import Can
from registers.models import Contact, Pupil
from registers.queries.kept_words import reads_comments
from registers.queries.pupil_marks import Marked
from registers.rules.dates import spoken_date
from registers.rules.sessions import Calendar, Session

A_PARENT: Final = "a parent or carer"


@dataclass(frozen=True)
class Kind:
    """A kind of entry, and who sees it: one right of each group is needed, none where there is no group."""

    key: str
    title: str
    icon: str
    needs: tuple[frozenset[Can], ...] = ()

    def is_seen_by(self, allowed: frozenset[Can]) -> bool:
        """Tell whether a person with these rights sees entries of this kind."""
        return all(group & allowed for group in self.needs)


def _one_of(*cans: Can) -> frozenset[Can]:
    return frozenset(cans)


KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        kind.key: kind
        for kind in (
            Kind("roll", "On and off the roll", "n-pup"),
            Kind("record", "Admission register", "edit"),
            Kind("groups", "Groups", "n-pup"),
            Kind("contacts", "Contacts", "call", (_one_of(Can.SEE_CONTACTS),)),
            Kind("returns", "Returns to the local authority", "letter", (_one_of(Can.EDIT_PUPILS),)),
            Kind("absence", "Absences", "none"),
            Kind("elsewhere", "Elsewhere, or not required", "part"),
            Kind("missing", "Marks missing", "alert"),
            Kind("late", "Lates", "wait"),
            Kind("amended", "Marks changed", "edit"),
            Kind("doubts", "Doubtful marks", "alert", (_one_of(Can.AMEND_MARKS),)),
            Kind("notes", "Absence line", "note", (_one_of(Can.LOG_ABSENCE, Can.SEE_MARK_REASONS),)),
            Kind("closures", "Closures", "stop"),
            Kind("agreements", "Agreements", "check", (_one_of(Can.SEE_AGREEMENTS),)),
            Kind("first_day", "First-day contact", "call", (_one_of(Can.CONTACT_HOME),)),
            Kind(
                "safeguarding", "Nobody reached", "alert", (_one_of(Can.CONTACT_HOME), _one_of(Can.SEE_SAFEGUARDING))
            ),
            Kind(
                "told", "Staff told", "chat",
                (_one_of(Can.CONTACT_HOME, Can.SEE_OUTBOX), _one_of(Can.SEE_SAFEGUARDING)),
            ),
            Kind("letters", "Letters", "letter", (_one_of(Can.SEE_LETTERS),)),
            Kind("rewards", "Rewards", "check"),
            Kind("stops", "Stops", "stop", (_one_of(Can.SEE_LETTERS),)),
            Kind("trawl", "Persistent absence", "sweep", (_one_of(Can.SEE_TRAWL),)),
            Kind("cases", "Cases proposed", "n-sup", (_one_of(Can.SEE_TRAWL),)),
            Kind("patterns", "Patterns", "n-rep", (_one_of(Can.SEE_TRAWL),)),
            Kind("studies", "Case studies", "note", (_one_of(Can.WRITE_CASE_STUDIES),)),
        )
    }
)  # fmt: skip


@dataclass(frozen=True)
class Link:
    """Where the receipt of an entry is: the page's name, its key, and what the reader is told it is."""

    name: str
    pk: int
    words: str


@dataclass(frozen=True)
class Entry:
    """One thing that was, or was done: on which day, at which time where that is known, by whom, and its receipt."""

    kind: Kind
    on: date
    words: str
    at: datetime | None = None
    half: str = ""
    more: str = ""
    by: str = ""
    link: Link | None = None

    @property
    def order(self) -> tuple[date, time]:
        """Give its place: by the day, and by the time or the session it began with."""
        if self.at is not None:
            return (self.on, clock.local(self.at).time())
        return (self.on, time(12) if self.half == "PM" else time())

    @property
    def search(self) -> str:
        """Give all that it says, for a search within."""
        return " ".join((self.kind.title, self.words, self.more, self.by)).casefold()


@dataclass(frozen=True)
class Scope:
    """Whose file, read by whom, over which days; with what several sources stand on."""

    pupil: Pupil
    user: User
    allowed: frozenset[Can]
    from_on: date
    to_on: date
    at: datetime
    calendar: Calendar
    marks: Sequence[Marked]
    due: Sequence[Session]

    def may(self, *cans: Can) -> bool:
        """Tell whether the reader has one of these rights."""
        return any(can in self.allowed for can in cans)

    def sees(self, kind: str) -> bool:
        """Tell whether the reader sees entries of a kind."""
        return KINDS[kind].is_seen_by(self.allowed)

    def comment(self, *words: str) -> str:
        """Give a comment, or why a mark was changed, to whoever reads them: in a file they are hidden wholly."""
        return joined(*words) if reads_comments(self.allowed) else ""

    def private(self, reason: str) -> str:
        """Give a reason that may tell of what is not for everyone, to whoever sees safeguarding."""
        return joined(reason) if self.may(Can.SEE_SAFEGUARDING) else ""

    def covers(self, on: date) -> bool:
        """Tell whether a day lies within the period."""
        return self.from_on <= on <= self.to_on

    @property
    def instants(self) -> tuple[datetime, datetime]:
        """Give the period as instants: from its first midnight to the last moment of its last day."""
        after = datetime.combine(self.to_on + timedelta(days=1), time(), tzinfo=clock.LONDON)
        return datetime.combine(self.from_on, time(), tzinfo=clock.LONDON), after - timedelta(microseconds=1)

    def link(self, name: str, pk: int, words: str, *needs: Can) -> Link | None:
        """Give a link to a receipt, where the reader may open it."""
        return Link(name, pk, words) if not needs or self.may(*needs) else None

    def marks_page(self) -> Link:
        """Give the link to the pupil's marks."""
        return Link("registers:pupil_marks", self.pupil.pk, "Marks")

    def named(self, contact: Contact | None, other: str = "") -> str:
        """Give the name of a contact to whoever sees contacts."""
        if not self.may(Can.SEE_CONTACTS):
            return A_PARENT
        return str(contact) if contact is not None else other or A_PARENT


def done(
    kind: str, at: datetime, words: str, *, more: str = "", by: User | str | None = None, link: Link | None = None
) -> Entry:
    """Give an entry of something done at an instant."""
    name = by.signature if isinstance(by, User) else by or ""
    return Entry(KINDS[kind], clock.local(at).date(), words, at=at, more=more, by=name, link=link)


def sentence(text: str) -> str:
    """Give a text that somebody wrote as a sentence: with a stop at its end, empty where it is."""
    text = text.strip()
    return text if not text or text[-1] in ".?…" or text[-1] == "!" else f"{text}."


def joined(*parts: str) -> str:
    """Give sentences behind one another, the empty ones left away."""
    return " ".join(sentence(part) for part in parts if part.strip())


def session_words(session: Session) -> str:
    """Give a session, like "Mon 23 Nov 2026 am"."""
    return f"{spoken_date(session.on)} {session.half.lower()}"


def many(number: int, noun: str) -> str:
    """Give a number with its noun, like "1 session" or "4 sessions"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
