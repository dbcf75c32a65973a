"""Letters in tests: written by the same action as a person's press."""

from datetime import UTC, date, datetime
from uuid import uuid4

from letters.actions.templates import supply_templates
from letters.actions.writing import write_letters
from letters.models import LetterTemplate
from letters.queries.writing import Period
from registers.rules.sessions import Session
from tests.factories.marks import take

WEEK = tuple(date(2026, 11, day) for day in (16, 17, 18, 19, 20))
EARLIER = tuple(date(2026, 11, day) for day in (9, 10, 11, 12, 13))
MORNING = datetime(2026, 11, 23, 9, 14, tzinfo=UTC)
MEETING = {
    "meeting date": "Tue 1 Dec 2026",
    "meeting time": "3.30 pm",
    "meeting place": "Room 4",
    "meeting with": "Mr Adeyemi",
}


def settle_in(cast):
    """Give the cast's school its letters, and every home an address."""
    supply_templates(school=cast.thornbridge, by=cast.sandra, at=MORNING)
    cast.thornbridge.letterhead.ring_phone = "01632 960 142"
    cast.thornbridge.letterhead.save()
    for number, name in enumerate(("callum", "amina", "freya", "tyler", "ikra")):
        contact = cast.pupils[name].parents.get().contact
        contact.address, contact.postcode = f"{number + 1} Quarry Terrace, Thornbridge", f"TB4 {9 - number}HN"
        contact.save()


def mark_week(group, days, *, by, codes=None):
    """Take both registers of a form on some days; `codes` by pupil, each a function of the day and half."""
    for day in days:
        for half in ("AM", "PM"):
            said = {pupil: found for pupil, code in (codes or {}).items() if (found := code(day, half))}
            at = datetime(day.year, day.month, day.day, 15, 0, tzinfo=UTC)
            take(group, Session(day, half), by=by, at=at, codes=said)


def write(cast, *pupils, kind="concern", fields=None, at=MORNING, token=None, earlier=None):
    """Write and approve a letter to the home of each pupil."""
    letters, _ = write_letters(
        school=cast.thornbridge,
        pupils=list(pupils),
        template=LetterTemplate.objects.get(school=cast.thornbridge, kind=kind, language="English"),
        fields=MEETING if fields is None and kind == "meeting" else (fields or {}),
        period=Period(WEEK[0], WEEK[-1], earlier),
        token=token or uuid4(),
        by=cast.sandra,
        at=at,
    )
    return letters
