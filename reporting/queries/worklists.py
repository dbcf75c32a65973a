"""What of the office's other worklists is still open: a line of the desk each, empty or not."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from attendance_office import clock
from attendance_office.staff.models import School, User
from attendance_office.staff.roles import Can
from registers.queries.absences import waiting_messages
from registers.queries.admissions import no_working_number, returns_due
from registers.queries.agreements import narrowed_to as agreements_narrowed
from registers.queries.agreements import within as agreements_within
from registers.queries.doubts import open_doubts
from registers.queries.imports import imports_to_look_at
from registers.rules.dates import spoken_date
from registers.rules.doubts import GROUNDS


@dataclass(frozen=True)
class Worklist:
    """One worklist: how many lines of it are open, what they are in words, and where it is worked."""

    key: str
    title: str
    many: int
    words: str
    url_name: str
    asks: str = ""
    oldest: datetime | None = None


def worklists(school: School, *, user: User, at: datetime, allowed: Collection[Can]) -> list[Worklist]:
    """Give the worklists a person may work, in the order of the morning: twelve queries at most."""
    on = clock.local(at).date()
    found = []
    if Can.LOG_ABSENCE in allowed:
        found.append(_messages(school))
    if Can.AMEND_MARKS in allowed:
        found.append(_doubts(school, user))
    if Can.SEE_AGREEMENTS in allowed:
        found.append(_agreements(school, user, on))
    if Can.EDIT_PUPILS in allowed:
        found.append(_returns(school, on))
    if Can.SEE_CONTACTS in allowed:
        many = no_working_number(school, user, on).count()
        words = "On roll, and nobody can be rung about them" if many else "Somebody can be rung about every pupil"
        found.append(Worklist("numbers", "Pupils without a working number", many, words, "registers:contact_health"))
    if Can.IMPORT in allowed:
        many = imports_to_look_at(school)
        words = "Refused or broken off, and not read since" if many else "No file was refused or broke off"
        found.append(Worklist("imports", "Files to look at", many, words, "registers:import_list"))
    return found


def _messages(school: School) -> Worklist:
    many, oldest = waiting_messages(school)
    words = "Waiting to be logged, the oldest first" if many else "Every message is logged or put aside"
    return Worklist("messages", "Messages on the absence line", many, words, "registers:absence_line", oldest=oldest)


def _doubts(school: School, user: User) -> Worklist:
    grounds = open_doubts(school, user)
    many = sum(grounds.values())
    most = sorted(grounds, key=lambda key: -grounds[key])[:3]
    words = ", ".join(f"{GROUNDS[key].title} {grounds[key]}" for key in most) or "The last trawl left nothing open"
    return Worklist("doubts", "Doubtful marks", many, words, "registers:doubt_list")


def _agreements(school: School, user: User, on: date) -> Worklist:
    ending = agreements_narrowed(agreements_within(school, user), show="ending", kind="", q="", on=on)
    ends = list(ending.values_list("ends_on", flat=True))
    words = f"The next on {spoken_date(ends[0])}" if ends else "None ends in the next two weeks"
    return Worklist(
        "agreements", "Agreements about to end", len(ends), words, "registers:agreement_list", "show=ending"
    )


def _returns(school: School, on: date) -> Worklist:
    due = returns_due(school, on)
    words = f"The first by {spoken_date(due[0].last_on)}" if due else "Every joiner and leaver has been returned"
    return Worklist("returns", "Returns to the authority", len(due), words, "registers:admissions")
