"""The trail as one person reads it: who did what and when always, of pupils as much as the person's role may know."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from attendance_office.audit.models import Entry, EntryQuerySet
from attendance_office.staff.roles import Can

KEPT: Final = "kept by the office"


@dataclass(frozen=True)
class Needs:
    """The rights without which a line's words, and its reason with what changed from what to what, are not shown."""

    words: frozenset[Can]
    more: frozenset[Can]


_PUPILS: Final = frozenset({Can.SEE_PUPILS})
_KNOWN: Final = frozenset({Can.SEE_CONTACTS, Can.SEE_SAFEGUARDING})
_COMMENTS: Final = frozenset({Can.READ_COMMENTS})
_CONTACTS: Final = frozenset({Can.SEE_CONTACTS})
_NAMED: Final = Needs(_PUPILS, _PUPILS)

# Lines about pupils, by the kind of their subject.
OF_PUPILS: Final[Mapping[str, Needs]] = MappingProxyType(
    {
        "pupil": Needs(_PUPILS, _KNOWN),
        "contact": Needs(_PUPILS, _CONTACTS),
        "safeguarding item": Needs(_PUPILS, frozenset({Can.SEE_SAFEGUARDING})),
        # A case study names nobody; why it was taken back may.
        "case study": Needs(frozenset(), _KNOWN),
        # What is read where it stands: a folder's list may name a file of pupils, a visit tells what was found.
        "evidence folder": Needs(frozenset({Can.SEE_EVIDENCE}), frozenset({Can.SEE_EVIDENCE})),
        "visit": Needs(frozenset({Can.SEE_VISITS}), frozenset({Can.SEE_VISITS})),
        # The call and the message say who was rung and written to.
        "first day": Needs(_CONTACTS, _CONTACTS),
        "message": Needs(_CONTACTS, _CONTACTS),
        **dict.fromkeys(("mark", "marks", "absence note", "line message", "doubt"), Needs(_PUPILS, _COMMENTS)),
        # Their words say which form, class or session; the pupils are in what changed.
        **dict.fromkeys(("register", "lesson register", "session"), Needs(frozenset(), _PUPILS)),
        **dict.fromkeys(
            (
                "agreement", "case_proposal", "class", "group", "letter", "return",
                "reward", "stop",
            ),
            _NAMED,
        ),
    }
)  # fmt: skip
# Lines in which no pupil is named.
OF_NO_PUPIL: Final = frozenset(
    {
        "baseline", "calendar", "closure", "export", "file", "hold", "import", "lesson", "letter template",
        "letter_policy", "letterhead", "link", "mail_choice", "paper", "period", "person", "print run", "proof", "run",
        "saved_view", "schedule", "school", "sending", "subscription", "timetable week", "trawl", "trawl_ask", "trust",
        "turn", "tutor group", "league_rule",
    }
)  # fmt: skip
_NOTHING: Final = Needs(frozenset(), frozenset())
_STRICTEST: Final = Needs(_KNOWN | _COMMENTS, _KNOWN | _COMMENTS)


@dataclass(frozen=True)
class Line:
    """An entry with as much of it as its reader may know."""

    entry: Entry
    words: str
    reason: str
    sees_changes: bool


def line_of(entry: Entry, allowed: Collection[Can]) -> Line:
    """Give an entry as a person with these rights reads it; a kind that is not known here is shown least."""
    needs = OF_PUPILS.get(entry.subject_kind, _NOTHING if entry.subject_kind in OF_NO_PUPIL else _STRICTEST)
    sees_words, sees_more = needs.words <= set(allowed), needs.words | needs.more <= set(allowed)
    return Line(
        entry=entry,
        words=entry.words if sees_words else f"{entry.verb[:1].upper()}{entry.verb[1:]}: {KEPT}",
        reason=entry.reason if sees_more or not entry.reason else KEPT,
        sees_changes=sees_more,
    )


def saying(entries: EntryQuerySet, words: str, allowed: Collection[Can]) -> EntryQuerySet:
    """Narrow to the entries whose words a person may read and that say these: what is hidden is not found either."""
    hidden = [kind for kind, needs in OF_PUPILS.items() if not needs.words <= set(allowed)]
    return entries.filter(words__icontains=words).exclude(subject_kind__in=hidden)
